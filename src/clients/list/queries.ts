import type { Knex } from 'knex'
import { PREPARED, type Db } from '../../database/knex.js'
import type { ListField } from '../../form-editor/shape.js'
import type { ValueRow } from '../../form-editor/value.js'
import { meeting } from '../../list-views/condition-sql.js'
import type { Viewer } from '../../web/viewer.js'
import { importedBy } from '../../imports/clients.js'
import type { Kind, Named, Tag } from '../client.js'
import { maskEmail, maskPhone, seesContacts } from '../masking.js'
import type { ToldValue } from '../own/save.js'
import { visibleTo } from '../visibility.js'
import { cells, ownCells, plainCells } from './cells.js'
import type { Column } from './columns.js'
import { isNarrowed, isOnlySearched, type ClientFilter, type Show } from './filter.js'
import { aside, from, idOf, readings, type Reading } from './order.js'
import { beginning, countBeginning, matching, planSearch, type Search } from './search.js'

export const PAGE_SIZE = 50

/** How far a count goes before it says "more". */
export const COUNT_LIMIT = 1000

export interface ListedClient {
  id: number
  kind: Kind
  name: string
  is_supplier: boolean
  is_conflicted: boolean
  conflict_reason: string
  active_at: Date
  created_at: Date
  /** What follows is there when a column shows it. */
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
  rows: ListedClient[]
  /** All that match, COUNT_LIMIT + 1 meaning more than that. */
  count: number
  /** Where the next and the previous page start, when there are such. */
  after: number | null
  before: number | null
}

/** What the list knows of itself besides its filter: the columns it shows, and the own fields there are. */
export interface ListShape { columns: readonly Column[], fields: readonly ListField[] }

/** A row as the database gives it. */
type Row = Omit<ListedClient, 'own'> & { own_rows?: ValueRow[] | null }

/** One page of the clients that this viewer may see and the filter leaves, with the count of all; two queries, side by side, and one before them where several words are searched for. */
export async function listClients (db: Db, viewer: Viewer, filter: ClientFilter, { columns, fields }: ListShape): Promise<ClientPage> {
  const search = await planSearch(db, viewer, filter.q)
  const [rows, count] = await Promise.all([pageOf(db, viewer, filter, { columns, fields }, search), countClients(db, viewer, filter, search)])
  const backwards = filter.before !== null
  const more = rows.length > PAGE_SIZE
  const page = rows.slice(0, PAGE_SIZE)
  if (backwards) page.reverse()
  const hasNext = backwards || more
  const hasPrevious = backwards ? more : filter.after !== null
  const shown = page.map(({ own_rows, ...row }): ListedClient => ({ ...row, own: ownCells(own_rows, columns) }))
  return {
    rows: seesContacts(viewer) ? shown : shown.map(masked),
    count,
    after: hasNext ? page.at(-1)?.id ?? null : null,
    before: hasPrevious ? page[0]?.id ?? null : null
  }
}

async function pageOf (db: Db, viewer: Viewer, filter: ClientFilter, { columns, fields }: ListShape, search: Search | null): Promise<Row[]> {
  const rows: Row[] = []
  for (const reading of await readings(db, viewer, filter, fields, search)) {
    const left = PAGE_SIZE + 1 - rows.length
    if (left <= 0) break
    const isFew = search !== null && !reading.stretch.searches && await expectsFew(db, viewer, filter)
    rows.push(...await read(db, viewer, filter, columns, isFew ? { ...reading, stretch: aside(reading.stretch) } : reading, left))
  }
  return rows
}

function read (db: Db, viewer: Viewer, filter: ClientFilter, columns: readonly Column[], reading: Reading, limit: number): Promise<Row[]> {
  const order = (filter.descending && !filter.ranked) !== (filter.before !== null) ? 'desc' : 'asc'
  const { among, keys, searches } = reading.stretch
  const page = db('clients')
    .modify(among)
    .modify(searches ? narrowed(viewer, filter) : filtered(viewer, filter))
    .modify(from(viewer, reading, order))
    .orderByRaw([...keys.map(({ sql }) => sql), idOf(reading.stretch)].map(sql => `${sql} ${order}`).join(', '))
    .limit(limit)
    .select(...plainCells(columns), ...keys.map(({ name, sql }) => db.raw(`${sql} as ${name}`)))
  return db.with('page', page).from('page').select(cells(db, columns)).orderByRaw([...keys.map(({ name }) => name), 'page.id'].map(sql => `${sql} ${order}`).join(', ')).options(howTo(filter))
}

// Of so many the database had better look at all and sort them than go through all clients in their order until it has met a page of them.
const FEW = 10_000

/** Whether the database expects few clients to match. What it would choose by itself counts on them standing evenly in any order. */
async function expectsFew (db: Db, viewer: Viewer, filter: ClientFilter): Promise<boolean> {
  const { sql, bindings } = db('clients').modify(filtered(viewer, { ...filter, after: null, before: null })).select('clients.id').toSQL()
  const { rows: [row] } = await db.raw(`explain (format json) ${sql}`, bindings as Knex.RawBinding[])
  return row['QUERY PLAN'][0].Plan['Plan Rows'] < FEW
}

async function countClients (db: Db, viewer: Viewer, filter: ClientFilter, search: Search | null): Promise<number> {
  // Of a search with more matches than are counted, or of short words, the beginnings are all that has to be read.
  if (search?.begins) {
    const count = await (isOnlySearched(filter) ? countBeginning(db, viewer, search, COUNT_LIMIT + 1) : countOf(db, filter, query => { query.modify(beginning(viewer, search)).modify(narrowed(viewer, filter)) }))
    if (count > COUNT_LIMIT || !search.inside) return count
  } else if (search && !search.inside) return 0
  return countOf(db, filter, query => { query.modify(filtered(viewer, filter)) })
}

async function countOf (db: Db, filter: ClientFilter, leave: (query: Knex.QueryBuilder) => void): Promise<number> {
  const some = db('clients').modify(leave).limit(COUNT_LIMIT + 1).select(db.raw('1'))
  const [{ count }] = await db.from(some.as('some')).count({ count: '*' }).options(howTo(filter)) as unknown as [{ count: number }]
  return count
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

/** Leaves what the list shows. */
export function filtered (viewer: Viewer, filter: ClientFilter) {
  return (query: Knex.QueryBuilder) => { query.modify(narrowed(viewer, filter)).modify(matching(viewer, filter.q)) }
}

/** The same without what is searched for. */
function narrowed (viewer: Viewer, filter: ClientFilter) {
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
    for (const condition of filter.own) query.modify(meeting(condition, OWN_VALUES, timeZone))
  }
}

const OWN_VALUES = { table: 'client_values', owner: 'client_id', row: 'clients.id' }

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

/** Those of them that a filter narrows to: what the buttons that take it off are called. */
export async function findChosen (db: Db, { tags, campaign, location, price, phoneType }: ClientFilter): Promise<Record<Exclude<keyof FilterChoices, 'phoneTypes'>, Named[]> & Pick<FilterChoices, 'phoneTypes'>> {
  const named = (table: string, ids: (number | null)[], ...more: string[]) => ids.some(Boolean) ? db(table).whereIn('id', ids.filter(Boolean) as number[]).select('id', 'name', ...more) : []
  const [ofTags, campaigns, locations, priceTypes, phoneTypes] = await Promise.all([
    named('tags', tags), named('campaigns', [campaign]), named('locations', [location]), named('price_types', [price]), named('phone_types', [phoneType], 'key')
  ])
  return { tags: ofTags, campaigns, locations, priceTypes, phoneTypes }
}
