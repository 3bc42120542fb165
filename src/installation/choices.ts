import { getCountries } from 'libphonenumber-js/max'
import type { Language } from '../web/viewer.js'

export interface Choice { value: string, label: string, usual?: { currency: string, timeZone: string }, lang?: string }

// What most shops of a country take; any other currency or zone can be chosen.
const USUAL: Record<string, { currency: string, timeZone: string, language: Language }> = {
  PL: { currency: 'PLN', timeZone: 'Europe/Warsaw', language: 'pl' },
  ES: { currency: 'EUR', timeZone: 'Europe/Madrid', language: 'es' },
  PT: { currency: 'EUR', timeZone: 'Europe/Lisbon', language: 'pt' },
  BR: { currency: 'BRL', timeZone: 'America/Sao_Paulo', language: 'pt' },
  MX: { currency: 'MXN', timeZone: 'America/Mexico_City', language: 'es' },
  AR: { currency: 'ARS', timeZone: 'America/Argentina/Buenos_Aires', language: 'es' },
  CO: { currency: 'COP', timeZone: 'America/Bogota', language: 'es' },
  CL: { currency: 'CLP', timeZone: 'America/Santiago', language: 'es' },
  GB: { currency: 'GBP', timeZone: 'Europe/London', language: 'en' },
  IE: { currency: 'EUR', timeZone: 'Europe/Dublin', language: 'en' },
  US: { currency: 'USD', timeZone: 'America/New_York', language: 'en' }
}

const BY_LANGUAGE: Record<Language, string> = { en: 'GB', es: 'ES', pl: 'PL', pt: 'PT' }

/** The country, currency and zone to propose to a browser that asks for these languages ("pt-BR,pt;q=0.9"). */
export function propose (acceptLanguage: string | undefined, language: Language) {
  const region = /^[a-z]{2,3}-([A-Z]{2})\b/.exec(acceptLanguage ?? '')?.[1]
  const country = region && region in USUAL ? region : BY_LANGUAGE[language]
  const { currency, timeZone } = USUAL[country]!
  return { country, currency, timeZone, language }
}

/** Every country that has national phone numbers, by name in one language. */
export function countries (language: Language): Choice[] {
  const names = new Intl.DisplayNames([language], { type: 'region' })
  return sorted(getCountries().map(value => ({ value, label: names.of(value) ?? value, ...(USUAL[value] && { usual: USUAL[value] }) })), language)
}

export function currencies (language: Language): Choice[] {
  const names = new Intl.DisplayNames([language], { type: 'currency' })
  return Intl.supportedValuesOf('currency').map(value => ({ value, label: `${value} · ${names.of(value) ?? ''}` }))
}

export const timeZones = (): Choice[] => ['UTC', ...Intl.supportedValuesOf('timeZone')].map(value => ({ value, label: value.replaceAll('_', ' ') }))

/** The languages that people can choose, each by its own name, which is read out as a word of that language. */
export const languages: Choice[] = Object.entries({ en: 'English', es: 'Español', pl: 'Polski', pt: 'Português' }).map(([value, label]) => ({ value, label, lang: value }))

export const isCountry = (value: string) => (getCountries() as string[]).includes(value)
export const isCurrency = (value: string) => Intl.supportedValuesOf('currency').includes(value)
export const isTimeZone = (value: string) => value === 'UTC' || Intl.supportedValuesOf('timeZone').includes(value)

const sorted = (choices: Choice[], language: Language) => choices.sort((a, b) => a.label.localeCompare(b.label, language))
