import type { Db } from '../database/knex.js'
import { endPendingOf } from '../sign-in/pending.js'

/** A place where an employee is signed in. `key` is the hash under which it is kept, never the cookie's id. */
export interface OpenSession { key: string, userAgent: string, address: string | null, seenAt: Date }

/** Where an employee is signed in now, the latest seen first. */
export async function listSessions (db: Db, employeeId: number): Promise<OpenSession[]> {
  return db('sessions').where({ employee_id: employeeId }).whereRaw('least(idle_until, expires_at) > now()').orderBy('seen_at', 'desc').orderBy('id')
    .select('id as key', db.raw(`coalesce(user_agent, '') as "userAgent"`), 'address', 'seen_at as seenAt')
}

/** Ends one session of an employee. Returns where it was, or undefined when they had none such. */
export async function endSession (db: Db, employeeId: number, key: string): Promise<Pick<OpenSession, 'userAgent' | 'address'> | undefined> {
  const [ended] = await db('sessions').where({ id: key, employee_id: employeeId }).delete().returning([db.raw(`coalesce(user_agent, '') as "userAgent"`), 'address'])
  return ended
}

/** Ends an employee's sessions, all or all but one, and any sign-in that is halfway. */
export async function endSessions (db: Db, employeeId: number, { but = '' } = {}): Promise<void> {
  await db('sessions').where({ employee_id: employeeId }).whereNot({ id: but }).delete()
  await endPendingOf(db, employeeId)
}
