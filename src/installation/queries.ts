import type { Db } from '../database/knex.js'
import { hashPassword } from '../sign-in/password.js'
import type { Language } from '../web/viewer.js'
import type { SetupValues } from './form.js'

/** Somebody else finished the first run a moment earlier. */
export class AlreadySetUp extends Error {}

export const isSetUp = async (db: Db): Promise<boolean> => Boolean(await db('organisation').first('id'))

/** What of the company stands in a mail: its name, its language, and how its dates are read. */
export interface Company { name: string, language: Language, country: string, timeZone: string }

export async function findCompany (db: Db): Promise<Company> {
  return db('organisation').where({ id: 1 }).first({ name: 'name', language: 'language', country: 'country', timeZone: 'time_zone' })
}

/** A column for a query that stamps what it masks (src/clients/masking.ts), by a key that never leaves the server. */
export const STAMP_KEY = '(select secret from installation) as stamp_key'

/** The code that the start prints for someone who opens the first page from another machine. */
export async function findSetupCode (db: Db): Promise<string> {
  const row = await db('installation').first('setup_code')
  return row.setup_code
}

/** Makes the company and its owner. Returns the owner's id. Throws AlreadySetUp when there is a company. */
export async function setUp (db: Db, values: Omit<SetupValues, 'code' | 'example'>): Promise<number> {
  const passwordHash = await hashPassword(values.password)
  return db.transaction(async trx => {
    const made = await trx('organisation').insert({
      id: 1, name: values.company, country: values.country, currency: values.currency, time_zone: values.time_zone, language: values.language
    }).onConflict('id').ignore().returning('id')
    if (made.length === 0) throw new AlreadySetUp()
    return createOwner(trx, { name: values.name, email: values.email, passwordHash, language: values.language })
  })
}

/** Adds an employee who is an owner. `email` must not be taken. */
export async function createOwner (db: Db, owner: { name: string, email: string, passwordHash: string, language: string }): Promise<number> {
  const role = await db('roles').where({ key: 'owner' }).first('id')
  const [row] = await db('employees')
    .insert({ name: owner.name, email: owner.email, password_hash: owner.passwordHash, language: owner.language, role_id: role.id })
    .returning('id')
  return row.id
}
