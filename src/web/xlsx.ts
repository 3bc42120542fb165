import { Readable } from 'node:stream'
import yazl from 'yazl'

/** A column of a sheet: its title, its width in characters, how its cells are kept, and, where it is to be filled in, what helps with it. */
export interface SheetColumn {
  title: string
  width: number
  kind?: 'text' | 'date' | 'moment'
  /** What a cell of it is chosen from; something else may be typed. */
  choices?: readonly string[]
  /** Words that stand beside a cell of it while it is filled in. */
  hint?: string
}

/** A text; a number; a day or a moment without a zone ("2026-11-03", "2026-11-03 09:30"), which becomes one of the workbook's own; or nothing. */
export type XlsxCell = string | number | { day: string } | null

export interface SheetToWrite {
  name: string
  columns: readonly SheetColumn[]
  /** Rows in batches, made while they are written. */
  rows: AsyncIterable<readonly XlsxCell[][]> | Iterable<readonly XlsxCell[][]>
}

// What Excel can hold: rows of a sheet, characters of a cell, of a hint and of its title.
const MOST_ROWS = 1_048_576
// Rows that are helped with: whoever fills in more copies them from somewhere, and some programs keep what helps cell by cell.
const HELPED_ROWS = 5000
const MOST_TEXT = 32_767
const MOST_HINT = 255
const MOST_HINT_TITLE = 32

const CHUNK = 64 * 1024
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

// Places in the <cellXfs> below.
const STYLE = { title: 1, text: 2, quoted: 3, date: 4, moment: 5 } as const
const STYLES = `<styleSheet xmlns="${MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>` +
  '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>' +
  '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE8ECF1"/></patternFill></fill></fills>' +
  '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
  `<cellXfs count="6">${[['0', ''], ['49', 'fontId="1" fillId="2" applyFont="1" applyFill="1"'], ['49', ''], ['49', 'quotePrefix="1"'], ['164', ''], ['165', '']].map(([format, more]) => `<xf numFmtId="${format}" borderId="0" xfId="0" applyNumberFormat="1" ${more}${more!.includes('fontId') ? '' : ' fontId="0" fillId="0"'}/>`).join('')}</cellXfs>` +
  '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'

/**
 * A workbook (ECMA-376) that is made while it is read: of its rows only a batch is in memory. Texts are texts whatever they begin with and none is
 * calculated; one that begins like a formula is marked as quoted, so that it isn't either when somebody edits its cell. What is longer than a
 * sheet goes on in the next one.
 */
export function writeWorkbook (sheets: readonly SheetToWrite[]): Readable {
  const zip = new yazl.ZipFile()
  const output = zip.outputStream as Readable
  const fail = (error: unknown) => { output.destroy(error as Error) }
  zip.on('error', fail)
  fill(zip, sheets).catch(fail)
  return output
}

