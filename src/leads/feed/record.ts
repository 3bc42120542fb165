import type { Actor } from '../../clients/feed/record.js'
import type { Db } from '../../database/knex.js'
import type { LeadDetails, LeadEventKind } from './event.js'

/** Writes what happened to a lead into its feed, in the transaction of the change itself, which makes a new version of the lead. Returns the entry's id. */
export async function recordLeadEvent<K extends Exclude<LeadEventKind, 'comment'>> (trx: Db, by: Actor, leadId: number, kind: K, details: LeadDetails[K]): Promise<number> {
  const { rows: [row] } = await trx.raw(`
    with touched as (
      update leads set version = version + :step, active_at = now() where id = :lead returning version
    )
    insert into events (lead_id, kind, employee_id, version, details)
    select :lead, :kind, :by, version, :details::jsonb from touched returning id`,
  { lead: leadId, kind, by: by.id, details: JSON.stringify(details), step: kind === 'lead.created' ? 0 : 1 })
  return row.id
}
