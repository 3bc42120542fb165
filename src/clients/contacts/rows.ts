import type { Db } from '../../database/knex.js'
import type { Body, FieldError, FieldErrors } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'
import type { Client, Consent, ContactKind, PhoneType } from '../client.js'
import type { ReadRows, RowValues, SentRow } from './form.js'

/** What phones and e-mails of a client have in common. */
export interface Contact { id: number, consent: Consent | null, shared: boolean, masked: boolean }

/** The same number or address; `isSame` unless one of them has more, such as an extension. */
export interface Twin { id: number, isSame: boolean }

/** A row as the form's templates show it. */
export interface RowState extends SentRow {
  masked: boolean
  consent: Consent | null
  shared: boolean
  valid: boolean
  error: FieldError | undefined
  typeError: FieldError | undefined
  /** What was typed in place of a masked one, when that is shown again. */
  replacement?: string
}

/** One kind of contact in the client form: how its rows are read, shown, compared and written. */
export interface Rows<C extends Contact = any, V extends RowValues = any, R extends SentRow = any, S extends RowState = any> {
  kind: ContactKind
  /** The field that is typed; what is wrong with the row stands beside it. */
  main: string
  of (client: Client): C[]
  read (body: Body, viewer: Viewer): ReadRows<V, R>
  /** A stored one as a row; its index is its place. */
  shown (contact: C, position: number): S
  /** An empty row to type into, every box off. */
  fresh (index: number, types: PhoneType[]): S
  /** Fingerprint of what the form shows of it. */
  print (contact: C): string
  /** What it becomes when the values are written. */
  merged (contact: C, values: V): C
  /** Whether the values are of another number or address than the contact is. One that is masked may be any. */
  isAnother (contact: C, values: V): boolean
  /** Another of the client's with the same number or address, but for those that are about to go. */
  findTwin (trx: Db, clientId: number, values: V, leaving?: readonly number[]): Promise<Twin | undefined>
  /** One that the client has with the same number or address as this one, which was taken off. */
  findTwinOfRemoved (trx: Db, clientId: number, id: number): Promise<Twin | undefined>
  /** What is to be written into the contact, which has the same number or address, and which consents are given by that; undefined when the values are of more than it has. */
  joined (contact: C, values: V): { values: V, given: Consent['channel'][] } | undefined
  /** How feed and questions call it. */
  words (contact: C): string
  /** The number or address that was typed, as it is kept; undefined when none was. */
  wordsOf (values: V): string | undefined
  add (trx: Db, by: Viewer, clientId: number, values: V): Promise<unknown>
  /** Writes what differs. What the writer saw masked stays as it is unless they typed another in its place. */
  change (trx: Db, by: Viewer, clientId: number, contact: C, values: V): Promise<unknown>
  /** Throws NotFound when there is none (to put back). */
  setRemoved (trx: Db, by: Viewer, clientId: number, id: number | null, removed: boolean): Promise<unknown>
  /** One that was taken off the client. */
  findRemoved (trx: Db, viewer: Viewer, clientId: number, id: number): Promise<C | undefined>
}

/** A row that was sent back, with what is stored beside it. Whoever has been shown a conflict has seen what is stored now. */
export function rowAgain<S extends RowState> (rows: Rows<any, any, any, S>, row: SentRow, client: Client | null, errors: FieldErrors, isShown = false): S {
  const contact = client === null ? undefined : rows.of(client).find(({ id }) => id === row.id)
  const stored: S = contact ? rows.shown(contact, 0) : rows.fresh(0, [])
  const name = `${rows.kind}s.${row.index}`
  return {
    ...stored, ...row, ...(stored.masked && { typed: stored.typed, valid: stored.valid, replacement: row.typed }), ...(isShown && contact && { was: stored.was }),
    shared: stored.shared && stored.typed === row.typed, error: errors[`${name}.${rows.main}`], typeError: errors[`${name}.type`]
  }
}

/** Writes one row: a new one, what differs of one that is there, or that it goes. */
export async function writeRow<C extends Contact, V extends RowValues> (rows: Rows<C, V>, trx: Db, by: Viewer, clientId: number, values: V, contact: C | undefined): Promise<void> {
  if (!contact) await rows.add(trx, by, clientId, values)
  else if (values.remove) await rows.setRemoved(trx, by, clientId, contact.id, true)
  else await rows.change(trx, by, clientId, contact, values)
}
