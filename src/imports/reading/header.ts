import { namedBy } from '../columns/names.js'
import { looksOf } from '../columns/content.js'
import type { SourceRow } from './reading.js'

const MOST_BEFORE = 20

/**
 * The row that has the columns' names: the first in which some are known and the others could be names, else the first row when nothing in it looks
 * like a value. Null when there is none.
 */
export function headerRowOf (rows: readonly SourceRow[]): number | null {
  const first = rows.slice(0, MOST_BEFORE)
  const known = first.find(({ cells }) => {
    const filled = cells.filter(cell => cell !== '')
    const names = filled.filter(cell => cell.length <= 60 && namedBy(cell) !== undefined).length
    return filled.every(isName) && (names >= 2 || (names === 1 && filled.length <= 3)) && names * 4 >= Math.min(filled.length, 12)
  })
  if (known) return known.row
  // A title above the table stands alone in its row.
  const widest = Math.max(0, ...rows.slice(0, MOST_BEFORE * 2).map(({ cells }) => filledOf(cells)))
  const top = first.find(({ cells }) => filledOf(cells) * 2 > widest)
  if (!top || rows.length < 2 || !top.cells.every(cell => cell === '' || isName(cell))) return null
  // Names differ from what stands below them, and from each other.
  const below = rows.filter(({ row }) => row > top.row)
  const filled = top.cells.filter(cell => cell !== '')
  if (new Set(filled.map(cell => cell.toLowerCase())).size < filled.length) return null
  const typed = top.cells.some((cell, column) => cell !== '' && looksOf(below.map(({ cells }) => cells[column] ?? '')) !== null)
  return typed ? top.row : null
}

const filledOf = (cells: readonly string[]) => cells.filter(cell => cell !== '').length

const isName = (cell: string): boolean => cell === '' || (cell.length <= 100 && /\p{L}|^#$/u.test(cell) && looksOf([cell]) !== 'email' && !/\d{5}/.test(cell))

/** What columns are called that have no name: "A", "Z", "AA". */
export function letterOf (column: number): string {
  const last = String.fromCharCode(65 + column % 26)
  return column < 26 ? last : letterOf(Math.floor(column / 26) - 1) + last
}
