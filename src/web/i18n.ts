import { readFileSync } from 'node:fs'
import i18next, { type i18n } from 'i18next'
import { inRoot } from '../paths.js'
import { isLanguage, LANGUAGES, type Language } from './viewer.js'

/** Gives the words of `key` in one language; `count` chooses the plural by the language's own rules. Escaped by the view, not here. */
export type Translate = (key: string, values?: Record<string, unknown>) => string

const instance: i18n = i18next.createInstance()
await instance.init({
  lng: 'en',
  fallbackLng: 'en',
  supportedLngs: [...LANGUAGES],
  resources: Object.fromEntries(LANGUAGES.map(language => [language, { translation: JSON.parse(readFileSync(inRoot('views', 'locales', `${language}.json`), 'utf8')) }])),
  interpolation: { escapeValue: false },
  returnNull: false,
  showSupportNotice: false
} as Parameters<i18n['init']>[0])

const translators = new Map(LANGUAGES.map(language => [language, remembering(instance.getFixedT(language) as unknown as Translate, new Intl.PluralRules(language))]))

/**
 * i18next looks a key up anew each time, which was a quarter of the work of a long list. Here the words of a key (and of its
 * plural form) are looked up once, and what they mention is filled in.
 */
function remembering (translate: Translate, plurals: Intl.PluralRules): Translate {
  const words = new Map<string, string>()
  return (key, values) => {
    const count = values?.count
    const form = typeof count === 'number' ? `${key} ${plurals.select(count)}` : key
    let text = words.get(form)
    if (text === undefined) words.set(form, text = translate(key, { count, skipInterpolation: true }))
    return values ? text.replace(/{{\s*(\w+)\s*}}/g, (_, name: string) => String(values[name] ?? '')) : text
  }
}

export const translator = (language: Language): Translate => translators.get(language)!

/** The first of the languages a browser asks for (RFC 9110, Accept-Language) that we speak, else English. */
export function languageOf (acceptLanguage: string | undefined): Language {
  const wanted = (acceptLanguage ?? '').slice(0, 500).split(',').map(part => {
    const [tag = '', ...parameters] = part.trim().split(';')
    const q = parameters.map(p => /^\s*q=([\d.]+)$/.exec(p)?.[1]).find(Boolean)
    return { language: tag.toLowerCase().split('-')[0], q: q === undefined ? 1 : Number(q) }
  }).sort((a, b) => b.q - a.q)
  const found = wanted.find(({ language, q }) => q > 0 && isLanguage(language))?.language
  return isLanguage(found) ? found : 'en'
}
