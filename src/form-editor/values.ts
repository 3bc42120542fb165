import type { Db } from '../database/knex.js'
import type { FieldErrors } from '../web/form.js'
import { SUBJECTS, VALUES, type Subject } from './definition.js'
import type { OwnWrite } from './own/form.js'
import { nameOf } from './schema.js'
import { rowsOf, type ValueRow } from './value.js'

/** Another client or lead has this unique id. */
export class IdTaken extends Error {
  constructor (readonly subject: Subject, readonly fieldId: number, readonly value: string) { super('The unique id is taken') }
}

/** A field isn't any more what the form was made from: of another kind, erased, or without that option. */
export class FieldChanged extends Error {
  constructor (readonly fieldId: number | null) { super('The field was changed') }
}

/** The rows of own values of a client or lead as JSON, to stand in a query that has its id as `id`; `unpacked` makes rows of it. As objects, Postgres takes three times as long. */
export const valueRows = (subject: Subject, id: string): string => `
  coalesce((select json_agg(json_build_array(v.field_id, v.position, v.text_value, v.number_value, v.day_value, v.moment_value, v.option_id) order by v.field_id, v.position)
    from ${VALUES[subject].table} v where v.${VALUES[subject].owner} = ${id}), '[]')`

type Packed = [field_id: number, position: number, text: string | null, number: number | null, day: string | null, moment: string | null, option: number | null]

export const unpacked = (rows: readonly Packed[]): ValueRow[] => rows.map(([field_id, position, text, number, day, moment, option]) => ({
  field_id, position, text_value: text ?? undefined, number_value: number ?? undefined, day_value: day ?? undefined, moment_value: moment ?? undefined, option_id: option ?? undefined
}))

const COLUMNS = 'field_id bigint, position smallint, text_value text, number_value numeric, day_value date, moment_value timestamptz, option_id bigint'
const NAMES = COLUMNS.replace(/(\w+) \w+/g, '$1')

/**
 * Replaces what a client or lead has in these fields. Throws FieldChanged when a field is no longer what it was when the form was read, and, by way
 * of the database (see saidByValues), when an option is gone or a unique id taken.
 */
export async function writeValues (trx: Db, subject: Subject, ownerId: number, written: readonly OwnWrite[]): Promise<void> {
  if (written.length === 0) return
  const { table, owner } = VALUES[subject]
  const ids = written.map(({ field }) => field.id)
  // A change of the kind waits for us, or we for it.
  const now = new Map((await trx('fields').whereIn('id', ids).orderBy('id').forShare().select('id', 'kind')).map(row => [row.id, row]))
  const changed = written.find(({ field }) => now.get(field.id)?.kind !== field.kind)
  if (changed) throw new FieldChanged(changed.field.id)
  await trx(table).where({ [owner]: ownerId }).whereIn('field_id', ids).delete()
  const rows = written.flatMap(({ field, value }) => rowsOf(field, value))
  if (rows.length === 0) return
  await trx.raw(`
    insert into ${table} (${owner}, ${NAMES}, unique_key)
    select ?, ${NAMES.split(', ').map(name => `r.${name}`).join(', ')}, case when f.kind = 'unique_id' then unique_key(r.text_value) end
    from json_to_recordset(?) as r(${COLUMNS}) join fields f on f.id = r.field_id`, [ownerId, JSON.stringify(rows)])
}

/** What the database said when it refused values, as an error of ours; anything else as it is. */
export function saidByValues (error: unknown): unknown {
  const { code, constraint = '', detail = '' } = error as { code?: string, constraint?: string, detail?: string }
  const subject = SUBJECTS.find(subject => constraint.startsWith(`${VALUES[subject].table}_`))
  if (subject && code === '23505' && constraint.endsWith('_unique_id')) {
    const [, field, value = ''] = /=\((\d+), (.*)\) /s.exec(detail) ?? []
    return new IdTaken(subject, Number(field), value)
  }
  return subject && code === '23503' ? new FieldChanged(null) : error
}

/** The client or lead that has the unique id, as far as that is still so. */
export async function findIdHolder (db: Db, { subject, fieldId, value }: IdTaken): Promise<number | null> {
  const { table, owner } = VALUES[subject]
  return (await db(table).where({ field_id: fieldId, unique_key: value }).first(`${owner} as id`))?.id ?? null
}

/** Says beside its field that the form editor has changed it meanwhile. */
export function explainChanged ({ fieldId }: FieldChanged, own: readonly OwnWrite[]): FieldErrors {
  const changed = own.filter(({ field }) => fieldId === null ? field.options.length > 0 : field.id === fieldId)
  return Object.fromEntries(changed.map(({ field }) => [nameOf(field), { key: fieldId === null ? 'own.gone_choice' : 'own.changed_field' }]))
}
