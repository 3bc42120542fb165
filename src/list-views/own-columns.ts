import { VALUES, type Subject } from '../form-editor/definition.js'
import { told, type ToldValue } from '../form-editor/own/save.js'
import { nameOf } from '../form-editor/schema.js'
import type { ListField } from '../form-editor/shape.js'
import { valueOf, type ValueRow } from '../form-editor/value.js'
import type { Labels } from '../web/labels.js'

/** A column that shows an own field: its title is an admin's. css/clients.css has a width for each look. */
export interface OwnColumn { name: string, title: { labels: Labels }, look: OwnLook, field: ListField }

const LOOKS = {
  short_text: 'text', long_text: 'long', number: 'number', date: 'date', date_time: 'moment', yes_no: 'yes-no', one_choice: 'choice', several_choices: 'long', unique_id: 'text', link: 'link'
} as const satisfies Record<ListField['kind'], string>
export type OwnLook = (typeof LOOKS)[ListField['kind']]

/** An own field as a column. */
export const ownColumn = (field: ListField): OwnColumn => ({ name: nameOf(field), title: { labels: field.labels }, look: LOOKS[field.kind], field })

/** Several choices have no order of their own. */
export const isSortable = ({ many }: ListField): boolean => !many

/**
 * What a query reads of the own values of the rows whose ids `row` names: all in one, as much of a text as a cell can show (of an address, all). Its binding
 * are the fields' ids.
 */
export function ownRows (subject: Subject, row: string): string {
  const { table, owner } = VALUES[subject]
  return `
  (select json_agg(json_strip_nulls(json_build_object('field_id', v.field_id, 'position', v.position, 'text_value', left(v.text_value, 2000), 'number_value', v.number_value,
      'day_value', v.day_value, 'moment_value', v.moment_value, 'option_id', v.option_id)) order by v.field_id, v.position)
     from ${table} v where v.${owner} = ${row} and v.field_id = any (?)) as own_rows`
}

/** Own values by the name of their column, as people read them. */
export function ownCells (rows: readonly ValueRow[] | null | undefined, columns: readonly { name: string, field?: ListField }[]): Record<string, ToldValue> {
  const own: Record<string, ToldValue> = {}
  for (const { name, field } of columns) {
    if (field) own[name] = told(field, valueOf(field, (rows ?? []).filter(row => row.field_id === field.id)))
  }
  return own
}
