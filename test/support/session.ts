import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../../src/database/knex.js'
import { sessionKey } from '../../src/web/session-store.js'

/** Signs an employee in without the form; returns the cookie. */
export const openSession = async (app: FastifyInstance, db: Db, employeeId: number): Promise<string> => (await openSessions(app, db, [employeeId]))[0]!

/** Signs each of some employees in, in that order. */
export async function openSessions (app: FastifyInstance, db: Db, employeeIds: number[]): Promise<string[]> {
  const ids = employeeIds.map(() => randomBytes(24).toString('base64url'))
  await db.raw(`
    insert into sessions (id, employee_id, user_agent, address, idle_until, expires_at)
    select id, employee_id, 'test', '127.0.0.1', now() + interval '1 hour', now() + interval '1 day' from unnest(?::text[], ?::bigint[]) as one (id, employee_id)`, [ids.map(sessionKey), employeeIds])
  return ids.map(id => `clientela=${encodeURIComponent(app.signCookie(id))}`)
}
