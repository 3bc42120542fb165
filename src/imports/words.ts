import type { Translate } from '../web/i18n.js'
import type { Import } from './import.js'
import type { Problem } from './rules.js'

// What the forms' items are called among the targets.
const ITEMS: Record<string, string> = { phones: 'phone', emails: 'email', tags: 'tag' }

/** What is wrong with a row, in words: the column it is in, and what to do. */
export function wordsOfProblem (t: Translate, { inspected }: Pick<Import, 'inspected'>, { column, field, key, values }: Problem): string {
  const word = field && (ITEMS[field] ?? field)
  const where = column !== undefined ? inspected.header[column] : word && !word.startsWith('own.') ? t(`imports.targets.${word}`) : word?.slice('own.'.length)
  return where ? `${where}: ${t(key, values)}` : t(key, values)
}
