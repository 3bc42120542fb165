import { forgetOldLinks } from '../account/links.js'
import type { Db } from '../database/knex.js'

export interface Account { id: number, name: string, passwordHash: string | null, active: boolean }

/** The employee with this e-mail address, whatever its case. */
export async function findAccount (db: Db, email: string): Promise<Account | undefined> {
  const row = await db('employees').whereRaw('lower(email) = lower(?)', [email]).first('id', 'name', 'password_hash', 'deactivated_at')
  return row && { id: row.id, name: row.name, passwordHash: row.password_hash, active: row.deactivated_at === null }
}

/** Clears away sessions that ended by themselves, and failures nobody repeated. */
export async function forgetOld (db: Db): Promise<void> {
  await db('sessions').whereRaw('least(idle_until, expires_at) < now()').delete()
  await db('sign_in_failures').whereRaw("failed_at < now() - interval '2 days'").delete()
  await db('pending_sign_ins').whereRaw('expires_at < now()').delete()
  await forgetOldLinks(db)
  await db('submissions').whereRaw("at < now() - interval '2 days'").delete()
}
