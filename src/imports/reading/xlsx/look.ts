import { cleaned, type Keep } from '../clean.js'
import { listsClients } from '../header.js'
import { LIMITS } from '../limits.js'
import type { Remark, SourceRow } from '../reading.js'
import { nothingSeen, sheetRows, type Seen } from './rows.js'
import { openWorkbook, readStrings, type Workbook } from './workbook.js'

/** The beginning of a workbook's sheet, with what is to be told about it. */
export interface SheetLook { sheet: string, sheets: { name: string, hidden: boolean }[], rows: SourceRow[], lastRow: number | null, remarks: Remark[] }

// A sheet that is no bigger is looked at to its end, since merged cells are listed there.
const SMALL = 4_000_000

/** Looks at the sheet of this name, or else at the first one that is seen and lists clients, or has anything in it. Throws Unreadable. */
export async function lookAtSheet (path: string, wanted?: string): Promise<SheetLook> {
  const workbook = await openWorkbook(path)
  try {
    const { sheets } = workbook
    const named = sheets.find(({ name }) => name === wanted)
    const inTurn = named ? [named] : [...sheets.filter(({ hidden }) => !hidden), ...sheets.filter(({ hidden }) => hidden)]
    let chosen = inTurn[0]!
    let look = await firstRows(workbook, chosen.path)
    for (const sheet of inTurn.slice(1, 20)) {
      if (listsClients(look.rows) || (look.rows.length > 0 && sheet.hidden)) break
      const next = await firstRows(workbook, sheet.path)
      if (look.rows.length === 0 ? next.rows.length > 0 : listsClients(next.rows)) [chosen, look] = [sheet, next]
    }
    return {
      sheet: chosen.name, sheets: sheets.map(({ name, hidden }) => ({ name, hidden })), rows: look.rows, lastRow: look.seen.lastRow,
      remarks: [...aboutSheets(workbook, chosen.name), ...aboutCells(look.seen)]
    }
  } finally {
    workbook.archive.close()
  }
}

export interface SheetOptions { sheet: string | undefined, columns: number, keep: Keep, signal?: AbortSignal | undefined }

/** Every row of a sheet. Throws Unreadable. */
export async function * rowsOfSheet (path: string, { sheet: name, columns, keep, signal }: SheetOptions): AsyncGenerator<SourceRow[]> {
  const workbook = await openWorkbook(path)
  try {
    const sheet = workbook.sheets.find(sheet => sheet.name === name) ?? workbook.sheets[0]!
    const strings = await readStrings(workbook, keep, Infinity, signal)
    try {
      yield * sheetRows(workbook, sheet.path, { texts: strings, columns, keep, seen: nothingSeen(), signal })
    } finally {
      strings.close()
    }
  } finally {
    workbook.archive.close()
  }
}

/** The first rows; of the shared texts only as many are read as they call, which are mostly the first. */
async function firstRows (workbook: Workbook, path: string): Promise<{ rows: SourceRow[], seen: Seen }> {
  const seen = nothingSeen()
  const rows: SourceRow[] = []
  let called = -1
  const texts = {
    at: (index: number) => {
      called = Math.max(called, index)
      return `\u0000${index}`
    }
  }
  const isSmall = workbook.archive.size(path) <= SMALL
  for await (const batch of sheetRows(workbook, path, { texts, columns: Infinity, keep: cleaned, seen })) {
    if (rows.length < LIMITS.lookedAt) rows.push(...batch.slice(0, LIMITS.lookedAt - rows.length))
    if (rows.length >= LIMITS.lookedAt && !isSmall) break
  }
  const strings = await readStrings(workbook, cleaned, called + 1)
  try {
    const said = (cell: string) => cell.startsWith('\u0000') ? strings.at(Number(cell.slice(1))) : cell
    return { seen, rows: rows.map(({ row, cells }) => ({ row, cells: cells.map(said) })).filter(({ cells }) => cells.some(cell => cell !== '')) }
  } finally {
    strings.close()
  }
}

function aboutSheets ({ sheets }: Workbook, chosen: string): Remark[] {
  const others = sheets.filter(({ name }) => name !== chosen)
  const said = (kind: Remark['kind'], hidden: boolean): Remark[] => {
    const names = others.filter(sheet => sheet.hidden === hidden).map(({ name }) => name)
    return names.length > 0 ? [{ kind, values: { count: names.length, names: names.slice(0, 10).join(', ') } }] : []
  }
  return [...said('other_sheets', false), ...said('hidden_sheets', true)]
}

function aboutCells ({ merged, formulas, errors, hiddenRows }: Seen): Remark[] {
  const counts = { merged_cells: merged, formulas, cell_errors: errors, hidden_rows: hiddenRows } as const
  return Object.entries(counts).flatMap(([kind, count]) => count > 0 ? [{ kind: kind as Remark['kind'], values: { count } }] : [])
}
