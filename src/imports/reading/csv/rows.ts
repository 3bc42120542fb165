import { pipeline, Readable } from 'node:stream'
import { CsvError, parse, type Options } from 'csv-parse'
import { parse as parseAll } from 'csv-parse/sync'
import { namedBy } from '../../columns/names.js'
import { Batches } from '../batches.js'
import type { Keep } from '../clean.js'
import { LIMITS } from '../limits.js'
import { Unreadable, type SourceRow } from '../reading.js'
import { decoded } from '../text.js'

const OPTIONS: Options = { relax_quotes: true, relax_column_count: true, skip_empty_lines: false, max_record_size: LIMITS.record }

export interface CsvOptions { encoding: string, delimiter: string, columns: number, keep: Keep, signal?: AbortSignal | undefined }

/** The records of a CSV file that have anything in them; a record is counted as a spreadsheet counts rows, whatever lines it has. Throws Unreadable. */
export async function * csvRows (path: string, { encoding, delimiter, columns, keep, signal }: CsvOptions): AsyncGenerator<SourceRow[]> {
  const batches = new Batches()
  const parser = parse({ ...OPTIONS, delimiter })
  pipeline(Readable.from(decoded(path, encoding, signal)), parser, () => {}) // what goes wrong is thrown by the loop
  let row = 0
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      row++
      if (row === 1 && isSeparatorLine(cells)) continue
      if (cells.length > columns) cells.length = columns
      for (let at = 0; at < cells.length; at++) cells[at] = keep(plain(cells[at]!))
      batches.add(row, cells)
      if (row % LIMITS.batchRows === 0) yield * batches.take()
    }
  } catch (error) {
    if (error instanceof CsvError) throw new Unreadable('broken_quotes', { row: row + 1 })
    throw error
  }
  yield * batches.rest()
}

// "sep=;" as the first line tells Excel how to read the rest.
const isSeparatorLine = ([first = '', ...rest]: string[]) => /^sep=.?$/i.test(first) && rest.every(cell => cell === '')

/** A text without the apostrophe that keeps a spreadsheet from calculating it: see src/web/csv.ts. */
const plain = (cell: string): string => cell.startsWith("'") && /^'+[\s\u0000]*[=+\-@\t\r＝＋－＠]/.test(cell) ? cell.slice(1) : cell

const DELIMITERS = [',', ';', '\t', '|', '^', '~'] as const

const MOST_TITLES = 20

/** What stands between the cells: what the most of the first records agree on. */
export function delimiterOf (beginning: string): string {
  const named = /^sep=(.)\r?\n/i.exec(beginning)?.[1]
  if (named) return named
  let best: string | undefined
  let most = 0
  for (const delimiter of DELIMITERS) {
    const score = beginning.includes(delimiter) ? agreement(beginning, delimiter) : 0
    if (score > most) [best, most] = [delimiter, score]
  }
  // One column only: whatever its cells don't have in them.
  return best ?? DELIMITERS.find(delimiter => !beginning.includes(delimiter)) ?? '\t'
}

function agreement (beginning: string, delimiter: string): number {
  const records = firstRecords(beginning, delimiter)
  // Titles above the row of names have other numbers of cells.
  const names = records.slice(0, MOST_TITLES).findIndex(cells => cells.filter(cell => cell.length <= 60 && namedBy(cell)).length > 1)
  const counts = records.slice(Math.max(names, 0)).map(cells => cells.length)
  const [first = 0] = counts
  if (first < 2) return 0
  const same = counts.filter(count => count === first).length / counts.length
  return same + Math.min(first, 50) / 100
}

function firstRecords (beginning: string, delimiter: string): string[][] {
  const read = (text: string) => (parseAll(text, { ...OPTIONS, delimiter, to: 100 }) as string[][]).filter(cells => cells.some(cell => cell.trim() !== ''))
  // The piece may end within a record, even within quotes.
  for (let text = beginning, tries = 0; tries < 4; tries++) {
    try {
      const records = read(text)
      return records.length > 1 && text.length >= 1000 ? records.slice(0, -1) : records
    } catch {
      const end = text.lastIndexOf('\n')
      if (end < 0) break
      text = text.slice(0, Math.floor(end * 0.9))
    }
  }
  return []
}
