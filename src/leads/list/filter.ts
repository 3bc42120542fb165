import type { ListField } from '../../form-editor/shape.js'
import { one, typed, type Pairs, type Query } from '../../list-views/address.js'
import { readColumns } from '../../list-views/columns.js'
import { conditionPairs, readConditions, type Condition } from '../../list-views/condition.js'
import { isSortable } from '../../list-views/own-columns.js'
import { idOf, isDay } from '../../web/form.js'
import type { DecimalMark } from '../../web/format.js'
import { GROUPS, type Group } from '../lead.js'
import { columnsWith, sortBy } from './columns.js'

/** What the badges above the list show; `late` has been in its status for too long. */
export const BADGES = ['open', 'urgent', 'new', 'mine', 'overdue', 'late', 'pending'] as const
export const SHOWS = [...BADGES, 'all', 'archived'] as const
export const SORTS = ['created', 'due', 'since'] as const
/** The first of them is on a board the newest in its column. */
export const BOARD_SORTS = ['created', 'due'] as const
export const DAYS = ['created', 'due', 'closed'] as const
export type Badge = (typeof BADGES)[number]
export type Show = (typeof SHOWS)[number]
export type Sort = (typeof SORTS)[number] | `own.${string}`

/** A row that is asked for, or that there be none. */
export type Chosen = number | 'none' | null

/** What the list shows, as it stands in its address. */
export interface LeadFilter {
  q: string
  show: Show
  status: number | null
  group: Group | null
  type: number | null
  campaign: number | null
  /** Whose they are. */
  client: number | null
  location: Chosen
  manager: Chosen
  /** Days from and to, both included: "2026-11-03", or ''. */
  created: Span
  due: Span
  closed: Span
  /** What is asked of own fields. */
  own: Condition[]
  sort: Sort
  /** The own field that it is sorted by. */
  sortField: ListField | null
  descending: boolean
  /** Columns besides the number, in their order; null: the usual ones. */
  columns: string[] | null
  /** The page that follows, or comes before, this lead. */
  after: number | null
  before: number | null
}

export interface Span { from: string, to: string }

/** What an address is read with: the own fields that can be asked for, and how who typed it writes decimals. */
export interface Reading { inView?: boolean, fields?: readonly ListField[], decimalMark?: DecimalMark | undefined }

const among = <T extends string>(values: readonly T[], value: string): T | null => values.find(v => v === value) ?? null
const day = (value: string) => isDay(value) ? value : ''
const chosen = (value: string): Chosen => value === 'none' ? 'none' : idOf(value)

/**
 * Reads the list's address. Anything in it that makes no sense (any more) is left out: an address is not a form to be refused. A search within a
 * saved view stays among what the view shows.
 */
export function readLeadFilter (query: unknown, { inView = false, fields = [], decimalMark }: Reading = {}): LeadFilter {
  const q = (query ?? {}) as Query
  const sortField = fields.find(field => isSortable(field) && sortBy(field) === one(q.sort)) ?? null
  const sort = sortField ? sortBy(sortField) : among(SORTS, one(q.sort)) ?? 'created'
  const order = one(q.order)
  const after = idOf(one(q.after))
  const span = (name: string): Span => ({ from: day(one(q[`${name}_from`])), to: day(one(q[`${name}_to`])) })
  const asked = {
    q: typed(q.q), status: idOf(one(q.status)), group: among(GROUPS, one(q.group)), type: idOf(one(q.type)), campaign: idOf(one(q.campaign)), client: idOf(one(q.client)), location: chosen(one(q.location)), manager: chosen(one(q.manager)),
    created: span('created'), due: span('due'), closed: span('closed')
  }
  const show = among(SHOWS, one(q.show)) ?? usualShow(asked, inView)
  return {
    ...asked,
    // A status says by itself whether its leads are open.
    show: show === 'open' && asksClosed(asked) ? 'all' : show,
    sort,
    sortField,
    descending: order === '' ? isNewestFirst(sort) : order === 'desc',
    own: readConditions(fields, q, decimalMark),
    columns: readColumns(columnsWith(fields).map(({ name }) => name), q.columns),
    after,
    before: after === null ? idOf(one(q.before)) : null
  }
}

type Asked = Pick<LeadFilter, 'q' | 'status' | 'group' | 'closed'>

const asksClosed = ({ status, group, closed }: Asked): boolean => Boolean(status || group || closed.from || closed.to)

/** What is shown when nobody says: what is still to be answered; whatever is searched for may be closed. */
const usualShow = (asked: Asked, inView: boolean): Show => (asked.q !== '' && !inView) || asksClosed(asked) ? 'all' : 'open'

/** New leads stand first; of due times and of those in a status the earliest. */
export const isNewestFirst = (sort: Sort): boolean => sort === 'created'

/** The filter as it stands in an address, but for what is searched for and the page. */
export function kept (f: LeadFilter, { inView = false } = {}): Pairs {
  const pairs: Pairs = []
  if (f.show !== usualShow(f, inView)) pairs.push(['show', f.show])
  for (const name of ['status', 'group', 'type', 'campaign', 'client', 'location', 'manager'] as const) if (f[name]) pairs.push([name, String(f[name])])
  for (const name of DAYS) for (const end of ['from', 'to'] as const) if (f[name][end]) pairs.push([`${name}_${end}`, f[name][end]])
  pairs.push(...f.own.flatMap(conditionPairs))
  if (f.sort !== 'created') pairs.push(['sort', f.sort])
  if (f.descending !== isNewestFirst(f.sort)) pairs.push(['order', f.descending ? 'desc' : 'asc'])
  if (f.columns) pairs.push(['columns', f.columns.join(',')])
  return pairs
}

/** Whether anything but a badge narrows the list. */
export const isNarrowed = (f: LeadFilter): boolean =>
  Boolean(f.q || f.status || f.group || f.type || f.campaign || f.client || f.location || f.manager || f.own.length > 0 || DAYS.some(name => f[name].from || f[name].to))
