import type { Knex } from 'knex'
import { maskPhone, seesContacts } from '../../clients/masking.js'
import { visibleTo } from '../../clients/visibility.js'
import type { Db } from '../../database/knex.js'
import { VALUES } from '../../form-editor/definition.js'
import { meeting } from '../../list-views/condition-sql.js'
import type { Viewer } from '../../web/viewer.js'
import { isClosed, type Group, type LeadStatus, type LeadType } from '../lead.js'
import { listStatuses } from '../statuses.js'
import { listTypes } from '../types.js'
import { visibleLeads } from '../visibility.js'
import { READS, type Column, type ColumnName } from './columns.js'
import { BADGES, DAYS, type Badge, type Chosen, type LeadFilter, type Show } from './filter.js'
import { inOrder, readings } from './order.js'
import { matching } from './search.js'

export const PAGE_SIZE = 50

/** How far a count goes before it says "more". */
export const COUNT_LIMIT = 1000

export interface ListedLead {
  id: number
  number: string
  urgent: boolean
  status: Pick<LeadStatus, 'id' | 'key' | 'labels' | 'colour'> & { group: Group }
  /** Its type, where that is another than the usual one. */
  type: Pick<LeadType, 'key' | 'labels' | 'icon'> | null
  /** Whether it has been in its status for too long. */
  is_late: boolean
  /** The client it is linked to, for those who may see them. */
  client: { id: number, name: string, is_supplier: boolean, is_conflicted: boolean, conflict_reason: string } | null
  contact_name: string
  phone: string | null
  campaign: string | null
  location: string | null
  manager: string | null
  created_at: Date
  due_at: Date | null
  /** Minutes until it is due, by the database's clock; below 0 it is late. */
  due_in: number | null
  closed: boolean
  archived: boolean
  /** What follows is there when a column shows it. */
  any_type?: Pick<LeadType, 'key' | 'labels' | 'icon'>
  phones?: string[] | null
  comment?: string
  status_since?: Date
  /** Null of a closed one. */
  minutes_in_status?: number | null
  closed_at?: Date | null
  lost_reason?: string
  created_by?: string | null
}

export interface LeadPage {
  rows: ListedLead[]
  /** All that match; COUNT_LIMIT + 1 stands for more. */
  count: number
  /** The database's clock as the page was read. */
  now: Date
  after: number | null
  before: number | null
}

/** One page of the leads that this viewer may see and the filter leaves, and how many there are. */
export async function listLeads (db: Db, viewer: Viewer, filter: LeadFilter, columns: readonly Column[] = []): Promise<LeadPage> {
  const ids: number[] = []
  for (const reading of await readings(db, viewer, filter)) {
    if (ids.length > PAGE_SIZE) break
    ids.push(...await db('leads').modify(filtered(viewer, filter)).modify(inOrder(viewer, filter, reading)).limit(PAGE_SIZE + 1 - ids.length).pluck('leads.id'))
  }
  const backwards = filter.before !== null
  const isFirst = filter.after === null && !backwards
  const more = ids.length > PAGE_SIZE
  const shown = ids.slice(0, PAGE_SIZE)
  if (backwards) shown.reverse()
  const [rows, count] = await Promise.all([readRows(db, viewer, shown, columns), isFirst && !more ? ids.length : countLeads(db, viewer, filter)])
  return {
    rows,
    count,
    now: rows[0]?.now ?? new Date(),
    after: backwards || more ? shown.at(-1) ?? null : null,
    before: (backwards ? more : !isFirst) ? shown[0] ?? null : null
  }
}

async function countLeads (db: Db, viewer: Viewer, filter: LeadFilter): Promise<number> {
  const [{ count }] = await db.from(upTo(db('leads').modify(filtered(viewer, filter)))).count({ count: '*' }) as unknown as [{ count: number }]
  return count
}

const upTo = (query: Knex.QueryBuilder) => query.limit(COUNT_LIMIT + 1).select(query.client.raw('1')).as('some')

export interface Badges extends Record<Badge | `of_${number}`, number> {
  /** The newest move of all, by which a stream that begins later knows whether it has missed one. */
  newest: number
}

