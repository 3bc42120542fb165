import { changesBetween, recordAudit, recordChanges } from '../audit/record.js'
import type { Db } from '../database/knex.js'
import { NotFound } from '../web/errors.js'
import { Refusal } from '../web/refusal.js'
import type { Viewer } from '../web/viewer.js'
import { clockOf, type RuleValues } from './form.js'
import { NO_CONDITIONS, type Rule } from './rule.js'

/** Somebody else changed it since the form was shown. */
export class RuleChanged extends Error {
  constructor (readonly now: Rule) { super() }
}

const COLUMNS = (db: Db) => [
  'r.id', 'r.name', 'r.event', 'r.field_id as fieldId', 'r.days', 'r.yearly', 'r.at_minute as atMinute', 'r.conditions', 'r.delay_minutes as delayMinutes', 'r.quiet_from as quietFrom', 'r.quiet_to as quietTo',
  'r.on_since as onSince', 'r.ran_on as ranOn', 'r.version', db.raw(`r.removed_at is not null as removed,
    coalesce((select json_agg(json_build_object('templateId', t.id, 'channel', t.channel, 'template', t.name, 'archived', t.archived_at is not null) order by c.position)
      from automation_channels c join templates t on t.id = c.template_id where c.rule_id = r.id), '[]') as ways`)
]

const whole = (row: Rule): Rule => ({ ...row, conditions: { ...NO_CONDITIONS, ...row.conditions } })

/** All rules: those that are on, then the others, each by name; the removed ones last. */
export async function listRules (db: Db): Promise<Rule[]> {
  const rows = await db('automation_rules as r').select(COLUMNS(db)).orderByRaw('r.removed_at is not null, r.on_since is null, fold(r.name), r.id')
  return rows.map(whole as (row: unknown) => Rule)
}

/** The rules that are on. */
export async function listRulesOn (db: Db): Promise<Rule[]> {
  const rows = await db('automation_rules as r').select(COLUMNS(db)).whereNotNull('r.on_since').orderBy('r.id')
  return rows.map(whole as (row: unknown) => Rule)
}

/** Throws NotFound. */
export async function findRule (db: Db, id: number | null): Promise<Rule> {
  const row = id === null ? undefined : await db('automation_rules as r').where('r.id', id).first(COLUMNS(db))
  if (!row) throw new NotFound()
  return whole(row as unknown as Rule)
}

/** A rule, if it is on. */
export async function findRuleToRun (db: Db, id: number): Promise<Rule | null> {
  const row = await db('automation_rules as r').where('r.id', id).whereNotNull('r.on_since').first(COLUMNS(db))
  return row ? whole(row as unknown as Rule) : null
}

/** Adds a rule, switched off. Throws Refusal when a template isn't there any more. */
export async function createRule (trx: Db, by: Viewer, values: RuleValues): Promise<{ id: number, name: string }> {
  const [{ id }] = await trx('automation_rules').insert(columnsOf(values)).returning('id')
  await writeWays(trx, id, values)
  await recordAudit(trx, by, 'automation.added', { subject: subjectOf(id, values.name), changes: changesBetween({}, await audited(trx, id, values)) })
  return { id, name: values.name }
}

/** Changes a rule; one that is on goes on as it is from then on. Throws NotFound, RuleChanged, Refusal. */
export async function changeRule (trx: Db, by: Viewer, id: number, values: RuleValues, version: number | null): Promise<{ name: string }> {
  await lock(trx, id)
  const now = await findRule(trx, id)
  if (version !== now.version) throw new RuleChanged(now)
  const before = await audited(trx, id, now)
  await trx('automation_rules').where({ id }).update({ ...columnsOf(values), ...((values.event !== now.event || values.fieldId !== now.fieldId) && { ran_on: null, on_since: now.onSince && trx.fn.now() }) }).increment('version')
  await writeWays(trx, id, values)
  await recordChanges(trx, by, 'automation.changed', { subject: subjectOf(id, values.name), changes: changesBetween(before, await audited(trx, id, values)) })
  return { name: values.name }
}

/** Switches a rule on from now, or off. What waits of one that is off isn't sent. Throws NotFound, and Refusal when it has no template that can be used. */
export async function setOn (trx: Db, by: Viewer, id: number | null, on: boolean): Promise<Rule> {
  await lock(trx, id)
  const rule = await findRule(trx, id)
  if (rule.removed) throw new NotFound()
  if ((rule.onSince !== null) === on) return rule
  if (on && rule.ways.every(({ archived }) => archived)) throw new Refusal({ on: { key: 'automation.no_template' } })
  await trx('automation_rules').where({ id: rule.id }).update({ on_since: on ? trx.fn.now() : null, ran_on: null }).increment('version')
  await recordAudit(trx, by, on ? 'automation.on' : 'automation.off', { subject: subjectOf(rule.id, rule.name) })
  return rule
}

