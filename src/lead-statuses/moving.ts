import type { Db } from '../database/knex.js'
import { isClosed, type LeadStatus } from '../leads/lead.js'
import type { Viewer } from '../web/viewer.js'
import { setLate } from './late.js'

/** Moves all leads of a status into another, archived ones too, whatever moves are allowed: each with its place in the history and an entry in its feed. Returns how many. */
export async function moveLeads (trx: Db, by: Viewer, from: LeadStatus, to: LeadStatus): Promise<number> {
  const { rows: [{ moved }] } = await trx.raw(`
    with before as (
      select id, urgent from leads where status_id = :from order by id for update
    ), moved as (
      update leads l set status_id = :to, status_since = now(), status_late_at = null, active_at = now(), version = version + 1,
        closed_at = case when :closed then coalesce(closed_at, now()) end, urgent = l.urgent and not :won
      from before where before.id = l.id returning l.id, l.version, before.urgent and :won as calmed
    ), history as (
      insert into lead_moves (lead_id, from_id, to_id, employee_id) select id, :from, :to, :by from moved
    ), told as (
      insert into events (lead_id, kind, employee_id, version, details)
      select id, 'lead.moved', :by, version, jsonb_build_object('from', :from::bigint, 'to', :to::bigint, 'reason', '', 'calmed', calmed) from moved
    )
    select count(*)::int as moved from moved`,
  { from: from.id, to: to.id, by: by.id, closed: isClosed(to.group), won: to.group === 'won' })
  if (moved > 0 && to.limitMinutes !== null) await setLate(trx, to.id, to, by.organisation.timeZone)
  return moved
}
