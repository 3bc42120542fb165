import type { FormItem, OwnField, SystemItem } from '../form-editor/definition.js'
import { asksFor } from '../form-editor/items.js'
import { isNothing, valuesOf } from '../form-editor/value.js'
import { idOf, typedText } from '../web/form.js'
import type { LeadForm } from './form.js'
import type { Lead } from './queries.js'

/** What of a body, and of a lead, a system item asks for. */
const NAMES: Partial<Record<SystemItem, [sent: string, stored: keyof Lead]>> = {
  contact: ['contact_name', 'contact_name'], campaign: ['campaign_id', 'campaign_id'], comment: ['comment', 'comment'], due: ['due_on', 'due_at'], location: ['location_id', 'location_id'], manager: ['manager_id', 'manager_id']
}

/** Whether what was sent, or, where its form doesn't have it, the lead has something in an item. */
export function hasSome ({ field, system }: FormItem, form: LeadForm, lead: Lead | null): boolean {
  if (field) {
    const sent = form.own.find(write => write.field.id === field.id)
    return !isNothing(sent ? sent.value : lead ? valuesOf([field], lead.own)[field.key] : null)
  }
  // A client who is linked has a name and phones.
  if ((system === 'contact' || system === 'phones') && isKnown(form, lead)) return true
  if (system === 'phones') return form.fields.phones.length > 0 || (!('phone_rows' in form.typed) && (lead?.phones.length ?? 0) > 0)
  const names = NAMES[system!]
  if (!names) return true
  // By what was typed: when another field is wrong nothing has been read.
  return names[0] in form.typed ? typedText(form.typed, names[0]).trim() !== '' : Boolean(lead?.[names[1]])
}

const isKnown = ({ typed }: LeadForm, lead: Lead | null): boolean => lead ? lead.client_id !== null : idOf(typed.client_id) !== null

/** Any of these, or an own field, says what a lead is about. */
const SAYS: [SystemItem, where: string][] = [['contact', 'contact_name'], ['phones', 'phones'], ['comment', 'comment']]

/** Where a form that says nothing at all is told so: the first of these that it asks for. Null when it says something. */
export function saysNothing (form: LeadForm, lead: Lead | null): string | null {
  const says = isKnown(form, lead) || SAYS.some(([system]) => hasSome({ id: 0, system, field: null, hidden: false, required: false }, form, lead)) ||
    form.own.some(({ field, value }) => !isNothing(value) && !hasDefault(field))
  return says ? null : SAYS.find(([system]) => asksFor(form.asks, system))?.[1] ?? null
}

const hasDefault = ({ default_value: typed, options }: OwnField): boolean => typed !== '' || options.some(option => option.is_default)