/** How many leads each badge shows, and each of those made of a filter (by the number of its view: "of_7"), counted as far as a badge says, in one query. */
export async function countBadges (db: Db, viewer: Viewer, made: readonly { id: number, filter: LeadFilter }[] = []): Promise<Badges> {
  const count = (query: Knex.QueryBuilder, name: string) => db.from(upTo(query)).count('*').as(name)
  const counts = [
    ...BADGES.map(badge => count(db('leads').modify(visibleLeads(viewer)).modify(SHOW[badge](viewer)), badge)),
    ...made.map(({ id, filter }) => count(db('leads').modify(filtered(viewer, filter)), `of_${id}`))
  ]
  const newest = db('lead_moves').select(db.raw('coalesce(max(id), 0)')).as('newest')
  return await db.first(...counts, newest) as unknown as Badges
}

/** The newest move of all. */
export async function newestMove (db: Db): Promise<number> {
  const { newest } = await db('lead_moves').first(db.raw('coalesce(max(id), 0) as newest'))
  return newest
}

const OPEN = 'leads.closed_at is null and leads.archived_at is null'
const OF_GROUP = 'leads.status_id = any (array(select id from lead_statuses where group_key = ?))'

/** Leaves those in a status of a group; that they are open, or closed, is said because an index of these few knows it. */
const ofGroup = (group: Group) => (query: Knex.QueryBuilder): void => { query.whereRaw(`leads.closed_at is ${isClosed(group) ? 'not ' : ''}null and ${OF_GROUP}`, [group]) }

const SHOW: Record<Show, (viewer: Viewer) => (query: Knex.QueryBuilder) => void> = {
  open: () => query => { query.whereRaw(OPEN) },
  urgent: () => query => { query.whereRaw(`${OPEN} and leads.urgent`) },
  new: () => query => { query.whereNull('leads.archived_at').modify(ofGroup('new')) },
  mine: ({ id }) => query => { query.whereRaw(`${OPEN} and leads.manager_id = ?`, [id]) },
  overdue: () => query => { query.whereRaw(`${OPEN} and leads.due_at <= now()`) },
  late: () => query => { query.whereRaw(`${OPEN} and leads.status_late_at <= now()`) },
  pending: () => query => { query.whereNull('leads.archived_at').modify(ofGroup('pending')) },
  all: () => query => { query.whereNull('leads.archived_at') },
  archived: () => query => { query.whereNotNull('leads.archived_at') }
}

const OWN_VALUES = { ...VALUES.lead, row: 'leads.id' }

/** Leaves the leads that this viewer may see and the filter asks for. */
export function filtered (viewer: Viewer, filter: LeadFilter) {
  const { timeZone } = viewer.organisation
  return (query: Knex.QueryBuilder): void => {
    query.modify(visibleLeads(viewer)).modify(SHOW[filter.show](viewer)).modify(matching(viewer, filter.q))
    const equal = (column: string, value: Chosen) => {
      if (value === 'none') query.whereNull(column)
      else if (value) query.where(column, value)
    }
    equal('leads.status_id', filter.status)
    equal('leads.type_id', filter.type)
    equal('leads.campaign_id', filter.campaign)
    equal('leads.location_id', filter.location)
    // Of a client whom the viewer may not see there are none.
    if (filter.client) query.whereRaw('leads.client_id = any (array(?))', [query.client.queryBuilder().from('clients').where('clients.id', filter.client).modify(visibleTo(viewer)).select('clients.id')])
    equal('leads.manager_id', filter.manager)
    if (filter.group) query.modify(ofGroup(filter.group))
    // Days are those of the organisation's zone.
    for (const name of DAYS) {
      const { from, to } = filter[name]
      if (from) query.whereRaw(`leads.${name}_at >= ?::date::timestamp at time zone ?`, [from, timeZone])
      if (to) query.whereRaw(`leads.${name}_at < (?::date + 1)::timestamp at time zone ?`, [to, timeZone])
    }
    for (const condition of filter.own) query.modify(meeting(condition, OWN_VALUES, timeZone))
  }
}

