import { PREPARED, type Db } from '../database/knex.js'
import type { Labels } from '../web/labels.js'
import type { Viewer } from '../web/viewer.js'
import { VALUE_COLUMNS, type FieldKind, type FieldOption, type OwnField, type Shape, type Subject } from './definition.js'

const SHAPE = `
  select v.version,
    (select coalesce(json_agg(json_build_object('id', f.id, 'key', f.key, 'kind', f.kind, 'labels', f.labels, 'help', f.help, 'default_value', f.default_value, 'version', f.version, 'removed', f.removed_at is not null,
        'options', coalesce((select json_agg(json_build_object('id', o.id, 'labels', o.labels, 'is_default', o.is_default, 'retired', o.retired_at is not null) order by o.position, o.id)
          from field_options o where o.field_id = f.id), '[]')) order by f.id), '[]')
      from fields f where f.subject = v.subject) as fields,
    (select json_agg(json_build_object('id', f.id, 'key', f.key,
        'sections', (select json_agg(json_build_object('id', s.id, 'key', s.key, 'labels', s.labels,
            'items', coalesce((select json_agg(json_build_object('id', i.id, 'system', i.system, 'field', i.field_id, 'hidden', i.hidden, 'required', i.required) order by i.position, i.id)
              from form_items i where i.section_id = s.id), '[]')) order by s.position, s.id)
          from form_sections s where s.form_id = f.id)) order by f.position)
      from forms f where f.subject = v.subject) as forms
  from form_versions v where v.subject = ?`

/** Shapes by database (its settings are one object for Knex and all its transactions) and subject. */
const known = new WeakMap<object, Map<Subject, Shape>>()

/**
 * All forms and fields of a subject. Its version, which a reader's `viewer.formVersions` brings or one small query, says whether what this
 * process read before still holds; only after a change the whole is read again. A transaction reads it anew: what it sees may never come to be.
 */
export async function shapeOf (db: Db, subject: Subject, versions?: Viewer['formVersions']): Promise<Shape> {
  if (db.isTransaction) return readShape(db, subject)
  const shapes = known.get(db.client.config) ?? new Map<Subject, Shape>()
  known.set(db.client.config, shapes)
  const version = versions?.[subject] ?? (await db('form_versions').where({ subject }).first('version').options(PREPARED)).version
  const before = shapes.get(subject)
  if (before && before.version === version) return before
  const shape = await readShape(db, subject)
  shapes.set(subject, shape)
  return shape
}

async function readShape (db: Db, subject: Subject): Promise<Shape> {
  const { rows: [row] } = await db.raw(SHAPE, [subject])
  const fields = new Map((row.fields as OwnField[]).map(field => [field.id, field]))
  for (const form of row.forms) {
    for (const section of form.sections) {
      for (const item of section.items) item.field = fields.get(item.field) ?? null
    }
  }
  return { version: row.version, forms: row.forms, fields: [...fields.values()] }
}

/** An own field as a list can show it, filter and sort by it. */
export interface ListField {
  id: number
  key: string
  kind: FieldKind
  labels: Labels
  options: FieldOption[]
  /** The column of client_values; a row is found by (field_id, column, client_id) in an index. */
  column: (typeof VALUE_COLUMNS)[FieldKind]
  /** Of several choices a client has many rows; elsewhere one at most. */
  many: boolean
}

const listFields = new WeakMap<Shape, ListField[]>()

/** The own fields of a subject that a form asks for, in the order of its forms. */
export async function listOwnFields (db: Db, subject: Subject, versions?: Viewer['formVersions']): Promise<ListField[]> {
  const shape = await shapeOf(db, subject, versions)
  let fields = listFields.get(shape)
  if (!fields) listFields.set(shape, fields = listFieldsOf(shape))
  return fields
}

function listFieldsOf ({ forms }: Shape): ListField[] {
  const found = new Map<number, ListField>()
  for (const { field, hidden } of forms.flatMap(form => form.sections).flatMap(section => section.items)) {
    if (!field || field.removed || hidden) continue
    const { id, key, kind, labels, options } = field
    found.set(id, { id, key, kind, labels, options, column: VALUE_COLUMNS[kind], many: kind === 'several_choices' })
  }
  return [...found.values()]
}
