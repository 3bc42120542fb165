import type { OwnField } from './definition.js'

/**
 * What a client has in an own field, null for nothing: of texts a string, of a number a number, of yes/no a boolean, of a date "2026-11-03",
 * of a date and time its instant in UTC ("2026-11-03T09:30:00.000Z"), of one choice the option's id, of several a list of them in the options' order.
 */
export type OwnValue = string | number | boolean | number[] | null

/** Values by the field's key. */
export type OwnValues = Record<string, OwnValue>

/** A row of client_values without its client; see the migration. */
export interface ValueRow {
  field_id: number
  position: number
  text_value?: string
  number_value?: number
  day_value?: string
  moment_value?: string
  option_id?: number
}

/** The rows that keep a value of a field: none for nothing. */
export function rowsOf ({ id, kind }: Pick<OwnField, 'id' | 'kind'>, value: OwnValue): ValueRow[] {
  if (value === null || value === '') return []
  const row = (column: Partial<ValueRow>, position = 0): ValueRow => ({ field_id: id, position, ...column })
  if (kind === 'several_choices') return (value as number[]).map((option_id, position) => row({ option_id }, position))
  if (kind === 'one_choice') return [row({ option_id: value as number })]
  if (kind === 'number') return [row({ number_value: value as number })]
  if (kind === 'yes_no') return [row({ number_value: value ? 1 : 0 })]
  if (kind === 'date') return [row({ day_value: value as string })]
  if (kind === 'date_time') return [row({ moment_value: value as string })]
  return [row({ text_value: value as string })]
}

/** The value that rows of one field keep. */
export function valueOf (field: Pick<OwnField, 'kind' | 'options'>, rows: readonly ValueRow[]): OwnValue {
  const [row] = rows
  if (!row) return field.kind === 'several_choices' ? [] : null
  if (field.kind === 'several_choices') return inOrder(field, rows.map(row => row.option_id!))
  if (field.kind === 'yes_no') return row.number_value === 1
  if (row.moment_value) return new Date(row.moment_value).toISOString()
  return row.text_value ?? row.number_value ?? row.day_value ?? row.option_id ?? null
}

/** The values of these fields among a client's rows. */
export function valuesOf (fields: readonly OwnField[], rows: readonly ValueRow[]): OwnValues {
  const byField = new Map<number, ValueRow[]>()
  for (const row of rows) {
    const others = byField.get(row.field_id)
    if (others) others.push(row)
    else byField.set(row.field_id, [row])
  }
  return Object.fromEntries(fields.map(field => [field.key, valueOf(field, byField.get(field.id) ?? [])]))
}

/** Chosen options, each once, in the order in which the field has them. */
export const inOrder = (field: Pick<OwnField, 'options'>, ids: readonly number[]): number[] => field.options.map(({ id }) => id).filter(id => ids.includes(id))

export const isNothing = (value: OwnValue | undefined): boolean => value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
