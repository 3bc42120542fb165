import { translator } from '../../web/i18n.js'
import { LANGUAGES, type Language } from '../../web/viewer.js'
import type { Layout } from '../reading/reading.js'
import { folded } from './names.js'

/** The column that only our own export has, as it is called in each language. */
const OWN_NUMBER = new Map(LANGUAGES.map(language => [folded(translator(language)('imports.targets.id')), language]))

/** The languages that an own export may be in, by that column. */
export const ownLanguages = (header: readonly string[]): Language[] => header.flatMap(name => OWN_NUMBER.get(folded(name)) ?? [])

const GOOGLE = /^(?:telefono?e?|e mail|correo electronico) 1 (?:wartosc|valor)$/

/** Which product's export a file is, by columns that only it has. */
export function layoutOf (header: readonly string[]): Layout {
  const names = new Set(header.map(folded))
  const has = (...wanted: string[]) => wanted.every(name => names.has(name))
  if (ownLanguages(header).length > 0) return 'own'
  // Its export has its columns in the language of its pages.
  if ([...names].some(name => GOOGLE.test(name))) return 'google'
  if (has('phone 1 value') || has('e mail 1 value') || has('group membership')) return 'google'
  if (has('e mail address') && [...names].some(name => /^(?:business|home|primary|mobile) phone/.test(name))) return 'outlook'
  if (has('e mail 2 address') || has('e mail display name')) return 'outlook'
  // RemOnline, since it is called Orderry.
  if (has('ad campaign') && (has('supplier') || has('organization') || has('conflict'))) return 'orderry'
  return 'plain'
}
