import { changesBetween, recordAudit, recordChanges } from '../audit/record.js'
import type { Db } from '../database/knex.js'
import { namesOfClosedBy } from '../lead-statuses/queries.js'
import { BUILT_IN_ROLES } from '../rights.js'
import { Forbidden, NotFound } from '../web/errors.js'
import type { FieldErrors } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'
import type { RightsChange, RoleValues } from './form.js'
import { changingRanks, covers, rightsOf, type Role } from './ranks.js'
import { explain, Refusal } from '../web/refusal.js'

const COLUMNS = ['id', 'key', 'name', 'rights', 'two_steps']
const TAKEN = { roles_name: { name: { key: 'roles.name_taken' } } }

/** Every role: the built-in ones from specialist to owner, then one's own by name. */
export async function listRoles (db: Db): Promise<Role[]> {
  return db('roles').select(COLUMNS).orderByRaw('array_position(?::text[], key), fold(name), id', [Object.keys(BUILT_IN_ROLES)])
}

/** One role. Throws NotFound. */
export async function findRole (db: Db, id: number): Promise<Role> {
  const role = await db('roles').where({ id }).first(COLUMNS)
  if (!role) throw new NotFound()
  return role
}

/** Adds a role that may do what another one may, or nothing. Throws Refusal when the name is taken, or when the other holds rights that the acting person doesn't. */
export async function createRole (db: Db, by: Viewer, values: { name: string, copy: number | null }): Promise<{ name: string }> {
  return explain(changingRanks(db, by, 'roles.manage', async (trx, by) => {
    const model = values.copy && await trx('roles').where({ id: values.copy }).first<Role>(COLUMNS)
    if (values.copy && !model) throw new Refusal({ copy: { key: 'form.choose' } })
    const rights = model ? rightsOf(model) : []
    if (!rights.every(right => by.can(right))) throw new Refusal({ copy: { key: 'roles.copy_beyond' } })
    const [{ id }] = await trx('roles').insert({ name: values.name, rights: [...rights] }).returning('id')
    await recordAudit(trx, by, 'roles.created', { subject: { type: 'role', id, name: values.name }, changes: changesBetween({}, { rights }) })
    return { name: values.name }
  }), TAKEN)
}

/** Renames one of one's own roles; `was` is the name its writer saw. Throws NotFound, and Refusal when the name is taken, the role is built in, or somebody else gave it another name meanwhile. */
export async function renameRole (db: Db, by: Viewer, id: number, { name, was }: RoleValues): Promise<{ name: string }> {
  return explain(changingRanks(db, by, 'roles.manage', async (trx, by) => {
    const role = await findOwn(trx, id)
    if (was !== '' && was !== role.name && name !== role.name) throw new Refusal({ name: { key: 'roles.renamed_meanwhile', values: { name: role.name } } })
    await trx('roles').where({ id }).update({ name })
    await recordChanges(trx, by, 'roles.renamed', { subject: auditedRole(role), changes: changesBetween({ name: role.name }, { name }) })
    return { name }
  }), TAKEN)
}

/** Deletes one of one's own roles that nobody has. Throws NotFound, and Refusal when it is built in, in use, or holds rights that the acting person doesn't, or is the only one that may move leads into a status: that would be everybody's then. */
export async function deleteRole (db: Db, by: Viewer, id: number): Promise<void> {
  return explain(changingRanks(db, by, 'roles.manage', async (trx, by) => {
    const role = await findOwn(trx, id)
    if (!covers(by, role)) throw new Refusal({ form: { key: 'roles.delete_beyond' } })
    await trx('roles').where({ id }).forUpdate().select('id')
    const closed = await namesOfClosedBy(trx, by, id)
    if (closed.length > 0) throw new Refusal({ form: { key: 'roles.opens_status', values: { names: closed.join(', ') } } })
    await trx('roles').where({ id }).delete()
    await recordAudit(trx, by, 'roles.deleted', { subject: auditedRole(role), changes: changesBetween({ rights: role.rights }, { rights: null }) })
  }), { employees_role_id_fkey: { form: { key: 'roles.in_use' } } })
}

/** Says whether a role's people have to sign in in two steps. Throws NotFound, and Forbidden for a role above the acting person. */
export async function requireTwoSteps (db: Db, by: Viewer, id: number, required: boolean): Promise<Role> {
  return changingRanks(db, by, 'roles.manage', async (trx, by) => {
    const role = await findRole(trx, id)
    if (!covers(by, role)) throw new Forbidden()
    await trx('roles').where({ id }).update({ two_steps: required })
    await recordChanges(trx, by, 'roles.two_steps', { subject: auditedRole(role), changes: changesBetween({ two_steps: role.two_steps }, { two_steps: required }) })
    return role
  })
}

/**
 * Gives and takes rights, box by box: what somebody else changed in the meantime stays. Throws Refusal, with nothing
 * changed, for rights that the acting person doesn't hold, for the owner's role, and for taking `roles.manage` from one's own.
 */
export async function changeRights (db: Db, by: Viewer, changes: RightsChange[]): Promise<void> {
  return changingRanks(db, by, 'roles.manage', async (trx, by) => {
    const roles = new Map((await listRoles(trx)).map(role => [role.id, role]))
    const errors: FieldErrors = {}
    for (const change of changes) {
      const key = problemOf(by, roles.get(change.role), change)
      if (key) errors[`rights.${change.role}`] = { key }
    }
    if (Object.keys(errors).length > 0) throw new Refusal(errors)

    for (const { role: id, given, taken } of changes) {
      const sum = trx.raw('array(select unnest(rights) union select unnest(?::text[]) except select unnest(?::text[]) order by 1)', [given, taken])
      const [{ rights }] = await trx('roles').where({ id }).update({ rights: sum }).returning('rights')
      const role = roles.get(id)!
      await recordChanges(trx, by, 'roles.rights', { subject: auditedRole(role), changes: changesBetween({ rights: role.rights }, { rights }) })
    }
  })
}

/** A role as the audit log names it: a built-in one by its key, which no other may be called by. */
export const roleName = ({ key, name }: Pick<Role, 'key' | 'name'>): string => name ?? key!

export const auditedRole = (role: Role) => ({ type: 'role', id: role.id, name: roleName(role) })

function problemOf (by: Viewer, role: Role | undefined, { given, taken }: RightsChange): string | undefined {
  if (!role) return 'roles.gone'
  if (role.key === 'owner') return 'roles.owner_fixed'
  if (![...given, ...taken].every(right => by.can(right))) return 'roles.right_beyond'
  if (role.id === by.roleId && taken.includes('roles.manage')) return 'roles.own_manage'
}

async function findOwn (trx: Db, id: number): Promise<Role> {
  const role = await findRole(trx, id)
  if (role.key) throw new Refusal({ form: { key: 'roles.built_in' } })
  return role
}
