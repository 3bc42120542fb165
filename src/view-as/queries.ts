import { recordAudit, type Actor } from '../audit/record.js'
import type { Db } from '../database/knex.js'
import { auditedRole } from '../roles/queries.js'
import type { Role } from '../roles/ranks.js'

/** Lets a session look as a role, until it stops or ends. `session` is the key under which it is kept. */
export async function startViewing (db: Db, by: Actor, session: string, role: Role): Promise<void> {
  await db.transaction(async trx => {
    await trx('sessions').where({ id: session }).update({ viewing_as: role.id })
    await recordAudit(trx, by, 'safety.view_as', { subject: auditedRole(role) })
  })
}

export async function stopViewing (db: Db, session: string): Promise<void> {
  await db('sessions').where({ id: session }).update({ viewing_as: null })
}
