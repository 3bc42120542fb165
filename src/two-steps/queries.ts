import { recordAudit, type Actor } from '../audit/record.js'
import type { Db } from '../database/knex.js'
import { audited, findForChange } from '../employees/queries.js'
import { changingRanks } from '../roles/ranks.js'
import type { Sealer } from '../seal.js'
import { Forbidden } from '../web/errors.js'
import type { Viewer } from '../web/viewer.js'
import { tellTwoStepsReset } from './letters.js'
import { newRecoveryCodes, recoveryHash } from './recovery.js'
import { newSecret, stepOf } from './totp.js'

const PURPOSE = 'two-step sign-in'

/** How an employee's two-step sign-in stands. `since`: when it was turned on, null when it is off. */
export interface TwoSteps { since: Date | null, codesLeft: number }

export async function findTwoSteps (db: Db, employeeId: number): Promise<TwoSteps> {
  const row = await db('two_steps as t').where({ employee_id: employeeId }).whereNotNull('confirmed_at')
    .first('confirmed_at as since', db.raw('(select count(*) from recovery_codes c where c.employee_id = t.employee_id and used_at is null) as "codesLeft"'))
  return row ?? { since: null, codesLeft: 0 }
}

/** Makes a new secret that a first code has yet to confirm. Changes nothing where two-step sign-in is on. */
export async function beginSetUp (db: Db, sealer: Sealer, employeeId: number): Promise<void> {
  const secret = await sealer.seal(newSecret(), PURPOSE)
  await db('two_steps').insert({ employee_id: employeeId, secret })
    .onConflict('employee_id').merge({ secret, created_at: db.fn.now() }).whereNull('two_steps.confirmed_at')
}

/** The secret that waits for its first code, or null when none does. */
export async function findWaitingSecret (db: Db, sealer: Sealer, employeeId: number): Promise<string | null> {
  const row = await db('two_steps').where({ employee_id: employeeId }).whereNull('confirmed_at').first('secret')
  return row ? sealer.open(row.secret, PURPOSE) : null
}

/** Turns two-step sign-in on by a first code. Returns the recovery codes, kept nowhere but as hashes, or null when the code isn't right. */
export async function turnOn (db: Db, sealer: Sealer, by: Actor & { id: number }, code: string, at: number): Promise<string[] | null> {
  const secret = await findWaitingSecret(db, sealer, by.id)
  const step = secret === null ? null : stepOf(secret, code, at)
  if (step === null) return null
  return db.transaction(async trx => {
    const on = await trx('two_steps').where({ employee_id: by.id }).whereNull('confirmed_at').update({ confirmed_at: trx.fn.now(), last_step: step })
    if (on === 0) return null
    await recordAudit(trx, by, 'safety.two_steps_on')
    return putRecoveryCodes(trx, by.id)
  })
}

/** Replaces the recovery codes. */
export async function renewRecoveryCodes (db: Db, by: Actor & { id: number }): Promise<string[]> {
  return db.transaction(async trx => {
    await recordAudit(trx, by, 'safety.recovery_codes')
    return putRecoveryCodes(trx, by.id)
  })
}

async function putRecoveryCodes (trx: Db, employeeId: number): Promise<string[]> {
  const codes = newRecoveryCodes()
  await trx('recovery_codes').where({ employee_id: employeeId }).delete()
  await trx('recovery_codes').insert(codes.map(code => ({ employee_id: employeeId, code_hash: recoveryHash(employeeId, code) })))
  return codes
}

/** What opened the second step: a code of the app, or a recovery code, of which so many are left. */
export interface Accepted { codesLeft: number | null }

/**
 * Accepts a code of the app, or a recovery code, once: of two who send the same one succeeds. Null when it isn't right, or was
 * used before. `at` is the time in milliseconds.
 */
export async function acceptCode (trx: Db, sealer: Sealer, employeeId: number, code: string, at: number): Promise<Accepted | null> {
  const digits = code.replace(/[\s-]/g, '')
  if (!/^\d{6}$/.test(digits)) return acceptRecoveryCode(trx, employeeId, code)
  const row = await trx('two_steps').where({ employee_id: employeeId }).whereNotNull('confirmed_at').first('secret')
  const secret = row && await sealer.open(row.secret, PURPOSE)
  const step = secret ? stepOf(secret, digits, at) : null
  if (step === null) return null
  const taken = await trx('two_steps').where({ employee_id: employeeId }).where(query => query.whereNull('last_step').orWhere('last_step', '<', step)).update({ last_step: step })
  return taken > 0 ? { codesLeft: null } : null
}

async function acceptRecoveryCode (trx: Db, employeeId: number, code: string): Promise<Accepted | null> {
  const used = await trx('recovery_codes').where({ employee_id: employeeId, code_hash: recoveryHash(employeeId, code) }).whereNull('used_at').update({ used_at: trx.fn.now() })
  if (used === 0) return null
  const { codesLeft } = await findTwoSteps(trx, employeeId)
  await recordAudit(trx, { id: employeeId }, 'safety.recovery_code_used')
  return { codesLeft }
}

/** Turns two-step sign-in off by one more code. Returns whether the code was right. */
export async function turnOff (db: Db, sealer: Sealer, by: Actor & { id: number }, code: string, at: number): Promise<boolean> {
  return db.transaction(async trx => {
    if (!await acceptCode(trx, sealer, by.id, code, at)) return false
    await trx('two_steps').where({ employee_id: by.id }).delete()
    await recordAudit(trx, by, 'safety.two_steps_off')
    return true
  })
}

/**
 * Turns somebody's two-step sign-in off because their telephone is lost, and tells them. Throws NotFound, and Forbidden for somebody above
 * the acting person, or for oneself: an unattended screen must not be enough.
 */
export async function resetTwoSteps (db: Db, by: Viewer, id: number, publicUrl: string): Promise<{ name: string }> {
  return changingRanks(db, by, 'employees.manage', async (trx, by) => {
    const employee = await findForChange(trx, by, id)
    if (id === by.id) throw new Forbidden()
    const had = await trx('two_steps').where({ employee_id: id }).delete()
    if (had > 0) {
      await recordAudit(trx, by, 'safety.two_steps_reset', { subject: audited(employee) })
      await tellTwoStepsReset(trx, by, employee, publicUrl)
    }
    return employee
  })
}

/** Of the active people of a role: how many there are, and how many have no two-step sign-in. */
export async function countWithout (db: Db, roleId: number): Promise<{ people: number, without: number }> {
  const { rows: [row] } = await db.raw(`
    select count(*) as people, count(*) filter (where not exists (select from two_steps t where t.employee_id = e.id and t.confirmed_at is not null)) as without
    from employees e where e.role_id = ? and e.deactivated_at is null`, [roleId])
  return row
}

