import { plainNumber } from '../clean.js'

/** What a number format makes of a number, as far as it changes what is meant. */
export type Format = 'date' | 'moment' | 'time' | 'percent' | { digits: number } | null

// ECMA-376 part 1, 18.8.30: the formats that every program knows by their number; of the others none is a date in our languages.
const KNOWN = new Map<number, Format>([
  [9, 'percent'], [10, 'percent'],
  ...[14, 15, 16, 17].map(id => [id, 'date'] as const),
  ...[18, 19, 20, 21, 45, 46, 47].map(id => [id, 'time'] as const),
  [22, 'moment'],
  ...[27, 28, 29, 30, 31, 34, 35, 36, 50, 51, 52, 53, 54, 57, 58].map(id => [id, 'date'] as const)
])

/** Reads a format's code ("dd/mm/yyyy", "0.00%", "000000000"). Quoted words, colours and the like count for nothing. */
export function formatOf (id: number, code: string | undefined): Format {
  if (code === undefined) return KNOWN.get(id) ?? null
  const plain = code.replace(/"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]/gi, '').split(';', 1)[0]!
  if (/^0{2,20}$/.test(plain)) return { digits: plain.length }
  if (/general|[#0?]/i.test(plain)) return plain.includes('%') ? 'percent' : null
  const hasDay = /[yd]/i.test(plain) || (/m/i.test(plain) && !/[hs]/i.test(plain))
  const hasTime = /[hs]/i.test(plain)
  return hasDay ? (hasTime ? 'moment' : 'date') : hasTime ? 'time' : null
}

/** A number as its format means it. Dates count from 1900, as Excel does with its day that never was, or from 1904. */
export function formatted (value: string, format: Format, from1904: boolean): string {
  if (format === null) return plainNumber(value)
  const number = Number(value)
  if (value === '' || !Number.isFinite(number)) return value
  if (format === 'percent') return `${plainNumber(String(number * 100))}%`
  if (typeof format === 'object') return Number.isInteger(number) && number >= 0 ? plainNumber(value).padStart(format.digits, '0') : plainNumber(value)
  return dated(number, format, from1904) ?? plainNumber(value)
}

const DAY = 86_400

function dated (serial: number, format: 'date' | 'moment' | 'time', from1904: boolean): string | null {
  if (serial < 0 || serial > 2_958_466) return null // the year 10000
  const seconds = Math.round(serial * DAY)
  const days = Math.floor(seconds / DAY)
  const time = seconds % DAY
  if (format === 'time' || days === 0) return days === 0 ? clockOf(time) : null
  const day = dayOf(from1904 ? days + 1462 : days)
  return format === 'moment' || time !== 0 ? `${day} ${clockOf(time)}` : day
}

const clockOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(11, 16)

const days = new Map<number, string>()

function dayOf (since1900: number): string {
  let day = days.get(since1900)
  if (day !== undefined) return day
  day = new Date(Date.UTC(1899, 11, since1900 < 60 ? 31 : 30) + since1900 * DAY * 1000).toISOString().slice(0, 10)
  if (days.size < 50_000) days.set(since1900, day)
  return day
}
