import { idOf, isDay } from '../../web/form.js'
import { DIRECTIONS, type Direction } from '../call.js'

/** What the log shows, as it stands in its address. */
export interface CallFilter {
  direction: Direction | ''
  missed: boolean
  employee: number | null
  /** "2026-11-03", in the organisation's zone. */
  day: string
  /** Digits of a number. */
  q: string
  /** The page that follows, or comes before, this call. */
  after: number | null
  before: number | null
}

const one = (value: unknown): string => {
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : ''
}

/** Reads the log's address. Anything in it that makes no sense is left out. */
export function readCallFilter (query: unknown): CallFilter {
  const q = (query ?? {}) as Record<string, unknown>
  const direction = one(q.direction)
  const after = idOf(one(q.after))
  return {
    direction: DIRECTIONS.find(known => known === direction) ?? '',
    missed: one(q.missed) === '1' || direction === 'missed',
    employee: idOf(one(q.employee)),
    day: isDay(one(q.day)) ? one(q.day) : '',
    q: one(q.q).trim().slice(0, 60),
    after,
    before: after === null ? idOf(one(q.before)) : null
  }
}

/** Whether the day in the log's address is none. */
export const isUnreadDay = (query: unknown): boolean => { const day = one((query as Record<string, unknown> | undefined)?.day); return day !== '' && !isDay(day) }

/** The address of the log with some of the filter changed; the position is kept only when it is among the changes. */
export function callsPath (filter: CallFilter, change: Partial<CallFilter> = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...filter, after: null, before: null, ...change })) if (value) query.set(name, value === true ? '1' : String(value))
  const text = query.toString()
  return text ? `/calls?${text}` : '/calls'
}

export const isNarrowed = ({ direction, missed, employee, day, q }: CallFilter): boolean => Boolean(direction || missed || employee || day || q)
