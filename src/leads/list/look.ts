import type { FastifyRequest } from 'fastify'
import type { Db } from '../../database/knex.js'
import { parsed, textOf, type Pairs, type Query } from '../../list-views/address.js'
import { lookThrough, type Seen } from '../../list-views/look.js'
import { listViews } from '../../list-views/queries.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import { COLUMNS, USUAL, type Column } from './columns.js'
import { kept, readLeadFilter, type LeadFilter } from './filter.js'

/** Where leads are listed: as a table, or as a board. */
export const TABLE = '/leads'
export const BOARD = '/leads/board'

export type Look = ReturnType<typeof lookAt>

/** The list as its address means it, and the address with some of it changed, of the other look too; the page is kept only when it is among the changes. */
export function lookAt (request: FastifyRequest, at = TABLE) {
  const asked = readLeadFilter(request.query)
  const filter = at === BOARD ? onBoard(asked) : asked
  return { viewer: viewerOf(request), filter, at, list: listing(filter, at), kept: kept(filter) }
}

function listing (filter: LeadFilter, at: string) {
  return (change: Partial<LeadFilter> = {}, path = at): string => {
    const { q, after, before, ...changed } = { ...filter, after: null, before: null, ...change }
    const pairs: Pairs = [...q ? [['q', q]] as Pairs : [], ...kept({ ...changed, q, after, before }), ...after ? [['after', String(after)]] as Pairs : before ? [['before', String(before)]] as Pairs : []]
    const text = textOf(pairs)
    return text ? `${path}?${text}` : path
  }
}

/** As the tables of views call the list. */
export const LEADS = 'leads'

/** The table as somebody looks at it: through a saved view, maybe, and with columns of their own. */
export interface TableLook extends Look, Seen {
  /** What is shown, in order. */
  columns: readonly Column[]
  /** What a search carries along. */
  carried: Pairs
  /** The list by a badge, which leaves any view but keeps the order and the columns. */
  badge (show: LeadFilter['show']): string
}

/** Reads what the table's address means. The bare one means what the list opens with. */
export const tableAt = (db: Db, request: FastifyRequest): Promise<TableLook> => tableFrom(db, viewerOf(request), (request.query ?? {}) as Query)

/** The same of an address that was kept. */
export async function tableFrom (db: Db, viewer: Viewer, asked: Query): Promise<TableLook> {
  const { query, place, address, isChangedFrom, ...seen } = lookThrough(viewer, { path: TABLE, usual: 'open', tidied }, await listViews(db, viewer, LEADS), asked)
  const inView = seen.view !== null
  const filter = readLeadFilter(query, { inView })
  const pairs = kept(filter, { inView })
  const elsewhere = listing(filter, TABLE)
  const list: Look['list'] = (change = {}, path = TABLE) => {
    const changed = { ...filter, after: null, before: null, ...change }
    return path === TABLE ? address(kept(changed, { inView }), changed) : elsewhere(change, path)
  }
  const { sort, descending, columns } = filter
  return {
    ...seen, viewer, filter, list, at: TABLE, kept: pairs, isChanged: isChangedFrom(pairs),
    carried: inView ? [...new URLSearchParams(list().split('?')[1])].filter(([name]) => name !== 'q') as Pairs : pairs,
    badge: show => address(kept({ ...NOTHING, sort, descending, columns, show }), {}, { ...place, view: null }),
    columns: (columns ?? USUAL).flatMap(name => COLUMNS.find(column => column.name === name) ?? [])
  }
}

/** What a view keeps as the list would write it today. */
export const tidied = (query: string): string => textOf(kept(readLeadFilter(parsed(query))))

/** A filter that asks for nothing, whatever is open. */
const NOTHING = readLeadFilter({})

/** A board has no order of when leads came in: those that came into their column last stand first, unless it is sorted by what is due. */
export function onBoard (filter: LeadFilter): LeadFilter {
  return filter.sort === 'due' ? filter : { ...filter, sort: 'created', descending: true }
}

/** The order of a column. */
export const columnOrder = (filter: LeadFilter): LeadFilter => filter.sort === 'due' ? filter : { ...filter, sort: 'since', descending: true }
