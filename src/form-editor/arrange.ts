import type { Db } from '../database/knex.js'
import { NotFound } from '../web/errors.js'
import { wordsOf } from '../web/labels.js'
import type { Viewer } from '../web/viewer.js'
import { beginChange, type ChangeDetails } from './changes.js'
import { SYSTEM_ITEMS, type Form, type FormItem, type FormSection, type Shape, type Subject } from './definition.js'
import { shapeOf } from './shape.js'

/** Where an item goes: a step, or (dragged) before another item, or to the end of a section. */
export type Place = 'up' | 'down' | { section: number, before: number | null }

/** Moves an item. At a section's end it goes on into the next. Throws NotFound. */
export async function moveItem (trx: Db, by: Viewer, subject: Subject, formKey: string, itemId: number | null, place: Place): Promise<void> {
  const tell = await beginChange(trx, by, subject)
  const { form, item } = findItem(await shapeOf(trx, subject), formKey, itemId)
  const sections = form.sections.map(section => ({ id: section.id, name: nameOfSection(form, section, by), items: inSight(section) }))
  const before = placeOf(sections, item)
  if (!put(sections, item, place)) return
  const rows = sections.flatMap(({ id, items }) => items.map((item, position) => ({ id: item.id, section_id: id, position })))
  await trx.raw(`
    update form_items i set section_id = r.section_id, position = r.position
    from json_to_recordset(?) as r(id bigint, section_id bigint, position int) where i.id = r.id and i.form_id = ?`, [JSON.stringify(rows), form.id])
  await tell('moved', about(form, item), { kind: 'forms.moved', subject: subjectOf(form, item), changes: [{ field: 'order', old: before, new: placeOf(sections, item) }] })
}

interface Placed { id: number, name: string, items: FormItem[] }

/** "Contacts 2" */
function placeOf (sections: Placed[], item: FormItem): string {
  const { name, items } = sections.find(({ items }) => items.includes(item))!
  return `${name} ${items.indexOf(item) + 1}`
}

/** A section as the audit log calls it: by its title, by the key of a built-in one, or by its place. */
export const nameOfSection = (form: Form, section: FormSection, by: Viewer): string =>
  wordsOf(section.labels, by.organisation.language, 'en') || section.key || `#${form.sections.indexOf(section) + 1}`

// Items of removed fields are out of sight, and of the way.
const inSight = (section: FormSection): FormItem[] => section.items.filter(({ field }) => !field?.removed)

function put (sections: Placed[], item: FormItem, place: Place): boolean {
  const from = sections.findIndex(({ items }) => items.includes(item))
  const here = sections[from]!.items
  const at = here.indexOf(item)
  if (typeof place === 'object') {
    const target = sections.find(({ id }) => id === place.section)
    const before = target?.items.findIndex(({ id }) => id === place.before) ?? -1
    if (!target || (place.before !== null && before === -1) || place.before === item.id) return false
    here.splice(at, 1)
    target.items.splice(place.before === null ? target.items.length : target.items.findIndex(({ id }) => id === place.before), 0, item)
    return true
  }
  const step = place === 'up' ? -1 : 1
  const other = at + step
  if (other >= 0 && other < here.length) {
    [here[at], here[other]] = [here[other]!, item]
    return true
  }
  const next = sections[from + step]
  if (!next) return false
  here.splice(at, 1)
  next.items.splice(place === 'up' ? next.items.length : 0, 0, item)
  return true
}

/** Hides an item or shows it again, or makes it required or optional. Throws NotFound, also for what can't be required. */
export async function setItem (trx: Db, by: Viewer, subject: Subject, formKey: string, itemId: number | null, change: { hidden: boolean } | { required: boolean }): Promise<FormItem> {
  const tell = await beginChange(trx, by, subject)
  const { form, item } = findItem(await shapeOf(trx, subject), formKey, itemId)
  const [[name, value]] = Object.entries(change) as ['hidden' | 'required', boolean][] as [['hidden' | 'required', boolean]]
  if (name === 'required' && !isRequirable(item)) throw new NotFound()
  if (item[name] === value) return item
  await trx('form_items').where({ id: item.id }).update({ [name]: value })
  const what = name === 'hidden' ? (value ? 'hidden' : 'shown') : value ? 'required' : 'optional'
  await tell(what, about(form, item), {
    kind: 'forms.item',
    subject: subjectOf(form, item),
    changes: [{ field: name, old: !value, new: value }]
  })
  return item
}

export const isRequirable = ({ system, field }: FormItem): boolean => field !== null || SYSTEM_ITEMS[system!].requirable

/** An item of a form of this key. Throws NotFound. */
export function findItem (shape: Shape, formKey: string, itemId: number | null): { form: Form, item: FormItem } {
  const form = findForm(shape, formKey)
  const item = form.sections.flatMap(inSight).find(({ id }) => id === itemId)
  if (!item) throw new NotFound()
  return { form, item }
}

/** Throws NotFound. */
export function findForm (shape: Shape, key: string): Form {
  const form = shape.forms.find(form => form.key === key)
  if (!form) throw new NotFound()
  return form
}

const subjectOf = ({ key }: Form, { id, field, system }: FormItem) => ({ type: 'form_item', id, name: `${key}: ${field?.key ?? system}` })

const about = ({ key }: Form, { system, field }: FormItem): ChangeDetails => field ? { form: key, field: field.id, labels: field.labels } : { form: key, system: system! }
