import type { Format } from '../../web/format.js'
import type { Translate } from '../../web/i18n.js'
import { dayOf, localOf } from '../../web/zone.js'
import type { ListedLead } from './queries.js'

const HOUR = 60
const DAY = 24 * HOUR

/** What the clock of a lead says, and how it looks: late (red), due or closed (grey). */
export interface Clock {
  look: 'late' | 'due' | 'closed'
  words: string
  /** When it is due, where the words say how long it is until then, or since: public/js/ticking.js goes on with them. */
  ticks: Date | null
}

/** A span of minutes in its largest units: "35 min", "3 h", "1 d 4 h", "12 d". */
export function spanWords (span: number, t: Translate): string {
  const minutes = Math.floor(span)
  if (minutes < HOUR) return t('leads_list.minutes', { count: Math.max(1, minutes) })
  if (minutes < DAY) return t('leads_list.hours', { count: Math.floor(minutes / HOUR) })
  const days = t('leads_list.days', { count: Math.floor(minutes / DAY) })
  const hours = Math.floor(minutes % DAY / HOUR)
  return hours > 0 && minutes < 7 * DAY ? `${days} ${t('leads_list.hours', { count: hours })}` : days
}

/** For as long as this stays the same, so does what the clock says on one day: by the minute within an hour, by the hour beyond. */
export const beatOf = (left: number | null): string =>
  left === null ? '' : `${left < 0 ? '-' : ''}${Math.abs(left) < HOUR ? Math.floor(Math.abs(left)) : `${Math.floor(Math.abs(left) / HOUR)} h`}`

const isNext = (day: string, today: string) => Date.parse(day) - Date.parse(today) === DAY * 60_000

/** How late an open lead is, or until when it has to be answered: within the next hours how long is left, later the day and the time. Null: it has no due time. */
export function clockOf ({ closed, due_at: at, due_in: left }: Pick<ListedLead, 'closed' | 'due_at' | 'due_in'>, now: Date, timeZone: string, { t, fmt }: { t: Translate, fmt: Format }): Clock | null {
  if (closed) return { look: 'closed', words: t('leads_list.closed'), ticks: null }
  if (at === null || left === null) return null
  if (left < 0) return { look: 'late', words: t('leads_list.late', { span: spanWords(-left, t) }), ticks: at }
  const today = dayOf(now, timeZone)
  if (dayOf(at, timeZone) === today || left < 6 * HOUR) return { look: 'due', words: t('leads_list.left', { span: spanWords(left, t) }), ticks: at }
  const [day, clock] = localOf(at, timeZone).split('T') as [string, string]
  return { look: 'due', words: isNext(day, today) ? `${fmt.day(day, now)} ${fmt.clock(clock)}` : fmt.moment(at, now), ticks: null }
}