/** Takes a rule away, switched off, or brings it back. Its log stays. Throws NotFound. */
export async function setRemoved (trx: Db, by: Viewer, id: number | null, removed: boolean): Promise<Rule> {
  await lock(trx, id)
  const rule = await findRule(trx, id)
  if (rule.removed === removed) return rule
  await trx('automation_rules').where({ id: rule.id }).update({ removed_at: removed ? trx.fn.now() : null, ...(removed && { on_since: null }) }).increment('version')
  await recordAudit(trx, by, removed ? 'automation.removed' : 'automation.restored', { subject: subjectOf(rule.id, rule.name) })
  return rule
}

const lock = (trx: Db, id: number | null) => trx('automation_rules').where({ id: id ?? 0 }).forUpdate().first('id')

const columnsOf = ({ name, event, fieldId, days, yearly, atMinute, conditions, delayMinutes, quietFrom, quietTo }: RuleValues) => ({
  name, event, field_id: fieldId, days, yearly, at_minute: atMinute, conditions: JSON.stringify(conditions), delay_minutes: delayMinutes, quiet_from: quietFrom, quiet_to: quietTo
})

async function writeWays (trx: Db, id: number, { templates }: RuleValues): Promise<void> {
  const found: { id: number, channel: string }[] = await trx('templates').whereIn('id', templates).forShare().select('id', 'channel')
  const ways = templates.map(id => found.find(template => template.id === id))
  const gone = ways.findIndex(way => !way)
  if (gone !== -1) throw new Refusal({ [`template.${gone + 1}`]: { key: 'form.choose' } })
  const twice = ways.findIndex((way, n) => ways.findIndex(other => other!.channel === way!.channel) !== n)
  if (twice !== -1) throw new Refusal({ [`template.${twice + 1}`]: { key: 'automation.same_channel' } })
  await trx('automation_channels').where({ rule_id: id }).delete()
  await trx('automation_channels').insert(templates.map((template_id, position) => ({ rule_id: id, position, template_id })))
}

const subjectOf = (id: number, name: string) => ({ type: 'automation_rule', id, name })

async function audited (trx: Db, id: number, rule: Pick<Rule, 'name' | 'event' | 'days' | 'delayMinutes' | 'conditions' | 'quietFrom' | 'quietTo'>) {
  const names: string[] = await trx('automation_channels as c').join('templates as t', 't.id', 'c.template_id').where('c.rule_id', id).orderBy('c.position').pluck('t.name')
  const { conditions: c } = rule
  // As they are called now, in whatever language they have words in.
  const { rows } = await trx.raw(`
    select name from locations where id = any (:locations) union all select name from campaigns where id = any (:campaigns) union all select name from tags where id = any (:tags)
    union all select coalesce(labels->>'en', labels->>(array(select jsonb_object_keys(labels)))[1], key) from lead_types where id = any (:types)
    union all select coalesce(labels->>'en', labels->>(array(select jsonb_object_keys(labels)))[1], key) from lead_statuses where id = any (:statuses)
    union all select coalesce(labels->>'en', labels->>(array(select jsonb_object_keys(labels)))[1]) from field_options where id = any (:options)`,
  { locations: c.locations, campaigns: c.campaigns, tags: c.tags, types: c.types, statuses: [...c.statuses, ...c.to], options: c.options })
  return {
    name: rule.name, automation_event: rule.event.replace('.', '_'), by_templates: names.join(' → '), days_before: rule.days, delay_minutes: rule.delayMinutes,
    rule_conditions: [...rows.map(({ name }: { name: string }) => name), ...c.kinds, ...c.words ? [c.words] : [], ...c.imported ? ['import'] : []],
    quiet_hours: rule.quietFrom === null ? '' : [rule.quietFrom, rule.quietTo!].map(clockOf).join('–')
  }
}

/** How many runs each rule has had in the last thirty days, sent or not. */
export async function countRuns (db: Db): Promise<Map<number, { sent: number, not: number }>> {
  const { rows } = await db.raw(`
    select rule_id, count(*) filter (where outcome in ('queued', 'waiting'))::int as sent, count(*) filter (where outcome in ('skipped', 'failed'))::int as not
    from automation_runs where at > now() - interval '30 days' group by rule_id`)
  return new Map(rows.map(({ rule_id, sent, not }: { rule_id: number, sent: number, not: number }) => [rule_id, { sent, not }]))
}

/** Forgets what is older than three months. */
export const forgetOldRuns = (db: Db): Promise<number> => db('automation_runs').whereRaw("at < now() - interval '90 days'").whereNot({ outcome: 'waiting' }).delete()

/** The days of the company's calendar that date fields are of. */
export interface DateField { id: number, subject: 'client' | 'lead', labels: Record<string, string> }
export const listDateFields = (db: Db): Promise<DateField[]> => db('fields').where({ kind: 'date' }).whereNull('removed_at').orderBy(['subject', 'id']).select('id', 'subject', 'labels')

