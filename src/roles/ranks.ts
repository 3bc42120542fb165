import type { Db } from '../database/knex.js'
import { transaction } from '../database/transaction.js'
import { RIGHTS, type BuiltInRole, type Right } from '../rights.js'
import { Forbidden } from '../web/errors.js'
import { makeViewer, type Viewer } from '../web/viewer.js'

export interface Role {
  id: number
  /** Of a built-in role; null for one's own. */
  key: BuiltInRole | null
  /** Null: the built-in name, `roles.<key>` in the locales. */
  name: string | null
  rights: Right[]
  /** Whether its people have to sign in in two steps. */
  two_steps: boolean
}

/** What a role may do: an owner everything, whatever the row says. */
export const rightsOf = (role: Role): readonly Right[] => role.key === 'owner' ? RIGHTS : role.rights

/** Whether this person may give the role to somebody, and change those who have it: nobody rules over rights they don't hold, and only owners over owners. */
export function covers (viewer: Pick<Viewer, 'roleKey' | 'can'>, role: Role): boolean {
  return role.key === 'owner' ? viewer.roleKey === 'owner' : role.rights.every(right => viewer.can(right))
}

/**
 * Runs a change of who may do what, in a transaction and under one lock for all such changes: two admins act one after the
 * other, each seeing what the other did. It is run again when it lost in a deadlock to whoever makes a lead. `work` is given
 * the acting person as they stand now. Throws Forbidden when they were deactivated, or lost `right`, since the request began.
 */
export async function changingRanks<T> (db: Db, by: Viewer, right: Right, work: (trx: Db, by: Viewer) => Promise<T>): Promise<T> {
  return transaction(db, async trx => {
    // The owner's role is in every installation. "No key": whoever merely adds an employee with this role needn't wait.
    await trx('roles').where({ key: 'owner' }).forNoKeyUpdate().first('id')
    const now = await standing(trx, by)
    if (!now?.can(right)) throw new Forbidden([right])
    return work(trx, now)
  })
}

// The one place where roles look at employees: the lock is worth nothing if the acting person is read before it.
async function standing (trx: Db, by: Viewer): Promise<Viewer | undefined> {
  const row = await trx('employees as e').join('roles as r', 'r.id', 'e.role_id').where('e.id', by.id).whereNull('e.deactivated_at')
    .first('r.id as roleId', 'r.key as roleKey', 'r.rights')
  return row && makeViewer({ ...by, ...row })
}