async function fill (zip: yazl.ZipFile, sheets: readonly SheetToWrite[]): Promise<void> {
  const names: string[] = []
  const lists = sheets.flatMap(({ columns }) => columns).filter(({ choices }) => choices?.length).map(({ choices }) => choices!)
  for (const { name, columns, rows } of sheets) {
    const one = ahead(rows)
    try {
      for (let part = 1; part === 1 || !one.isOver(); part++) {
        names.push(part === 1 ? name : `${name} ${part}`)
        await added(zip, `xl/worksheets/sheet${names.length}.xml`, sheetXml(columns, one.next, part === 1 ? helpXml(columns, lists) : ''))
      }
    } finally {
      await one.stop()
    }
  }
  if (lists.length > 0) {
    names.push(LISTS)
    await added(zip, `xl/worksheets/sheet${names.length}.xml`, listsXml(lists))
  }
  const add = (name: string, xml: string) => zip.addBuffer(Buffer.from(HEAD + xml), name)
  const sheetTags = names.map((name, n) => `<sheet name="${escaped(sheetName(name))}" sheetId="${n + 1}"${name === LISTS ? ' state="hidden"' : ''} r:id="rId${n + 1}"/>`)
  const parts = [['workbook', 'sheet.main'], ['styles', 'styles'], ...names.map((_, n) => [`worksheets/sheet${n + 1}`, 'worksheet'])]
  add('xl/styles.xml', STYLES)
  add('xl/workbook.xml', `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${sheetTags.join('')}</sheets></workbook>`)
  add('xl/_rels/workbook.xml.rels', relations([...names.map((_, n) => ['worksheet', `worksheets/sheet${n + 1}.xml`] as const), ['styles', 'styles.xml']]))
  add('_rels/.rels', relations([['officeDocument', 'xl/workbook.xml']]))
  add('[Content_Types].xml', `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
    `${parts.map(([part, type]) => `<Override PartName="/xl/${part}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.${type}+xml"/>`).join('')}</Types>`)
  zip.end()
}

/** Rows one by one, knowing whether there is another. */
function ahead (batches: SheetToWrite['rows']) {
  const rows = oneByOne(batches)
  let coming = rows.next()
  let over = false
  return {
    isOver: () => over,
    next: async () => {
      const row = await coming
      if (row.done) over = true
      else {
        coming = rows.next()
        over = (await coming).done === true
      }
      return row.done ? undefined : row.value
    },
    stop: async () => {
      await coming.catch(() => {})
      await rows.return(undefined)
    }
  }
}

async function * oneByOne (batches: SheetToWrite['rows']): AsyncGenerator<readonly XlsxCell[], undefined> {
  for await (const rows of batches) yield * rows
  return undefined
}

/** Adds a file that is made while it is written, and waits for its end. */
function added (zip: yazl.ZipFile, name: string, pieces: AsyncIterable<string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = Readable.from(pieces, { objectMode: false, highWaterMark: CHUNK })
    stream.once('end', resolve)
    stream.once('error', reject)
    zip.outputStream.once('close', () => { // whoever reads it may have gone
      stream.destroy()
      reject(new Error('Nobody reads the workbook any more'))
    })
    zip.addReadStream(stream, name, { compressionLevel: 3 })
  })
}

async function * sheetXml (columns: readonly SheetColumn[], next: () => Promise<readonly XlsxCell[] | undefined>, after: string): AsyncGenerator<string> {
  const letters = columns.map((_, column) => lettersOf(column))
  const cols = columns.map(({ width, kind = 'text' }, n) => `<col min="${n + 1}" max="${n + 1}" width="${width}" customWidth="1" style="${STYLE[kind]}"/>`)
  let xml = `${HEAD}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>${cols.join('')}</cols><sheetData>` +
    `<row r="1">${columns.map(({ title }, n) => textXml(`${letters[n]}1`, title, STYLE.title)).join('')}</row>`
  for (let at = 2; at <= MOST_ROWS; at++) {
    const row = await next()
    if (!row) break
    xml += rowXml(row, letters, at)
    if (xml.length < CHUNK) continue
    yield xml
    xml = ''
  }
  yield `${xml}</sheetData>${after}</worksheet>`
}

function rowXml (row: readonly XlsxCell[], letters: readonly string[], at: number): string {
  let xml = `<row r="${at}">`
  for (let column = 0; column < row.length; column++) {
    const cell = row[column]
    if (cell === null || cell === undefined || cell === '') continue
    const place = `${letters[column]}${at}`
    if (typeof cell === 'string') xml += textXml(place, cell, FORMULA_LIKE.test(cell) ? STYLE.quoted : STYLE.text)
    else if (typeof cell === 'number') xml += `<c r="${place}"><v>${cell}</v></c>`
    else xml += dayXml(place, cell.day)
  }
  return `${xml}</row>`
}

const FORMULA_LIKE = /^['\s]*[=+\-@＝＋－＠]/

const textXml = (place: string, text: string, style: number): string =>
  `<c r="${place}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${escaped(text.length > MOST_TEXT ? text.slice(0, MOST_TEXT) : text)}</t></is></c>`

// Workbooks count days from one that makes 1 March 1900 the 61st; what is before it can only be a text.
function dayXml (place: string, day: string): string {
  const [, date, time] = /^([1-9]\d{3}-\d\d-\d\d)(?: (\d\d:\d\d))?$/.exec(day) ?? []
  if (!date || date < '1900-03-01') return textXml(place, day, STYLE.text)
  const days = (Date.parse(`${date}T${time ?? '00:00'}Z`) - Date.UTC(1899, 11, 30)) / 86_400_000
  return `<c r="${place}" s="${time ? STYLE.moment : STYLE.date}"><v>${days}</v></c>`
}

const LISTS = '_lists'

/** What helps to fill in each column. Its choices stand in a hidden sheet, since beside the column there is only room for 255 characters of them. */
function helpXml (columns: readonly SheetColumn[], lists: readonly (readonly string[])[]): string {
  const helped = columns.flatMap(({ title, choices, hint }, n) => {
    if (!choices?.length && !hint) return []
    const column = lettersOf(n)
    const prompt = hint ? ` showInputMessage="1" promptTitle="${escaped(title.slice(0, MOST_HINT_TITLE))}" prompt="${escaped(hint.slice(0, MOST_HINT))}"` : ''
    const list = choices?.length ? lettersOf(lists.indexOf(choices)) : ''
    return [`<dataValidation allowBlank="1"${list && ' type="list"'}${prompt} sqref="${column}2:${column}${HELPED_ROWS}">${list && `<formula1>${LISTS}!$${list}$1:$${list}$${choices!.length}</formula1>`}</dataValidation>`]
  })
  return helped.length > 0 ? `<dataValidations count="${helped.length}">${helped.join('')}</dataValidations>` : ''
}

async function * listsXml (lists: readonly (readonly string[])[]): AsyncGenerator<string> {
  const longest = Math.max(...lists.map(({ length }) => length))
  const rows = Array.from({ length: longest }, (_, at) => rowXml(lists.map(list => list[at] ?? null), lists.map((_, n) => lettersOf(n)), at + 1))
  yield `${HEAD}<worksheet xmlns="${MAIN}"><sheetData>${rows.join('')}</sheetData></worksheet>`
}

const relations = (parts: readonly (readonly [type: string, target: string])[]): string =>
  `<Relationships xmlns="${PACKAGE}/relationships">${parts.map(([type, target], n) => `<Relationship Id="rId${n + 1}" Type="${OFFICE}/${type}" Target="${target}"/>`).join('')}</Relationships>`

function lettersOf (column: number): string {
  const last = String.fromCharCode(65 + column % 26)
  return column < 26 ? last : lettersOf(Math.floor(column / 26) - 1) + last
}

// What a sheet may not be called by.
const sheetName = (name: string): string => name.replace(/[\\/?*[\]:]/g, ' ').slice(0, 31)

const SPECIAL = /[&<>"\r]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_/
const SPECIALS = new RegExp(SPECIAL.source, 'g')
const NAMED: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '_x000D_' }

/** A text as XML; what XML can't hold is left out, and what only looks like an escape of it stays what it is. */
const escaped = (text: string): string => SPECIAL.test(text) ? text.replace(SPECIALS, sign => NAMED[sign] ?? (sign.startsWith('_') ? `_x005F${sign}` : '')) : text
