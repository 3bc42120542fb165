import type { Db } from '../../database/knex.js'
import { newToken, tokenHash } from '../../web/token.js'

/** How many days a link lets somebody in. */
export const DAYS = 7

/** Gives an employee a new token and returns it, because it is kept nowhere else. One made before is worth nothing any more. */
export async function invite (trx: Db, employeeId: number): Promise<string> {
  const token = newToken()
  const until = trx.raw("now() + ? * interval '1 day'", [DAYS])
  await trx('employees').where({ id: employeeId }).update({ invitation_hash: tokenHash(token), invitation_expires_at: until })
  return token
}
