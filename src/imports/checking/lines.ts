import type { SourceRow } from '../reading/reading.js'
import { nothingGathered } from './checked.js'
import type { Plan } from './plan.js'
import { checker } from './row.js'
import { isNew, stagedLine } from './staged.js'
import { isTotals, type LastRow } from './totals.js'

/** Rows to be checked, and as many numbers for the clients they may make; `last`: the last of them is the file's last. */
export interface Numbered { rows: readonly SourceRow[], numbers: readonly number[], last?: LastRow }

/** Why such a row is left alone, in words of the locales. */
const TOTALS = 'imports.reasons.totals'

/** Makes of a plan what checks rows and puts them as lines of COPY. */
export function linesBy (plan: Plan, importId: number): (numbered: Numbered) => string {
  const checked = checker(plan)
  return ({ rows, numbers, last }) => {
    let text = ''
    let given = 0
    for (const source of rows) {
      if (last && source === rows.at(-1) && isTotals(source, plan.columns, last)) {
        text += stagedLine(importId, source.cells, { ...nothingGathered(source.row), first_name: source.cells.find(cell => /\p{L}{3}/u.test(cell))!, problems: [{ key: TOTALS }] }, 'skip')
        continue
      }
      const row = checked(source)
      text += stagedLine(importId, source.cells, row, isNew(row) ? numbers[given++] : undefined)
    }
    return text
  }
}
