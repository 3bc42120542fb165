import type { ConsentChannel } from '../consents/consent.js'

/** Rows of own values as the database's own JSON has them. */
export type KeptValues = Record<string, any>[]

/** What is kept of a client that was merged into another, so that it can be made again. */
export interface Kept {
  /** Its row of `clients`. */
  row: Record<string, any>
  /** What of it is now the survivor's: by table, the ids of the rows. */
  moved: Record<string, number[]>
  /** Where its phones and e-mails stood. */
  positions: Record<'client_phones' | 'client_emails', Record<string, number>>
  tags: number[]
  values: KeptValues
}

/** What a merge changed about the survivor. */
export interface Survived {
  /** Columns of its row, as they were and as the merge left them. */
  columns: Record<string, { was: unknown, is: unknown }>
  /** Tags it got. */
  tags: number[]
  /** Own values, by field. */
  values: Record<string, { was: KeptValues, is: KeptValues }>
  /** Boxes of numbers and addresses that a later word on another card switched. */
  consents: { table: 'client_phones' | 'client_emails', id: number, channel: ConsentChannel, was: boolean, is: boolean }[]
  /** Phones and e-mails that were there twice, taken off when the merge was made. */
  doubles: Record<'client_phones' | 'client_emails', number[]>
}

/** What an undo left as it is, because it was changed since the merge: fields, "own.plate", phones, emails, tags, and how many entries were written since. */
export interface Stayed { fields: string[], entries: number }
