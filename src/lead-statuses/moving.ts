import type { Db } from '../database/knex.js'
import { isClosed, type LeadStatus } from '../leads/lead.js'
import type { Viewer } from '../web/viewer.js'
import { setLate } from './late.js'

/**
 * Moves all leads of a status into another, archived ones too, whatever moves are allowed: each with its place in the history and an entry in
 * its feed. Those that are lost by it have `reason` for it. Returns how many.
 */
export async function moveLeads (trx: Db, by: Viewer, from: LeadStatus, to: LeadStatus, reason: string): Promise<number> {
  const { rows: [{ moved }] } = await trx.raw(`
    with before as (
      select id, urgent, case when :lost and lost_reason = '' then :reason else '' end as reason from leads where status_id = :from order by id for update
    ), moved as (
      update leads l set status_id = :to, status_since = now(), status_late_at = null, active_at = now(), version = version + 1,
        closed_at = case when :closed then coalesce(closed_at, now()) end, urgent = l.urgent and not :won, lost_reason = case when :lost then l.lost_reason || before.reason else '' end
      from before where before.id = l.id returning l.id, l.version, before.urgent and :won as calmed, before.reason
    ), history as (
      insert into lead_moves (lead_id, from_id, to_id, employee_id) select id, :from, :to, :by from moved
    ), told as (
      insert into events (lead_id, kind, employee_id, version, details)
      select id, 'lead.moved', :by, version, jsonb_build_object('from', :from::bigint, 'to', :to::bigint, 'reason', reason, 'calmed', calmed) from moved
    )
    select count(*)::int as moved from moved`,
  { from: from.id, to: to.id, by: by.id, closed: isClosed(to.group), won: to.group === 'won', lost: to.group === 'lost', reason })
  if (moved > 0 && to.limitMinutes !== null) await setLate(trx, to.id, to, by.organisation.timeZone)
  return moved
}
