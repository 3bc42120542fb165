import type { Db } from '../../database/knex.js'
import { record, type Actor } from '../../feed/record.js'
import type { LeadDetails, LeadEventKind } from './event.js'

/** Writes what happened to a lead into its feed: see `record`. Returns the entry's id. */
export const recordLeadEvent = async <K extends Exclude<LeadEventKind, 'comment'>> (trx: Db, by: Actor, leadId: number, kind: K, details: LeadDetails[K]): Promise<number> =>
  record(trx, by, { subject: 'lead', id: leadId }, kind, details)
