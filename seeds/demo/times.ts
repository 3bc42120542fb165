/** The working days of a span of time: every moment falls between 9:00 and 18:00 of the company's clock, never on a Sunday. */
export interface Calendar {
  start: number
  /** The last midnight: nothing lies in the future. */
  end: number
  /** Of the company's clock from UTC, in ms. */
  offset: number
  /** The working moment that stands for a point of time; a later point never gives an earlier moment. */
  workingTime (point: number): Date
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** `days` back from `until`. */
export function makeCalendar (timeZone: string, days: number, until: Date): Calendar {
  const offset = offsetOf(timeZone, until)
  const end = Math.floor((until.getTime() + offset) / DAY) * DAY - offset
  return calendarOf({ start: end - days * DAY, end, offset })
}

/** The calendar of such a span; in a thread as in the one that it came from. */
export function calendarOf (span: Omit<Calendar, 'workingTime'>): Calendar {
  const { end, offset } = span
  return {
    ...span,
    workingTime (point) {
      const local = Math.min(point, end - 1) + offset
      const midnight = Math.floor(local / DAY) * DAY
      const share = (local - midnight) / DAY
      const sunday = new Date(midnight).getUTCDay() === 0
      const clock = sunday ? -7 * HOUR + share * HOUR : 9 * HOUR + share * 8 * HOUR // Sunday's falls on Saturday, 17:00 to 18:00
      return new Date(midnight + clock - offset)
    }
  }
}

// The zone's distance from UTC now, in ms. Summer time is an hour off half the year, which working hours don't notice.
function offsetOf (timeZone: string, at: Date): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(at)
  const [, sign, hours, minutes] = /([+-])(\d+):(\d+)/.exec(parts.find(part => part.type === 'timeZoneName')!.value) ?? []
  return hours ? (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * HOUR / 60) : 0
}
