import { Batches } from '../batches.js'
import type { Keep } from '../clean.js'
import { LIMITS } from '../limits.js'
import { Unreadable, type SourceRow } from '../reading.js'
import { formatted } from './numbers.js'
import type { Strings } from './strings.js'
import { isOn, unescaped, type Workbook } from './workbook.js'
import { readXml, type Attributes } from './xml.js'

/** What is seen of a sheet besides its cells. */
export interface Seen { formulas: number, errors: number, hiddenRows: number, merged: number, lastRow: number | null }

export const nothingSeen = (): Seen => ({ formulas: 0, errors: 0, hiddenRows: 0, merged: 0, lastRow: null })

const MOST_COLUMNS = 16_384

export interface RowOptions {
  /** The workbook's shared texts. */
  texts: Pick<Strings, 'at'>
  /** How many columns are kept. */
  columns: number
  keep: Keep
  /** Where it is counted what there is besides cells. */
  seen: Seen
  signal?: AbortSignal | undefined
}

/** The rows of a sheet that have anything in them, in batches. */
export async function * sheetRows (workbook: Workbook, path: string, { texts, columns, keep, seen, signal }: RowOptions): AsyncGenerator<SourceRow[]> {
  const { formats, from1904 } = workbook
  const batches = new Batches()
  let isSheet = false
  let row = 0
  let cells: string[] = []
  let column = -1
  let type = ''
  let style = 0
  let text = ''
  let on = false
  let silent = 0

  const open = (name: string, attributes: Attributes) => {
    if (name === 'c') {
      column = attributes.r ? columnOf(attributes.r) : column + 1
      type = attributes.t ?? 'n'
      style = attributes.s ? Number(attributes.s) : 0
      text = ''
    } else if (name === 'v') {
      on = true
    } else if (name === 't') {
      on = silent === 0
    } else if (name === 'row') {
      row = (attributes.r && Number(attributes.r)) || row + 1
      cells = []
      column = -1
      if (isOn(attributes.hidden)) seen.hiddenRows++
    } else if (name === 'f') {
      seen.formulas++
    } else if (name === 'rPh') {
      silent++
    } else if (name === 'mergeCell') {
      seen.merged++
    } else if (name === 'dimension') {
      seen.lastRow = Number(/:[A-Z]+(\d+)$/.exec(attributes.ref ?? '')?.[1]) || null
    } else if (name === 'worksheet') {
      isSheet = true
    }
  }
  const close = (name: string) => {
    if (name === 'v' || name === 't') {
      on = false
    } else if (name === 'c') {
      if (text !== '' && column < columns) put(value())
    } else if (name === 'row') {
      batches.add(row, cells)
    } else if (name === 'rPh') {
      silent--
    }
  }
  const put = (value: string) => {
    while (cells.length < column) cells.push('')
    cells[column] = value
  }
  const value = (): string => {
    switch (type) {
      case 's': return texts.at(Number(text))
      case 'n': return formatted(text, formats[style] ?? null, from1904)
      case 'b': return isOn(text) ? 'yes' : 'no'
      case 'e':
        seen.errors++
        return text
      case 'd': return dateOf(text)
      default: return keep(unescaped(text))
    }
  }

  const hear = (piece: string) => { if (on && text.length < LIMITS.cell) text += piece }
  yield * readXml(await workbook.archive.read(path), { open, close, text: hear }, () => batches.take(), signal)
  if (!isSheet) throw new Unreadable('damaged')
  yield * batches.rest()
}

/** "2026-11-03T09:30:00Z", as strict workbooks keep dates. */
const dateOf = (text: string): string => text.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*$/, (_, day: string, time: string) => time === '00:00' ? day : `${day} ${time}`)

/** The column of a cell: 0 of "A1", 27 of "AB7". */
function columnOf (cell: string): number {
  let column = 0
  for (let at = 0; at < cell.length; at++) {
    const letter = cell.charCodeAt(at) & 0xdf
    if (letter < 65 || letter > 90) break
    column = column * 26 + letter - 64
  }
  if (column === 0 || column > MOST_COLUMNS) throw new Unreadable('damaged')
  return column - 1
}
