import { isMonthFirst, WRITTEN_DAY } from '../../form-editor/kind/convert.js'
import type { SourceRow } from '../reading/reading.js'
import type { Plan } from './plan.js'

// Cells of a column after which, none of them a day in figures, nobody looks for one further on.
const ENOUGH_OTHERS = 500

/** The columns of a plan that hold days. */
export function dayColumns ({ columns, shape }: Pick<Plan, 'columns' | 'shape'>): number[] {
  const days = new Set(shape.fields.filter(({ kind, removed }) => !removed && (kind === 'date' || kind === 'date_time')).map(({ key }) => `own.${key}`))
  return columns.flatMap((target, column) => target !== null && days.has(target) ? [column] : [])
}

/**
 * Of columns of days those that are written the other way round than in the company's country: "3/14/2025" outside the USA, when no day of the column
 * can be read as the country has it without its month being one. All rows are looked at, since a single one may tell; none further than needed.
 */
export async function foreignDays (batches: AsyncIterable<readonly SourceRow[]>, columns: readonly number[], country: string): Promise<number[]> {
  const monthAt = isMonthFirst(country) ? 0 : 1
  const open = new Map(columns.map(column => [column, { days: 0, others: 0 }]))
  const found = new Set<number>()
  for await (const rows of batches) {
    for (const { cells } of rows) {
      for (const [column, seen] of open) {
        const cell = cells[column]
        if (!cell) continue
        const [, first, second] = WRITTEN_DAY.exec(cell) ?? []
        const numbers = [Number(first), Number(second)]
        if (first === undefined) seen.others++
        else {
          seen.days++
          if (numbers[monthAt]! > 12) found.add(column)
        }
        // One that only the country's way can be: whatever else there is, it remains.
        if (numbers[1 - monthAt]! > 12 || (seen.days === 0 && seen.others >= ENOUGH_OTHERS)) {
          open.delete(column)
          found.delete(column)
        }
      }
    }
    if (open.size === 0) break
  }
  return [...found]
}
