import { tellEmailChanged } from '../account/letters.js'
import { voidLinks } from '../account/links.js'
import { endSessions } from '../account/queries.js'
import { changesBetween, recordAudit, recordChanges } from '../audit/record.js'
import type { Db } from '../database/knex.js'
import { listLocations } from '../locations/queries.js'
import { findRole, listRoles, roleName } from '../roles/queries.js'
import { changingRanks, covers, type Role } from '../roles/ranks.js'
import { explain, Refusal } from '../web/refusal.js'
import { Forbidden, NotFound } from '../web/errors.js'
import { fingerprint } from '../web/fingerprint.js'
import type { Language, Viewer } from '../web/viewer.js'
import type { EmployeeValues } from './form.js'
import { invite } from './invitations/invite.js'
import { mailInvitation, type Mailed } from './invitations/letters.js'

export interface Employee {
  id: number
  name: string
  email: string
  roleId: number
  language: Language
  locations: number[]
  /** Invited: has not set a password yet. */
  state: 'active' | 'invited' | 'deactivated'
  /** Until when the last link that was made for them lets them in; null when there is none that does. */
  linkUntil: Date | null
}

const WORDS = {
  employees_email: { email: { key: 'employees.email_taken' } },
  // Deleted while this employee was being saved.
  employee_locations_location_id_fkey: { locations: { key: 'employees.location_gone' } }
}

const SELECT = `
  select e.id, e.name, e.email, e.role_id as "roleId", e.language,
         case when e.deactivated_at is not null then 'deactivated' when e.password_hash is null then 'invited' else 'active' end as state,
         case when e.invitation_expires_at > now() and e.deactivated_at is null then e.invitation_expires_at end as "linkUntil",
         array(select location_id from employee_locations l where l.employee_id = e.id)::int[] as locations
  from employees e`

/** Everybody by name, those who left last. */
export async function listEmployees (db: Db): Promise<Employee[]> {
  const { rows } = await db.raw(`${SELECT} order by e.deactivated_at is not null, fold(e.name), e.id`)
  return rows
}

/** One employee. Throws NotFound. */
export async function findEmployee (db: Db, id: number): Promise<Employee> {
  const { rows: [employee] } = await db.raw(`${SELECT} where e.id = ?`, [id])
  if (!employee) throw new NotFound()
  return employee
}

/** By this a form tells what its writer saw of an employee. */
export const printEmployee = ({ name, email, roleId, language, locations }: Employee): string => fingerprint([name, email, roleId, language, locations.toSorted((a, b) => a - b)])

/** How many employees have each role, by its id; those who left count, because they keep it. */
export async function countByRole (db: Db): Promise<Map<number, number>> {
  const rows = await db('employees').select('role_id').count('* as count').groupBy('role_id')
  return new Map(rows.map(row => [Number(row.role_id), Number(row.count)]))
}

/** Adds an employee and the token of their invitation, which is sent to them too. Throws Refusal for an e-mail that another has, or a role that isn't the acting person's to give. */
export async function createEmployee (db: Db, by: Viewer, values: EmployeeValues, publicUrl: string): Promise<{ id: number, name: string, token: string, mail: Mailed }> {
  return explain(changingRanks(db, by, 'employees.manage', async (trx, by) => {
    const role = await refuseRole(trx, by, values.role)
    const [{ id }] = await trx('employees').insert({ name: values.name, email: values.email, role_id: values.role, language: values.language }).returning('id')
    const locations = await putLocations(trx, id, values.locations)
    const token = await invite(trx, id)
    const mail = await mailInvitation(trx, by, { id, name: values.name, email: values.email, language: values.language }, { token, role, publicUrl, isReset: false })
    await recordAudit(trx, by, 'employees.invited', { subject: audited({ id, name: values.name }), changes: changesBetween({}, { email: values.email, role: roleName(role), locations }) })
    return { id, name: values.name, token, mail }
  }), WORDS)
}

/** Changes an employee. Throws NotFound, Forbidden for somebody above the acting person, and Refusal as createEmployee does, when no active owner would stay, or when somebody changed them since the form was shown. */
export async function changeEmployee (db: Db, by: Viewer, id: number, values: EmployeeValues): Promise<Employee> {
  return explain(changingRanks(db, by, 'employees.manage', async (trx, by) => {
    const employee = await findForChange(trx, by, id)
    if (values.was !== '' && values.was !== printEmployee(employee)) throw new Refusal({ form: { key: 'employees.changed_meanwhile' } })
    const was = await findRole(trx, employee.roleId)
    let role = was
    if (values.role !== employee.roleId) {
      role = await refuseRole(trx, by, values.role)
      if (role.key !== 'owner') await keepAnOwner(trx, employee, 'role')
    }
    const places = await namesOfLocations(trx, employee.locations)
    await trx('employees').where({ id }).update({ name: values.name, email: values.email, role_id: values.role, language: values.language })
    if (values.email.toLowerCase() !== employee.email.toLowerCase()) {
      await voidLinks(trx, id)
      await tellEmailChanged(trx, employee, values.email)
    }
    const locations = await putLocations(trx, id, values.locations)
    await recordChanges(trx, by, 'employees.changed', {
      subject: audited({ id, name: values.name }),
      changes: changesBetween({ ...employee, role: roleName(was), locations: places }, { name: values.name, email: values.email, role: roleName(role), locations, language: values.language })
    })
    return findEmployee(trx, id)
  }), WORDS)
}

