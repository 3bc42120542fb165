import { all, one } from '../../list-views/address.js'
import { readOne, text, type Body, type FieldErrors } from '../../web/form.js'

export const EXPORT_FORMATS = ['xlsx', 'csv'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** What is to be exported, as the page sends it and as its address says it. */
export interface ExportForm {
  /** The rows that are ticked, or all that the list leaves. */
  of: 'selected' | 'matching'
  /** The list's address, behind its question mark. */
  within: string
  format: ExportFormat
  /** Names of what is ticked; `all` of it whatever is ticked. */
  columns: string[]
  all: boolean
  errors: FieldErrors
}

/** Reads the form. Names that nothing has are left out by whoever knows what there is. */
export function readExportForm (sent: unknown): ExportForm {
  const typed = (typeof sent === 'object' && sent !== null ? sent : {}) as Body
  const { value: within = '' } = readOne(text(4000), typed.in)
  const errors: FieldErrors = {}
  const columns = all(typed.columns)
  if (columns.length === 0 && !('all' in typed)) errors.columns = { key: 'exports.no_columns' }
  return { of: one(typed.of) === 'selected' ? 'selected' : 'matching', within, format: EXPORT_FORMATS.find(format => format === one(typed.format)) ?? 'xlsx', columns, all: 'all' in typed, errors }
}
