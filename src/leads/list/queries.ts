import type { Knex } from 'knex'
import { maskPhone, seesContacts } from '../../clients/masking.js'
import { visibleSql, visibleTo } from '../../clients/visibility.js'
import { PREPARED, type Db } from '../../database/knex.js'
import { remembered, type Told } from '../../database/remembered.js'
import { unchanged, type AsOf } from '../../database/unchanged.js'
import { VALUES } from '../../form-editor/definition.js'
import type { ListField } from '../../form-editor/shape.js'
import type { ToldValue } from '../../form-editor/own/save.js'
import type { ValueRow } from '../../form-editor/value.js'
import { meeting } from '../../list-views/condition-sql.js'
import { ownCells, ownRows } from '../../list-views/own-columns.js'
import type { KeptRow } from '../../web/kept.js'
import type { Viewer } from '../../web/viewer.js'
import { isClosed, type Group, type LeadStatus, type LeadType } from '../lead.js'
import { listStatuses } from '../statuses.js'
import { listTypes } from '../types.js'
import { sightOf, visibleLeads } from '../visibility.js'
import { READS, type Column, type ColumnName } from './columns.js'
import { beatOf } from './due.js'
import { BADGES, DAYS, readLeadFilter, type Badge, type Chosen, type LeadFilter, type Show } from './filter.js'
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
  due_at: Date | null
  /** Minutes until an open one is due, by the database's clock; below 0 it is late. */
  due_in: number | null
  closed: boolean
  archived: boolean
  /** What follows is there when a column shows it. */
  phone?: string | null
  campaign?: string | null
  location?: string | null
  manager?: string | null
  created_at?: Date
  any_type?: Pick<LeadType, 'key' | 'labels' | 'icon'>
  phones?: string[] | null
  comment?: string
  status_since?: Date
  /** Null of a closed one. */
  minutes_in_status?: number | null
  closed_at?: Date | null
  lost_reason?: string
  created_by?: string | null
  /** Own fields by the name of their column. */
  own: Record<string, ToldValue>
}

export interface LeadPage {
  rows: KeptRow<ListedLead>[]
  /** All that match; COUNT_LIMIT + 1 stands for more. */
  count: number
  after: number | null
  before: number | null
}

/** One page of the leads that this viewer may see and the filter leaves, and how many there are, if that isn't being `counted` already. */
export async function listLeads (db: Db, viewer: Viewer, filter: LeadFilter, columns: readonly Column[] = [], counted?: Promise<number>): Promise<LeadPage> {
  const ids = await lasting(db, viewer, filter, `ids ${askedFor(viewer, filter)}`, () => findIds(db, viewer, filter))
  const backwards = filter.before !== null
  const isFirst = filter.after === null && !backwards
  const more = ids.length > PAGE_SIZE
  const shown = ids.slice(0, PAGE_SIZE)
  if (backwards) shown.reverse()
  const [rows, count] = await Promise.all([readRows(db, viewer, shown, columns), isFirst && !more ? ids.length : counted ?? countLeads(db, viewer, filter)])
  return {
    rows,
    count,
    after: backwards || more ? shown.at(-1) ?? null : null,
    before: (backwards ? more : !isFirst) ? shown[0] ?? null : null
  }
}

async function findIds (db: Db, viewer: Viewer, filter: LeadFilter): Promise<number[]> {
  const ids: number[] = []
  for (const reading of await readings(db, viewer, filter)) {
    if (ids.length > PAGE_SIZE) break
    ids.push(...await db('leads').modify(filtered(viewer, filter)).modify(inOrder(viewer, filter, reading)).limit(PAGE_SIZE + 1 - ids.length).pluck('leads.id'))
  }
  return ids
}

/** What is asked for, in short: by all who may see the same, with the same answer. */
export const askedFor = (viewer: Viewer, { columns: _, ...filter }: Partial<LeadFilter>): string => `${sightOf(viewer)} ${filter.show === 'mine' ? viewer.id : ''} ${JSON.stringify(filter)}`

