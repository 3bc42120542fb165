import { idOf, isDay } from '../../web/form.js'

export const SHOWS = ['all', 'people', 'companies', 'suppliers', 'conflicted', 'archived'] as const
export const SORTS = ['name', 'created', 'active'] as const
export type Show = (typeof SHOWS)[number]
export type Sort = (typeof SORTS)[number]

/** What the list shows, as it stands in its address. */
export interface ClientFilter {
  q: string
  show: Show
  tags: number[]
  campaign: number | null
  location: number | null
  /** Created from and to, both days included: "2026-11-03". */
  from: string
  to: string
  sort: Sort
  descending: boolean
  /** The page that follows, or comes before, this client. */
  after: number | null
  before: number | null
}

type Query = Record<string, string | string[] | undefined>

const one = (value: unknown): string => {
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : ''
}
const among = <T extends string>(values: readonly T[], value: string): T => values.find(v => v === value) ?? values[0]!
const day = (value: string) => isDay(value) ? value : ''

/** Reads the list's address. Anything in it that makes no sense is left out: an address is not a form to be refused. */
export function readClientFilter (query: unknown): ClientFilter {
  const q = (query ?? {}) as Query
  const sort = among(SORTS, one(q.sort))
  const order = one(q.order)
  const after = idOf(one(q.after))
  return {
    // eslint-disable-next-line no-control-regex
    q: one(q.q).normalize('NFC').replace(/[\u0000-\u001f]+/g, ' ').trim().slice(0, 100),
    show: among(SHOWS, one(q.show)),
    tags: [...new Set([q.tag ?? []].flat().map(idOf).filter(id => id !== null))].slice(0, 10),
    campaign: idOf(one(q.campaign)),
    location: idOf(one(q.location)),
    from: day(one(q.from)),
    to: day(one(q.to)),
    sort,
    descending: order === '' ? sort !== 'name' : order === 'desc',
    after,
    before: after === null ? idOf(one(q.before)) : null
  }
}

/** The address of the list with some of the filter changed; the position is kept only when it is among the changes. */
export function listPath (filter: ClientFilter, change: Partial<ClientFilter> = {}): string {
  const f = { ...filter, after: null, before: null, ...change }
  const query = new URLSearchParams()
  if (f.q) query.set('q', f.q)
  if (f.show !== 'all') query.set('show', f.show)
  for (const tag of f.tags) query.append('tag', String(tag))
  if (f.campaign) query.set('campaign', String(f.campaign))
  if (f.location) query.set('location', String(f.location))
  if (f.from) query.set('from', f.from)
  if (f.to) query.set('to', f.to)
  if (f.sort !== 'name') query.set('sort', f.sort)
  if (f.descending !== (f.sort !== 'name')) query.set('order', f.descending ? 'desc' : 'asc')
  if (f.after) query.set('after', String(f.after))
  if (f.before) query.set('before', String(f.before))
  const text = query.toString()
  return text ? `/clients?${text}` : '/clients'
}

/** Whether anything narrows the list. */
export const isNarrowed = (f: ClientFilter): boolean => Boolean(f.q || f.show !== 'all' || f.tags.length > 0 || f.campaign || f.location || f.from || f.to)
