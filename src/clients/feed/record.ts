import type { Db } from '../../database/knex.js'
import { record, type Actor } from '../../feed/record.js'
import type { Details, EventKind } from './event.js'

export type { Actor } from '../../feed/record.js'

/** Writes what happened to a client into its feed: see `record`. Returns the entry's id. */
export const recordEvent = async <K extends Exclude<EventKind, 'comment'>> (trx: Db, by: Actor, clientId: number, kind: K, details: Details[K], body: string | null = null): Promise<number> =>
  record(trx, by, { subject: 'client', id: clientId }, kind, details, body)