/** What a filter leaves, read once for as long as nothing has changed: of what hangs on the clock, until the next lead is due or too long in its status. */
export async function lasting<T> (db: Db, { asOf }: Viewer, { show }: LeadFilter, what: string, read: () => Promise<T>): Promise<T> {
  if (asOf === undefined || (show !== 'overdue' && show !== 'late')) return unchanged(db, asOf, what, read)
  const left = (until: number) => until - performance.now()
  const until = await unchanged(db, asOf, 'leads that will be due', async () => {
    const begun = performance.now(), { holds } = await db.first(db.raw(HOLDS))
    return holds === null ? Infinity : begun + holds
  }, left)
  return unchanged(db, asOf, what, read, () => left(until))
}

/** The same on every page of a list, in whatever order. */
function countLeads (db: Db, viewer: Viewer, filter: LeadFilter): Promise<number> {
  const { sort: _, sortField: __, descending: ___, after: ____, before: _____, ...rest } = filter
  return lasting(db, viewer, filter, `leads ${askedFor(viewer, rest)}`, () => count(db, viewer, filter))
}

async function count (db: Db, viewer: Viewer, filter: LeadFilter): Promise<number> {
  const [{ count }] = await db.from(upTo(db('leads').modify(filtered(viewer, filter)))).count({ count: '*' }) as unknown as [{ count: number }]
  return count
}

const upTo = (query: Knex.QueryBuilder) => query.limit(COUNT_LIMIT + 1, { skipBinding: true }).select(query.client.raw('1')).as('some')

export interface Badges extends Record<Badge | `of_${number}`, number> {
  /** The newest move of all, by which a stream that begins later knows whether it has missed one. */
  newest: number
  /** Milliseconds until the next lead is due, or too long in its status; null when none will be. */
  holds: number | null
}

type Made = readonly { id: number, filter: LeadFilter }[]

/** How many leads each badge shows, and each of those made of a filter (by the number of its view: "of_7"), counted as far as a badge says. */
export async function countBadges (db: Db, viewer: Viewer, made: Made = []): Promise<Badges> {
  const whose = made.some(({ filter }) => filter.show === 'mine') ? viewer.id : ''
  const [badges, mine] = await Promise.all([
    unchanged(db, viewer.asOf, `badges ${sightOf(viewer)} ${whose}`, () => readBadges(db, viewer, made), ({ holds }) => holds ?? Infinity),
    countLeads(db, viewer, MINE)
  ])
  return { ...badges, mine }
}

const MINE = readLeadFilter({ show: 'mine' })

/** Those that are the same for all who may see the same leads. */
async function readBadges (db: Db, viewer: Viewer, made: Made): Promise<Omit<Badges, 'mine'>> {
  const count = (query: Knex.QueryBuilder, name: string) => db.from(upTo(query)).count('*').as(name)
  const ours = BADGES.filter(badge => badge !== 'mine').map(badge => count(db('leads').modify(visibleLeads(viewer)).modify(SHOW[badge](viewer)), badge))
  const newest = db('lead_moves').select(db.raw('coalesce(max(id), 0)')).as('newest')
  const [badges, others] = await Promise.all([
    // Whoever sees all is asked in the same words each time; of the others the best plan hangs on where they work.
    db.first(...ours, newest, db.raw(HOLDS)).options(viewer.can('leads.view_all') ? PREPARED : {}),
    made.length > 0 ? db.first(...made.map(({ id, filter }) => count(db('leads').modify(filtered(viewer, filter)), `of_${id}`))) : {}
  ])
  return { ...badges, ...others } as unknown as Omit<Badges, 'mine'>
}

/** The newest move of all. */
export async function newestMove (db: Db): Promise<number> {
  const { newest } = await db('lead_moves').first(db.raw('coalesce(max(id), 0) as newest'))
  return newest
}

