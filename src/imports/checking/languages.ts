import { folded } from '../../form-editor/kind/convert.js'
import { translator } from '../../web/i18n.js'
import { isLanguage, LANGUAGES, type Language } from '../../web/viewer.js'

/** What languages are called: in each of them, and by themselves ("español"). */
const names = new Map(LANGUAGES.flatMap(language => [
  ...LANGUAGES.map(other => [folded(translator(other)(`form_editor.languages.${language}`)), language] as const),
  [folded(new Intl.DisplayNames([language], { type: 'language' }).of(language)!), language] as const
]))

/** The language that a cell names, in words or by a code of BCP 47 ("pl", "pt-BR", "es_ES"); null when it is none that clients are written to in. */
export function languageOf (cell: string): Language | null {
  const code = /^([a-z]{2})(?:[-_][a-z0-9]{2,8})*$/i.exec(cell.trim())?.[1]?.toLowerCase()
  return isLanguage(code) ? code : names.get(folded(cell).replace(/ \(.*\)$/, '')) ?? null
}
