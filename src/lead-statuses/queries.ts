import { changesBetween, recordAudit, recordChanges } from '../audit/record.js'
import type { Step } from '../choices/queries.js'
import type { Db } from '../database/knex.js'
import { isClosed, type LeadStatus } from '../leads/lead.js'
import { listStatuses, statusName } from '../leads/statuses.js'
import { NotFound } from '../web/errors.js'
import { translator } from '../web/i18n.js'
import { Refusal } from '../web/refusal.js'
import { wordsOf } from '../web/labels.js'
import type { Viewer } from '../web/viewer.js'
import type { Deletion, StatusValues } from './form.js'
import { setLate } from './late.js'
import { assertBecomes, becomeLost, becomeOf, countLeadsOf, moveLeads, takersOf } from './moving.js'

/** Somebody else changed it since the form was shown. */
export class StatusChanged extends Error {
  constructor (readonly now: LeadStatus) { super() }
}

/** Counting the leads of a status stops here: the list tells whether it is used, not how often. */
const MOST_COUNTED = 1000

/** How many leads are in each status, the archived ones too; more than a thousand are 1,001. */
export async function countLeads (db: Db): Promise<Map<number, number>> {
  const { rows } = await db.raw(`
    select s.id, n.leads from lead_statuses s,
      lateral (select count(*)::int as leads from (select from leads where status_id = s.id limit ?) counted) n
    where s.removed_at is null`, [MOST_COUNTED + 1])
  return new Map(rows.map(({ id, leads }: { id: number, leads: number }) => [id, leads]))
}

/** The statuses that leads of some type begin in. */
export async function listFirst (db: Db): Promise<number[]> {
  return db('lead_types').whereNull('removed_at').distinct().pluck('first_status_id')
}

/** What the statuses are called that one role alone may move leads into: without it everybody might. */
export async function namesOfClosedBy (db: Db, by: Viewer, role: number): Promise<string[]> {
  return (await listStatuses(db)).filter(({ roles }) => roles.length === 1 && roles[0] === role).map(status => nameOf(by, status))
}

/** Adds a status at the end of its group. Throws Refusal. */
export async function createStatus (trx: Db, by: Viewer, values: StatusValues): Promise<string> {
  await beginChange(trx)
  const statuses = await listStatuses(trx)
  await check(trx, by, statuses, null, values)
  const behind = statuses.findLast(({ group }) => group === values.group)
  const position = behind ? behind.position + 1 : (statuses.at(-1)?.position ?? -1) + 1
  await trx('lead_statuses').where('position', '>=', position).increment('position')
  const [{ id }] = await trx('lead_statuses').insert({ ...columnsOf(values), position }).returning('id')
  await writeMoves(trx, id, values)
  const name = nameOf(by, { key: null, labels: values.labels })
  await recordAudit(trx, by, 'leads.status_added', { subject: { type: 'lead_status', id, name }, changes: changesBetween({}, await audited(trx, by, statuses, values)) })
  return name
}

/**
 * Writes what the form says of a status, and makes it true of the leads that are in it: whether they are closed, since when and why, and
 * from when they are late. Throws NotFound, StatusChanged, Refusal.
 */
export async function changeStatus (trx: Db, by: Viewer, id: number, values: StatusValues, version: number | null): Promise<string> {
  await beginChange(trx, id, { ofTerms: true })
  const statuses = await listStatuses(trx)
  const now = statuses.find(status => status.id === id)
  if (!now) throw new NotFound()
  if (version !== now.version) throw new StatusChanged(now)
  await check(trx, by, statuses, id, values)
  await assertBecomes(trx, by, now, values)
  await trx('lead_statuses').where({ id }).update(columnsOf(values)).increment('version')
  await writeMoves(trx, id, values)
  await becomeOf(trx, by, now, values)
  const limited = values.limitMinutes !== now.limitMinutes || (values.limitMinutes !== null && values.limitClock !== now.limitClock)
  if (limited) await setLate(trx, id, values, by.organisation.timeZone)
  const [before, after] = [await audited(trx, by, statuses, now), await audited(trx, by, statuses, values)]
  const name = nameOf(by, { key: now.key, labels: values.labels })
  await recordChanges(trx, by, 'leads.status_changed', { subject: { type: 'lead_status', id, name }, changes: changesBetween(before, after) })
  return name
}

