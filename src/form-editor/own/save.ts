import type { Db } from '../../database/knex.js'
import type { Labels } from '../../web/labels.js'
import type { FieldKind, OwnField, Subject } from '../definition.js'
import { nameOf } from '../schema.js'
import { isNothing, valuesOf, type OwnValue } from '../value.js'
import { writeValues } from '../values.js'
import type { Owner, OwnWrite } from './form.js'
import { ownFingerprint } from './state.js'

/** A value as the feed keeps it, readable after the field has changed: choices by their words of that day. */
export type ToldValue = string | number | boolean | Labels | Labels[] | null

/** What the feed keeps of a changed own field. */
export interface OwnChange { field: `own.${string}`, own: { kind: FieldKind, labels: Labels }, old: ToldValue, new: ToldValue }

/** A value in the words of today. */
export function told ({ options }: Pick<OwnField, 'options'>, value: OwnValue): ToldValue {
  if (isNothing(value)) return null
  const label = (id: number): Labels => options.find(option => option.id === id)?.labels ?? {}
  if (Array.isArray(value)) return value.map(label)
  return options.length > 0 ? label(value as number) : value
}

/** Writes the own fields that differ from what a client or lead has. Returns what the feed tells of them. */
export async function changeOwn (trx: Db, subject: Subject, owner: Owner, writes: readonly OwnWrite[]): Promise<OwnChange[]> {
  const current = valuesOf(writes.map(({ field }) => field), owner.own)
  const changed = writes.filter(({ field, value }) => ownFingerprint(current[field.key]!) !== ownFingerprint(value))
  await writeValues(trx, subject, owner.id, changed)
  return changed.map(({ field, value }) => ({
    field: nameOf(field) as OwnChange['field'], own: { kind: field.kind, labels: field.labels }, old: told(field, current[field.key]!), new: told(field, value)
  }))
}
