import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { daysLater, instantAt, localOf } from '../web/zone.js'
import type { Rule } from './rule.js'

// Countries that have one clock, or where nearly everybody lives by one.
const ZONES: Record<string, string> = {
  AR: 'America/Argentina/Buenos_Aires', AT: 'Europe/Vienna', BE: 'Europe/Brussels', BO: 'America/La_Paz', CH: 'Europe/Zurich', CL: 'America/Santiago', CO: 'America/Bogota', CR: 'America/Costa_Rica', CZ: 'Europe/Prague', DE: 'Europe/Berlin',
  DK: 'Europe/Copenhagen', EC: 'America/Guayaquil', ES: 'Europe/Madrid', FR: 'Europe/Paris', GB: 'Europe/London', IE: 'Europe/Dublin', IT: 'Europe/Rome', LT: 'Europe/Vilnius', NL: 'Europe/Amsterdam', NO: 'Europe/Oslo', PE: 'America/Lima',
  PL: 'Europe/Warsaw', PT: 'Europe/Lisbon', PY: 'America/Asuncion', RO: 'Europe/Bucharest', SE: 'Europe/Stockholm', SK: 'Europe/Bratislava', UA: 'Europe/Kyiv', UY: 'America/Montevideo', VE: 'America/Caracas'
}

/** Whose clock a client lives by: that of their first number's country where it has one, else the company's. */
export function zoneOf (e164: string | null, { country, timeZone }: { country: string, timeZone: string }): string {
  const theirs = e164 ? parsePhoneNumberFromString(e164)?.country : undefined
  return (theirs && theirs !== country && ZONES[theirs]) || timeZone
}

/** The instant itself, or where that falls into the quiet hours of a zone, when these end. */
export function afterQuiet ({ quietFrom, quietTo }: Pick<Rule, 'quietFrom' | 'quietTo'>, at: Date, timeZone: string): Date {
  if (quietFrom === null || quietTo === null || quietFrom === quietTo) return at
  const local = localOf(at, timeZone), day = local.slice(0, 10)
  const minute = Number(local.slice(11, 13)) * 60 + Number(local.slice(14, 16))
  const overNight = quietFrom > quietTo
  const isQuiet = overNight ? minute >= quietFrom || minute < quietTo : minute >= quietFrom && minute < quietTo
  if (!isQuiet) return at
  return instantAt(overNight && minute >= quietFrom ? daysLater(day, 1) : day, quietTo, timeZone)
}