/** Moves a status in the order of all. Nothing happens when it isn't there any more. */
export async function moveStatus (trx: Db, by: Viewer, id: number, step: Step): Promise<void> {
  await beginChange(trx)
  const statuses = await listStatuses(trx)
  const moved = statuses.find(status => status.id === id)
  const ids = reordered(statuses.map(status => status.id), id, step)
  if (!moved || !ids) return
  await trx.raw('update lead_statuses s set position = o.place - 1 from unnest(?::bigint[]) with ordinality as o(id, place) where s.id = o.id', [ids])
  await recordAudit(trx, by, 'leads.status_moved', { subject: subjectOf(by, moved), changes: [{ field: 'order', old: statuses.indexOf(moved) + 1, new: ids.indexOf(id) + 1 }] })
}

/** These ids with one of them elsewhere; null when that changes nothing. */
export function reordered (ids: readonly number[], id: number, step: Step): number[] | null {
  const at = ids.indexOf(id)
  const others = ids.filter(other => other !== id)
  const other = typeof step !== 'object' ? -1 : others.indexOf('aheadOf' in step ? step.aheadOf : step.behind)
  if (at === -1 || (typeof step === 'object' && other === -1)) return null
  const target = step === 'up' ? at - 1 : step === 'down' ? at + 1 : 'aheadOf' in step ? other : other + 1
  if (target === at || target < 0 || target > others.length) return null
  return others.toSpliced(target, 0, id)
}

/** Why a status can't be deleted, whatever becomes of its leads; the words are in the locales under `lead_status_form.<reason>`. */
export const KEEP_REASONS = ['is_first', 'last_new'] as const

/** Which of these holds for a status. */
export function keepReason (status: LeadStatus, statuses: readonly LeadStatus[], first: readonly number[]): (typeof KEEP_REASONS)[number] | null {
  if (first.includes(status.id)) return 'is_first'
  return status.group === 'new' && !statuses.some(other => other.group === 'new' && other.id !== status.id) ? 'last_new' : null
}

/**
 * Takes a status away and moves its leads to another one, each with a trace; leads that are lost by it for one reason. Throws NotFound, Refusal.
 * Returns how many leads were moved.
 */
export async function deleteStatus (trx: Db, by: Viewer, id: number, { instead, reason }: Deletion): Promise<{ name: string, leads: number }> {
  await beginChange(trx, id)
  const [statuses, first] = [await listStatuses(trx), await listFirst(trx)]
  const status = statuses.find(status => status.id === id)
  if (!status) throw new NotFound()
  const kept = keepReason(status, statuses, first)
  if (kept) throw new Refusal({ delete: { key: `lead_status_form.${kept}` } })
  const to = statuses.find(other => other.id === instead && other.id !== id)
  const count = await countLeadsOf(trx, id)
  if (!to && (instead !== null || count > 0)) throw new Refusal({ instead: { key: 'lead_status_form.instead_which' } })
  if (to && count > 0) assertTaken(by, status, to, reason)
  const t = translator(by.organisation.language)
  const leads = to ? await moveLeads(trx, by, status, to, reason || t('lead_status_form.lost_by_it', { name: nameOf(by, status) })) : 0
  await trx('lead_status_moves').where({ from_id: id }).orWhere({ to_id: id }).delete()
  // A type that isn't offered any more begins elsewhere, should it ever be again.
  await trx('lead_types').where({ first_status_id: id }).update({ first_status_id: statuses.find(({ group, id: other }) => group === 'new' && other !== id)!.id })
  await trx('lead_statuses').where({ id }).update({ removed_at: trx.fn.now() }).increment('version')
  const name = nameOf(by, status)
  await recordAudit(trx, by, 'leads.status_deleted', {
    subject: { type: 'lead_status', id, name },
    changes: [{ field: 'deleted', old: false, new: true }, ...(to && leads > 0 ? [{ field: 'replaced_by' as const, old: null, new: nameOf(by, to) }, { field: 'leads' as const, old: null, new: leads }] : [])]
  })
  return { name, leads }
}

