import type { FieldKind, OwnField, Subject } from '../../src/form-editor/definition.js'
import { shapeOf } from '../../src/form-editor/shape.js'
import type { Db } from '../../src/database/knex.js'

/** An own field as a test describes it: on all forms unless `on` names one. */
export interface DescribedField { kind: FieldKind, label?: string, choices?: string[], required?: boolean, default_value?: string, on?: string }

/** Makes own fields, by their keys, at the end of the forms of clients, or of leads. */
export async function addFields<K extends string> (db: Db, described: Record<K, DescribedField>, subject: Subject = 'client'): Promise<Record<K, OwnField>> {
  for (const [key, { kind, label = key, choices = [], required = false, default_value = '', on }] of Object.entries<DescribedField>(described)) {
    const [{ id }] = await db('fields').insert({ subject, key, kind, labels: { en: label }, default_value }).returning('id')
    if (choices.length > 0) await db('field_options').insert(choices.map((en, position) => ({ field_id: id, position, labels: { en } })))
    for (const form of await db('forms').where({ subject }).select('id', 'key')) {
      const section = await db('form_sections').where({ form_id: form.id }).orderBy('position', 'desc').first('id')
      await db('form_items').insert({ form_id: form.id, section_id: section.id, position: 10, field_id: id, required, hidden: on !== undefined && on !== form.key })
    }
  }
  await reshape(db)
  const { fields } = await shapeOf(db, subject)
  return Object.fromEntries(fields.map(field => [field.key, field])) as Record<K, OwnField>
}

/** Changes items of forms past the editor, of the clients' unless others are named: `reshape(db, { note: { hidden: true } })`. */
export async function reshape (db: Db, items: Record<string, { hidden?: boolean, required?: boolean }> = {}, on: string[] = ['person', 'company']): Promise<void> {
  const forms = db('forms').whereIn('key', on).select('id')
  for (const [system, change] of Object.entries(items)) await db('form_items').where({ system }).whereIn('form_id', forms).update(change)
  await db('form_versions').increment('version')
}
