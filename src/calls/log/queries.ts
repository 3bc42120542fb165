import type { Knex } from 'knex'
import { maskPhone, seesContacts } from '../../clients/masking.js'
import { readNumber } from '../../clients/phones/number.js'
import { visibleTo } from '../../clients/visibility.js'
import type { Db } from '../../database/knex.js'
import { seesLeads, visibleLeads } from '../../leads/visibility.js'
import type { Viewer } from '../../web/viewer.js'
import type { CallState, Direction, Failure } from '../call.js'
import type { CallFilter } from './filter.js'

export const CALLS_PAGE = 50

/** A call as its reader may see it. */
export interface LoggedCall {
  id: number
  direction: Direction
  state: CallState
  why: Failure | ''
  /** Masked where the reader may not see it; '' when it is withheld. */
  display: string
  /** Whether it can be called back. */
  has_number: boolean
  at: Date
  seconds: number | null
  recording: boolean
  employee: string | null
  extension: string
  client: { id: number, name: string, is_supplier: boolean, is_conflicted: boolean, conflict_reason: string } | null
  lead: { id: number, number: string } | null
}

export interface CallPage { rows: LoggedCall[], after: number | null, before: number | null }

/** A page of the log, the newest first. */
export async function listCalls (db: Db, viewer: Viewer, filter: CallFilter): Promise<CallPage> {
  const backwards = filter.before !== null, order = backwards ? 'asc' : 'desc'
  const rows = await described(db, viewer, db('calls').modify(filtered(viewer, filter)).modify(from(filter)).orderBy([{ column: 'started_at', order }, { column: 'id', order }]).limit(CALLS_PAGE + 1), order)
  const more = rows.length > CALLS_PAGE
  const shown = rows.slice(0, CALLS_PAGE)
  if (backwards) shown.reverse()
  return { rows: shown, after: backwards || more ? shown.at(-1)?.id ?? null : null, before: (backwards ? more : filter.after !== null) ? shown[0]?.id ?? null : null }
}

/** With whom calls are asked for: a client, or nobody's number that a conversation is held with. */
export type CallsWith = { clientId: number } | { conversationId: number }

/** Calls that are over with somebody, the newest first: those before a call, or from one on. */
export async function listCallsWith (db: Db, viewer: Viewer, whom: CallsWith, { before, from, limit }: { before: number | null, from: number | null, limit: number }): Promise<LoggedCall[]> {
  const calls = db('calls').whereNotNull('ended_at').modify(query => {
    if ('clientId' in whom) query.where('client_id', whom.clientId)
    else query.whereNull('client_id').where('e164', db('conversations').where({ id: whom.conversationId }).whereNot('channel', 'email').select('address'))
    if (before !== null) query.where('id', '<', before)
    if (from !== null) query.where('id', '>=', from)
  }).orderBy('id', 'desc').limit(limit)
  return (await described(db, viewer, calls, 'desc')).toSorted((a, b) => b.id - a.id)
}

async function described (db: Db, viewer: Viewer, calls: Knex.QueryBuilder, order: 'asc' | 'desc'): Promise<LoggedCall[]> {
  const clients = db('clients').modify(visibleTo(viewer)).as('c')
  const leads = db('leads').modify(visibleLeads(viewer)).as('l')
  const rows = await db.from(calls.as('k')).leftJoin(clients, 'c.id', 'k.client_id').leftJoin(leads, join => { join.on('l.id', 'k.lead_id'); if (!seesLeads(viewer)) join.on(db.raw('false')) })
    .leftJoin('employees as e', 'e.id', 'k.employee_id').orderBy([{ column: 'k.started_at', order }, { column: 'k.id', order }])
    .select('k.id', 'k.direction', 'k.state', 'k.why', 'k.display', 'k.started_at as at', 'k.seconds', 'k.extension', 'e.name as employee', db.raw(`
      k.digits <> '' as has_number, k.recording_url is not null and (k.client_id is null or c.id is not null) as recording,
      case when c.id is not null then json_build_object('id', c.id, 'name', c.name, 'is_supplier', c.is_supplier, 'is_conflicted', c.is_conflicted, 'conflict_reason', c.conflict_reason) end as client,
      case when l.id is not null then json_build_object('id', l.id, 'number', l.number) end as lead`))
  const full = seesContacts(viewer)
  return rows.map((row: LoggedCall) => ({ ...row, display: full ? row.display : maskPhone(row.display) }))
}

function filtered (viewer: Viewer, { direction, missed, employee, day, q }: CallFilter) {
  const { country, timeZone } = viewer.organisation
  return (query: Knex.QueryBuilder): void => {
    if (missed) query.where({ direction: 'in', state: 'missed' })
    if (direction) query.where({ direction })
    if (employee) query.where('employee_id', employee)
    if (day) query.whereRaw('started_at >= ?::date::timestamp at time zone ? and started_at < (?::date + 1)::timestamp at time zone ?', [day, timeZone, day, timeZone])
    if (q) matching(query, viewer, q, country)
  }
}

/** Digits anywhere in the number; who sees numbers masked finds one they know whole, and learns no other by trying. */
function matching (query: Knex.QueryBuilder, viewer: Viewer, q: string, country: string): void {
  const { e164, digits } = readNumber(q, country)
  if (digits === '') query.whereRaw('false')
  else if (!seesContacts(viewer)) query.where({ e164 })
  else query.where(some => { some.whereLike('digits', `%${q.replace(/\D/g, '').replace(/^0+/, '')}%`); if (e164) some.orWhere({ e164 }) })
}

function from ({ after, before }: CallFilter) {
  return (query: Knex.QueryBuilder): void => {
    const id = after ?? before
    if (id !== null) query.whereRaw(`(started_at, id) ${after ? '<' : '>'} ((select started_at from calls where id = ?), ?)`, [id, id])
  }
}

/** Who can be asked for: everybody who ever answered or made one, and who works here now. */
export async function listCallers (db: Db): Promise<{ id: number, name: string }[]> {
  return db('employees').where(some => { some.whereNull('deactivated_at').orWhereExists(calls => { calls.from('calls').whereRaw('calls.employee_id = employees.id') }) }).select('id', 'name').orderByRaw('fold(name), id')
}

/** Where a recording is, of a call whose client the viewer may see, if it has one; null when there is none for them. */
export async function findRecording (db: Db, viewer: Viewer, id: number | null): Promise<string | null> {
  if (id === null) return null
  const row = await db('calls as k').where('k.id', id).whereNotNull('k.recording_url').where(some => {
    some.whereNull('k.client_id').orWhereExists(client => { client.from('clients').whereRaw('clients.id = k.client_id').modify(visibleTo(viewer)) })
  }).first('k.recording_url')
  return row?.recording_url ?? null
}
