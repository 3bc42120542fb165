import { idOf, isDay } from '../web/form.js'
import { AUDIT_GROUPS } from './entry.js'

/** What the log shows, as it stands in its address. */
export interface AuditFilter {
  /** The employee who did it. */
  by: number | null
  /** One of AUDIT_GROUPS, or '' for all. */
  group: string
  /** Both days included: "2026-11-03". */
  from: string
  to: string
  /** The page that follows, or comes before, this entry. */
  after: number | null
  before: number | null
}

const one = (value: unknown): string => {
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : ''
}
const day = (value: string) => isDay(value) ? value : ''

/** Which of the days in the log's address are none. */
export const unreadDays = (query: unknown): ('from' | 'to')[] => (['from', 'to'] as const).filter(name => { const value = one((query as Record<string, unknown> | undefined)?.[name]); return value !== '' && !isDay(value) })

/** Reads the log's address. Anything in it that makes no sense is left out. */
export function readAuditFilter (query: unknown): AuditFilter {
  const q = (query ?? {}) as Record<string, unknown>
  const after = idOf(one(q.after))
  return {
    by: idOf(one(q.by)),
    group: AUDIT_GROUPS.find(group => group === one(q.group)) ?? '',
    from: day(one(q.from)),
    to: day(one(q.to)),
    after,
    before: after === null ? idOf(one(q.before)) : null
  }
}

/** The address of the log with some of the filter changed; the position is kept only when it is among the changes. */
export function auditPath (filter: AuditFilter, change: Partial<AuditFilter> = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...filter, after: null, before: null, ...change })) if (value) query.set(name, String(value))
  const text = query.toString()
  return text ? `/settings/audit?${text}` : '/settings/audit'
}

/** Whether anything narrows the log. */
export const isNarrowed = ({ by, group, from, to }: AuditFilter): boolean => Boolean(by || group || from || to)
