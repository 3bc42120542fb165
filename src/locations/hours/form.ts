import { z } from 'zod'
import { isDay, issue, readForm, required, text } from '../../web/form.js'
import type { Span } from '../hours.js'

// "9-13", "09:00 – 13:00", "9.30am-5pm"
const SPAN = /(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?\s*[-–—]\s*(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?/gi

/** The spans of a day as they are typed: "09:00-13:00, 14:00-18:00"; empty means closed. In their order; one that is reversed or overlaps another is refused. */
const spans = text(200).transform((value, context): Span[] => {
  const found = [...value.matchAll(SPAN)].map(([typed, ...parts]) => ({ typed: typed.trim(), opens: minutes(parts.slice(0, 3)), closes: minutes(parts.slice(3)) }))
  const rest = value.replace(SPAN, '')
  if (/[^\s,;]/.test(rest) || found.some(({ opens, closes }) => opens === null || closes === null)) {
    context.addIssue(issue('hours.unreadable'))
    return []
  }
  const spans = found as { typed: string, opens: number, closes: number }[]
  const reversed = spans.find(({ opens, closes }) => closes <= opens)
  if (reversed) context.addIssue(issue('hours.reversed', { span: reversed.typed }))
  spans.sort((a, b) => a.opens - b.opens)
  const over = spans.findIndex((span, i) => i > 0 && span.opens < spans[i - 1]!.closes)
  if (!reversed && over > 0) context.addIssue(issue('hours.overlap', { one: spans[over - 1]!.typed, other: spans[over]!.typed }))
  return spans.map(({ opens, closes }) => ({ opens, closes }))
})

function minutes ([hours, minutes = '0', half]: (string | undefined)[]): number | null {
  const twelve = half && Number(hours) > 0 && Number(hours) <= 12
  if (half && !twelve) return null
  const sum = (twelve ? Number(hours) % 12 + (half.toLowerCase() === 'pm' ? 12 : 0) : Number(hours)) * 60 + Number(minutes)
  return Number(minutes) < 60 && sum <= 1440 ? sum : null
}

export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const

const week = z.object({ day1: spans, day2: spans, day3: spans, day4: spans, day5: spans, day6: spans, day7: spans, was: text(2000) })
  .transform(({ was, ...days }) => ({ was, week: Object.values(days) }))

/** Reads the hours of a week, and those that the form was shown with (`was`). */
export const readWeekForm = (body: unknown) => readForm(week as unknown as z.ZodType<{ was: string, week: Span[][] }>, body)

/** Spans as they are shown and typed: "09:00-13:00, 14:00-18:00". */
export const spansTyped = (spans: readonly Span[]): string => spans.map(({ opens, closes }) => `${clock(opens)}-${clock(closes)}`).join(', ')

const clock = (minutes: number) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

/** What the form of a week shows before anything was typed. */
export const weekTyped = (week: readonly (readonly Span[])[]) => ({
  ...Object.fromEntries(WEEKDAYS.map(day => [`day${day}`, spansTyped(week[day - 1]!)])),
  was: printOf(week)
})

/** A week in so many characters, to see whether somebody else changed it. */
export const printOf = (week: readonly (readonly Span[])[]): string => week.map(spansTyped).join('|')

const isUsual = (value: string) => value === '' || (isDay(value) && value >= '2000' && value <= '2100')
const closedDays = z.object({
  starts_on: required(20).refine(isUsual, { error: 'form.date' }),
  ends_on: text(20).refine(isUsual, { error: 'form.date' }),
  note: text(200)
}).superRefine(({ starts_on, ends_on }, context) => {
  if (isDay(starts_on) && isDay(ends_on) && ends_on < starts_on) context.addIssue({ ...issue('form.ends_before_start'), path: ['ends_on'] })
}).transform(({ starts_on, ends_on, note }) => ({ startsOn: starts_on, endsOn: ends_on || starts_on, note }))

/** Reads days on which a location is closed: one, or from one to another. */
export const readClosedDaysForm = (body: unknown) => readForm(closedDays, body)
