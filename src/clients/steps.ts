import { itemsOf, type Form, type FormItem, type SystemItem } from '../form-editor/definition.js'
import { nameOf } from '../form-editor/schema.js'
import type { Body } from '../web/form.js'
import { emailRows } from './emails/rows.js'
import type { FormState } from './form-state.js'
import { phoneRows } from './phones/rows.js'
import type { Choices } from './queries.js'

/** Steps in filling in a form that send it and save nothing: one row more or less, a type of phone to name, a tag of a new client, the other kind's form. */
export const isStep = (body: Body): boolean => STEPS.some(name => name in body)

const STEPS = ['add_phone', 'add_email', 'drop_phone', 'drop_email', 'ask_type', 'switch_kind']

/** Empty rows to type into: those asked for, and in a new form one of each to begin with. */
export function addRows (body: Body, form: FormState, { phoneTypes }: Choices, isNew: boolean): void {
  const next = (rows: { index: string }[]) => Math.max(-1, ...rows.map(row => Number(row.index))) + 1
  dropRow(form.phones, body.drop_phone)
  dropRow(form.emails, body.drop_email)
  for (const row of form.phones) if (row.index === body.ask_type) row.asksType = true
  if ('add_phone' in body || (isNew && form.phones.length === 0)) form.phones.push(phoneRows.fresh(next(form.phones), phoneTypes))
  if ('add_email' in body || (isNew && form.emails.length === 0)) form.emails.push(emailRows.fresh(next(form.emails), []))
}

/** A row taken off without JavaScript: a new one vanishes, one that is stored is marked and goes with the next save. */
function dropRow (rows: { index: string, id: number | null, remove: boolean }[], index: unknown): void {
  const at = rows.findIndex(row => row.index === index)
  if (at === -1) return
  if (rows[at]!.id === null) rows.splice(at, 1)
  else rows[at]!.remove = true
}

/** Names that each system field has in the body. */
const NAMES: Record<SystemItem, RegExp> = {
  supplier: /^is_supplier$/, conflicted: /^(is_conflicted|conflict_reason)$/, phones: /^(phone_rows$|phones\.)/, emails: /^(email_rows$|emails\.)/, address: /^address$/,
  campaign: /^campaign_id$/, location: /^location_id$/, discounts: /^discount_/, tags: /^(tag|tag_names)$/, note: /^note$/
}

/** Whether a name in the body belongs to an item of a form. */
export const isOf = ({ system, field }: FormItem, name: string): boolean => field ? name === nameOf(field) : NAMES[system!].test(name)

/** What was typed in the form of the other kind and has no place in this one: it is sent along, to be there again when the kind is switched back. */
export function carriedOver (asks: Form, body: Body): [name: string, value: string][] {
  const away = itemsOf(asks).filter(item => item.hidden && !item.field?.removed)
  return Object.entries(body).flatMap(([sent, value]) => {
    const name = sent.replace(/^kept\./, '')
    if (name !== sent && name in body) return []
    return away.some(item => isOf(item, name.replace(/^was\./, ''))) ? [value ?? []].flat().filter(one => one !== '').map((one): [string, string] => [`kept.${name}`, one]) : []
  })
}

/** The body with what was carried over, for the form that may have a place for it. */
export const withCarried = (body: Body): Body =>
  ({ ...Object.fromEntries(Object.entries(body).flatMap(([name, value]) => name.startsWith('kept.') ? [[name.slice('kept.'.length), value]] : [])), ...body })
