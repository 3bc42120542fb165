import { posix } from 'node:path'
import { cleaned, type Keep } from '../clean.js'
import { LIMITS } from '../limits.js'
import { Unreadable } from '../reading.js'
import { openArchive, type Archive } from './archive.js'
import { formatOf, type Format } from './numbers.js'
import { Strings } from './strings.js'
import { readAllXml, readXml, type Attributes } from './xml.js'

/** What stands in a workbook besides its sheets. */
export interface Workbook {
  archive: Archive
  sheets: { name: string, hidden: boolean, path: string }[]
  /** Where its shared texts are, if it has any. */
  strings: string | null
  /** By a cell's style. */
  formats: Format[]
  from1904: boolean
}

/** Opens a workbook. Throws Unreadable. Whoever opens it closes its archive. */
export async function openWorkbook (path: string): Promise<Workbook> {
  const archive = await openArchive(path)
  try {
    if (archive.has('content.xml') && archive.has('mimetype')) throw new Unreadable('open_document')
    const main = await mainPart(archive)
    const parts = await relationsOf(archive, main)
    const styles = parts.find(({ type }) => type.endsWith('/styles'))
    const strings = parts.find(({ type }) => type.endsWith('/sharedStrings'))
    const { sheets, from1904 } = await readMain(archive, main)
    const found = sheets.flatMap(({ name, hidden, relation }) => {
      const part = parts.find(({ id, type }) => id === relation && type.endsWith('/worksheet')) // a sheet may be a chart alone
      return part && archive.has(part.path) ? [{ name, hidden, path: part.path }] : []
    })
    if (found.length === 0) throw new Unreadable('no_sheet')
    return {
      archive, from1904, sheets: found,
      strings: strings && archive.has(strings.path) ? strings.path : null,
      formats: styles && archive.has(styles.path) ? await readStyles(archive, styles.path) : []
    }
  } catch (error) {
    archive.close()
    throw error
  }
}

async function mainPart (archive: Archive): Promise<string> {
  if (!archive.has('_rels/.rels')) throw new Unreadable('other_kind')
  const main = (await relationsOf(archive, '')).find(({ type }) => type.endsWith('/officeDocument'))?.path
  if (!main || !archive.has(main) || !main.endsWith('.xml')) throw new Unreadable('other_kind') // .xlsb keeps its own binary form
  return main
}

interface Relation { id: string, type: string, path: string }

async function relationsOf (archive: Archive, part: string): Promise<Relation[]> {
  const folder = posix.dirname(part)
  const path = posix.join(folder, '_rels', `${posix.basename(part)}.rels`)
  const relations: Relation[] = []
  if (!archive.has(path)) return relations
  await readSmall(archive, path, (name, { Id = '', Type = '', Target = '', TargetMode }) => {
    if (name !== 'Relationship' || TargetMode === 'External') return
    if (relations.length < LIMITS.entries) relations.push({ id: Id, type: Type, path: Target.startsWith('/') ? Target.slice(1) : posix.join(folder, Target) })
  })
  return relations
}

async function readMain (archive: Archive, path: string) {
  const sheets: { name: string, hidden: boolean, relation: string }[] = []
  let from1904 = false
  let isWorkbook = false
  await readSmall(archive, path, (name, attributes) => {
    if (name === 'workbook') isWorkbook = true
    if (name === 'workbookPr') from1904 = isOn(attributes.date1904)
    if (name !== 'sheet' || sheets.length >= LIMITS.sheets) return
    const relation = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1] ?? ''
    sheets.push({ name: cleaned(attributes.name ?? '').slice(0, 100), hidden: (attributes.state ?? 'visible') !== 'visible', relation })
  })
  if (!isWorkbook) throw new Unreadable('other_kind')
  return { sheets, from1904 }
}

async function readStyles (archive: Archive, path: string): Promise<Format[]> {
  const codes = new Map<number, string>()
  const formats: Format[] = []
  let inCells = false
  await readSmall(archive, path, (name, attributes) => {
    if (name === 'numFmt' && codes.size < 10_000) codes.set(Number(attributes.numFmtId), (attributes.formatCode ?? '').slice(0, 300))
    if (name === 'xf' && inCells && formats.length < 100_000) {
      const id = Number(attributes.numFmtId ?? 0)
      formats.push(formatOf(id, codes.get(id)))
    }
    if (name === 'cellXfs') inCells = true
    if (name === 'cellStyles' || name === 'dxfs') inCells = false
  })
  return formats
}

async function readSmall (archive: Archive, path: string, open: (name: string, attributes: Attributes) => void): Promise<void> {
  if (archive.size(path) > LIMITS.unpacked / 10) throw new Unreadable('too_much')
  await readAllXml(await archive.read(path), { open, close: () => {}, text: () => {} })
}

/** Reads the shared texts; with `most`, no more than the first so many. */
export async function readStrings ({ archive, strings: path }: Workbook, keep: Keep, most = Infinity, signal?: AbortSignal): Promise<Strings> {
  const strings = new Strings()
  if (path === null) return strings
  let text = ''
  let on = false
  let silent = 0 // inside the reading of a word, which stands beside it in small print
  const reading = readXml(await archive.read(path), {
    open: name => {
      if (name === 'si') text = ''
      else if (name === 't') on = silent === 0
      else if (name === 'rPh') silent++
    },
    text: piece => { if (on && text.length < LIMITS.cell) text += piece },
    close: name => {
      if (name === 't') on = false
      else if (name === 'rPh') silent--
      else if (name === 'si') strings.add(keep(unescaped(text)))
    }
  }, () => [strings.count >= most], signal)
  try {
    for await (const isEnough of reading) if (isEnough) break
    return strings
  } catch (error) {
    strings.close()
    throw error
  }
}

/** "_x000D_" is how a workbook writes a character that XML can't hold. */
export const unescaped = (text: string): string =>
  text.includes('_x') ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(parseInt(code, 16))) : text

export const isOn = (value: string | undefined): boolean => value === '1' || value === 'true'
