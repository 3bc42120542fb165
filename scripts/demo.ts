/**
 * `npm run demo`: a shop to play with, on a database of its own; `npm run demo -- --clients 100000` for a bigger one.
 * It is made once: the next start keeps what was done in it. Without DATABASE_URL it lives in data/demo; delete that to begin anew.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { emptyDemo, DEMO_EMAILS, DEMO_PASSWORD, findDemo, seedDemo } from '../seeds/demo.js'
import { ConfigError, readConfig, type Config } from '../src/config.js'
import type { Db } from '../src/database/knex.js'
import { openStorage } from '../src/files/storage/open.js'
import { fail, serve } from '../src/serve.js'

try {
  const clients = readClients(process.argv.slice(2))
  const config = readConfig(process.env)
  const own = { ...config, dataDirectory: join(config.dataDirectory, 'demo') }
  await serve(own, {
    async prepare ({ db }) {
      await makeDemo(db, own, clients)
      console.log(await whoMaySignIn(db))
    }
  })
} catch (error) {
  fail(error as Error)
}

function readClients (args: string[]): number {
  const { values } = parseArgs({ args, options: { clients: { type: 'string', default: '12000' } } })
  const clients = Number(values.clients)
  if (!Number.isInteger(clients) || clients < 1) throw new ConfigError(`--clients is a number such as 12000, not ${values.clients}`)
  return clients
}

async function makeDemo (db: Db, config: Config, clients: number): Promise<void> {
  const state = await findDemo(db)
  if (state === 'whole') return console.log('The demo is as you left it.')
  if (state === 'foreign') throw new Error('The demo needs a database of its own, and this one (DATABASE_URL) has somebody\'s data: create an empty one')
  if (state === 'started') {
    if (config.databaseUrl) throw new Error('An earlier start of the demo in this database (DATABASE_URL) was broken off: drop it and create an empty one')
    await emptyDemo(db)
  }
  console.log(`Making a shop with ${clients} clients ...`)
  const begun = performance.now()
  await seedDemo(db, { clients, log: console.log, storage: openStorage(config) })
  console.log(`Made in ${((performance.now() - begun) / 1000).toFixed(1)} s.`)
}

async function whoMaySignIn (db: Db): Promise<string> {
  const people = await db('employees').join('roles', 'roles.id', 'employees.role_id')
    .whereIn('employees.email', DEMO_EMAILS).whereNull('employees.deactivated_at')
    .select({ name: 'employees.name', role: db.raw('coalesce(roles.name, roles.key)'), email: 'employees.email' }).orderBy('employees.id')
  const width = (column: 'name' | 'role') => Math.max(...people.map(one => one[column].length)) + 2
  const lines = people.map(({ name, role, email }) => `  ${name.padEnd(width('name'))}${role.padEnd(width('role'))}${email}`)
  return `\nWho can sign in, all with the password ${DEMO_PASSWORD}:\n\n${lines.join('\n')}\n\nThe password is no secret: keep the demo off the internet.\n`
}
