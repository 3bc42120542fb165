import type { Knex } from 'knex'
import { PREPARED, type Db } from '../../database/knex.js'
import { recalledWhole, remembered, rememberedWhole, type Told } from '../../database/remembered.js'
import { unchanged, type AsOf } from '../../database/unchanged.js'
import type { ListField } from '../../form-editor/shape.js'
import type { ValueRow } from '../../form-editor/value.js'
import { meeting } from '../../list-views/condition-sql.js'
import { ownCells } from '../../list-views/own-columns.js'
import type { KeptRow } from '../../web/kept.js'
import type { Viewer } from '../../web/viewer.js'
import { importedBy } from '../../imports/clients.js'
import type { Kind, Named, Tag } from '../client.js'
import { maskEmail, maskPhone, seesContacts } from '../masking.js'
import { VALUES } from '../../form-editor/definition.js'
import type { ToldValue } from '../../form-editor/own/save.js'
import { sightOfClients, visibleTo } from '../visibility.js'
import { readCells } from './cells.js'
import type { Column } from './columns.js'
import { isNarrowed, isOnlySearched, type ClientFilter, type Show } from './filter.js'
import { aside, behind, from, idOf, readings, type Reading } from './order.js'
import { countBeginning, matching, planSearch, type Counted, type Search } from './search.js'

export const PAGE_SIZE = 50

/** How far a count goes before it says "more". */
export const COUNT_LIMIT = 1000

export interface ListedClient {
  id: number
  name: string
  is_supplier: boolean
  is_conflicted: boolean
  conflict_reason: string
  /** What follows is there when a column shows it. */
  kind?: Kind
  active_at?: Date
  created_at?: Date
  campaign?: string | null
  location?: string | null
  address?: string
  discount_services?: number
  discount_products?: number
  note?: string
  /** The first phone, and how many more there are. */
  phone?: { display: string, whatsapp: boolean, viber: boolean, sms: boolean } | null
  more_phones?: number
  email?: string | null
  tags?: Pick<Tag, 'name' | 'colour'>[] | null
  /** Own fields by the name of their column. */
  own: Record<string, ToldValue>
}

export interface ClientPage {
  rows: KeptRow<ListedClient>[]
  /** All that match, or, where it would take longer to count them, as many as there are at least: COUNT_LIMIT + 1 at most. */
  count: number
  isAtLeast: boolean
  /** Where the next and the previous page start, when there are such. */
  after: number | null
  before: number | null
}

/** What the list knows of itself besides its filter: the columns it shows, and the own fields there are. */
export interface ListShape { columns: readonly Column[], fields: readonly ListField[] }

/** A row as the database gives it. */
type Row = Omit<ListedClient, 'own' | 'active_at' | 'created_at'> & { own_rows?: ValueRow[] | null, active_at?: string, created_at?: string }

/**
 * One page of the clients that this viewer may see and the filter leaves, and how many there are. Only what doesn't fit on the first page is counted: by a query of its own,
 * which ends where it would take longer than the page.
 */
export async function listClients (db: Db, viewer: Viewer, filter: ClientFilter, { columns, fields }: ListShape): Promise<ClientPage> {
  const { columns: _, ...page } = filter
  const { sort: __, descending: ___, ranked: ____, after: _____, before: ______, ...all } = page
  // As long as nothing has changed, the same for all who may see the same clients; what isn't of a page holds for all of them, in whatever order.
  const known = <T>(what: string, of: object, read: () => Promise<T>) => unchanged(db, viewer.asOf, `${what} of clients ${sightOfClients(viewer)} ${JSON.stringify(of)}`, read)
  const estimated = `estimate of clients ${sightOfClients(viewer)} ${JSON.stringify(all)}`
  let estimate: Promise<Expected> | undefined
  const expected = () => (estimate ??= rememberedWhole(db, viewer.asOf, estimated, () => expect(db, viewer, filter), { lasts: ESTIMATED }))
  const { search, ids, total } = await known('page', page, async () => {
    const search = await planSearch(db, viewer, filter)
    return { search, ...await findPage(db, viewer, filter, fields, search, expected) }
  })
  const backwards = filter.before !== null
  const more = ids.length > PAGE_SIZE
  const shown = ids.slice(0, PAGE_SIZE)
  if (backwards) shown.reverse()
  const [rows, counted] = await Promise.all([
    listed(db, viewer, columns, shown),
    total === null ? known('count', all, () => countClients(db, viewer, filter, search, expected, `beyond ${estimated}`)) : { count: total, isAtLeast: total > COUNT_LIMIT }
  ])
  const hasNext = backwards || more
  const hasPrevious = backwards ? more : filter.after !== null
  return {
    rows,
    isAtLeast: counted.isAtLeast,
    count: counted.isAtLeast ? Math.min(Math.max(counted.count, ids.length), COUNT_LIMIT + 1) : counted.count,
    after: hasNext ? shown.at(-1) ?? null : null,
    before: hasPrevious ? shown[0] ?? null : null
  }
}

