import type { Translate } from './i18n.js'
import type { Language } from './viewer.js'
import { byMinute } from './zone.js'

/** Dates, times and numbers as one viewer reads them: their language, the organisation's time zone. */
export interface Format {
  /** BCP 47 tag for `lang` attributes and Intl. */
  locale: string
  number (value: number): string
  /** With all its decimals, for numbers people typed; `plain` as they would type it. */
  exact (value: number): string
  plain (value: number): string
  /** 12.5 gives "12.5%", in Spanish "12,5 %". */
  percent (value: number): string
  /** A file's size: "340 kB", "1.2 MB". */
  bytes (value: number): string
  /** The same with its sign: 15 gives "+15%", -10 gives "-10%". */
  markUp (value: number): string
  date (value: Date | string): string
  dateTime (value: Date): string
  /** Short and relative to `now`, for lists: "10:42", "yesterday", "3 Nov", "3 Nov 2024". */
  ago (value: Date, now?: Date): string
  /** Of the feed: "today 10:42", "yesterday 16:03", "3 Nov 11:05". */
  moment (value: Date, now?: Date): string
  /** A day to come or gone, of the organisation's calendar: "today", "tomorrow", "Mon 3 Nov", "3 Nov 2024". */
  day (value: string, now?: Date): string
  /** "14:05" as clocks are read: "14:05", in the USA "02:05 PM". */
  clock (value: string): string
  /** From 1, Monday, to 7: "Monday". */
  weekday (value: number): string
}

// Yesterday began no longer ago than this, also where clocks were put back.
const TWO_LONG_DAYS = 50 * 3_600_000

const cache = new Map<string, Format>()

/** The formats of a language, country and zone; made once, because Intl's constructors are slow. */
export function formatFor (language: Language, country: string, timeZone: string, t: Translate): Format {
  const key = `${language}-${country}-${timeZone}`
  let format = cache.get(key)
  if (!format) cache.set(key, format = makeFormat(localeOf(language, country), timeZone, t))
  return format
}

export type DecimalMark = '.' | ','

const marks = new Map<string, DecimalMark>()

/** What stands before the decimals for somebody of this language in this country. */
export function decimalMark (language: Language, country: string): DecimalMark {
  const locale = localeOf(language, country)
  let mark = marks.get(locale)
  if (!mark) marks.set(locale, mark = new Intl.NumberFormat(locale).format(0.5).includes(',') ? ',' : '.')
  return mark
}

// English outside the USA reads dates and clocks the British way.
function localeOf (language: Language, country: string): string {
  if (language === 'en') return country === 'US' || country === 'CA' ? `en-${country}` : 'en-GB'
  const tag = `${language}-${country}`
  return Intl.DateTimeFormat.supportedLocalesOf(tag).includes(tag) ? tag : language
}

function makeFormat (locale: string, timeZone: string, t: Translate): Format {
  // A column has no room for "3 de nov. de 2026": "3 nov. 2026" is read as well.
  const make = (options: Intl.DateTimeFormatOptions) => {
    const { format } = new Intl.DateTimeFormat(locale, { timeZone, ...options })
    return { format: byMinute(value => format(value).replaceAll(' de ', ' ')) }
  }
  const formats = {
    day: make({ day: 'numeric', month: 'short' }),
    dayYear: make({ day: 'numeric', month: 'short', year: 'numeric' }),
    time: make({ hour: '2-digit', minute: '2-digit' }),
    full: make({ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' }),
    plainDay: make({ timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' }),
    plainTime: make({ timeZone: 'UTC', hour: '2-digit', minute: '2-digit' }),
    plainWeekday: make({ timeZone: 'UTC', weekday: 'long' }),
    plainDate: make({ timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' })
  }
  const calendar = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }) // "2026-11-03"
  const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 })
  const exact = new Intl.NumberFormat(locale, { maximumFractionDigits: 6 })
  const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 6, useGrouping: false })
  const unit = (unit: string) => new Intl.NumberFormat(locale, { maximumFractionDigits: 1, style: 'unit', unit })
  const sizes = { kilobyte: unit('kilobyte'), megabyte: unit('megabyte') }
  const markUps = new Intl.NumberFormat(locale, { maximumFractionDigits: 2, style: 'unit', unit: 'percent', signDisplay: 'exceptZero' })
  const percents = new Intl.NumberFormat(locale, { maximumFractionDigits: 2, style: 'unit', unit: 'percent' })

  // A day begins in every zone on a quarter of an hour, so what Intl says of one holds for the whole of it.
  const days = new Map<number, number>()
  const dayNumber = (value: Date) => {
    const quarter = Math.floor(value.getTime() / 900_000)
    let day = days.get(quarter)
    if (day === undefined) {
      if (days.size > 1000) days.clear()
      days.set(quarter, day = Math.round(Date.parse(calendar.format(value)) / 86_400_000))
    }
    return day
  }

  // Days and years are those of the organisation's zone, whatever the server's; most rows are told without asking Intl, which is slow.
  const daysAgo = (value: Date, now: Date) => now.getTime() - value.getTime() > TWO_LONG_DAYS ? Infinity : dayNumber(now) - dayNumber(value)
  const yearOf = (value: Date) => [0, 11].includes(value.getUTCMonth()) ? Number(calendar.format(value).slice(0, 4)) : value.getUTCFullYear()
  const dayOf = (value: Date, now: Date) => (yearOf(value) === yearOf(now) ? formats.day : formats.dayYear).format(value)

  const plainDate = (value: string) => formats.plainDate.format(new Date(`${value}T00:00:00Z`))

  return {
    locale,
    number: value => numbers.format(value),
    exact: value => exact.format(value),
    plain: value => plain.format(value),
    percent: value => percents.format(value),
    markUp: value => markUps.format(value),
    bytes: value => value < 999_500 ? sizes.kilobyte.format(Math.max(1, Math.round(value / 1000))) : sizes.megabyte.format(value / 1e6),
    date: value => typeof value === 'string' ? plainDate(value) : formats.dayYear.format(value),
    dateTime: value => formats.full.format(value),
    ago: (value, now = new Date()) => {
      const days = daysAgo(value, now)
      return days === 0 ? formats.time.format(value) : days === 1 ? t('time.yesterday') : dayOf(value, now)
    },
    moment: (value, now = new Date()) => {
      const days = daysAgo(value, now)
      const day = days === 0 ? t('time.today') : days === 1 ? t('time.yesterday') : dayOf(value, now)
      return `${day} ${formats.time.format(value)}`
    },
    day: (value, now = new Date()) => {
      const today = calendar.format(now)
      const days = Math.round((Date.parse(value) - Date.parse(today)) / 86_400_000)
      if (days >= -1 && days <= 1) return t(days === 0 ? 'time.today' : days === 1 ? 'time.tomorrow' : 'time.yesterday')
      return value.slice(0, 4) === today.slice(0, 4) || Math.abs(days) < 90 ? formats.plainDay.format(new Date(`${value}T00:00:00Z`)) : plainDate(value)
    },
    clock: value => formats.plainTime.format(new Date(`1970-01-01T${value}Z`)),
    weekday: value => formats.plainWeekday.format(new Date(Date.UTC(2024, 0, value))) // 1 January 2024 was a Monday
  }
}
