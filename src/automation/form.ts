import { z } from 'zod'
import { KINDS } from '../clients/client.js'
import { ids, idOf, issue, oneOf, optionalId, readForm, refused, required, text, tick, type Body, type FieldErrors, type Form } from '../web/form.js'
import { EVENTS, type Conditions, type Rule } from './rule.js'

/** How a delay is typed. */
export const UNITS = { minutes: 1, hours: 60, days: 1440 } as const
const UNIT_NAMES = Object.keys(UNITS) as (keyof typeof UNITS)[]
const LONGEST_DELAY = 43_200

/** How many channels a rule can have, in order of preference. */
export const WAYS = [1, 2, 3] as const

export type RuleValues = Pick<Rule, 'name' | 'event' | 'fieldId' | 'days' | 'yearly' | 'atMinute' | 'conditions' | 'delayMinutes' | 'quietFrom' | 'quietTo'> & { templates: number[] }

const count = (max: number) => text(10).transform((value, context) => {
  const number = value === '' ? 0 : /^\d{1,6}$/.test(value) ? Number(value) : NaN
  if (!(number >= 0 && number <= max)) context.addIssue(issue('automation.number', { max }))
  return number
})

const clock = text(10).transform((value, context): number | null => {
  if (value === '') return null
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)(?::\d\d)?$/.exec(value) ?? []
  if (hours === undefined) context.addIssue(issue('automation.time'))
  return Number(hours) * 60 + Number(minutes)
})

const schema = z.object({
  name: required(100), event: oneOf(EVENTS), field: optionalId, days: count(365), side: oneOf(['before', 'after']), yearly: tick, at: clock,
  kind: z.preprocess(value => [value ?? []].flat(), z.array(z.string())).transform(values => KINDS.filter(kind => values.includes(kind))),
  type: ids, status: ids, to: ids, location: ids, campaign: ids, tag: ids, option: ids, words: text(100), imported: tick,
  'template.1': optionalId, 'template.2': optionalId, 'template.3': optionalId,
  delay: count(LONGEST_DELAY), delay_unit: oneOf(UNIT_NAMES), quiet_from: clock, quiet_to: clock
})

/** Reads the form of a rule. Of what its event doesn't ask nothing is kept. */
export function readRuleForm (body: unknown): Form<RuleValues> {
  const form = readForm(schema, body)
  if (form.errors) return form
  const v = form.values, errors: FieldErrors = {}
  const templates = WAYS.map(n => v[`template.${n}`]).filter(id => id !== null)
  const delayMinutes = v.delay * UNITS[v.delay_unit]
  if (templates.length === 0) errors['template.1'] = { key: 'automation.choose_template' }
  if (v.event === 'date' && v.field === null) errors.field = { key: 'form.choose' }
  if (v.event === 'date' && v.at === null) errors.at = { key: 'form.required' }
  if (delayMinutes > LONGEST_DELAY) errors.delay = { key: 'automation.long_delay' }
  if ((v.quiet_from === null) !== (v.quiet_to === null)) errors[v.quiet_from === null ? 'quiet_from' : 'quiet_to'] = { key: 'automation.both_times' }
  if (Object.keys(errors).length > 0) return refused(form.typed, errors)
  const ofLead = v.event.startsWith('lead.'), isDate = v.event === 'date'
  const conditions: Conditions = {
    kinds: v.kind.length === KINDS.length ? [] : v.kind, types: ofLead ? v.type : [], statuses: ofLead && v.event !== 'lead.moved' ? v.status : [], to: v.event === 'lead.moved' ? v.to : [],
    locations: v.location, campaigns: v.campaign, tags: v.tag, options: v.option, words: v.event === 'task.due' ? v.words : '', imported: v.event === 'client.created' && v.imported
  }
  return {
    typed: form.typed,
    values: {
      name: v.name, event: v.event, conditions, templates, delayMinutes, quietFrom: v.quiet_from, quietTo: v.quiet_to,
      fieldId: isDate ? v.field : null, days: isDate && v.days !== 0 ? v.side === 'before' ? v.days : -v.days : 0, yearly: isDate && v.yearly, atMinute: v.at ?? 600
    }
  }
}

/** Minutes since midnight as a clock shows them: "21:00". */
export const clockOf = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
const typedClock = (minutes: number | null) => minutes === null ? '' : clockOf(minutes)

/** What the form shows of a rule before anything was typed. */
export function ruleTyped (rule: Rule): Body {
  const { conditions: c, delayMinutes } = rule
  const unit = delayMinutes === 0 ? 'hours' : UNIT_NAMES.findLast(name => delayMinutes % UNITS[name] === 0)!
  const list = (values: readonly (number | string)[]) => values.map(String)
  return {
    name: rule.name, event: rule.event, field: String(rule.fieldId ?? ''), days: String(Math.abs(rule.days)), side: rule.days < 0 ? 'after' : 'before', ...(rule.yearly && { yearly: '1' }), at: typedClock(rule.atMinute),
    kind: list(c.kinds), type: list(c.types), status: list(c.statuses), to: list(c.to), location: list(c.locations), campaign: list(c.campaigns), tag: list(c.tags), option: list(c.options), words: c.words, ...(c.imported && { imported: '1' }),
    ...Object.fromEntries(rule.ways.map(({ templateId }, n) => [`template.${n + 1}`, String(templateId)])),
    delay: delayMinutes === 0 ? '' : String(delayMinutes / UNITS[unit]), delay_unit: unit, quiet_from: typedClock(rule.quietFrom), quiet_to: typedClock(rule.quietTo), version: String(rule.version)
  }
}

/** What a new rule begins with: at night nobody is written to. */
export const NEW_RULE: Body = { event: 'lead.created', side: 'before', at: '10:00', delay_unit: 'hours', quiet_from: '21:00', quiet_to: '08:00' }

/** Where a page of the log begins, and what it is narrowed to. */
export const readLogFilter = (query: unknown, outcomes: readonly string[]) => {
  const { rule, outcome, before } = (query ?? {}) as Body
  return { rule: idOf(rule), outcome: outcomes.find(one => one === outcome) ?? null, before: idOf(before) }
}
