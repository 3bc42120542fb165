import type { Db } from '../database/knex.js'
import { folded } from '../form-editor/kind/convert.js'
import { translator } from '../web/i18n.js'
import { LANGUAGES } from '../web/viewer.js'
import type { Import } from './import.js'
import { keyOfHeader } from './inspecting/look.js'
import { findRemembered } from './queries.js'
import type { Inspected } from './reading/reading.js'

const REASONS = LANGUAGES.map(language => folded(translator(language)('imports.reason')))

// A file of wrong rows is the file that they are from, with the reason beside them.
const ofFile = (header: readonly string[]): readonly string[] => REASONS.includes(folded(header.at(-1) ?? '')) ? header.slice(0, -1) : header

/** By what files with the same columns are known again. */
export const headerKey = ({ header }: Pick<Inspected, 'header'>): string => keyOfHeader(ofFile(header))

/** What was chosen for the last file with these columns; undefined when there was none, or the columns have no names to know them by. */
export async function rememberedFor (db: Db, inspected: Inspected): Promise<Pick<Import, 'columns' | 'rules'> | undefined> {
  const { header, reading } = inspected
  if (reading.format !== 'vcf' && reading.headerRow === null) return undefined
  const before = await findRemembered(db, headerKey(inspected))
  const length = ofFile(header).length
  return before && before.columns.length >= length ? { ...before, columns: header.map((_, at) => at < length ? before.columns[at]! : null) } : undefined
}