const OPEN = 'leads.closed_at is null and leads.archived_at is null'
const next = (column: string) => `(select min(${column}) from leads where ${OPEN} and ${column} > now())`
const HOLDS = `(extract(epoch from least(${next('due_at')}, ${next('status_late_at')}) - clock_timestamp()) * 1000)::float8 as holds`
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

// What every row has. The text is the same for all who see the same clients: it is planned once, which takes twice as long as running it. Moments are
// in milliseconds, those of an open one alone: what the clock makes of them is said when it is shown.
const ms = (moment: string) => `(extract(epoch from ${moment}) * 1000)::float8`
const ofOpen = (moment: string) => `case when leads.closed_at is null then ${ms(moment)} end`
const rowsOf = (clients: string, columns: string) => `
  select leads.id, leads.client_id as client, leads.status_id, ${ofOpen('leads.due_at')} as due, ${ofOpen('leads.status_late_at')} as late, ${ofOpen('leads.status_since')} as since, ${ms('now()')} as read_at,
    (select row_to_json(cells)::text from (select leads.id, leads.number, leads.urgent, leads.contact_name, leads.due_at, leads.closed_at is not null as closed, leads.archived_at is not null as archived,
      c.id as client_id, c.name as client_name, c.is_supplier, c.is_conflicted, c.conflict_reason,
      (select json_build_object('key', y.key, 'labels', y.labels, 'icon', y.icon) from lead_types y where y.id = leads.type_id and y.id <> (select default_type_id from lead_settings)) as type
      ${columns}) as cells) as cells
  from unnest(?::bigint[]) with ordinality as found (id, place) join leads on leads.id = found.id
    left join clients c on c.id = leads.client_id and ${clients}
  order by found.place`

interface Row extends Told {
  status_id: number
  due: number | null
  late: number | null
  since: number | null
  read_at: number
  cells: string
  /** The cells behind what stood before them when they were shown last. */
  text?: [before: string, all: string]
}

/** A column, as far as reading it goes. */
type Shown = Pick<Column, 'name'> & { field?: ListField | undefined }

/** What the list shows of these leads, in their order. A client gives their name and phone, to those who may see them. */
export async function readRows (db: Db, viewer: Viewer, ids: number[], columns: readonly Shown[] = []): Promise<KeptRow<ListedLead>[]> {
  if (ids.length === 0) return []
  const own = columns.flatMap(({ field }) => field ?? []), shape = own.length > 0 ? JSON.stringify(own) : ''
  const reads = [...columns.flatMap(({ name }) => READS[name as ColumnName] ?? []), ...own.length > 0 ? [ownRows('lead', 'leads.id')] : []].map(sql => `, ${sql}`).join('')
  const clients = visibleSql(viewer, 'c')
  const [known, rows] = await Promise.all([
    listStatuses(db, { removed: true, asOf: viewer.asOf }),
    remembered(db, viewer.asOf, 'lead', clients + reads + shape, ids, async missing => (await db.raw(rowsOf(clients, reads), [...own.length > 0 ? [own.map(({ id }) => id)] : [], missing]).options(PREPARED)).rows as Row[])
  ])
  // A lead may have come just now into a status that is newer than those.
  const statuses = rows.every(row => known.some(({ id }) => id === row.status_id)) ? known : await listStatuses(db, { removed: true })
  const shown = shownStatuses(statuses)
  const full = seesContacts(viewer), timed = columns.some(({ name }) => name === 'time')
  return rows.map(row => {
    const { status, text } = shown.get(row.status_id)!
    // What was read before says by the clock of now, not of then.
    const at = viewer.asOf === undefined ? row.read_at : viewer.now!
    const due = row.due === null ? null : (row.due - at) / 60_000, late = row.late !== null && row.late <= at
    const minutes = !timed ? undefined : row.since === null ? null : Math.round((at - row.since) / 60_000)
    const before = `${full ? '' : 'masked '}${late ? 'late ' : ''}${beatOf(due)} ${minutes ?? ''} ${shape} ${text}`
    if (row.text?.[0] !== before) row.text = [before, before + row.cells]
    return { id: row.id, text: row.text![1], read: () => listed(row, { due_in: due, is_late: late, status, ...(timed && { minutes_in_status: minutes! }) }, columns, full) }
  })
}

