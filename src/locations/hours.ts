import { dayOf, daysLater, instantAt } from '../web/zone.js'

/** A part of a day, in minutes since midnight as the clocks show it; 1440 is the end of the day. */
export interface Span { opens: number, closes: number }

/** Days on which nobody works, "2026-12-24" to "2026-12-26", both included. */
export interface ClosedDays { startsOn: string, endsOn: string }

/** When a location works: the spans of each weekday from Monday on, in order and apart, and the days it is closed all the same. */
export interface Hours { week: readonly (readonly Span[])[], closed: readonly ClosedDays[] }

// A location that doesn't open for so long never will, as far as a time limit is concerned.
const LONGEST_SEARCH = 3 * 366

const MINUTE = 60_000

/** Whether hours were told at all. A location without any is taken to work round the clock: a time limit must not stand still for ever. */
const hasHours = ({ week }: Hours): boolean => week.some(spans => spans.length > 0)

/**
 * How many minutes of working time lie between two instants; none when the second isn't later. Summer time counts as it passes: of
 * 01:00 to 04:00 on the night the clocks go forward two hours.
 */
export function workingTimeBetween (hours: Hours, timeZone: string, from: Date, to: Date): number {
  if (!hasHours(hours)) return Math.max(0, Math.floor((to.getTime() - from.getTime()) / MINUTE))
  let worked = 0
  for (const { opens, closes } of spansFrom(hours, timeZone, from)) {
    if (opens >= to.getTime()) break
    worked += Math.max(0, Math.min(closes, to.getTime()) - Math.max(opens, from.getTime()))
  }
  return Math.floor(worked / MINUTE)
}

/**
 * The instant at which so many minutes of working time have passed since `from`: with 30 left at closing time it is half an hour
 * after the next opening. Null when the location doesn't open for that long within three years.
 */
export function addWorkingTime (hours: Hours, timeZone: string, from: Date, minutes: number): Date | null {
  let left = minutes * MINUTE
  if (!hasHours(hours)) return new Date(from.getTime() + left)
  for (const { opens, closes } of spansFrom(hours, timeZone, from)) {
    const start = Math.max(opens, from.getTime())
    if (closes <= start) continue
    if (left <= closes - start) return new Date(start + left)
    left -= closes - start
  }
  return null
}

/** The spans as instants, in order and apart, from the day of `from` on, for three years. */
function * spansFrom (hours: Hours, timeZone: string, from: Date): Generator<{ opens: number, closes: number }> {
  let day = dayOf(from, timeZone)
  // A span that the clocks leave out begins as far behind the gap, perhaps when the next has begun: no minute counts twice.
  let worked = -Infinity
  for (let i = 0; i < LONGEST_SEARCH; i++, day = daysLater(day, 1)) {
    if (hours.closed.some(({ startsOn, endsOn }) => startsOn <= day && day <= endsOn)) continue
    const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
    for (const { opens, closes } of hours.week[weekday] ?? []) {
      const [begins, ends] = [Math.max(worked, instantAt(day, opens, timeZone).getTime()), instantAt(day, closes, timeZone).getTime()]
      worked = Math.max(worked, ends)
      if (ends > begins) yield { opens: begins, closes: ends }
    }
  }
}
