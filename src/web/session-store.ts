import type { FastifySessionObject, SessionStore } from '@fastify/session'
import type * as Fastify from 'fastify'
import { prepared, type Db } from '../database/knex.js'
import { NOTED, noting } from '../database/remembered.js'
import { RIGHTS } from '../rights.js'
import { tokenHash } from './token.js'
import { makeViewer, type Organisation, type Viewer } from './viewer.js'

export interface SessionLimits { idleHours: number, maxDays: number }

/** What a session carries beside its columns. `viewer` is read with it and never written. */
declare module 'fastify' {
  interface Session {
    employeeId?: number
    userAgent?: string
    address?: string
    viewer?: Viewer
    /** It was last seen a minute ago or more. */
    stale?: boolean
    /** What the database was when it was read, see src/database/unchanged.ts, and what its clock said. */
    asOf?: string
    now?: number
  }
}

/** The id under which a session stands in the database: who reads the table still has no cookie. */
export const sessionKey = tokenHash

// As JSON: to take forty columns apart costs the driver more than to read one text.
const select = (sessions: string, where = '', more = '') => `
  select row_to_json(found)::text as found from (select ${more} pg_current_snapshot()::text as as_of, (extract(epoch from now()) * 1000)::float8 as now, s.employee_id, s.seen_at < now() - interval '1 minute' as stale,
         e.name, e.email, e.language, e.deactivated_at, r.id as role_id, r.key as role_key, r.rights,
         r.two_steps and not exists (select from two_steps t where t.employee_id = e.id and t.confirmed_at is not null) as needs_two_steps,
         v.id as viewed_id, v.key as viewed_key, v.name as viewed_name, v.rights as viewed_rights,
         o.name as company, o.country, o.currency, o.time_zone, o.language as company_language, o.phone_uniqueness, o.email_uniqueness,
         o.file_megabytes, o.file_count, o.file_kinds, o.logo, o.logo_width, o.logo_height,
         (select json_build_object('scheme', scheme, 'sipDomain', sip_domain, 'dials', dials) from telephony_settings) as telephony,
         (select json_object_agg(subject, version) from form_versions) as form_versions,
         json_build_object('client', exists (select from client_selection t where t.employee_id = e.id), 'lead', exists (select from lead_selection t where t.employee_id = e.id)) as has_ticked,
         array(select location_id from employee_locations l where l.employee_id = e.id) as location_ids
  from ${sessions} s
  left join employees e on e.id = s.employee_id
  left join roles r on r.id = e.role_id
  left join roles v on v.id = s.viewing_as
  left join organisation o on true
  ${where}) found`
const SELECT = select('sessions', 'where s.id = ? and s.idle_until > now() and s.expires_at > now()', `${NOTED} as noted,`)
// Of somebody's many sessions once.
const OF_MANY = select('(select employee_id, viewing_as, now() as seen_at, json_agg(id) as keys from sessions where id = any (?) and idle_until > now() and expires_at > now() group by employee_id, viewing_as)', '', 's.keys,')
const OF_EMPLOYEE = select('(select ?::bigint as employee_id, now() as seen_at, null::bigint as viewing_as)')

const found = ({ rows }: { rows: { found: string }[] }): any[] => rows.map(row => JSON.parse(row.found))

/** Whoever left work for later, with the rights they have now; null when they don't work here any more. */
export async function findActor (db: Db, employeeId: number): Promise<Viewer | null> {
  const [row] = found(await prepared(db, OF_EMPLOYEE, [employeeId]))
  return row.email && row.company && !row.deactivated_at ? readViewer(row) : null
}

/** Who these sessions belong to right now, by their keys; those who may not go on are left out. One query, however many they are. */
export async function findViewers (db: Db, keys: readonly string[]): Promise<Map<string, Viewer>> {
  const rows = found(await prepared(db, OF_MANY, [[...keys]]))
  return new Map(rows.filter(mayGoOn).flatMap(row => { const viewer = readViewer(row); return row.keys.map((key: string) => [key, viewer]) }))
}

const mayGoOn = (row: any): boolean => Boolean(row?.employee_id && row.company && !row.deactivated_at && !row.needs_two_steps)

/**
 * Sessions in Postgres, for @fastify/session. One query a request brings the session, its employee, the role's rights and
 * the organisation; `seen_at` is written once a minute at most, and not for what a page asks for by itself.
 */
