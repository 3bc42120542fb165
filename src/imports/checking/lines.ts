import type { SourceRow } from '../reading/reading.js'
import type { Plan } from './plan.js'
import { checker } from './row.js'
import { stagedLine } from './staged.js'

/** Makes of a plan what checks rows and puts them as lines of COPY. */
export function linesBy (plan: Plan, importId: number): (rows: readonly SourceRow[]) => string {
  const checked = checker(plan)
  return rows => {
    let text = ''
    for (const source of rows) text += stagedLine(importId, source.cells, checked(source))
    return text
  }
}
