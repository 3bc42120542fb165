import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { LANGUAGES, type Language, type Organisation } from '../web/viewer.js'
import type { TemplateTexts } from './template.js'

// Where most people read one of the languages in which templates can be.
const READ_IN: Record<Language, string> = {
  en: 'AU CA GB GH IE JM KE MT NG NZ SG TT UG US ZA',
  es: 'AR BO CL CO CR CU DO EC ES GT HN MX NI PA PE PR PY SV UY VE',
  pl: 'PL',
  pt: 'AO BR CV GW MZ PT ST'
}

/**
 * The language in which somebody is written to: what their profile says; else what is read where their first number is from, when that
 * is abroad; else the company's.
 */
export function languageOfClient (said: Language | null, phone: string | null, { country, language }: Pick<Organisation, 'country' | 'language'>): Language {
  if (said) return said
  const abroad = phone ? parsePhoneNumberFromString(phone)?.country : undefined
  return (abroad && abroad !== country && LANGUAGES.find(one => READ_IN[one].split(' ').includes(abroad))) || language
}

/** The version of a template for a language: that one, else the company's, else the first there is. */
export function versionFor (texts: TemplateTexts, wanted: Language, company: Language): Language {
  return [wanted, company, ...LANGUAGES].find(language => texts[language]) ?? company
}
