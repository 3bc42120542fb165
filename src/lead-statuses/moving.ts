import type { Db } from '../database/knex.js'
import { isClosed, type LeadStatus } from '../leads/lead.js'
import { mayEnter } from '../leads/moving.js'
import type { Viewer } from '../web/viewer.js'
import { setLate } from './late.js'

/**
 * The statuses that can take all leads of one at once. It asks less than a move by hand, since the status goes: open leads may go where it
 * doesn't lead. But closed ones stay won or lost as they are, unless their status leads elsewhere, and who may enter is asked as ever.
 */
export function takersOf (by: Viewer, from: LeadStatus, statuses: readonly LeadStatus[]): LeadStatus[] {
  const takes = (to: LeadStatus) => to.group === from.group ? mayEnter(by, { ...to, group: 'new' }) : mayEnter(by, to) && (!isClosed(from.group) || from.next.includes(to.id))
  return statuses.filter(to => to.id !== from.id && takes(to))
}

/** Whether leads that go from one status into another become lost, which asks for the reason. */
export const becomeLost = (from: Pick<LeadStatus, 'group'>, to: Pick<LeadStatus, 'group'>): boolean => to.group === 'lost' && from.group !== 'lost'

/**
 * Moves all leads of a status into another, archived ones too: each with its place in the history and an entry in its feed. Those that are
 * lost by it have `reason` for it; those that were lost before keep theirs, and have it only when they had none. Returns how many.
 */
export async function moveLeads (trx: Db, by: Viewer, from: LeadStatus, to: LeadStatus, reason: string): Promise<number> {
  const { rows: [{ moved }] } = await trx.raw(`
    with before as (
      select id, urgent, case when :lost and (:becomes or lost_reason = '') then :reason else '' end as reason from leads where status_id = :from order by id for update
    ), moved as (
      update leads l set status_id = :to, status_since = now(), status_late_at = null, active_at = now(), version = version + 1,
        closed_at = case when :closed then coalesce(closed_at, now()) end, urgent = l.urgent and not :won, lost_reason = case when :lost then coalesce(nullif(before.reason, ''), l.lost_reason) else '' end
      from before where before.id = l.id returning l.id, l.version, before.urgent and :won as calmed, before.reason
    ), history as (
      insert into lead_moves (lead_id, from_id, to_id, employee_id) select id, :from, :to, :by from moved
    ), told as (
      insert into events (lead_id, kind, employee_id, version, details)
      select id, 'lead.moved', :by, version, jsonb_build_object('from', :from::bigint, 'to', :to::bigint, 'reason', reason, 'calmed', calmed) from moved
    )
    select count(*)::int as moved from moved`,
  { from: from.id, to: to.id, by: by.id, closed: isClosed(to.group), won: to.group === 'won', lost: to.group === 'lost', becomes: becomeLost(from, to), reason })
  if (moved > 0 && to.limitMinutes !== null) await setLate(trx, to.id, to, by.organisation.timeZone)
  return moved
}
