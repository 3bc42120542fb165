import type { FieldKind, OwnField } from '../../form-editor/definition.js'
import { nameOf } from '../../form-editor/schema.js'
import { joinValues } from '../../imports/columns/values.js'
import { wordsOf } from '../../web/labels.js'
import type { Viewer } from '../../web/viewer.js'
import type { SheetColumn, XlsxCell } from '../../web/xlsx.js'

/** One column of an exported file. */
export interface ExportColumn extends SheetColumn {
  name: string
  /** Of an own field, what it is, and the words of its options by their ids. */
  field?: { id: number, kind: FieldKind, options: Record<number, string> }
  /** What its values are called. */
  words?: Record<string, string>
  /** Its values are phones, and not to be read in full. */
  masked?: boolean
}

/** Words that stand in cells, whatever the noun. */
export type Words = Record<'yes' | 'no', string> & Record<string, string>

/** Own values of a row by their fields, as texts of Postgres. */
export type Values = Map<number, string[]>

/** How a noun's cell is made of what was read. */
export type CellOf = (row: Record<string, any>, column: ExportColumn, words: Words) => XlsxCell

/** SQL that reads a moment in the organisation's zone (:zone). */
export const moment = (column: string): string => `to_char(${column} at time zone :zone, 'YYYY-MM-DD HH24:MI')`

/** SQL that reads the own values (of :fields) of a row. */
export const readOwn = (table: string, owner: string, row: string) => `
  (select json_agg(json_build_array(v.field_id, coalesce(v.text_value, v.number_value::text, v.day_value::text, ${moment('v.moment_value')}, v.option_id::text)) order by v.field_id, v.position)
    from ${table} v where v.${owner} = ${row} and v.field_id = any (:fields)) as own`

/** The column of an own field. */
export function ownColumn ({ language, organisation: { language: fallback } }: Viewer, field: OwnField): ExportColumn {
  const options = Object.fromEntries(field.options.map(({ id, labels }) => [id, wordsOf(labels, language, fallback)]))
  return {
    name: nameOf(field), title: wordsOf(field.labels, language, fallback) || field.key, width: field.kind === 'long_text' ? 40 : 20, field: { id: field.id, kind: field.kind, options },
    ...(field.kind === 'date' ? { kind: 'date' } as const : field.kind === 'date_time' ? { kind: 'moment' } as const : {})
  }
}

/** Of two columns that are called alike the second is known by what its field is called for ever. */
export function toldApart (columns: readonly ExportColumn[]): ExportColumn[] {
  const titles = new Set<string>()
  return columns.map(column => {
    const title = titles.has(column.title) ? column.name.replace(/^own\./, '') : column.title
    titles.add(title)
    return { ...column, title }
  })
}

export function ownValues (rows: [field: number, value: string][] | null | undefined): Values {
  const values: Values = new Map()
  for (const [field, value] of rows ?? []) values.set(field, [...values.get(field) ?? [], value])
  return values
}

// Texts of Postgres, as they are kept: see the migrations that made client_values and lead_values.
export function ownCell (values: readonly string[], { kind, options }: NonNullable<ExportColumn['field']>, words: Words): XlsxCell {
  const [value] = values
  if (value === undefined) return null
  switch (kind) {
    case 'yes_no': return Number(value) === 1 ? words.yes : words.no
    case 'number': return Number(value)
    case 'date': case 'date_time': return { day: value }
    case 'one_choice': return options[Number(value)] ?? null
    case 'several_choices': return joinValues(Object.keys(options).filter(id => values.includes(id)).map(id => options[Number(id)]!))
    default: return value
  }
}
