import { folded, namedBy } from '../columns/names.js'
import { looksOf, type Looks } from '../columns/content.js'
import type { SourceRow } from './reading.js'

const MOST_BEFORE = 20
const MOST_NAMED = 3

/**
 * The row that has the columns' names: the first in which some are known and the others could be names (or one right below it that names more or nothing else: above
 * it stand the headings of groups, or the same names in another language), else the first row when nothing in it looks
 * like a value. Null when there is none.
 */
export function headerRowOf (rows: readonly SourceRow[]): number | null {
  const first = rows.slice(0, MOST_BEFORE)
  const known = first.findIndex((row, at) => isHeader(row) && !isClient(row, first.slice(0, at), rows))
  if (known >= 0) {
    let last = known
    while (last < known + MOST_NAMED - 1 && isNamedAnew(first[last]!, first[last + 1])) last++
    return first[last]!.row
  }
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

function isHeader ({ cells }: SourceRow): boolean {
  const filled = cells.filter(cell => cell !== '')
  const names = namesIn(cells)
  return filled.every(isName) && (names >= 2 || (names === 1 && filled.length <= 3)) && names * 4 >= Math.min(filled.length, 12)
}

// What a client may be called, or its company, as well as a column.
const CALLED = new Set('klient kontrahent kontakt firma client customer contact company business organization cliente contacto empresa contato'.split(' '))

/**
 * Whether a row whose words columns are called by is a client that is called so. It is when nothing in it is certain to be a column's name, and it either
 * has nothing where phones or e-mails stand below it, or has clients above it.
 */
function isClient ({ row, cells }: SourceRow, before: readonly SourceRow[], rows: readonly SourceRow[]): boolean {
  if (cells.some(isCertain)) return false
  const below = rows.filter(other => other.row > row)
  const width = Math.max(0, ...below.map(({ cells }) => cells.length))
  const contacts = Array.from({ length: width }, (_, column) => looksOf(below.map(({ cells }) => cells[column] ?? ''))).flatMap((looks, column) => isContact(looks) ? [{ column, looks }] : [])
  if (before.length === 0) return contacts.some(({ column }) => !cells[column])
  // Titles may have the company's own number or address, but not where those of its clients stand.
  return before.some(({ cells }) => filledOf(cells) > 1 && contacts.some(({ column, looks }) => cells[column] && looksOf([cells[column]]) === looks))
}

/** Whether a cell says what a column is, and can't be what somebody is called. */
const isCertain = (cell: string): boolean => targetOf(cell) !== undefined && !CALLED.has(folded(cell))

const isContact = (looks: Looks): boolean => looks === 'phone' || looks === 'email'

/** Whether a row of names is followed by one that names more columns, or all the same ones. */
function isNamedAnew (row: SourceRow, next: SourceRow | undefined): boolean {
  if (!next || next.row !== row.row + 1 || !isHeader(next)) return false
  const more = namesIn(next.cells) - namesIn(row.cells)
  if (filledOf(next.cells) > 1 && next.cells.every(cell => cell === '' || isCertain(cell))) return true
  return more > 0 || (more === 0 && namesIn(row.cells) >= 2 && row.cells.every((cell, at) => targetOf(cell) === targetOf(next.cells[at] ?? '')))
}

/** The names of columns, and of those that have none what stands right above: a heading whose cell is merged with the one below it. */
export function headingsOf (rows: readonly SourceRow[], headerRow: number | null): string[] {
  const names = [...rows.find(({ row }) => row === headerRow)?.cells ?? []]
  const above = rows.find(({ row }) => headerRow !== null && row === headerRow - 1)
  if (!above || !above.cells.every(isName)) return names
  for (const [at, cell] of above.cells.entries()) if (!names[at] && targetOf(cell) !== undefined) names[at] = cell
  return Array.from(names, name => name ?? '')
}

// What a list of clients has a column for.
const OF_CLIENTS = /^(?:name|first_name|surname|company_name|phone|email)(?::|$)/

/** Whether a sheet looks like a list of clients: one of its first rows names two columns that such a list has. */
export const listsClients = (rows: readonly SourceRow[]): boolean =>
  rows.slice(0, MOST_BEFORE).some(({ cells }) => new Set(cells.map(cell => targetOf(cell) ?? '').filter(target => OF_CLIENTS.test(target))).size > 1)

const targetOf = (cell: string) => cell.length <= 60 ? namedBy(cell)?.target : undefined
const namesIn = (cells: readonly string[]) => cells.filter(cell => targetOf(cell) !== undefined).length
const filledOf = (cells: readonly string[]) => cells.filter(cell => cell !== '').length

const isName = (cell: string): boolean => cell === '' || (cell.length <= 100 && /\p{L}|^#$/u.test(cell) && !isContact(looksOf([cell])) && !/\d{5}/.test(cell))

/** What columns are called that have no name: "A", "Z", "AA". */
export function letterOf (column: number): string {
  const last = String.fromCharCode(65 + column % 26)
  return column < 26 ? last : letterOf(Math.floor(column / 26) - 1) + last
}
