import type { Knex } from 'knex'
import type { Db } from '../../database/knex.js'
import type { KeptRow } from '../../web/kept.js'
import type { Viewer } from '../../web/viewer.js'
import { isClosed, type LeadStatus } from '../lead.js'
import { isNarrowed, type LeadFilter } from '../list/filter.js'
import { inOrder, readings } from '../list/order.js'
import { askedFor, filtered, lasting, readRows, type ListedLead } from '../list/queries.js'
import { CARDS, filterOf, limitOf, orderOf, type Column, type Wanted } from './column.js'

/** What a card shows besides what every row has. */
const ON_CARDS = [{ name: 'manager' }]

/** The first cards of columns and how many there are in each, all of them in two queries. */
export async function readColumns (db: Db, viewer: Viewer, filter: LeadFilter, wanted: readonly Wanted[]): Promise<Column[]> {
  // The same for all who may see the same leads; what stands in each card is asked for by itself.
  const parts = await lasting(db, viewer, filter, `board ${askedFor(viewer, filter)} ${wanted.map(({ status, cards }) => `${status.id}.${cards}`).join()}`, () => readParts(db, viewer, filter, wanted))
  const found = wanted.map(({ status, cards }) => {
    const own = parts.filter(part => part.status === status.id)
    const ids = own.flatMap(({ ids }) => ids ?? [])
    const count = own.length > 0 || filterOf(status, filter) === null ? own.reduce((sum, { count }) => sum + count, 0) : null
    return { status, count, ids: ids.slice(0, cards), more: cards > 0 && ids.length > cards ? ids[cards - 1]! : null }
  })
  const rows = await readRows(db, viewer, found.flatMap(({ ids }) => ids), ON_CARDS)
  const byId = new Map(rows.map(one => [one.id, one]))
  return found.map(({ ids, ...column }) => ({ ...column, cards: ids.flatMap(id => byId.get(id) ?? []) }))
}

interface Part { status: number, count: number, ids: number[] | null }

async function readParts (db: Db, viewer: Viewer, filter: LeadFilter, wanted: readonly Wanted[]): Promise<Part[]> {
  const asked: Knex.QueryBuilder[] = []
  for (const { status, cards } of wanted) {
    const leads = leadsIn(db, viewer, status, filter)
    // What is closed is too much to be searched through for a number.
    if (!leads || (cards === 0 && isClosed(status.group) && isNarrowed(filter))) continue
    const order = orderOf(status, { ...filter, after: null, before: null })
    for (const reading of cards > 0 ? await readings(db, viewer, order) : [null]) {
      const some = leads.clone().modify(query => { if (reading) inOrder(viewer, order, reading)(query) }).limit(limitOf(status) + 1).select('leads.id').as('some')
      asked.push(db.from(some).select(db.raw("json_build_object('status', ?::int, 'count', count(*), 'ids', (array_agg(id))[:?])", [status.id, cards + 1])).as(`part_${asked.length}`))
    }
  }
  return Object.values(asked.length > 0 ? (await db.first(...asked))! : {})
}

/** The leads of a column; null when there are none by what its status means. */
export function leadsIn (db: Db, viewer: Viewer, status: LeadStatus, filter: LeadFilter): Knex.QueryBuilder | null {
  const leaves = filterOf(status, filter)
  if (!leaves) return null
  const leads = db('leads').modify(filtered(viewer, leaves))
  return leaves.show === 'all' ? leads.whereNotNull('leads.closed_at') : leads
}

/** Some cards of a column, from its beginning or behind or before one. */
export async function readCards (db: Db, viewer: Viewer, filter: LeadFilter, status: LeadStatus): Promise<{ cards: KeptRow<ListedLead>[], after: number | null, before: number | null }> {
  const leads = leadsIn(db, viewer, status, filter), order = orderOf(status, filter), ids: number[] = []
  for (const reading of leads ? await readings(db, viewer, order) : []) {
    if (ids.length > CARDS) break
    ids.push(...await leads!.clone().modify(inOrder(viewer, order, reading)).limit(CARDS + 1 - ids.length).pluck('leads.id'))
  }
  const { after, before } = filter, more = ids.length > CARDS, shown = ids.slice(0, CARDS)
  if (before !== null) shown.reverse()
  const cards = await readRows(db, viewer, shown, ON_CARDS)
  return {
    cards,
    after: before !== null || more ? shown.at(-1) ?? null : null,
    before: (before !== null ? more : after !== null) ? shown[0] ?? null : null
  }
}
