import { isMonthFirst, WRITTEN_DAY } from '../../form-editor/kind/convert.js'
import type { SourceRow } from '../reading/reading.js'
import type { Plan } from './plan.js'

// Cells of a column after which, none of them a day in figures, nobody looks for one further on.
const ENOUGH_OTHERS = 500
// Of a column's days three in five have a number above twelve: with far fewer, those that have are slips.
const LEAST_TELLING = 1 / 4

// A day that is read the same everywhere: one of a program, or that a spreadsheet took for one. Where dots stand no country has its month first.
const PLAIN = /^\s*\d{4}-\d\d?-/
const DOTTED = /^\s*\d{1,2}\./

/** The columns of a plan that hold days. */
export function dayColumns ({ columns, shape }: Pick<Plan, 'columns' | 'shape'>): number[] {
  const days = new Set(shape.fields.filter(({ kind, removed }) => !removed && (kind === 'date' || kind === 'date_time')).map(({ key }) => `own.${key}`))
  return columns.flatMap((target, column) => target !== null && days.has(target) ? [column] : [])
}

/**
 * Of columns of days those that are written the other way round than in the company's country: "3/14/2025" outside the USA, when no day of the column
 * is one only as the country has it, and enough of them only the other way. A column that has them from several programs is left to the country's way,
 * by which those of the other are asked about. All rows are looked at, since a single one may tell; none further than needed.
 */
export async function foreignDays (batches: AsyncIterable<readonly SourceRow[]>, columns: readonly number[], country: string): Promise<number[]> {
  const monthAt = isMonthFirst(country) ? 0 : 1
  const open = new Map(columns.map(column => [column, { days: 0, telling: 0, others: 0 }]))
  for await (const rows of batches) {
    for (const { cells } of rows) {
      for (const [column, seen] of open) {
        const cell = cells[column]
        if (!cell) continue
        const [, first, second] = WRITTEN_DAY.exec(cell) ?? []
        const [month, day] = monthAt === 0 ? [Number(first), Number(second)] : [Number(second), Number(first)]
        if (first === undefined) seen.others++
        else {
          seen.days++
          if (month > 12 && month <= 31 && day >= 1 && day <= 12) seen.telling++
        }
        // One that only the country's way can be: whatever else there is, it remains.
        const isHere = day > 12 || (first === undefined ? PLAIN.test(cell) : monthAt === 1 && DOTTED.test(cell))
        if (isHere || (seen.days === 0 && seen.others >= ENOUGH_OTHERS)) open.delete(column)
      }
    }
    if (open.size === 0) break
  }
  return [...open].flatMap(([column, { days, telling }]) => telling > 0 && telling >= days * LEAST_TELLING ? [column] : [])
}