function assertTaken (by: Viewer, from: LeadStatus, to: LeadStatus, reason: string): void {
  if (takersOf(by, from, [to]).length === 0) {
    if (isClosed(from.group) && from.group !== to.group && !from.next.includes(to.id)) throw new Refusal({ instead: { key: 'lead_status_form.instead_closed' } })
    if (to.group === 'won' && !by.can('leads.win')) throw new Refusal({ instead: { key: 'lead_status_form.won_by_hand' } })
    throw new Refusal({ instead: { key: 'lead_status_form.instead_not_yours' } })
  }
  if (becomeLost(from, to) && reason === '') throw new Refusal({ reason: { key: 'leads.reason_needed' } })
}

/** What a status is called in the company's language, for the audit log. */
export const nameOf = ({ organisation: { language } }: Viewer, { labels, key }: Pick<LeadStatus, 'labels' | 'key'>): string =>
  statusName(translator(language), own => wordsOf(own, language, 'en'), { labels, key })

const subjectOf = (by: Viewer, status: LeadStatus) => ({ type: 'lead_status', id: status.id, name: nameOf(by, status) })

// Statuses hang together, so of two people who change them the second waits. Whoever is moving a lead into the one that changes is
// waited for, and then waits: a lead refers to its status, and holds its row until it is saved. So is, where new leads may begin on other terms
// (migration 0051), whoever is making one, before they would need this status: or each would wait for the other.
async function beginChange (trx: Db, id?: number, { ofTerms = false } = {}): Promise<void> {
  await trx.raw("select pg_advisory_xact_lock(hashtextextended('lead statuses', 0))")
  if (ofTerms) await trx.raw("select pg_advisory_xact_lock(hashtextextended('lead terms', 0))")
  if (id) await trx('lead_statuses').where({ id }).forUpdate().select('id')
}

async function check (trx: Db, by: Viewer, statuses: readonly LeadStatus[], id: number | null, { group, role, next, roles }: StatusValues): Promise<void> {
  const others = statuses.filter(status => status.id !== id)
  const twin = role && others.find(status => status.role === role)
  if (twin) throw new Refusal({ won_by: { key: 'lead_status_form.won_by_taken', values: { name: nameOf(by, twin) } } })
  if (next.some(to => !others.some(status => status.id === to))) throw new Refusal({ next: { key: 'lead_status_form.next_gone' } })
  const known = await trx('roles').whereIn('id', roles).pluck('id')
  if (known.length < roles.length) throw new Refusal({ roles: { key: 'lead_status_form.roles_gone' } })
  const was = statuses.find(status => status.id === id)
  if (was?.group === 'new' && group !== 'new' && !others.some(status => status.group === 'new')) throw new Refusal({ group: { key: 'lead_status_form.last_new' } })
  if (was && isClosed(group) && !isClosed(was.group) && (await listFirst(trx)).includes(was.id)) throw new Refusal({ group: { key: 'lead_status_form.first_closed' } })
}

const columnsOf = ({ labels, group, colour, role, limitMinutes, limitClock }: StatusValues) => ({
  labels: JSON.stringify(labels), group_key: group, colour, role, limit_minutes: limitMinutes, limit_clock: limitClock
})

async function writeMoves (trx: Db, id: number, { next, roles }: StatusValues): Promise<void> {
  await trx('lead_status_moves').where({ from_id: id }).delete()
  if (next.length > 0) await trx('lead_status_moves').insert(next.map(to_id => ({ from_id: id, to_id })))
  await trx('lead_status_roles').where({ status_id: id }).delete()
  if (roles.length > 0) await trx('lead_status_roles').insert(roles.map(role_id => ({ status_id: id, role_id })))
}

async function audited (trx: Db, by: Viewer, statuses: readonly LeadStatus[], { labels, group, colour, role, limitMinutes, limitClock, next, roles }: StatusValues) {
  const names = await trx('roles').whereIn('id', roles).select('name', 'key')
  const t = translator(by.organisation.language)
  return {
    label: Object.values(labels).join(' / '),
    lead_group: group,
    colour,
    won_by: role,
    limit_minutes: limitMinutes,
    limit_clock: limitMinutes === null ? null : limitClock,
    may_become: next.map(id => nameOf(by, statuses.find(status => status.id === id)!)),
    moved_by: names.map(({ name, key }) => name ?? t(`roles.${key}`))
  }
}
