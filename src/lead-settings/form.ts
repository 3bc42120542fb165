import { z } from 'zod'
import { readLabels, typedLabels } from '../form-editor/fields/form.js'
import type { LeadType } from '../leads/lead.js'
import { oneOf, optionalId, readForm, refused, text, type Body, type FieldErrors, type Form } from '../web/form.js'
import type { Labels } from '../web/labels.js'
import type { Language } from '../web/viewer.js'
import { parseTemplate, refuseRestarts, RESTARTS, type Restarts } from './template.js'

/** What a type can look like: names of Lucide icons. */
export const TYPE_ICONS = ['inbox', 'phone-missed', 'phone-incoming', 'message-square', 'mail', 'globe', 'calendar-days', 'megaphone', 'users', 'star', 'zap', 'house', 'store', 'shopping-cart', 'wrench', 'car', 'bike', 'smartphone', 'laptop', 'scissors', 'heart-pulse'] as const

export interface NumberValues { template: string, restarts: Restarts, version: number | null }

// Longer than a template may be, so that the template itself says so.
const numbers = z.object({ template: text(1000), restarts: oneOf(RESTARTS), version: optionalId })

/** Reads the form of leads' numbers. */
export function readNumbersForm (body: unknown): Form<NumberValues> {
  const form = readForm(numbers, body)
  if (form.errors) return form
  const { parts, error } = parseTemplate(form.values.template)
  if (error) return refused(form.typed, { template: error })
  const early = refuseRestarts(parts, form.values.restarts)
  return early ? refused(form.typed, { restarts: early }) : form
}

export interface TypeValues { labels: Labels, icon: string, firstStatusId: number, model: number | null }

const type = z.object({ icon: oneOf(TYPE_ICONS), first_status: optionalId, model: optionalId })

/** Reads the form of a type of lead: a new one (`model`: the type whose form it begins with) or one that is there. */
export function readTypeForm (body: unknown, main: Language, type_?: LeadType): Form<TypeValues> {
  const form = readForm(type, body)
  const errors: FieldErrors = {}
  const labels = readLabels(form.typed, 'label', 60, errors, type_?.key ? undefined : main)
  // A single other language would hide the built-in name from everybody.
  if (type_?.key && !labels[main] && Object.keys(labels).length > 0) errors[`label.${main}`] ??= { key: 'form.required' }
  if (form.values?.first_status === null) errors.first_status = { key: 'form.choose' }
  if (form.values?.model === null && !type_) errors.model = { key: 'form.choose' }
  if (form.errors || Object.keys(errors).length > 0) return { errors: { ...errors, ...form.errors }, typed: form.typed }
  const { icon, first_status, model } = form.values
  return { values: { labels, icon, firstStatusId: first_status!, model }, typed: form.typed }
}

/** What the form shows of a type before anything was typed. */
export const typeTyped = ({ labels, icon, firstStatusId, version }: LeadType): Body => ({
  ...typedLabels('label', labels), icon, first_status: String(firstStatusId), version: String(version)
})
