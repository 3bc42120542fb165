import type { AuditChange } from '../../audit/entry.js'
import { changesBetween } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import { NotFound } from '../../web/errors.js'
import { wordsOf, type Labels } from '../../web/labels.js'
import type { Viewer } from '../../web/viewer.js'
import { beginChange } from '../changes.js'
import { itemsOf, VALUES, type OwnField, type Shape, type Subject } from '../definition.js'
import { shapeOf } from '../shape.js'
import type { FieldValues, OptionRow } from './form.js'

/** Somebody else changed the field since the form was shown. */
export class ChangedMeanwhile extends Error {
  constructor (readonly field: OwnField) { super('The field was changed') }
}

/** An own field, also a removed one. Throws NotFound. */
export function findField (shape: Shape, id: number | null): OwnField {
  const field = shape.fields.find(field => field.id === id)
  if (!field) throw new NotFound()
  return field
}

/** Adds a field to all forms of the subject, hidden where it isn't asked: at the end of that section, or of the form. Returns its id. */
export async function addField (trx: Db, by: Viewer, subject: Subject, values: FieldValues, sectionId: number | null = null): Promise<number> {
  const tell = await beginChange(trx, by, subject)
  const shape = await shapeOf(trx, subject)
  const key = freeKey(shape, wordsOf(values.labels, by.organisation.language, 'en'))
  const { kind, labels, help, default_value } = values
  const [{ id }] = await trx('fields').insert({ subject, key, kind, labels, help, default_value }).returning('id')
  await writeOptions(trx, id, values.options)
  // The other form has its section at the same place.
  const place = Math.max(-1, ...shape.forms.map(form => form.sections.findIndex(section => section.id === sectionId)))
  for (const form of shape.forms) {
    const section = form.sections[place] ?? form.sections.at(-1)!
    const { asked, required } = values.asked[form.key] ?? { asked: false, required: false }
    await trx('form_items').insert({ form_id: form.id, section_id: section.id, position: section.items.length, field_id: id, hidden: !asked, required })
  }
  await tell('field_added', { field: id, labels }, { kind: 'forms.field_added', subject: subjectOf(id, labels, by), changes: changesBetween({}, audited(values, by)) })
  return id
}

/** Writes what an admin changed of a field. Throws NotFound, or ChangedMeanwhile when `version` isn't the field's any more. */
export async function changeField (trx: Db, by: Viewer, subject: Subject, id: number | null, version: number, values: FieldValues): Promise<void> {
  const tell = await beginChange(trx, by, subject)
  const shape = await shapeOf(trx, subject)
  const field = findField(shape, id)
  if (field.version !== version) throw new ChangedMeanwhile(field)
  const { labels, help, default_value } = values
  await trx('fields').where({ id }).update({ labels, help, default_value, version: version + 1 })
  await writeOptions(trx, field.id, values.options)
  for (const form of shape.forms) {
    const item = itemsOf(form).find(item => item.field?.id === id)
    const now = values.asked[form.key]
    // The form of a type of lead that was taken away asks what it asked.
    if (item && now) await trx('form_items').where({ id: item.id }).update({ hidden: !now.asked, required: now.required })
  }
  await tell('field_changed', { field: field.id, labels }, { kind: 'forms.field_changed', subject: subjectOf(field.id, labels, by), changes: changesBetween(audited(field, by), audited(values, by)) })
}

/** Takes a field out of all forms, or puts it back where it was. Its values stay. Throws NotFound. */
export async function setRemoved (trx: Db, by: Viewer, subject: Subject, id: number | null, removed: boolean): Promise<OwnField> {
  const tell = await beginChange(trx, by, subject)
  const field = findField(await shapeOf(trx, subject), id)
  if (field.removed === removed) return field
  await trx('fields').where({ id }).update({ removed_at: removed ? trx.fn.now() : null, version: field.version + 1 })
  const what = removed ? 'field_removed' : 'field_restored'
  await tell(what, { field: field.id, labels: field.labels }, { kind: `forms.${what}`, subject: subjectOf(field.id, field.labels, by) })
  return field
}

/** How many clients or leads have a value in a field. */
export async function countValues (db: Db, subject: Subject, id: number): Promise<number> {
  const { table, owner } = VALUES[subject]
  const [{ count }] = await db(table).where({ field_id: id }).countDistinct({ count: owner }) as unknown as [{ count: number }]
  return Number(count)
}

/** Erases a removed field with every value there is, for good. Returns how many had one. Throws NotFound for one that isn't removed. */
export async function eraseField (trx: Db, by: Viewer, subject: Subject, id: number | null): Promise<{ field: OwnField, count: number }> {
  const tell = await beginChange(trx, by, subject)
  const field = findField(await shapeOf(trx, subject), id)
  if (!field.removed) throw new NotFound()
  const count = await countValues(trx, subject, field.id)
  await trx(VALUES[subject].table).where({ field_id: id }).delete()
  await trx('fields').where({ id }).delete()
  await tell('field_erased', { labels: field.labels }, { kind: 'forms.field_erased', subject: subjectOf(field.id, field.labels, by), changes: [{ field: 'values', old: count, new: null }] })
  return { field, count }
}

// A choice that nobody has and that was taken off the form goes; one somebody has is only offered no more.
async function writeOptions (trx: Db, fieldId: number, options: readonly OptionRow[]): Promise<void> {
  for (const [position, { id, labels, is_default, retired }] of options.entries()) {
    const row = { position, labels, is_default, retired_at: retired ? trx.fn.now() : null }
    const known = id === null ? 0 : await trx('field_options').where({ id, field_id: fieldId }).update({ ...row, retired_at: retired ? trx.raw('coalesce(retired_at, now())') : null })
    if (known === 0) await trx('field_options').insert({ field_id: fieldId, ...row })
  }
}

/** The field's name for machines, from its label: "Frame size" gives frame_size, and a second one frame_size_2. */
export function freeKey (shape: Shape, label: string): string {
  const plain = label.normalize('NFD').replace(/[łŁ]/g, 'l').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 40)
  const key = plain && plain !== 'constructor' ? plain : 'field'
  const taken = new Set(shape.fields.map(field => field.key))
  for (let n = 1; ; n++) {
    const free = n === 1 ? key : `${key}_${n}`
    if (!taken.has(free)) return free
  }
}

const subjectOf = (id: number, labels: Labels, by: Viewer) => ({ type: 'field', id, name: wordsOf(labels, by.organisation.language, 'en') })

function audited ({ kind, labels, help, options }: Pick<FieldValues, 'kind' | 'labels' | 'help'> & { options: readonly { labels: Labels, retired: boolean }[] }, by: Viewer): Partial<Record<AuditChange['field'], unknown>> {
  const words = (labels: Labels) => wordsOf(labels, by.organisation.language, 'en')
  return { label: words(labels), help: words(help), field_kind: kind, choices: options.filter(({ retired }) => !retired).map(({ labels }) => words(labels)) }
}
