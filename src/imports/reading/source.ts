import { stat } from 'node:fs/promises'
import { layoutOf } from '../columns/layout.js'
import { asItWas, cleaned } from './clean.js'
import { decimalMarkOf } from './csv/decimals.js'
import { csvRows, delimiterOf } from './csv/rows.js'
import { headerRowOf, headingsOf, letterOf } from './header.js'
import { kindOf } from './kind.js'
import { LIMITS } from './limits.js'
import { Unreadable, type Inspected, type Reading, type Remark, type SourceRow } from './reading.js'
import { beginning, encodingOf, isEncoding } from './text.js'
import { CARD_COLUMNS, cardRows } from './vcf/cards.js'
import { lookAtSheet, rowsOfSheet } from './xlsx/look.js'

export * from './reading.js'
export { isCellError, isScientific } from './clean.js'

/** What the beginning of a file of any format gives. */
interface Look extends Partial<Pick<Reading, 'sheet' | 'encoding' | 'delimiter'>> {
  sheets: Inspected['sheets']
  rows: SourceRow[]
  about: number | null
  remarks: Remark[]
}

/**
 * Looks at the beginning of a file: what it is, whatever its name says, and how its rows are to be read. `wanted` is what a person
 * chose instead of what was found (a sheet, an encoding, a delimiter, a row of names). Throws Unreadable.
 */
export async function inspect (path: string, _fileName: string, wanted: Partial<Reading> = {}): Promise<Inspected> {
  const format = await kindOf(path)
  if (format === 'vcf') return inspectCards(path, wanted)
  const { sheets, rows, about, remarks, ...how } = format === 'xlsx' ? await lookAtWorkbook(path, wanted) : await lookAtCsv(path, wanted)
  if (rows.length === 0) throw new Unreadable('empty')

  const headerRow = wanted.headerRow === undefined ? headerRowOf(rows) : wanted.headerRow
  const names = headingsOf(rows, headerRow)
  const below = rows.filter(({ row }) => row > (headerRow ?? 0))
  const columns = widthOf([{ row: 0, cells: names }, ...below])
  if (columns > LIMITS.columns) throw new Unreadable('too_many_columns', { columns, most: LIMITS.columns })
  const header = Array.from({ length: columns }, (_, column) => names[column] || letterOf(column))
  const layout = layoutOf(header)
  const reading: Reading = { format, ...how, headerRow, columns, layout }
  // What we write ourselves has no thousands to be taken for decimals.
  if (how.delimiter !== undefined && layout !== 'own') reading.decimalMark = decimalMarkOf(below, how.delimiter)
  return {
    reading, layout, sheets, header, sample: below.slice(0, LIMITS.sample).map(row => shaped(row, reading).cells),
    rows: about === null ? null : Math.max(about - (headerRow ?? 0), below.length), remarks: [...remarks, ...aboutHeader(headerRow, names)]
  }
}

/**
 * All rows after the header that aren't empty, in batches, as text: dates as "2026-11-03" or "2026-11-03 09:30", numbers without exponents, odd spaces
 * gone, yes/no of a workbook as "yes" and "no". Memory is bounded whatever the file's size. Several values in one cell (phones of a vCard)
 * come as splitValues takes them. Throws Unreadable, also midway; `signal` ends it with its reason.
 */
export async function * readRows (path: string, reading: Reading, signal?: AbortSignal): AsyncGenerator<SourceRow[]> {
  for await (const batch of rawRows(path, reading, signal)) {
    const rows = batch.filter(({ row }) => row > (reading.headerRow ?? 0)).map(row => shaped(row, reading))
    if (rows.length > 0) yield rows
    signal?.throwIfAborted()
  }
}

function rawRows (path: string, { format, sheet, encoding = 'utf-8', delimiter = ',', columns, layout }: Reading, signal?: AbortSignal): AsyncIterable<SourceRow[]> {
  const keep = layout === 'own' ? asItWas : cleaned
  switch (format) {
    case 'xlsx': return rowsOfSheet(path, { sheet, columns, keep, signal })
    case 'csv': return csvRows(path, { encoding, delimiter, columns, keep, signal })
    case 'vcf': return cardRows(path, encoding, signal)
  }
}

