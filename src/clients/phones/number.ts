import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max'

/** A number as it is kept: what was typed, and what it means when it means something. */
export interface PhoneNumber {
  typed: string
  /** ITU-T E.164 ("+48600123456"), null when it is no valid number. */
  e164: string | null
  /** International format for reading, or what was typed. */
  display: string
  /** What searches look through: the digits of the E.164 form, else those typed. */
  digits: string
}

/**
 * Reads a number as somebody in `country` (ISO 3166-1 alpha-2) would dial it. One that isn't valid there is kept as typed.
 * An extension in Polish or Portuguese words is one too, and the nought of "+48 (0) 600 123 456" goes where the number has none (Italy's have).
 * Valid means what libphonenumber's full metadata holds for the number's country.
 */
export function readNumber (typed: string, country: string): PhoneNumber {
  const clean = typed.replace(/^\s*00(?=[1-9])/, '+')
  const parsed = valid(clean, country) ?? validAnew(clean, country)
  if (!parsed) return { typed, e164: null, display: typed, digits: typed.replace(/\D/g, '') }
  const e164 = String(parsed.number)
  const extension = parsed.ext ? ` ext. ${parsed.ext}` : ''
  return { typed, e164, display: parsed.formatInternational().replace(/ ext\. .*$/, '') + extension, digits: e164.slice(1) }
}

function validAnew (text: string, country: string) {
  const respelled = text.replace(/^(\s*\+\d{1,3}[\s.-]*)\(0\)/, '$1').replace(/\b(?:wew|ramal)[.:]?\s*(\d{1,7})\s*$/i, ' ext. $1')
  return respelled === text ? undefined : valid(respelled, country)
}

function valid (text: string, country: string) {
  const parsed = parsePhoneNumberFromString(text, country as CountryCode)
  return parsed?.isValid() ? parsed : undefined
}

/** What two spellings of one number have in common: its E.164 form and extension, or what was typed when it is no valid number. */
export const numberKey = ({ e164, typed, display }: Pick<PhoneNumber, 'e164' | 'typed' | 'display'>): string => e164 ? e164 + (/ ext\. .*$/.exec(display)?.[0] ?? '') : typed
