import type { Db } from '../database/knex.js'
import { isClosed, type LeadStatus } from '../leads/lead.js'
import { mayEnter } from '../leads/moving.js'
import { Refusal } from '../web/refusal.js'
import type { Viewer } from '../web/viewer.js'
import type { StatusValues } from './form.js'
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

/** How many leads there are in one status, to the last one. */
export async function countLeadsOf (db: Db, id: number): Promise<number> {
  const [{ count }] = await db('leads').where({ status_id: id }).count()
  return Number(count)
}

/** Whether of some lead in a status it isn't known why it is lost, should its status become one of lost. */
export const asksWhy = async (db: Db, id: number): Promise<boolean> => Boolean(await db('leads').where({ status_id: id, lost_reason: '' }).first('id'))

/**
 * Holds of all leads of a status whose group changes what is held of one that is moved: they are won by who has the right alone, and lost for a
 * reason. Throws Refusal.
 */
export async function assertBecomes (trx: Db, by: Viewer, now: LeadStatus, { group, lostReason = '' }: StatusValues): Promise<void> {
  if (group === now.group) return
  const count = group === 'won' && !by.can('leads.win') ? await countLeadsOf(trx, now.id) : 0
  if (count > 0) throw new Refusal({ group: { key: 'lead_status_form.becomes_won_by_hand', values: { count, n: count } } })
  if (becomeLost(now, { group }) && lostReason === '' && await asksWhy(trx, now.id)) throw new Refusal({ lost_reason: { key: 'leads.reason_needed' } })
}

/**
 * Makes another group of a status true of the leads that are in it: closed since they came into it, or open again; lost for `lostReason`, but for
 * those that were lost in it before, which keep theirs; urgent no longer when won. What it changes of a lead stands in its feed.
 */
export async function becomeOf (trx: Db, by: Viewer, now: LeadStatus, { group, lostReason = '' }: StatusValues): Promise<void> {
  const leads = () => trx('leads').where({ status_id: now.id })
  if (isClosed(group) && !isClosed(now.group)) await leads().update({ closed_at: trx.ref('status_since') })
  else if (!isClosed(group) && isClosed(now.group)) await leads().update({ closed_at: null })
  if (becomeLost(now, { group }) && lostReason !== '') await changeAll(trx, by, now, 'lost_reason', '', lostReason)
  if (group === 'won' && now.group !== 'won') await changeAll(trx, by, now, 'urgent', true, false)
}

async function changeAll (trx: Db, by: Viewer, { id }: LeadStatus, field: 'lost_reason' | 'urgent', old: string | boolean, value: string | boolean): Promise<void> {
  await trx.raw(`
    with mine as (
      select id from leads where status_id = :id and ${field} = :old order by id for update
    ), changed as (
      update leads l set ${field} = :value, active_at = now(), version = version + 1 from mine where mine.id = l.id returning l.id, l.version
    )
    insert into events (lead_id, kind, employee_id, version, details) select id, 'lead.changed', :by, version, :details::jsonb from changed`,
  { id, old, value, by: by.id, details: JSON.stringify({ changes: [{ field, old, new: value }] }) })
}

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
