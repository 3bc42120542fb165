import type { Db } from '../database/knex.js'
import { VALUES } from '../form-editor/definition.js'
import { daysLater, dayOf, instantAt } from '../web/zone.js'
import type { AutomationEvent, Cause, Rule } from './rule.js'

/** What these entries of feeds are to rules; those taken back meanwhile are nothing. */
export async function causesOf (db: Db, events: readonly number[]): Promise<(Cause & { event: AutomationEvent })[]> {
  const rows = await db('events as e').leftJoin('leads as l', 'l.id', 'e.lead_id').whereRaw('e.id = any (?)', [[...events]]).whereNull('e.deleted_at').orderBy('e.id')
    .select('e.id', 'e.kind', 'e.at', 'e.lead_id', 'e.details', db.raw('coalesce(e.client_id, l.client_id) as client_id'))
  return rows.map(({ id, kind, at, lead_id, client_id, details }) => ({
    event: kind, key: `event:${id}`, at, clientId: client_id, leadId: lead_id, imported: details.source === 'import', ...(kind === 'lead.moved' && { to: details.to })
  }))
}

export interface Range {
  from: Date
  to: Date
  limit: number
  /** Leaves out what the rule acted on already. */
  anew: boolean
}

type CauseRow = Omit<Cause, 'clientId' | 'leadId'> & { client_id: number | null, lead_id: number | null }

/** What a rule would have acted on in a time, the newest first: for what it tells beforehand, and for what the clock brings. */
export async function causesIn (db: Db, rule: Rule, range: Range, timeZone: string): Promise<Cause[]> {
  const rows: CauseRow[] = rule.event === 'date' ? await ofDates(db, rule, range, timeZone)
    : (await db.raw(`${SOURCES[rule.event](range.anew ? NOT_YET : '')} limit :limit`, { rule: rule.id, from: range.from, to: range.to, limit: range.limit, zone: timeZone })).rows
  return rows.map(({ client_id, lead_id, ...cause }) => ({ ...cause, clientId: client_id, leadId: lead_id }))
}

const NOT_YET = 'and not exists (select from automation_runs r where r.rule_id = :rule and r.cause_key = k.key)'

const SOURCES: Record<Exclude<AutomationEvent, 'date'>, (notYet: string) => string> = {
  'client.created': () => `
    select 'client:' || c.id as key, c.created_at as at, c.id as client_id, null::bigint as lead_id,
      exists (select from events e where e.client_id = c.id and e.kind = 'client.created' and e.details->>'source' = 'import') as imported
    from clients c where c.archived_at is null and c.created_at >= :from and c.created_at < :to order by c.created_at desc`,
  'lead.created': () => `
    select 'lead:' || l.id as key, l.created_at as at, l.client_id, l.id as lead_id from leads l where l.archived_at is null and l.created_at >= :from and l.created_at < :to order by l.created_at desc`,
  'lead.moved': () => `
    select 'move:' || m.id as key, m.at, l.client_id, l.id as lead_id, m.to_id as "to" from lead_moves m join leads l on l.id = m.lead_id where m.from_id is not null and m.at >= :from and m.at < :to order by m.at desc`,
  'lead.overdue': notYet => `
    select k.key, l.due_at as at, l.client_id, l.id as lead_id, l.closed_at <= l.due_at as over from leads l cross join lateral (select 'overdue:' || l.id || ':' || extract(epoch from l.due_at)::bigint as key) k
    where l.archived_at is null and l.due_at >= :from and l.due_at < :to ${notYet && `and l.closed_at is null ${notYet}`} order by l.due_at desc`,
  'task.due': notYet => `
    select k.key, t.due_from at time zone :zone as at, coalesce(t.client_id, l.client_id) as client_id, t.lead_id, t.what as words, coalesce(t.done_at <= t.due_from at time zone :zone, false) as over
    from tasks t left join leads l on l.id = t.lead_id cross join lateral (select 'task:' || t.id || ':' || extract(epoch from t.due_from)::bigint as key) k
    where t.deleted_at is null and t.due_from >= :from::timestamptz at time zone :zone and t.due_from < :to::timestamptz at time zone :zone ${notYet && `and t.done_at is null ${notYet}`} order by t.due_from desc`
}

// A day of the calendar at a time: those whose date it is so many days before or after.
async function ofDates (db: Db, rule: Rule, { from, to, limit, anew }: Range, timeZone: string) {
  const field = await db('fields').where({ id: rule.fieldId }).first('subject') as { subject: 'client' | 'lead' } | undefined
  if (!field) return []
  const { table, owner } = VALUES[field.subject]
  const found: CauseRow[] = []
  for (let day = dayOf(new Date(to.getTime() - 1), timeZone), last = dayOf(from, timeZone); day >= last && found.length < limit; day = daysLater(day, -1)) {
    const at = instantAt(day, rule.atMinute, timeZone)
    if (at < from || at >= to) continue
    const meant = daysLater(day, rule.days)
    const { rows }: { rows: CauseRow[] } = await db.raw(`
      select k.key, :at::timestamptz as at, ${field.subject === 'lead' ? 'l.client_id, l.id' : 'v.client_id, null::bigint'} as lead_id
      from ${table} v ${field.subject === 'lead' ? 'join leads l on l.id = v.lead_id' : ''} cross join lateral (select 'date:' || v.${owner} || ':' || :meant::text as key) k
      where v.field_id = :field and v.day_value is not null and ${rule.yearly ? "to_char(v.day_value, 'MM-DD') = any (:days::text[]) and v.day_value <= :meant::date" : 'v.day_value = :meant::date'} ${anew ? NOT_YET : ''}
      order by v.${owner} limit :limit`, { rule: rule.id, at, meant, days: namesOf(meant), field: rule.fieldId, limit: limit - found.length })
    found.push(...rows)
  }
  return found
}

// Who was born on 29 February has their day on the 28th of other years.
function namesOf (day: string): string[] {
  const name = day.slice(5)
  return name === '02-28' && daysLater(day, 1).slice(5) === '03-01' ? [name, '02-29'] : [name]
}
