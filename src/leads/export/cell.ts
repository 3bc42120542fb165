import { maskPhone } from '../../clients/masking.js'
import { joinValues } from '../../imports/columns/values.js'
import type { CellOf } from '../../many/export/cell.js'

/** A cell of a lead, but for those of own fields. */
export const leadCell: CellOf = (row, { name, kind, words: called, masked }, words) => {
  const value = row[name] ?? null
  if (name === 'phones') return joinValues(masked ? ((value ?? []) as string[]).map(maskPhone) : value ?? [])
  if (called) return called[value] ?? null
  if (typeof value === 'boolean') return value ? words.yes : words.no
  return kind === 'moment' ? value && { day: value } : value
}
