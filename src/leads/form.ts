import { z } from 'zod'
import { numberKey, readNumber, type PhoneNumber } from '../clients/phones/number.js'
import type { Form, Shape } from '../form-editor/definition.js'
import { formById, missing } from '../form-editor/items.js'
import { readOwn, type OwnForm } from '../form-editor/own/form.js'
import { idOf, isDay, issue, optionalId, readForm, text, tick, typedText, type Body, type FieldErrors } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import { instantOf, isOnTheClock, localOf } from '../web/zone.js'
import type { LeadType } from './lead.js'
import type { Lead } from './queries.js'
import { hasSome, saysNothing } from './required.js'

/** What a lead's form writes, each field under the name by which its change is told. */
export interface LeadFields {
  type_id: number
  contact_name: string
  phones: PhoneWrite[]
  campaign_id: number | null
  comment: string
  due_at: Date | null
  urgent: boolean
  location_id: number | null
  manager_id: number | null
}

/** A phone as it is to be: one that stays as it is has no number here. */
export interface PhoneWrite { id: number | null, number?: PhoneNumber }

/** A row of the form; of a masked one `shown` is what is to be seen of it, and what is typed takes its place. */
export interface PhoneRow { id: number | null, typed: string, masked: boolean, shown?: string, remove: boolean, error?: { key: string } }

export interface LeadForm extends OwnForm { fields: LeadFields, phoneRows: PhoneRow[], asks: Form }

/** What a form is read with: how the forms of all types are shaped, and the lead it is of, when there is one already. */
export interface FormContext { shape: Shape, types: readonly LeadType[], lead: Lead | null }

/** The form of a type, by its id as it was chosen; what is none has the form of the lead's own type, or of the first one. */
export function asksOf ({ shape, types, lead }: FormContext, typeId: unknown): Form {
  const type = types.find(({ id }) => id === idOf(typeId)) ?? types.find(({ id }) => id === lead?.type_id) ?? types[0]!
  return formById(shape, type.formId)!
}

export const MOST_PHONES = 10

const time = text(10).transform((value, context): string => {
  if (value === '') return ''
  const [, hours, minutes] = /^([01]?\d|2[0-3])[:.]([0-5]\d)(?:[:.][0-5]\d)?$/.exec(value) ?? []
  if (!hours) context.addIssue(issue('tasks.time_wrong'))
  return hours ? `${hours.padStart(2, '0')}:${minutes}` : ''
})

const day = text(20).superRefine((value, context) => {
  if (value !== '' && (!isDay(value) || value < '2000' || value > '2100')) context.addIssue(issue('form.date'))
})

const schema = (timeZone: string) => z.object({
  type_id: optionalId.refine(id => id !== null, { error: 'form.choose' }),
  contact_name: text(200),
  campaign_id: optionalId,
  comment: text(10_000),
  due_on: day,
  due_time: time,
  urgent: tick,
  location_id: optionalId,
  manager_id: optionalId
}).superRefine(({ due_on, due_time }, context) => {
  if (due_time !== '' && due_on === '') context.addIssue({ ...issue('leads.due_day'), path: ['due_on'] })
  else if (due_time !== '' && isDay(due_on) && !isOnTheClock(`${due_on}T${due_time}`, timeZone)) context.addIssue({ ...issue('tasks.time_left_out'), path: ['due_time'] })
})

