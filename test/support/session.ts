import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../../src/database/knex.js'
import { sessionKey } from '../../src/web/session-store.js'

/** Signs an employee in without the form; returns the cookie. */
export async function openSession (app: FastifyInstance, db: Db, employeeId: number): Promise<string> {
  const id = randomBytes(24).toString('base64url')
  await db.raw("insert into sessions (id, employee_id, user_agent, address, idle_until, expires_at) values (?, ?, 'test', '127.0.0.1', now() + interval '1 hour', now() + interval '1 day')", [sessionKey(id), employeeId])
  return `clientela=${encodeURIComponent(app.signCookie(id))}`
}
