import { randomBytes, randomInt } from 'node:crypto'
import type { Db } from '../src/database/knex.js'
import { BUILT_IN_ROLES } from '../src/rights.js'

/** What every new installation needs before anyone has signed in: its secret, the built-in roles and phone types. Changes nothing that is there. */
export async function seedReference (db: Db): Promise<void> {
  await db('installation')
    .insert({ id: 1, secret: randomBytes(48).toString('base64url'), setup_code: String(randomInt(10_000_000, 100_000_000)) })
    .onConflict('id').ignore()

  const roles = Object.entries(BUILT_IN_ROLES).map(([key, rights]) => ({ key, rights: [...rights] }))
  const made = await db('roles').insert(roles).onConflict('key').ignore().returning(['id', 'key'])
  const managers = made.find(({ key }) => key === 'manager')
  if (managers) await db('notification_rules').insert({ notice: 'new', role_id: managers.id, in_app: true })

  const types = ['mobile', 'work', 'home'].map((key, position) => ({ key, position }))
  await db('phone_types').insert(types).onConflict('key').ignore()
}
