import { Readable } from 'node:stream'
import { clientCell } from '../../clients/export/cell.js'
import type { Db } from '../../database/knex.js'
import { leadCell } from '../../leads/export/cell.js'
import { BOM, csvLine } from '../../web/csv.js'
import { writeWorkbook, type XlsxCell } from '../../web/xlsx.js'
import type { Many } from '../many.js'
import { ownCell, ownValues, type CellOf, type ExportColumn, type Words } from './cell.js'
import { readByCursor, type Statement } from './queries.js'

/** All that an export needs to know, so that a process can make it that knows nothing else. */
export interface ExportPlan {
  one: Many['one']
  format: 'xlsx' | 'csv'
  /** What the sheet is called; what stands between the cells of a CSV, and in its numbers. */
  sheet: string
  separator: string
  decimalMark: string
  columns: readonly ExportColumn[]
  statements: readonly Statement[]
  words: Words
}

const CELLS: Record<Many['one'], CellOf> = { client: clientCell, lead: leadCell }

/** The exported file, made while it is read: of the rows only a batch is in memory. */
export function exportFile (db: Db, plan: ExportPlan): Readable {
  const rows = cells(db, plan)
  if (plan.format === 'xlsx') return writeWorkbook([{ name: plan.sheet, columns: plan.columns, rows }])
  return Readable.from(csv(plan, rows), { objectMode: false })
}

async function * cells (db: Db, { one, columns, statements, words }: ExportPlan): AsyncGenerator<XlsxCell[][]> {
  const cell = CELLS[one]
  for await (const rows of readByCursor(db, statements)) {
    yield rows.map(row => {
      const own = ownValues(row.own)
      return columns.map(column => column.field ? ownCell(own.get(column.field.id) ?? [], column.field, words) : cell(row, column, words))
    })
  }
}

async function * csv ({ columns, separator, decimalMark }: ExportPlan, batches: AsyncIterable<XlsxCell[][]>): AsyncGenerator<string> {
  yield BOM + csvLine(columns.map(({ title }) => title), separator)
  const plain = (cell: XlsxCell) => typeof cell === 'object' ? cell?.day ?? null : cell
  for await (const rows of batches) yield rows.map(row => csvLine(row.map(plain), separator, decimalMark)).join('')
}