/** What the list shows of these clients, in their order. */
async function listed (db: Db, viewer: Viewer, columns: readonly Column[], ids: readonly number[]): Promise<(KeptRow<ListedClient> & Told)[]> {
  const full = seesContacts(viewer), own = columns.flatMap(({ field }) => field ?? [])
  const shape = `${full ? '' : 'masked '}${own.length > 0 ? JSON.stringify(own) : ''}`
  return remembered(db, viewer.asOf, 'client', `${columns.map(({ name }) => name).join()} ${shape}`, ids, async missing => (await readCells(db, columns, missing))
    .map(({ id, cells }) => ({ id, client: id, text: shape + cells, read: () => full ? rowOf(cells, columns) : masked(rowOf(cells, columns)) })))
}

/** Who is on a page, and who comes next; and how many there are in all, where that came to light. */
async function findPage (db: Db, viewer: Viewer, filter: ClientFilter, fields: readonly ListField[], search: Search | null, expected: () => Promise<Expected>): Promise<{ ids: number[], total: number | null }> {
  const ids: number[] = []
  const isFew = async () => isNarrowed(filter) && (await expected()).isFew
  // Where few are left all of them are sorted; else each stretch is read in the order of an index.
  const inSteps = filter.sort.startsWith('own.') && !filter.ranked && !await isFew()
  const left = await readings(db, viewer, filter, fields, search, inSteps)
  const isFirst = filter.after === null && filter.before === null
  let total: number | null = null
  for (let reading = left.shift(); reading && ids.length <= PAGE_SIZE; reading = left.shift()) {
    const { stretch, from } = reading
    const few = !stretch.searches && await isFew()
    const found = await find(db, viewer, filter, { stretch: few ? aside(stretch) : stretch, from }, PAGE_SIZE + 1 - ids.length, { few, counted: few && isFirst })
    if (isFirst && left.length === 0 && (few || ids.length + found.length <= PAGE_SIZE)) total = ids.length + (found[0]?.total ?? found.length)
    ids.push(...found.map(({ id }) => id))
  }
  return { ids, total }
}

function find (db: Db, viewer: Viewer, filter: ClientFilter, reading: Reading, limit: number, { few, counted }: { few: boolean, counted: boolean }): Promise<{ id: number, total?: number }[]> {
  const order = (filter.descending && !filter.ranked) !== (filter.before !== null) ? 'desc' : 'asc'
  const { among, keys, searches } = reading.stretch
  return db('clients')
    .modify(among, behind(reading, order))
    .modify(searches ? narrowed(viewer, filter) : filtered(viewer, filter, few))
    .modify(from(viewer, reading, order))
    .orderByRaw([...keys, idOf(reading.stretch)].map(sql => `${sql} ${order}`).join(', '))
    .limit(limit, { skipBinding: true })
    .select('clients.id', ...counted ? [db.raw('count(*) over () as total')] : []).options(searches && isOnlySearched(filter) ? PREPARED : howTo(filter)) as unknown as Promise<{ id: number, total?: number }[]>
}

// Of so few, or of so small a part of all that can be read at so little cost (as the database reckons, in pages of its disk), it had better look at all and
// sort them than go through all clients in their order until it has met a page of them.
const FEW = 10 * PAGE_SIZE
const PART = 0.01
const LITTLE = 12_000