export class PostgresSessionStore implements SessionStore {
  constructor (private readonly db: Db, private readonly limits: SessionLimits) {}

  get (sessionId: string, callback: (error: unknown, session?: Fastify.Session | null) => void): void {
    this.read(sessionId).then(session => callback(null, session), callback)
  }

  set (sessionId: string, session: FastifySessionObject, callback: (error?: unknown) => void): void {
    this.write(sessionId, session).then(() => callback(), callback)
  }

  destroy (sessionId: string, callback: (error?: unknown) => void): void {
    this.db('sessions').where({ id: sessionKey(sessionId) }).delete().then(() => callback(), callback)
  }

  /** Who a session belongs to right now, or nobody who may go on, without counting as a visit: a page left open must not keep its session alive. */
  async findViewer (sessionId: string): Promise<Viewer | null> {
    const [row] = found(await prepared(this.db, SELECT, [null, sessionKey(sessionId)]))
    return mayGoOn(row) ? readViewer(row) : null
  }

  private async read (sessionId: string): Promise<Fastify.Session | null> {
    const { since, heed } = noting(this.db)
    const [row] = found(await prepared(this.db, SELECT, [since, sessionKey(sessionId)]))
    if (row) heed(row.as_of, row.noted)
    if (!row || row.deactivated_at) return null
    const session = { employeeId: row.employee_id ?? undefined, stale: row.stale, asOf: row.as_of, now: row.now }
    if (row.employee_id && row.company) {
      // toJSON hides the viewer from the plugin's "was it changed?" hash.
      Object.assign(session, { viewer: Object.assign(readViewer(row), { toJSON: () => undefined }) })
    }
    return session as Fastify.Session
  }

  /** Puts off the end of a session that idles. */
  async touch (sessionId: string): Promise<void> {
    await this.db('sessions').where({ id: sessionKey(sessionId) })
      .update({ seen_at: this.db.fn.now(), idle_until: this.db.raw("now() + ? * interval '1 hour'", [this.limits.idleHours]) })
  }

  private async write (sessionId: string, session: FastifySessionObject): Promise<void> {
    if (!session.employeeId) return
    await this.db.raw(`
      insert into sessions (id, employee_id, user_agent, address, idle_until, expires_at)
      values (?, ?, ?, ?, now() + ? * interval '1 hour', now() + ? * interval '1 day')
      on conflict (id) do nothing`,
    [sessionKey(sessionId), session.employeeId, session.userAgent ?? null, session.address ?? null, this.limits.idleHours, this.limits.maxDays])
  }
}

function readViewer (row: Record<string, any>): Viewer {
  const organisation: Organisation = {
    name: row.company,
    country: row.country,
    currency: row.currency,
    timeZone: row.time_zone,
    language: row.company_language,
    phoneUniqueness: row.phone_uniqueness,
    emailUniqueness: row.email_uniqueness,
    fileMegabytes: row.file_megabytes,
    fileCount: row.file_count,
    fileKinds: row.file_kinds,
    telephony: row.telephony,
    logo: row.logo && { hash: row.logo, width: row.logo_width, height: row.logo_height }
  }
  return makeViewer({
    id: row.employee_id,
    name: row.name,
    email: row.email,
    language: row.language,
    ...roleOf(row),
    needsTwoSteps: row.needs_two_steps,
    viewingAs: row.viewed_id && { id: row.viewed_id, key: row.viewed_key, name: row.viewed_name },
    organisation,
    locationIds: row.location_ids,
    formVersions: row.form_versions,
    hasTicked: row.has_ticked
  })
}

/** The role one acts in: one's own, or the one through whose eyes one looks, never with more rights than one's own. */
function roleOf (row: Record<string, any>): Pick<Viewer, 'roleId' | 'roleKey'> & { rights: readonly string[] } {
  if (!row.viewed_id) return { roleId: row.role_id, roleKey: row.role_key, rights: row.rights }
  const own: readonly string[] = row.role_key === 'owner' ? RIGHTS : row.rights
  const viewed: readonly string[] = row.viewed_key === 'owner' ? RIGHTS : row.viewed_rights
  // An owner may do everything, whatever the rights say: nobody else may pass for one.
  const roleKey = row.viewed_key === 'owner' && row.role_key !== 'owner' ? null : row.viewed_key
  return { roleId: row.viewed_id, roleKey, rights: own.filter(right => viewed.includes(right)) }
}
