import { one, textOf, type Pairs, type Query } from '../../list-views/address.js'
import { idOf, isDay } from '../../web/form.js'
import { dayOf, daysLater } from '../../web/zone.js'

/** By what leads are told apart. */
export const BY = ['month', 'campaign', 'manager', 'location', 'type'] as const
export type By = (typeof BY)[number]

/** Which leads are counted: those that came in, or were closed, in a period. */
export const WHEN = ['created', 'closed'] as const

export interface ReportFilter {
  when: (typeof WHEN)[number]
  /** Days of the organisation's calendar, both included: "2026-11-03". */
  from: string
  to: string
  by: By
  type: number | null
  campaign: number | null
  location: number | null
  manager: number | null
}

// What is longer is cut at its beginning: the report reads every lead of its period.
const LONGEST = 3 * 366
const USUAL = 90

/** Reads the report's address; anything in it that makes no sense is left out. Without days: the last three months. */
export function readReportFilter (query: unknown, timeZone: string, now = new Date()): ReportFilter {
  const q = (query ?? {}) as Query
  const day = (value: string) => isDay(value) && value > '2000' && value < '2200' ? value : ''
  const among = <T extends string>(values: readonly T[], value: string): T => values.find(one => one === value) ?? values[0]!
  const to = day(one(q.to)) || dayOf(now, timeZone)
  const asked = day(one(q.from)) || daysLater(to, -USUAL + 1)
  const [first, last] = asked <= to ? [asked, to] : [to, asked]
  const earliest = daysLater(last, -LONGEST + 1)
  return {
    when: among(WHEN, one(q.when)), from: first < earliest ? earliest : first, to: last, by: among(BY, one(q.by)),
    type: idOf(one(q.type)), campaign: idOf(one(q.campaign)), location: idOf(one(q.location)), manager: idOf(one(q.manager))
  }
}

/** The filter as it stands behind the question mark of an address. */
export const addressOf = (filter: ReportFilter): string => textOf(Object.entries(filter).filter(([, value]) => value !== null).map(([name, value]) => [name, String(value)]) as Pairs)
