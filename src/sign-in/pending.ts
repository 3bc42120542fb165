import type { Db } from '../database/knex.js'
import { newToken, tokenHash } from '../web/token.js'

/** Minutes from the password to the code. */
const MINUTES = 10

/** Somebody who gave the right password, and has yet to give a code. */
export interface Pending { id: number, email: string }

/** Remembers that an employee gave the right password. Returns the token that their form carries: it opens nothing by itself. */
export async function beginSecondStep (db: Db, employeeId: number): Promise<string> {
  const token = newToken()
  await db('pending_sign_ins').insert({ id: tokenHash(token), employee_id: employeeId, expires_at: db.raw("now() + ? * interval '1 minute'", [MINUTES]) })
  return token
}

/** Who is at the second step, or nobody when it took too long, or the employee was deactivated or got another password meanwhile. */
export async function findPending (db: Db, token: string): Promise<Pending | undefined> {
  return db('pending_sign_ins as p').join('employees as e', 'e.id', 'p.employee_id')
    .where('p.id', tokenHash(token)).whereRaw('p.expires_at > now()').whereNull('e.deactivated_at').first('e.id', 'e.email')
}

/** Ends the second step: its token is worth nothing any more. Returns whether it was worth something until now. */
export async function endPending (trx: Db, token: string): Promise<boolean> {
  return await trx('pending_sign_ins').where({ id: tokenHash(token) }).delete() > 0
}

/** Ends every second step of an employee: their password is another now, or they are shut out. */
export async function endPendingOf (trx: Db, employeeId: number): Promise<void> {
  await trx('pending_sign_ins').where({ employee_id: employeeId }).delete()
}