/** What the list shows of these leads, in their order. A client gives their name and phone, to those who may see them. */
export async function readRows (db: Db, viewer: Viewer, ids: number[], columns: readonly Column[] = []): Promise<(ListedLead & { now: Date })[]> {
  if (ids.length === 0) return []
  const client = db('clients').modify(visibleTo(viewer)).select('id', 'name', 'is_supplier', 'is_conflicted', 'conflict_reason').as('c')
  const rows = await db.from(db.raw('unnest(?::bigint[]) with ordinality as found (id, place)', [ids]))
    .joinRaw('join leads on leads.id = found.id join lead_statuses s on s.id = leads.status_id')
    .leftJoin(client, 'c.id', 'leads.client_id')
    .leftJoin('campaigns', 'campaigns.id', 'leads.campaign_id').leftJoin('locations', 'locations.id', 'leads.location_id').leftJoin('employees', 'employees.id', 'leads.manager_id')
    .orderBy('found.place')
    .select(
      'leads.id', 'leads.number', 'leads.urgent', 'leads.contact_name', 'leads.created_at', 'leads.due_at', 'campaigns.name as campaign', 'locations.name as location', 'employees.name as manager',
      db.raw(`json_build_object('id', s.id, 'key', s.key, 'labels', s.labels, 'group', s.group_key, 'colour', s.colour) as status,
        (select json_build_object('key', y.key, 'labels', y.labels, 'icon', y.icon) from lead_types y where y.id = leads.type_id and y.id <> (select default_type_id from lead_settings)) as type,
        case when c.id is not null then json_build_object('id', c.id, 'name', c.name, 'is_supplier', c.is_supplier, 'is_conflicted', c.is_conflicted, 'conflict_reason', c.conflict_reason) end as client,
        coalesce((select display from client_phones p where p.client_id = c.id and p.removed_at is null order by p.position, p.id limit 1),
          (select display from lead_phones p where p.lead_id = leads.id order by p.position, p.id limit 1)) as phone,
        leads.closed_at is not null as closed, leads.archived_at is not null as archived,
        (extract(epoch from leads.due_at - now()) / 60)::float8 as due_in, leads.closed_at is null and coalesce(leads.status_late_at <= now(), false) as is_late, now() as now`),
      ...columns.flatMap(({ name }) => READS[name as ColumnName] ?? []).map(sql => db.raw(sql))
    )
  return seesContacts(viewer) ? rows : rows.map(row => ({ ...row, phone: row.phone && maskPhone(row.phone), ...(row.phones && { phones: row.phones.map(maskPhone) }) }))
}

interface Named { id: number, name: string }

/** What the list can be filtered by, besides statuses and types. */
export interface FilterChoices { campaigns: Named[], locations: Named[], managers: Named[] }

export async function listFilterChoices (db: Db): Promise<FilterChoices> {
  const { rows: [row] } = await db.raw(`
    select (select coalesce(json_agg(json_build_object('id', id, 'name', name) order by retired_at is not null, position nulls last, name_key, id), '[]') from campaigns) as campaigns,
      (select coalesce(json_agg(json_build_object('id', id, 'name', name) order by retired_at is not null, position nulls last, name_key, id), '[]') from locations) as locations,
      (select coalesce(json_agg(json_build_object('id', id, 'name', name) order by deactivated_at is not null, fold(name), id), '[]') from employees) as managers`)
  return row
}

/** Those of them that a filter narrows to: what the buttons that take it off are called. */
export async function findChosen (db: Db, { campaign, location, manager }: LeadFilter): Promise<FilterChoices> {
  const named = async (table: string, id: Chosen): Promise<Named[]> => typeof id === 'number' ? db(table).where({ id }).select('id', 'name') : []
  const [campaigns, locations, managers] = await Promise.all([named('campaigns', campaign), named('locations', location), named('employees', manager)])
  return { campaigns, locations, managers }
}

/** The same with the status and the type. */
export async function findNamed (db: Db, filter: LeadFilter): Promise<FilterChoices & { statuses: LeadStatus[], types: LeadType[] }> {
  const [chosen, statuses, types] = await Promise.all([findChosen(db, filter), filter.status ? listStatuses(db, { removed: true }) : [], filter.type ? listTypes(db, { removed: true }) : []])
  return { ...chosen, statuses, types }
}

/** Whether any open lead has become overdue, itself or in its status, since a moment of the database's clock; since a minute and a half ago when there is none. */
export async function whatCameDue (db: Db, since: Date | null): Promise<{ now: Date, some: boolean }> {
  const between = (column: string) => `exists (select from leads where ${OPEN} and ${column} <= now() and ${column} > coalesce(?::timestamptz, now() - interval '90 seconds'))`
  const { rows: [row] } = await db.raw(`select now() as now, ${between('due_at')} or ${between('status_late_at')} as some`, [since, since])
  return row
}
