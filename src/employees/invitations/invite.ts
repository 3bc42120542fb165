import { createHash, randomBytes } from 'node:crypto'
import type { Db } from '../../database/knex.js'

/** How many days a link lets somebody in. */
export const DAYS = 7

/** What is kept of a token: who reads the table can't make the link of it. */
export const tokenHash = (token: string) => createHash('sha256').update(token).digest('base64url')

/** Gives an employee a new token (256 bits as base64url) and returns it, because it is kept nowhere else. One made before is worth nothing any more. */
export async function invite (trx: Db, employeeId: number): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  const until = trx.raw("now() + ? * interval '1 day'", [DAYS])
  await trx('employees').where({ id: employeeId }).update({ invitation_hash: tokenHash(token), invitation_expires_at: until })
  return token
}
