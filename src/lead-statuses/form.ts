import { z } from 'zod'
import { readLabels, typedLabels } from '../form-editor/fields/form.js'
import { GROUPS, isClosed, type Group, type LeadStatus, type StatusRole } from '../leads/lead.js'
import { idOf, ids, issue, oneOf, readForm, readOne, text, type Body, type FieldErrors, type Form } from '../web/form.js'
import type { Labels } from '../web/labels.js'
import type { Language } from '../web/viewer.js'
import { STATUS_COLOURS } from './colour.js'
import { limitOf, UNIT_NAMES, UNITS } from './limit.js'

/** What an admin says of a status. */
export interface StatusValues {
  labels: Labels
  group: Group
  colour: string | null
  role: StatusRole | null
  limitMinutes: number | null
  limitClock: 'always' | 'working'
  next: number[]
  roles: number[]
  /** Why its leads are lost, should it become one of lost. */
  lostReason?: string
}

export const CLOCKS = ['always', 'working'] as const
export const WON_BY = ['order', 'sale'] as const
const LONGEST = 366 * UNITS.days

const schema = z.object({
  group: oneOf(GROUPS),
  colour: oneOf(['', ...STATUS_COLOURS]),
  won_by: oneOf(['', ...WON_BY]),
  limit: text(10),
  limit_unit: oneOf(UNIT_NAMES),
  limit_clock: oneOf(CLOCKS),
  next: ids,
  roles: ids,
  lost_reason: text(500)
}).transform(({ group, colour, won_by, limit, limit_unit, limit_clock, next, roles, lost_reason }, context): Omit<StatusValues, 'labels'> => {
  const wrong = (field: string, why: ReturnType<typeof issue>) => context.addIssue({ ...why, path: [field] })
  const count = /^\d{1,6}$/.test(limit) ? Number(limit) : NaN
  const minutes = limit === '' ? null : count * UNITS[limit_unit]
  if (minutes !== null && !(minutes >= 1 && minutes <= LONGEST)) wrong('limit', issue('lead_status_form.limit_wrong'))
  else if (minutes !== null && isClosed(group)) wrong('limit', issue('lead_status_form.limit_closed'))
  else if (minutes !== null && limit_unit === 'days' && limit_clock === 'working') wrong('limit', issue('lead_status_form.limit_working_days'))
  if (won_by !== '' && group !== 'won') wrong('won_by', issue('lead_status_form.won_by_won'))
  return { group, colour: colour || null, role: won_by || null, limitMinutes: minutes, limitClock: limit_clock, next, roles, lostReason: lost_reason }
})

/** Reads the form of a status. Built-in ones may be left without a name of their own: they have one in every language. */
export function readStatusForm (body: unknown, main: Language, status?: LeadStatus): Form<StatusValues> {
  const form = readForm(schema, body)
  const errors: FieldErrors = {}
  const labels = readLabels(form.typed, 'label', 60, errors, status?.key ? undefined : main)
  // A single other language would hide the built-in name from everybody.
  if (status?.key && !labels[main] && Object.keys(labels).length > 0) errors[`label.${main}`] ??= { key: 'form.required' }
  if (form.errors || Object.keys(errors).length > 0) return { errors: { ...errors, ...form.errors }, typed: form.typed }
  return { values: { labels, ...form.values }, typed: form.typed }
}

/** What the form shows of a status, or of a new one, before anything was typed. */
export function statusTyped (status?: LeadStatus): Body {
  const limit = status?.limitMinutes ? limitOf(status.limitMinutes, status.limitClock) : { count: '', unit: 'hours' }
  return {
    ...typedLabels('label', status?.labels ?? {}),
    group: status?.group ?? 'in_progress',
    colour: status?.colour ?? '',
    won_by: status?.role ?? '',
    limit: String(limit.count),
    limit_unit: limit.unit,
    limit_clock: status?.limitClock ?? 'always',
    next: (status?.next ?? []).map(String),
    roles: (status?.roles ?? []).map(String),
    lost_reason: '',
    version: String(status?.version ?? '')
  }
}

/** The version that a form was shown with; null when it doesn't say. */
export const readVersion = ({ version }: Body): number | null => idOf(version)

/** Where the leads of a status go that is deleted, and why those were lost that are lost by it. */
export interface Deletion { instead: number | null, reason: string }

export function readDeletion (typed: Body): Deletion & { errors: FieldErrors } {
  const { value: reason = '', error } = readOne(text(500), typed.reason)
  return { instead: idOf(typed.instead), reason, errors: error ? { reason: error } : {} }
}
