import type { Body, FieldErrors } from '../web/form.js'
import { itemsOf, type Form, type FormItem, type Shape, type SystemItem } from './definition.js'
import { nameOf } from './schema.js'

/** Names that each system field has in a body, and where what is wrong with it is said. */
const NAMES: Record<SystemItem, { sent: RegExp, says: string }> = {
  supplier: { sent: /^is_supplier$/, says: 'is_supplier' },
  conflicted: { sent: /^(is_conflicted|conflict_reason)$/, says: 'is_conflicted' },
  contact: { sent: /^contact_name$/, says: 'contact_name' },
  phones: { sent: /^(phone_rows$|phones(\.|$))/, says: 'phones' },
  emails: { sent: /^(email_rows$|emails\.)/, says: 'emails' },
  address: { sent: /^address$/, says: 'address' },
  language: { sent: /^language$/, says: 'language' },
  campaign: { sent: /^campaign_id$/, says: 'campaign_id' },
  comment: { sent: /^comment$/, says: 'comment' },
  due: { sent: /^due(_on|_time)?$/, says: 'due_on' },
  urgent: { sent: /^urgent$/, says: 'urgent' },
  location: { sent: /^location_id$/, says: 'location_id' },
  manager: { sent: /^manager_id$/, says: 'manager_id' },
  discounts: { sent: /^discount_/, says: 'discount_services' },
  tags: { sent: /^(tag|tag_names)$/, says: 'tag' },
  note: { sent: /^note$/, says: 'note' }
}

/** Whether a name in the body belongs to an item of a form. */
export const isOf = ({ system, field }: FormItem, name: string): boolean => field ? name === nameOf(field) : NAMES[system!].sent.test(name)

/** Whether a form shows an item. */
export const isShown = ({ hidden, field }: FormItem): boolean => !hidden && !field?.removed

/** Whether a form asks for a system field. */
export const asksFor = (form: Form, system: SystemItem): boolean => itemsOf(form).some(item => item.system === system && !item.hidden)

/** What a form requires and, by `has`, isn't there. A field with another error has that to say first. */
export function missing (asks: Form, wrong: FieldErrors, has: (item: FormItem) => boolean): FieldErrors {
  const errors: FieldErrors = {}
  for (const item of itemsOf(asks)) {
    if (!item.required || !isShown(item) || has(item)) continue
    const name = item.field ? nameOf(item.field) : NAMES[item.system!].says
    if (!Object.keys(wrong).some(one => one === name || one.startsWith(`${name}.`))) errors[name] = { key: 'form.required' }
  }
  return errors
}

/** What is wrong with items that a form doesn't show any more: they were hidden while it lay open. */
export function unseenIn (asks: Form, errors: FieldErrors): { item: FormItem, error: NonNullable<FieldErrors[string]> }[] {
  return itemsOf(asks).filter(({ hidden }) => hidden).flatMap(item => Object.entries(errors).filter(([name]) => isOf(item, name)).map(([, error]) => ({ item, error: error! })))
}

/** What was typed in another form and has no place in this one: it is sent along, to be there again when that is chosen again. */
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

/** A form with only some of its items, in one section. */
export const onlyItems = (form: Form, wanted: (item: FormItem) => boolean): Form =>
  ({ ...form, sections: [{ id: 0, key: null, labels: {}, items: itemsOf(form).filter(wanted) }] })

/** The form of this id, among those of a subject. */
export const formById = (shape: Shape, id: number): Form | undefined => shape.forms.find(form => form.id === id)
