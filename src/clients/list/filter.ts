import type { ListField } from '../../form-editor/shape.js'
import { nameOf } from '../../form-editor/schema.js'
import { all, one, typed, type Pairs, type Query } from '../../list-views/address.js'
import { readColumns } from '../../list-views/columns.js'
import { conditionPairs, readConditions, type Condition } from '../../list-views/condition.js'
import { isSortable } from '../../list-views/own-columns.js'
import { idOf, isDay } from '../../web/form.js'
import type { DecimalMark } from '../../web/format.js'
import { columnsWith } from './columns.js'

export const SHOWS = ['all', 'people', 'companies', 'suppliers', 'conflicted', 'archived'] as const
export const SORTS = ['name', 'created', 'active'] as const
export type Show = (typeof SHOWS)[number]
/** An order by an own field is called as the field is in a form. */
export type Sort = (typeof SORTS)[number] | `own.${string}`

/** What the list shows, as it stands in its address. */
export interface ClientFilter {
  q: string
  show: Show
  tags: number[]
  campaign: number | null
  location: number | null
  /** A price type of either discount, and a type that any of the phones has. */
  price: number | null
  phoneType: number | null
  /** Made or changed by this import. */
  import: number | null
  /** Created from and to, both days included: "2026-11-03". */
  from: string
  to: string
  /** What is asked of own fields. */
  own: Condition[]
  sort: Sort
  descending: boolean
  /** What is searched for stands best match first, as nobody asked for another order. */
  ranked: boolean
  /** Columns besides the name, in their order; null: the usual ones. */
  columns: string[] | null
  /** The page that follows, or comes before, this client. */
  after: number | null
  before: number | null
}

const among = <T extends string>(values: readonly T[], value: string): T => values.find(v => v === value) ?? values[0]!
const day = (value: string) => isDay(value) ? value : ''

/** Reads the list's address. Anything in it that makes no sense (any more) is left out: an address is not a form to be refused. */
export function readClientFilter (query: unknown, fields: readonly ListField[] = [], decimalMark?: DecimalMark): ClientFilter {
  const q = (query ?? {}) as Query
  const sort = among([...SORTS, ...fields.filter(isSortable).map(field => nameOf(field) as Sort)], one(q.sort))
  const order = one(q.order)
  const searched = typed(q.q)
  const after = idOf(one(q.after))
  return {
    q: searched,
    show: among(SHOWS, one(q.show)),
    tags: [...new Set(all(q.tag).map(idOf).filter(id => id !== null))].slice(0, 10),
    campaign: idOf(one(q.campaign)),
    location: idOf(one(q.location)),
    price: idOf(one(q.price)),
    import: idOf(one(q.import)),
    phoneType: idOf(one(q.phone_type)),
    from: day(one(q.from)),
    to: day(one(q.to)),
    own: readConditions(fields, q, decimalMark),
    sort,
    descending: order === '' ? isNewestFirst(sort) : order === 'desc',
    ranked: searched !== '' && one(q.sort) === '',
    columns: readColumns(columnsWith(fields).map(({ name }) => name), q.columns),
    after,
    before: after === null ? idOf(one(q.before)) : null
  }
}

/** Days of the client's own are read newest first; everything else from its beginning. */
export const isNewestFirst = (sort: string): boolean => sort === 'created' || sort === 'active'

/** What a view keeps of a filter, as it stands in an address: all but what is searched for and the page. */
export function kept (f: ClientFilter): Pairs {
  const pairs: Pairs = []
  if (f.show !== 'all') pairs.push(['show', f.show])
  for (const tag of f.tags) pairs.push(['tag', String(tag)])
  if (f.campaign) pairs.push(['campaign', String(f.campaign)])
  if (f.location) pairs.push(['location', String(f.location)])
  if (f.price) pairs.push(['price', String(f.price)])
  if (f.import) pairs.push(['import', String(f.import)])
  if (f.phoneType) pairs.push(['phone_type', String(f.phoneType)])
  if (f.from) pairs.push(['from', f.from])
  if (f.to) pairs.push(['to', f.to])
  pairs.push(...f.own.flatMap(conditionPairs))
  if (f.sort !== 'name') pairs.push(['sort', f.sort])
  if (f.descending !== isNewestFirst(f.sort)) pairs.push(['order', f.descending ? 'desc' : 'asc'])
  if (f.columns) pairs.push(['columns', f.columns.join(',')])
  return pairs
}

/** Whether nothing but a search narrows the list. */
export const isOnlySearched = (f: ClientFilter): boolean => f.q !== '' && !isNarrowed({ ...f, q: '' })

/** Whether anything narrows the list. */
export const isNarrowed = (f: ClientFilter): boolean =>
  Boolean(f.q || f.show !== 'all' || f.tags.length > 0 || f.campaign || f.location || f.price || f.phoneType || f.import || f.from || f.to || f.own.length > 0)