// Milliseconds: Postgres itself looks at a table anew, and reckons otherwise, once a minute at most.
const ESTIMATED = 20_000

interface Expected { rows: number, isFew: boolean, isSoonRead: boolean }

/** How many clients the database expects to match. What it would choose by itself counts on them standing evenly in any order. */
async function expect (db: Db, viewer: Viewer, filter: ClientFilter): Promise<Expected> {
  const read = ['clients.id', 'clients.note']
  const { sql, bindings } = db('clients').modify(filtered(viewer, { ...filter, after: null, before: null })).select(read).unionAll(db('clients').select(read)).toSQL()
  const { rows: [row] } = await db.raw(`explain (format json) ${sql}`, bindings as Knex.RawBinding[])
  const [{ 'Plan Rows': rows, 'Total Cost': cost }, all] = row['QUERY PLAN'][0].Plan.Plans
  const isSoonRead = cost < LITTLE
  return { rows, isFew: rows < FEW || (isSoonRead && rows < all['Plan Rows'] * PART), isSoonRead }
}

// Where the database expects so many more than are counted, they need not be: it has never been wrong by as much.
const SURELY_MORE = 20 * COUNT_LIMIT

async function countClients (db: Db, viewer: Viewer, filter: ClientFilter, search: Search | null, expected: () => Promise<Expected>, beyond: string): Promise<Counted> {
  // Where those whose words begin so were too few a moment ago, all are counted at once.
  if (search?.begins && !recalledWhole(db, beyond)) {
    const found = await countBeginning(db, viewer, search, COUNT_LIMIT + 1, isOnlySearched(filter) ? null : narrowed(viewer, filter))
    if (found.count > COUNT_LIMIT || found.isAtLeast || !search.inside) return found
    // What stands inside of words comes behind all these: it is counted with them where few are expected.
    const { rows, isFew, isSoonRead } = await expected()
    if (!isFew && !isSoonRead) return { count: rows >= SURELY_MORE ? COUNT_LIMIT + 1 : Math.max(found.count, PAGE_SIZE), isAtLeast: true }
    await rememberedWhole(db, viewer.asOf, beyond, async () => true, { lasts: ESTIMATED })
  } else if (isNarrowed(filter) && (await expected()).rows >= SURELY_MORE) return { count: COUNT_LIMIT + 1, isAtLeast: true }
  const some = db('clients').modify(filtered(viewer, filter)).limit(COUNT_LIMIT + 1).select(db.raw('1'))
  const [{ count }] = await db.from(some.as('some')).count({ count: '*' }).options(howTo(filter)) as unknown as [{ count: number }]
  return { count, isAtLeast: count > COUNT_LIMIT }
}

/** The best plan of a search or a filter hangs on what is looked for. */
const howTo = (filter: ClientFilter) => isNarrowed(filter) ? {} : PREPARED

const SHOW: Record<Show, (query: Knex.QueryBuilder) => void> = {
  all: () => {},
  people: query => { query.where('clients.kind', 'person') },
  companies: query => { query.where('clients.kind', 'company') },
  suppliers: query => { query.where('is_supplier', true) },
  conflicted: query => { query.where('is_conflicted', true) },
  archived: () => {}
}

// Of these the index of their names has all there are.
const SCARCE: Show[] = ['suppliers', 'conflicted', 'archived']

/** Leaves what the list shows; `few` of them, as far as is known, which are all read at once. */
export function filtered (viewer: Viewer, filter: ClientFilter, few = false) {
  return (query: Knex.QueryBuilder) => { query.modify(narrowed(viewer, filter, few)).modify(matching(viewer, filter.q)) }
}

