import type { Translate } from '../web/i18n.js'
import { wordsOf } from '../web/labels.js'
import type { Language } from '../web/viewer.js'
import type { Target } from './columns/targets.js'
import type { Import } from './import.js'
import type { Problem } from './rules.js'

// What the forms' items are called among the targets.
const ITEMS: Record<string, string> = { phones: 'phone', emails: 'email', tags: 'tag' }

/** What own fields are called for a viewer, by the names of their targets. */
export const titlesOf = (targets: readonly Target[], language: Language, fallback: Language): Map<string, string> =>
  new Map(targets.flatMap(({ name, title }): [string, string][] => 'labels' in title ? [[name, wordsOf(title.labels, language, fallback)]] : []))

/** What is wrong with a row, in words: the column it is in, and what to do. */
export function wordsOfProblem (t: Translate, { inspected }: Pick<Import, 'inspected'>, titles: ReadonlyMap<string, string>, { column, field, key, values }: Problem): string {
  const word = field && (ITEMS[field] ?? field)
  const where = column !== undefined ? inspected.header[column] : word && !word.startsWith('own.') ? t(`imports.targets.${word}`) : word && (titles.get(word) ?? word.slice('own.'.length))
  return where ? `${where}: ${t(key, values)}` : t(key, values)
}