/** Reads a lead's form, of a new one or of one that is there. Never throws; nothing may be written while `errors` has any. */
export function readLeadForm (body: unknown, viewer: Viewer, context: FormContext): LeadForm {
  const typed = (body ?? {}) as Body
  const { organisation: { timeZone, country } } = viewer
  const { values, errors = {} } = readForm(schema(timeZone), typed)
  const phones = readPhoneRows(typed, country, errors)
  const own = readOwn(viewer, context.shape, typed, context.lead)
  Object.assign(errors, own.errors)
  const { due_on = '', due_time = '', ...rest } = values ?? {}
  // A day without a time is all of that day.
  const due_at = due_on ? instantOf(`${due_on}T${due_time || '23:59'}`, timeZone) : null
  // What is past may stay as it is: a form has no seconds.
  if (due_at && due_at.getTime() < Date.now() && minuteOf(due_at) !== minuteOf(context.lead?.due_at)) errors.due_on = { key: 'leads.due_past' }
  const asks = asksOf(context, typed.type_id)
  const form = { fields: { ...rest, ...(values && { due_at }), phones: phones.write } as LeadFields, errors, typed, phoneRows: phones.rows, own: own.own, asks }
  Object.assign(errors, missing(asks, errors, item => hasSome(item, form, context.lead)))
  const says = saysNothing(form, context.lead)
  if (says && !errors[says] && phones.rows.every(({ error }) => !error)) errors[says] = { key: 'leads.says_nothing' }
  return form
}

function readPhoneRows (typed: Body, country: string, errors: FieldErrors): { write: PhoneWrite[], rows: PhoneRow[] } {
  const write: PhoneWrite[] = []
  const rows: PhoneRow[] = []
  const seen = new Set<string>()
  for (const index of [typed.phone_rows ?? []].flat().filter(index => /^\d{1,3}$/.test(index)).slice(0, MOST_PHONES)) {
    const at = (part: string) => typedText(typed, `phones.${index}.${part}`)
    const { value = '', error } = readPhone(at('number'))
    const row: PhoneRow = { id: idOf(at('id')), typed: at('number'), masked: at('masked') !== '', remove: at('remove') !== '' }
    rows.push(row)
    if (row.remove) continue
    if (value === '' && !error) {
      if (row.masked) write.push({ id: row.id })
      continue
    }
    const number = readNumber(value, country)
    const wrong = error ?? (!/\d/.test(value) ? { key: 'phones.no_digits' } : seen.has(numberKey(number)) ? { key: 'phones.twice' } : undefined)
    if (wrong) errors[`phones.${rows.length - 1}.number`] = row.error = wrong
    seen.add(numberKey(number))
    write.push({ id: row.id, number })
  }
  return { write, rows }
}

/** Whether this is a lead's form, and not a button of its page alone. */
export const isWrittenIn = (typed: Body): boolean => Object.keys(typed).some(name => name.startsWith('was.'))

/** What was typed in the form of a lead, as that of a new one: nothing was seen of it before, and phones that were masked are nobody's. */
export const asNew = (typed: Body): Body => ({
  ...Object.fromEntries(Object.entries(typed).filter(([name]) => !/^was\.|^phones\.\d+\.(?!number$)/.test(name))),
  phone_rows: [typed.phone_rows ?? []].flat().filter(index => typedText(typed, `phones.${index}.number`) !== '' && !typed[`phones.${index}.remove`])
})

const minuteOf = (at: Date | null | undefined) => at ? Math.floor(at.getTime() / 60_000) : null

function readPhone (typed: string) {
  const { values, errors } = readForm(z.object({ number: text(60) }), { number: typed })
  return { value: values?.number, error: errors?.number }
}

/** What a new lead's form shows. */
export const newLeadTyped = (defaults: { type: number, manager: number | null }): Body => ({ type_id: String(defaults.type), manager_id: String(defaults.manager ?? '') })

/** What a lead's form shows before anything was typed. */
export function leadTyped (lead: Lead, timeZone: string): Body {
  const [due_on, due_time] = lead.due_at ? localOf(lead.due_at, timeZone).split('T') : ['', '']
  return {
    type_id: String(lead.type_id), contact_name: lead.contact_name, campaign_id: String(lead.campaign_id ?? ''), comment: lead.comment, due_on, due_time,
    ...(lead.urgent && { urgent: 'on' }), location_id: String(lead.location_id ?? ''), manager_id: String(lead.manager_id ?? '')
  }
}

export const phoneRowsOf = (lead: Lead): PhoneRow[] => lead.phones.map(({ id, typed, display, masked }) => ({ id, typed: masked ? '' : typed, masked, ...(masked && { shown: display }), remove: false }))
