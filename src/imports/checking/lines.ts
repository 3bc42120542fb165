import type { SourceRow } from '../reading/reading.js'
import { nothingGathered } from './checked.js'
import type { Plan } from './plan.js'
import { checker } from './row.js'
import { isExample, isRemark } from './remarks.js'
import { isNew, stagedLine } from './staged.js'
import { isTotals, type LastRow } from './totals.js'

/** Rows to be checked, and as many numbers for the clients they may make; `last`: the last of them is the file's last. */
export interface Numbered { rows: readonly SourceRow[], numbers: readonly number[], last?: LastRow }

/** Makes of a plan what checks rows and puts them as lines of COPY. */
export function linesBy (plan: Plan, importId: number): (numbered: Numbered) => string {
  const checked = checker(plan)
  return ({ rows, numbers, last }) => {
    let text = ''
    let given = 0
    for (const source of rows) {
      const none = isHeader(source, plan.header) ? 'header' : last && source === rows.at(-1) && isTotals(source, plan, last) ? 'totals' : plan.isOwn ? null : isExample(source.cells) ? 'example' : plan.hasSeveral && isRemark(source.cells) ? 'remark' : null
      if (none) {
        text += stagedLine(importId, source.cells, { ...nothingGathered(source.row), first_name: source.cells.find(cell => /\p{L}{3}/u.test(cell)) ?? null, problems: [{ key: `imports.reasons.${none}` }] }, 'skip')
        continue
      }
      const row = checked(source)
      text += stagedLine(importId, source.cells, row, isNew(row) ? numbers[given++] : undefined)
    }
    return text
  }
}

/** Whether a row has the columns' names once more, as where files were put behind each other or a page of a print begins. */
function isHeader ({ cells }: SourceRow, header: readonly string[] | undefined): boolean {
  if (!header || !cells.every((cell, column) => cell === '' || cell === header[column])) return false
  return cells.filter(cell => cell !== '').length > 1
}
