import type { Knex } from 'knex'
import type { Db } from '../../database/knex.js'
import type { Viewer } from '../../web/viewer.js'
import type { Kind, Named, Tag } from '../client.js'
import { maskEmail, maskPhone, seesContacts } from '../masking.js'
import { visibleTo } from '../visibility.js'
import type { ClientFilter, Show, Sort } from './filter.js'
import { matching } from './search.js'

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
  campaign: string | null
  /** The first phone, and how many more there are. */
  phone: { display: string, whatsapp: boolean, viber: boolean, sms: boolean } | null
  more_phones: number
  email: string | null
  tags: Pick<Tag, 'name' | 'colour'>[] | null
}

export interface ClientPage {
  rows: ListedClient[]
  /** All that match, COUNT_LIMIT + 1 meaning more than that. */
  count: number
  /** Where the next and the previous page start, when there are such. */
  after: number | null
  before: number | null
}

const ORDER: Record<Sort, string> = { name: 'name_key', created: 'created_at', active: 'active_at' }

/** One page of the clients that this viewer may see and the filter leaves, with the count of all; two queries, side by side. */
export async function listClients (db: Db, viewer: Viewer, filter: ClientFilter): Promise<ClientPage> {
  const [rows, count] = await Promise.all([pageOf(db, viewer, filter), countClients(db, viewer, filter)])
  const backwards = filter.before !== null
  const more = rows.length > PAGE_SIZE
  const page = rows.slice(0, PAGE_SIZE)
  if (backwards) page.reverse()
  const hasNext = backwards || more
  const hasPrevious = backwards ? more : filter.after !== null
  return {
    rows: seesContacts(viewer) ? page : page.map(masked),
    count,
    after: hasNext ? page.at(-1)?.id ?? null : null,
    before: hasPrevious ? page[0]?.id ?? null : null
  }
}

function pageOf (db: Db, viewer: Viewer, filter: ClientFilter): Promise<ListedClient[]> {
  const column = ORDER[filter.sort]
  const backwards = filter.before !== null
  const direction = filter.descending !== backwards ? 'desc' : 'asc'
  const page = db('clients')
    .modify(filtered(viewer, filter))
    .modify(from(viewer, column, filter.after ?? filter.before, direction))
    .orderBy([{ column, order: direction }, { column: 'id', order: direction }])
    .limit(PAGE_SIZE + 1)
    .select('id', 'kind', 'name', 'name_key', 'is_supplier', 'is_conflicted', 'conflict_reason', 'active_at', 'created_at', 'campaign_id')
  return db.with('page', page).from('page').select('page.*', db.raw(DETAILS)).orderBy([{ column, order: direction }, { column: 'id', order: direction }])
}

const DETAILS = `
  (select g.name from campaigns g where g.id = page.campaign_id) as campaign,
  (select json_build_object('display', p.display, 'whatsapp', p.whatsapp, 'viber', p.viber, 'sms', p.sms)
     from client_phones p where p.client_id = page.id and p.removed_at is null order by p.position, p.id limit 1) as phone,
  (select count(*) - 1 from client_phones p where p.client_id = page.id and p.removed_at is null) as more_phones,
  (select e.address from client_emails e where e.client_id = page.id and e.removed_at is null order by e.position, e.id limit 1) as email,
  (select json_agg(json_build_object('name', t.name, 'colour', t.colour) order by t.name_key)
     from client_tags ct join tags t on t.id = ct.tag_id where ct.client_id = page.id) as tags`

async function countClients (db: Db, viewer: Viewer, filter: ClientFilter): Promise<number> {
  const some = db('clients').modify(filtered(viewer, filter)).limit(COUNT_LIMIT + 1).select(db.raw('1'))
  const [{ count }] = await db.from(some.as('some')).count({ count: '*' }) as unknown as [{ count: number }]
  return count
}

const SHOW: Record<Show, (query: Knex.QueryBuilder) => void> = {
  all: () => {},
  people: query => { query.where('kind', 'person') },
  companies: query => { query.where('kind', 'company') },
  suppliers: query => { query.where('is_supplier', true) },
  conflicted: query => { query.where('is_conflicted', true) },
  archived: () => {}
}

function filtered (viewer: Viewer, filter: ClientFilter) {
  const { timeZone } = viewer.organisation
  return (query: Knex.QueryBuilder) => {
    query.modify(visibleTo(viewer)).modify(SHOW[filter.show]).modify(matching(viewer, filter.q))
    if (filter.show === 'archived') query.whereNotNull('archived_at')
    else query.whereNull('archived_at')
    for (const tag of filter.tags) query.whereRaw('exists (select from client_tags where client_id = clients.id and tag_id = ?)', [tag])
    if (filter.campaign) query.where('campaign_id', filter.campaign)
    if (filter.location) query.where('location_id', filter.location)
    // Days are those of the organisation's zone.
    if (filter.from) query.whereRaw('created_at >= ?::date::timestamp at time zone ?', [filter.from, timeZone])
    if (filter.to) query.whereRaw("created_at < (?::date + 1)::timestamp at time zone ?", [filter.to, timeZone])
  }
}

/**
 * Goes on behind a client by its place in the order, not by counting rows: any page costs the same. A client the viewer may not
 * see has no place: what stands behind it would tell what it is called.
 */
function from (viewer: Viewer, column: string, id: number | null, direction: 'asc' | 'desc') {
  return (query: Knex.QueryBuilder) => {
    if (id === null) return
    const place = query.client.queryBuilder().from('clients').where({ id }).modify(visibleTo(viewer)).select(column)
    query.whereRaw(`(${column}, id) ${direction === 'asc' ? '>' : '<'} ((?), ?)`, [place, id])
  }
}

const masked = (row: ListedClient): ListedClient => ({
  ...row,
  phone: row.phone && { ...row.phone, display: maskPhone(row.phone.display) },
  email: row.email && maskEmail(row.email)
})

/** What the list can be filtered by, in one query: campaigns, locations and tags. */
export interface FilterChoices { campaigns: Named[], locations: Named[], tags: Tag[] }

export async function listFilterChoices (db: Db): Promise<FilterChoices> {
  const { rows: [row] } = await db.raw(`
    select (select coalesce(json_agg(json_build_object('id', id, 'name', name) order by retired_at is not null, position nulls last, name_key, id), '[]') from campaigns) as campaigns,
      (select coalesce(json_agg(json_build_object('id', id, 'name', name) order by retired_at is not null, position nulls last, name_key, id), '[]') from locations) as locations,
      (select coalesce(json_agg(json_build_object('id', id, 'name', name, 'colour', colour) order by retired_at is not null, position nulls last, name_key), '[]')
         from (select * from tags order by retired_at is not null, position nulls last, name_key limit 200) t) as tags`)
  return row
}
