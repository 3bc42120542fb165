import { tellPasswordChanged } from '../../account/letters.js'
import { endSessions } from '../../account/queries.js'
import { recordAudit } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import { findRole } from '../../roles/queries.js'
import { changingRanks } from '../../roles/ranks.js'
import { Refusal } from '../../web/refusal.js'
import { hashPassword } from '../../sign-in/password.js'
import type { Viewer } from '../../web/viewer.js'
import { audited, findForChange, putPassword } from '../queries.js'
import { tokenHash } from '../../web/token.js'
import { invite } from './invite.js'
import { mailInvitation, type Mailed } from './letters.js'

/** Whom a link is for. `isReset`: they had a password before. */
export interface Invitation { id: number, name: string, email: string, isReset: boolean }

/**
 * Makes a new link's token for an employee, who sets a password by it, and sends it to them. Throws NotFound, Forbidden for somebody above the
 * acting person, and Refusal for somebody deactivated or for oneself (an unattended screen must not be enough to take an
 * account over).
 */
export async function renewInvitation (db: Db, by: Viewer, id: number, publicUrl: string): Promise<{ name: string, token: string, mail: Mailed }> {
  return changingRanks(db, by, 'employees.manage', async (trx, by) => {
    const employee = await findForChange(trx, by, id)
    if (id === by.id) throw new Refusal({ form: { key: 'employees.own_password' } })
    if (employee.state === 'deactivated') throw new Refusal({ form: { key: 'employees.activate_first' } })
    await recordAudit(trx, by, 'employees.link', { subject: audited(employee) })
    const token = await invite(trx, id)
    const mail = await mailInvitation(trx, by, employee, { token, role: await findRole(trx, employee.roleId), publicUrl, isReset: employee.state === 'active' })
    return { name: employee.name, token, mail }
  })
}

/** The employee whom a link is for, or nobody when it was used, replaced or has run out. */
export async function findInvitation (db: Db, token: string): Promise<Invitation | undefined> {
  return opening(db, token).first('id', 'name', 'email', db.raw('password_hash is not null as "isReset"'))
}

/**
 * Sets the password by a link, which is used up thereby, and ends the employee's sessions. Returns the employee, or nobody
 * when the link doesn't hold: of two who send it at once one succeeds.
 */
export async function acceptInvitation (db: Db, token: string, password: string, publicUrl: string): Promise<{ id: number, name: string, email: string } | undefined> {
  const passwordHash = await hashPassword(password)
  return db.transaction(async trx => {
    const employee = await opening(trx, token).forUpdate().first('id', 'name', 'email', 'language', trx.raw('password_hash is not null as "isReset"'))
    if (!employee) return undefined
    await putPassword(trx, employee.id, passwordHash)
    await endSessions(trx, employee.id)
    await recordAudit(trx, employee, 'safety.invitation_accepted', { subject: audited(employee) })
    if (employee.isReset) await tellPasswordChanged(trx, employee, publicUrl)
    return employee
  })
}

const opening = (db: Db, token: string) =>
  db('employees').where({ invitation_hash: tokenHash(token) }).whereRaw('invitation_expires_at > now()').whereNull('deactivated_at')