/** The same without what is searched for. */
function narrowed (viewer: Viewer, filter: ClientFilter, few = false) {
  const { timeZone } = viewer.organisation
  return (query: Knex.QueryBuilder) => {
    query.modify(visibleTo(viewer)).modify(SHOW[filter.show])
    if (filter.show === 'archived') query.whereNotNull('archived_at')
    else query.whereNull('archived_at')
    for (const tag of filter.tags) query.whereRaw('exists (select from client_tags where client_id = clients.id and tag_id = ?)', [tag])
    if (filter.campaign) query.where('campaign_id', filter.campaign)
    if (filter.location) query.where('location_id', filter.location)
    if (filter.import) query.modify(importedBy(filter.import))
    if (filter.price) query.whereRaw('(price_type_services_id = ? or price_type_products_id = ?)', [filter.price, filter.price])
    if (filter.phoneType) query.whereRaw('exists (select from client_phones where client_id = clients.id and type_id = ? and removed_at is null)', [filter.phoneType])
    // Days are those of the organisation's zone.
    if (filter.from) query.whereRaw('created_at >= ?::date::timestamp at time zone ?', [filter.from, timeZone])
    if (filter.to) query.whereRaw("created_at < (?::date + 1)::timestamp at time zone ?", [filter.to, timeZone])
    for (const condition of filter.own) query.modify(meeting(condition, OWN_VALUES, timeZone, { few, scarce: SCARCE.includes(filter.show) }))
  }
}

const OWN_VALUES = { ...VALUES.client, row: 'clients.id' }

function rowOf (cells: string, columns: readonly Column[]): ListedClient {
  const { own_rows: own, active_at: active, created_at: created, ...row } = JSON.parse(cells) as Row
  return { ...row, ...(active && { active_at: new Date(active) }), ...(created && { created_at: new Date(created) }), own: ownCells(own, columns) }
}

const masked = (row: ListedClient): ListedClient => ({
  ...row,
  ...(row.phone && { phone: { ...row.phone, display: maskPhone(row.phone.display) } }),
  ...(row.email && { email: maskEmail(row.email) })
})

/** What the list can be filtered by. */
export interface FilterChoices { campaigns: Named[], locations: Named[], priceTypes: Named[], phoneTypes: TypeOfPhone[], tags: Tag[] }

/** A built-in type without a name of the company's is called as the locales say. */
interface TypeOfPhone { id: number, key: string | null, name: string | null }

export async function listFilterChoices (db: Db): Promise<FilterChoices> {
  const { rows: [row] } = await db.raw(`
    select (select coalesce(json_agg(json_build_object('id', id, 'name', name) order by retired_at is not null, position nulls last, name_key, id), '[]') from campaigns) as campaigns,
      (select coalesce(json_agg(json_build_object('id', id, 'name', name) order by retired_at is not null, position nulls last, name_key, id), '[]') from locations) as locations,
      (select coalesce(json_agg(json_build_object('id', id, 'name', name) order by retired_at is not null, position nulls last, name_key, id), '[]') from price_types) as "priceTypes",
      (select coalesce(json_agg(json_build_object('id', id, 'key', key, 'name', name) order by retired_at is not null, position nulls last, name_key, id), '[]') from phone_types) as "phoneTypes",
      (select coalesce(json_agg(json_build_object('id', id, 'name', name, 'colour', colour) order by retired_at is not null, position nulls last, name_key), '[]')
         from (select * from tags order by retired_at is not null, position nulls last, name_key limit 200) t) as tags`)
  return row
}

/** What of the company's lists a filter names. */
export type Chosen = Record<Exclude<keyof FilterChoices, 'phoneTypes'>, Named[]> & Pick<FilterChoices, 'phoneTypes'>

/** Those of them that a filter narrows to: what the buttons that take it off are called. */
export async function findChosen (db: Db, { tags, campaign, location, price, phoneType }: ClientFilter, asOf?: AsOf): Promise<Chosen> {
  const named = (table: string, ids: (number | null)[], ...more: string[]) => ids.some(Boolean) ? unchanged(db, asOf, `${table} ${ids}`, async () => db(table).whereIn('id', ids.filter(Boolean) as number[]).select('id', 'name', ...more)) : []
  const [ofTags, campaigns, locations, priceTypes, phoneTypes] = await Promise.all([
    named('tags', tags), named('campaigns', [campaign]), named('locations', [location]), named('price_types', [price]), named('phone_types', [phoneType], 'key')
  ])
  return { tags: ofTags, campaigns, locations, priceTypes, phoneTypes }
}
