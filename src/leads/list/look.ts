import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Db } from '../../database/knex.js'
import { listOwnFields, type ListField } from '../../form-editor/shape.js'
import { parsed, saysNothing, textOf, type Pairs, type Query } from '../../list-views/address.js'
import { lookThrough, type Seen } from '../../list-views/look.js'
import { listViews } from '../../list-views/queries.js'
import type { ListView } from '../../list-views/view.js'
import { decimalMark } from '../../web/format.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import { columnsWith, USUAL, type Column } from './columns.js'
import { kept, readLeadFilter, type LeadFilter, type Reading } from './filter.js'

/** Where leads are listed: as a table, or as a board. */
export const TABLE = '/leads'
export const BOARD = '/leads/board'

/** Leads as somebody looks at them. */
export interface Look {
  viewer: Viewer
  filter: LeadFilter
  /** The own fields that can be asked for. */
  fields: readonly ListField[]
  /** TABLE or BOARD. */
  at: string
  /** The address with some of the filter changed, of the other look too; the page is kept only when it is among the changes. */
  list (change?: Partial<LeadFilter>, path?: string): string
  /** Of the address of a lead's page what says which list it is opened from, so that it knows the way to the next one. */
  within: string
  kept: Pairs
  /** What a search carries along. */
  carried: Pairs
  /** What a badge shows, which leaves any view but keeps the order and the columns. */
  badge (show: LeadFilter['show']): string
  /** What a view shows that stands among the badges. */
  shownBy (view: ListView): string
  /** The list with everything, whatever it opens with. */
  everything: string
}

/** The board as its address means it. */
export async function boardAt (db: Db, request: FastifyRequest): Promise<Look> {
  const viewer = viewerOf(request)
  const fields = await fieldsOf(db, viewer)
  const filter = boardFilter((request.query ?? {}) as Query, reading(viewer, fields, request.query as Query))
  const list = listing(filter, BOARD), pairs = kept(filter)
  const { sort, descending, columns } = filter
  return {
    viewer, fields, filter, at: BOARD, list, kept: pairs, carried: pairs, everything: BOARD, within: withinOf('board', list),
    badge: show => listing({ ...NOTHING, sort, descending, columns, show }, BOARD)(),
    shownBy: ({ query }) => listing(boardFilter(parsed(query), { fields }), BOARD)()
  }
}

const withinOf = (where: string, list: Look['list']): string => {
  const [, asked] = list().split('?')
  return asked ? `in=${where}&${asked}` : `in=${where}`
}

/** Keeps a list's address short: a form sends its empty fields too, and the bare address may open a view. Returns whether that leads elsewhere. */
export function keptShort (request: FastifyRequest, reply: FastifyReply, path: string): boolean {
  const query = request.query as Query
  if (request.isFragment) reply.header('HX-Replace-Url', path)
  else if (('tidy' in query || saysNothing(query)) && path !== request.url) {
    if (!request.headers['hx-request']) {
      reply.redirect(path, 303)
      return true
    }
    reply.header('HX-Push-Url', path)
  }
  return false
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
}

/** Reads what the table's address means. The bare one means what the list opens with. */
export const tableAt = (db: Db, request: FastifyRequest): Promise<TableLook> => tableFrom(db, viewerOf(request), (request.query ?? {}) as Query)

/** The same of an address that was kept. */
export async function tableFrom (db: Db, viewer: Viewer, asked: Query): Promise<TableLook> {
  const [fields, views] = await Promise.all([fieldsOf(db, viewer), listViews(db, viewer, LEADS)])
  const { query, place, address, isChangedFrom, ...seen } = lookThrough(viewer, { path: TABLE, usual: 'open', tidied: query => tidied(query, fields) }, views, asked)
  const inView = seen.view !== null, every = columnsWith(fields)
  const filter = readLeadFilter(query, { inView, ...reading(viewer, fields, asked) })
  const pairs = kept(filter, { inView })
  const elsewhere = listing(filter, TABLE)
  const list: Look['list'] = (change = {}, path = TABLE) => {
    const changed = { ...filter, after: null, before: null, ...change }
    return path === TABLE ? address(kept(changed, { inView }), changed) : elsewhere(change, path)
  }
  const { sort, descending, columns } = filter
  return {
    ...seen, viewer, fields, filter, list, at: TABLE, kept: pairs, isChanged: isChangedFrom(pairs),
    carried: inView ? [...new URLSearchParams(list().split('?')[1])].filter(([name]) => name !== 'q') as Pairs : pairs,
    within: withinOf('table', list), shownBy: ({ id }) => `${TABLE}?view=${id}`,
    badge: show => address(kept({ ...NOTHING, sort, descending, columns, show }), {}, { ...place, view: null }),
    columns: (columns ?? USUAL).flatMap(name => every.find(column => column.name === name) ?? [])
  }
}

// Beyond these nobody would read them, and each is counted for each page.
const MOST_BADGES = 8

type MadeBadge = { id: number, view: ListView, filter: LeadFilter }

const made = new WeakMap<readonly ListView[], { fields: readonly ListField[], badges: MadeBadge[] }>()

/** The views that stand among the badges, and what each counts: read once of the same views. */
export function madeBadges (views: readonly ListView[], fields: readonly ListField[]): readonly MadeBadge[] {
  const before = made.get(views)
  if (before?.fields === fields) return before.badges
  const badges = views.filter(({ badge }) => badge).slice(0, MOST_BADGES).map(view => ({ id: view.id, view, filter: readLeadFilter(parsed(view.query), { fields }) }))
  made.set(views, { fields, badges })
  return badges
}

/** What a view keeps as the list would write it today. */
export const tidied = (query: string, fields: readonly ListField[]): string => textOf(kept(readLeadFilter(parsed(query), { fields })))

/** The own fields that the list of leads can show and be narrowed by: all that their types ask for. */
export const fieldsOf = (db: Db, viewer: Viewer): Promise<ListField[]> => listOwnFields(db, 'lead', viewer.formVersions)

// Numbers stand in an address as 1.5; only what a form has just sent is read as people write them.
const reading = ({ language, organisation }: Viewer, fields: readonly ListField[], asked: Query): Reading => ({ fields, decimalMark: 'tidy' in asked ? decimalMark(language, organisation.country) : undefined })

/** A filter that asks for nothing, whatever is open. */
const NOTHING = readLeadFilter({})

/**
 * What a board shows. It has no order of when leads came in: those that came into their column last stand first, unless it is sorted by what is
 * due; and what is archived isn't on it.
 */
export function boardFilter (query: Query, reading: Reading = {}): LeadFilter {
  const asked = readLeadFilter(query, reading)
  const shown = { ...asked, show: asked.show === 'archived' ? 'all' as const : asked.show }
  return asked.sort === 'due' ? shown : { ...shown, sort: 'created', descending: true }
}