async function lookAtWorkbook (path: string, wanted: Partial<Reading>): Promise<Look> {
  const { lastRow, ...look } = await lookAtSheet(path, wanted.sheet)
  return { ...look, about: lastRow }
}

async function lookAtCsv (path: string, wanted: Partial<Reading>): Promise<Look> {
  const { encoding, remarks } = await encodingFor(path, wanted.encoding)
  const text = await beginning(path, encoding)
  const delimiter = wanted.delimiter?.length === 1 && !/["\r\n]/.test(wanted.delimiter) ? wanted.delimiter : delimiterOf(text)
  const rows = await first(csvRows(path, { encoding, delimiter, columns: Infinity, keep: cleaned }))
  return { encoding, delimiter, sheets: [], rows, about: await countAbout(path, text, encoding, /\n/g), remarks }
}

async function inspectCards (path: string, wanted: Partial<Reading>): Promise<Inspected> {
  const { encoding, remarks } = await encodingFor(path, wanted.encoding)
  const reading: Reading = { format: 'vcf', encoding, headerRow: null, columns: CARD_COLUMNS.length, layout: 'plain' }
  const rows = await first(cardRows(path, encoding))
  if (rows.length === 0) throw new Unreadable('empty')
  const about = await countAbout(path, await beginning(path, encoding), encoding, /^BEGIN:VCARD/gim)
  return { reading, layout: 'plain', sheets: [], header: [...CARD_COLUMNS], sample: rows.slice(0, LIMITS.sample).map(({ cells }) => cells), rows: about, remarks }
}

async function encodingFor (path: string, wanted: string | undefined): Promise<{ encoding: string, remarks: Remark[] }> {
  const found = await encodingOf(path)
  if (wanted !== undefined && isEncoding(wanted)) return { encoding: wanted, remarks: [] }
  return { encoding: found.encoding, remarks: found.isSure ? [] : [{ kind: 'odd_characters', values: { encoding: found.encoding.toUpperCase() } }] }
}

// What is wrong further on is said when it is come to.
async function first (batches: AsyncIterable<SourceRow[]>): Promise<SourceRow[]> {
  const rows: SourceRow[] = []
  try {
    for await (const batch of batches) {
      rows.push(...batch.slice(0, LIMITS.lookedAt - rows.length))
      if (rows.length >= LIMITS.lookedAt) break
    }
  } catch (error) {
    if (!(error instanceof Unreadable) || rows.length === 0) throw error
  }
  return rows
}

/** How many there are of something that ends each row, by its share of the beginning. */
async function countAbout (path: string, text: string, encoding: string, each: RegExp): Promise<number> {
  const { size } = await stat(path)
  const bytes = text.length * (encoding.startsWith('utf-16') ? 2 : 1)
  const count = (text.match(each) ?? []).length
  return size <= Buffer.byteLength(text) + 8 ? count : Math.round(count * size / bytes)
}

const widthOf = (rows: readonly SourceRow[]): number => Math.max(0, ...rows.map(({ cells }) => cells.findLastIndex(cell => cell !== '') + 1))

/** A row with a cell for each column. */
function shaped ({ row, cells }: SourceRow, { columns, layout }: Reading): SourceRow {
  if (cells.length > columns) cells.length = columns
  while (cells.length < columns) cells.push('')
  return { row, cells: layout === 'google' ? cells.map(withoutGoogleSigns) : cells }
}

// Google joins values by ":::", and marks the groups that it makes itself with an asterisk.
const withoutGoogleSigns = (cell: string): string =>
  /:::|^\* ?/.test(cell) ? cell.split(':::').map(part => part.trim()).filter(part => !part.startsWith('*')).join('\n') : cell

function aboutHeader (headerRow: number | null, names: readonly string[]): Remark[] {
  if (headerRow === null) return [{ kind: 'no_header' }]
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const name of names.map(name => name.toLowerCase())) (name !== '' && seen.has(name) ? twice : seen).add(name)
  return twice.size > 0 ? [{ kind: 'same_headers', values: { count: twice.size, names: names.filter((name, at) => twice.has(name.toLowerCase()) && names.indexOf(name) === at).slice(0, 10).join(', ') } }] : []
}