/** Shuts an employee out at once: no session stays, no link lets them in. Throws NotFound, Forbidden for somebody above the acting person, and Refusal for oneself or the last active owner. */
export async function deactivateEmployee (db: Db, by: Viewer, id: number): Promise<Employee> {
  return changingRanks(db, by, 'employees.manage', async (trx, by) => {
    const employee = await findForChange(trx, by, id)
    if (id === by.id) throw new Refusal({ form: { key: 'employees.not_yourself' } })
    await keepAnOwner(trx, employee, 'form')
    await trx('employees').where({ id }).whereNull('deactivated_at').update({ deactivated_at: trx.fn.now(), invitation_hash: null, invitation_expires_at: null })
    await endSessions(trx, id)
    if (employee.state !== 'deactivated') await recordAudit(trx, by, 'employees.deactivated', { subject: audited(employee) })
    return employee
  })
}

/** Lets an employee in again, with the password they had. Throws NotFound, and Forbidden for somebody above the acting person. */
export async function activateEmployee (db: Db, by: Viewer, id: number): Promise<Employee> {
  return changingRanks(db, by, 'employees.manage', async (trx, by) => {
    const employee = await findForChange(trx, by, id)
    await trx('employees').where({ id }).update({ deactivated_at: null })
    if (employee.state === 'deactivated') await recordAudit(trx, by, 'employees.activated', { subject: audited(employee) })
    return employee
  })
}

/** Changes what employees may change of themselves. */
export async function changeOwnProfile (db: Db, id: number, { name, language }: { name: string, language: Language }): Promise<void> {
  await db('employees').where({ id }).update({ name, language })
}

/** Gives an employee the address they confirmed. Throws Refusal, at the field new_email, when another has it. */
export async function changeOwnEmail (trx: Db, id: number, email: string): Promise<void> {
  await explain(trx('employees').where({ id }).update({ email }).then(() => {}), { employees_email: { new_email: { key: 'employees.email_taken' } } })
}

/** Whether somebody has this e-mail, in whatever case. */
export const isEmailTaken = async (db: Db, email: string): Promise<boolean> => Boolean(await db('employees').whereRaw('lower(email) = lower(?)', [email]).first('id'))

/** Gives an employee a new password. A link that was made to reset the old one is worth nothing any more. */
export async function putPassword (db: Db, id: number, passwordHash: string): Promise<void> {
  await db('employees').where({ id }).update({ password_hash: passwordHash, invitation_hash: null, invitation_expires_at: null })
  await voidLinks(db, id)
}

/** Locks an employee's row to change it. Throws NotFound, and Forbidden when their role isn't covered by the acting person's. Inside changingRanks only. */
export async function findForChange (trx: Db, by: Viewer, id: number): Promise<Employee> {
  await trx('employees').where({ id }).forUpdate().first('id')
  const employee = await findEmployee(trx, id)
  if (!covers(by, await findRole(trx, employee.roleId))) throw new Forbidden()
  return employee
}

async function refuseRole (trx: Db, by: Viewer, id: number): Promise<Role> {
  const role = (await listRoles(trx)).find(role => role.id === id)
  if (!role) throw new Refusal({ role: { key: 'form.choose' } })
  if (!covers(by, role)) throw new Refusal({ role: { key: 'employees.role_beyond' } })
  return role
}

// An owner who was invited and never came can't let anybody back in, so they don't count.
async function keepAnOwner (trx: Db, employee: Employee, field: string): Promise<void> {
  const owner = (await listRoles(trx)).find(role => role.key === 'owner')!
  if (employee.roleId !== owner.id) return
  const other = await trx('employees').where({ role_id: owner.id }).whereNot({ id: employee.id }).whereNull('deactivated_at').whereNotNull('password_hash').first('id')
  if (!other) throw new Refusal({ [field]: { key: 'employees.last_owner' } })
}

/** An employee as the audit log names them. */
export const audited = ({ id, name }: { id: number, name: string }) => ({ type: 'employee', id, name })

// A location that was removed while the form lay open is left out. Returns the names of those that were put.
async function putLocations (trx: Db, id: number, chosen: number[]): Promise<string[]> {
  const locations = (await listLocations(trx)).filter(location => chosen.includes(location.id))
  const rows = locations.map(location => ({ employee_id: id, location_id: location.id }))
  await trx('employee_locations').where({ employee_id: id }).delete()
  if (rows.length > 0) await trx('employee_locations').insert(rows)
  return locations.map(location => location.name)
}

async function namesOfLocations (trx: Db, ids: number[]): Promise<string[]> {
  return (await listLocations(trx)).filter(location => ids.includes(location.id)).map(location => location.name)
}
