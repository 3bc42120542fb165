import type { SourceRow } from '../reading/reading.js'
import type { Plan } from './plan.js'
import { checker } from './row.js'
import { isNew, stagedLine } from './staged.js'

/** Rows to be checked, and as many numbers for the clients they may make. */
export interface Numbered { rows: readonly SourceRow[], numbers: readonly number[] }

/** Makes of a plan what checks rows and puts them as lines of COPY. */
export function linesBy (plan: Plan, importId: number): (numbered: Numbered) => string {
  const checked = checker(plan)
  return ({ rows, numbers }) => {
    let text = ''
    let given = 0
    for (const source of rows) {
      const row = checked(source)
      text += stagedLine(importId, source.cells, row, isNew(row) ? numbers[given++] : undefined)
    }
    return text
  }
}