type ShownStatuses = Map<number, { status: ListedLead['status'], text: string }>
const shownOnce = new WeakMap<readonly LeadStatus[], ShownStatuses>()

/** What rows show of each status: made once of the same ones. */
function shownStatuses (statuses: readonly LeadStatus[]): ShownStatuses {
  let shown = shownOnce.get(statuses)
  if (!shown) {
    shown = new Map(statuses.map(({ id, key, labels, group, colour }) => {
      const status = { id, key, labels, group, colour }
      return [id, { status, text: JSON.stringify(status) }]
    }))
    shownOnce.set(statuses, shown)
  }
  return shown
}

// What the database writes as JSON.
type Cells = Omit<ListedLead, keyof Now | 'client' | 'own'> & { own_rows?: ValueRow[] | null } & Omit<NonNullable<ListedLead['client']>, 'id' | 'name'> & { client_id: number | null, client_name: string }
const DATES = ['due_at', 'created_at', 'status_since', 'closed_at'] as const

/** What hangs on the clock, and on the statuses there are. */
type Now = Pick<ListedLead, 'status' | 'due_in' | 'is_late' | 'minutes_in_status'>

function listed ({ cells }: Row, now: Now, columns: readonly Shown[], full: boolean): ListedLead {
  const { client_id: id, client_name: name, is_supplier, is_conflicted, conflict_reason, own_rows: own, ...lead } = JSON.parse(cells) as Cells
  for (const date of DATES) if (lead[date]) lead[date] = new Date(lead[date])
  const client = id === null ? null : { id, name, is_supplier, is_conflicted, conflict_reason }
  const masked = full ? {} : { ...(lead.phone && { phone: maskPhone(lead.phone) }), ...(lead.phones && { phones: lead.phones.map(maskPhone) }) }
  return { ...lead, ...masked, ...now, client, own: ownCells(own, columns) }
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
export async function findChosen (db: Db, { campaign, location, manager }: LeadFilter, asOf?: AsOf): Promise<FilterChoices> {
  const named = async (table: string, id: Chosen): Promise<Named[]> => typeof id === 'number' ? unchanged(db, asOf, `${table} ${id}`, async () => db(table).where({ id }).select('id', 'name')) : []
  const [campaigns, locations, managers] = await Promise.all([named('campaigns', campaign), named('locations', location), named('employees', manager)])
  return { campaigns, locations, managers }
}

/** The same with the status and the type. */
export async function findNamed (db: Db, filter: LeadFilter, asOf?: AsOf): Promise<FilterChoices & { statuses: LeadStatus[], types: LeadType[] }> {
  const [chosen, statuses, types] = await Promise.all([findChosen(db, filter, asOf), filter.status ? listStatuses(db, { removed: true, asOf }) : [], filter.type ? listTypes(db, { removed: true }) : []])
  return { ...chosen, statuses, types }
}

/** Whether any open lead has become overdue, itself or in its status, since a moment of the database's clock; since a minute and a half ago when there is none. */
export async function whatCameDue (db: Db, since: Date | null): Promise<{ now: Date, some: boolean }> {
  const between = (column: string) => `exists (select from leads where ${OPEN} and ${column} <= now() and ${column} > coalesce(?::timestamptz, now() - interval '90 seconds'))`
  const { rows: [row] } = await db.raw(`select now() as now, ${between('due_at')} or ${between('status_late_at')} as some`, [since, since])
  return row
}
