import type { DecimalMark } from '../../web/format.js'

/** The kinds of file that are read. */
export const FORMATS = ['xlsx', 'csv', 'vcf'] as const
export type Format = (typeof FORMATS)[number]

/** How a file is to be read. Kept with the import as JSON, so that every later reading gives the same rows. */
export interface Reading {
  format: Format
  /** Of a workbook, the sheet's name. */
  sheet?: string
  /** Of a text, as TextDecoder calls it: "utf-8", "utf-16le", "windows-1250" ... */
  encoding?: string
  /** Of CSV, what stands between two cells. */
  delimiter?: string
  /** Of CSV, what stands before the decimals of a number, as far as the file tells. */
  decimalMark?: DecimalMark | undefined
  /** The row of the file, from 1, that has the columns' names; null: there is none, and the columns are called by their letters. */
  headerRow: number | null
  /** How many columns are read. */
  columns: number
  /** Where the file comes from: some products have signs of their own in their cells, which readRows takes out. */
  layout: Layout
}

/** Something about a file that its reader is told: words in the locales under `imports.remarks.<kind>`, and what they mention. */
export interface Remark { kind: RemarkKind, values?: Record<string, string | number> }
export const REMARKS = ['hidden_sheets', 'other_sheets', 'merged_cells', 'formulas', 'cell_errors', 'no_header', 'same_headers', 'odd_characters', 'hidden_rows'] as const
export type RemarkKind = (typeof REMARKS)[number]

/** Where a file comes from, as far as its columns tell; RemOnline and Orderry are one. */
export const LAYOUTS = ['own', 'google', 'outlook', 'orderry', 'plain'] as const
export type Layout = (typeof LAYOUTS)[number]

/** What a look at the beginning of a file says. */
export interface Inspected {
  reading: Reading
  /** The same as the reading's. */
  layout: Layout
  /** About how many rows there are, where the file tells without being read whole. */
  rows: number | null
  /** Of a workbook, all its sheets. */
  sheets: { name: string, hidden: boolean }[]
  /** What the columns are called; where there is no header, "A", "B" ... Two may be alike. */
  header: string[]
  /** Up to 50 rows after the header, as readRows gives them. */
  sample: string[][]
  remarks: Remark[]
}

/** A file that can't be read, or not on. Its words are in the locales under `imports.unreadable.<reason>`. */
export class Unreadable extends Error {
  constructor (readonly reason: UnreadableReason, readonly values: Record<string, string | number> = {}) {
    super(`The file can't be read: ${reason}`)
  }
}
export const UNREADABLE = ['empty', 'old_excel', 'password', 'open_document', 'other_kind', 'damaged', 'cut_off', 'too_much', 'no_sheet', 'too_many_columns', 'broken_quotes'] as const
export type UnreadableReason = (typeof UNREADABLE)[number]

/** One row of a file: its number there (of a vCard file, the card's), and a text for each column of the header. */
export interface SourceRow { row: number, cells: string[] }
