import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { buildApp } from '../../src/app.js'
import { readConfig } from '../../src/config.js'
import { startEmbeddedPostgres } from '../../src/database/embedded.js'
import { openDatabase, type Db } from '../../src/database/knex.js'
import { migrateToLatest } from '../../src/database/migrate.js'
import { inRoot } from '../../src/paths.js'
import { seedDemo } from '../../seeds/demo.js'
import { makeManyLeads } from '../support/many-leads.js'
import { openSession } from '../support/session.js'
import { addFields } from '../support/fields.js'
import { databaseUrl } from '../support/server.js'
import { benchCalls } from './calls.js'
import type { FloorCase } from './floor.js'
import { benchImports } from './imports.js'
import type { Found } from './kinds.js'
import { benchLeadLists } from './lead-lists.js'
import { benchLeads } from './leads.js'
import { benchMessages } from './messages.js'
import { record, type Page } from './record.js'
import { makeRich } from './rich.js'
import { benchSearches } from './searches.js'

/*
 * npm run bench [-- --sizes 10000,100000] [-- --seconds 5]
 * npm run bench -- --only pages (without the searches and the lists by own fields)
 * npm run bench -- --only search [--made postgres://…,postgres://…] (searches.ts; on demos that are there already)
 * npm run bench -- --only imports [--rows 100000]
 * npm run bench -- --only leads [--leads 1000000] (leads.ts, lead-lists.ts)
 * npm run bench -- --only calls (calls.ts)
 * npm run bench -- --only messages [--messages 100000] (messages.ts)
 * Requests a second of the application and of a floor (see floor.ts) in turns, and their ratio, which is what counts: both
 * share the machine's noise. Ends with the application's memory.
 */
const option = (name: string, fallback: string) => process.argv[process.argv.indexOf(`--${name}`) + 1 || process.argv.length] ?? fallback
const SIZES = option('sizes', '10000,100000,1000000').split(',').map(Number)
const SECONDS = Number(option('seconds', '5'))
const CONNECTIONS = [1, 10]
const GOAL = 0.5
const POOL = 10
const ONLY = option('only', '')
const RICH_GOAL = 1.5

let found: Found | null = null

async function benchmark (size: number): Promise<void> {
  const url = option('made', '').split(',')[SIZES.indexOf(size)] || await madeDatabase(size)
  const db = openDatabase(url)
  const { secret } = await db('installation').first('secret')
  const inside = await buildApp({ config: readConfig({ LOG_LEVEL: 'silent' }), db, databaseUrl: url, secret })
  await inside.ready()
  const env = { ...process.env, DATABASE_URL: url, POOL: String(POOL), DATABASE_POOL: String(POOL) }
  const [app, floor] = [child('app-process.js', env), child('floor.js', env)]
  const [appPort, floorPort] = [await portOf(app), await portOf(floor)]

  const compare = async (pages: Page[]) => {
    const cases: [string, FloorCase][] = []
    for (const page of pages) cases.push([page.url, await record(inside, db, page)])
    floor.send(cases)
    await once(floor, 'message')
    for (const page of pages) {
      for (const connections of CONNECTIONS) await compareOne(page, connections, appPort, floorPort)
    }
  }

  const searches = async () => { found = await benchSearches({ db, cookie, port: appPort, pid: app.pid!, seconds: SECONDS }, found) }

  const cookie = await anna(inside, db)
  console.log(`\n${size.toLocaleString('en')} clients${ONLY === 'search' ? '' : `${' '.repeat(20)}connections    app req/s   floor req/s   ratio   app p97.5`}`)
  if (ONLY !== 'search') {
    const pages = await pagesOf(db, cookie)
    await compare(pages)
    await compareRich(db, pages.at(-1)!, appPort)
  }
  if (ONLY !== 'pages') await searches()
  if (ONLY === '') {
    await compare(await ownPages(db, cookie))
  }
  console.log(`  memory of the application after it: ${await residentMegabytes(app.pid!)} MB resident`)
  for (const process_ of [app, floor]) {
    process_.disconnect()
    await once(process_, 'exit')
  }
  await inside.close()
  await db.destroy()
}

async function compareOne (page: Page, connections: number, appPort: number, floorPort: number): Promise<void> {
  const rounds = [await round(page, connections, appPort, floorPort), await round(page, connections, floorPort, appPort, true)]
  const appRate = mean(rounds.map(one => one.app.rate)), floorRate = mean(rounds.map(one => one.floor.rate))
  const ratio = appRate / floorRate
  console.log(`  ${page.name.padEnd(28)}${String(connections).padStart(11)}${appRate.toFixed(0).padStart(13)}${floorRate.toFixed(0).padStart(14)}${`${(ratio * 100).toFixed(0)} %`.padStart(8)}${`${rounds[0]!.app.late} ms`.padStart(12)}${ratio < GOAL ? '   below the goal' : ''}`)
}

/** The same profile before and after it has sixty own fields, twenty phones and ten thousand entries: how much longer it takes to open. */
async function compareRich (db: Db, profile: Page, port: number): Promise<void> {
  const before = await fire(profile, 1, port)
  await makeRich(db, Number(profile.url.split('/').at(-1)))
  await fire(profile, 1, port) // the plain one has been asked for long enough to be compiled; so shall this be
  const after = await fire(profile, 1, port)
  const times = before.rate / after.rate
  console.log(`  the profile with 60 own fields, 20 phones and 10,000 entries: ${times.toFixed(2)} times as long as the plain one (${(1000 / before.rate).toFixed(1)} ms, ${(1000 / after.rate).toFixed(1)} ms)${times > RICH_GOAL ? '   above the goal' : ''}`)
}

async function madeDatabase (size: number): Promise<string> {
  const name = `bench_${size}`
  const admin = openDatabase(postgres.url)
  await admin.raw(`create database ${name}`)
  await admin.destroy()
  const url = databaseUrl(postgres.url, name)
  const db = openDatabase(url)
  await migrateToLatest(db)
  console.log(`Making ${size} clients …`)
  await seedDemo(db, { clients: size })
  await db.destroy()
  return url
}

/** An empty shop that imports its clients. */
async function imports (rows: number): Promise<void> {
  const url = await madeDatabase(60)
  const db = openDatabase(url)
  const { secret } = await db('installation').first('secret')
  const app = await buildApp({ config: readConfig({ LOG_LEVEL: 'warn', DATA_DIR: join(directory, 'data') }), db, databaseUrl: url, secret })
  await app.ready()
  const { id } = await db('employees').whereLike('email', 'anna@%').first('id')
  await benchImports(app, url, { by: id, cookie: await openSession(app, db, id) }, rows, directory)
  await app.close()
  await db.destroy()
}

/** A small shop that has had leads for years. */
async function leads (count: number): Promise<void> {
  const url = await madeDatabase(12_000)
  const db = openDatabase(url)
  const { secret } = await db('installation').first('secret')
  const inside = await buildApp({ config: readConfig({ LOG_LEVEL: 'silent' }), db, databaseUrl: url, secret })
  await inside.ready()
  const cookie = await anna(inside, db)
  console.log(`\nMaking ${count.toLocaleString('en')} leads, of which ${(count / 20).toLocaleString('en')} are open …`)
  await makeManyLeads(db, { count, open: count / 20 })
  await benchLeads(inside, url)
  await inside.close()
  const app = child('app-process.js', { ...process.env, DATABASE_URL: url, DATABASE_POOL: String(POOL) })
  await benchLeadLists({ db, cookie, port: await portOf(app), pid: app.pid!, seconds: SECONDS })
  console.log(`  memory of the application after it: ${await residentMegabytes(app.pid!)} MB resident`)
  app.disconnect()
  await once(app, 'exit')
  await db.destroy()
}

/** A small shop in which many pages lie open. */
async function calls (): Promise<void> {
  const url = await madeDatabase(12_000)
  const db = openDatabase(url)
  const { secret } = await db('installation').first('secret')
  const key = 'a key of the benchmark, of thirty-two letters'
  const inside = await buildApp({ config: readConfig({ LOG_LEVEL: 'silent', SECRET_KEY: key }), db, databaseUrl: url, secret })
  await inside.ready()
  const app = child('app-process.js', { ...process.env, DATABASE_URL: url, DATABASE_POOL: String(POOL), SECRET_KEY: key })
  await benchCalls(db, inside, url, await portOf(app), 20)
  app.disconnect()
  await once(app, 'exit')
  await inside.close()
  await db.destroy()
}

/** A small shop that writes to many. */
async function messages (count: number): Promise<void> {
  const url = await madeDatabase(12_000)
  const db = openDatabase(url)
  const { secret } = await db('installation').first('secret')
  const inside = await buildApp({ config: readConfig({ LOG_LEVEL: 'silent' }), db, databaseUrl: url, secret })
  await inside.ready()
  const cookie = await anna(inside, db)
  const app = child('app-process.js', { ...process.env, DATABASE_URL: url, DATABASE_POOL: String(POOL), LOG_LEVEL: 'error' })
  const { id: by } = await db('employees').whereLike('email', 'anna@%').first('id')
  await benchMessages(db, { port: await portOf(app), cookie, by }, count)
  app.disconnect()
  await once(app, 'exit')
  await inside.close()
  await db.destroy()
}

async function anna (app: Awaited<ReturnType<typeof buildApp>>, db: Db): Promise<string> {
  const { id } = await db('employees').whereLike('email', 'anna@%').first('id')
  return openSession(app, db, id)
}

async function pagesOf (db: Db, cookie: string): Promise<Page[]> {
  const middle = await db('clients').whereNull('archived_at').orderBy('id').offset(5000).first('id')
  const fragment = { 'hx-request': 'true', 'hx-request-type': 'partial' }
  return [
    { name: 'the list', url: '/clients', headers: { cookie } },
    { name: 'the list searched (page)', url: '/clients?q=kowalsk', headers: { cookie } },
    { name: 'the list searched (htmx)', url: '/clients?q=kow+ana', headers: { cookie, ...fragment } },
    { name: 'the profile', url: `/clients/${middle.id}`, headers: { cookie } }
  ]
}

/** The list narrowed to one option of an own field, and in the order of one, beside forty-nine other fields that every third client has. */
async function ownPages (db: Db, cookie: string): Promise<Page[]> {
  const fields = await addFields(db, Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`list_${n}`, n % 2 ? { kind: 'number' as const } : { kind: 'one_choice' as const, choices: ['a', 'b', 'c', 'd', 'e'] }])))
  await db.raw('alter table client_values disable trigger user')
  await db.raw(`
    insert into client_values (client_id, field_id, number_value, option_id)
    select c.id, f.id, case f.kind when 'number' then c.id % 997 end, case f.kind when 'one_choice' then (select min(id) from field_options o where o.field_id = f.id) + c.id % 5 end
    from fields f join clients c on (c.id + f.id) % 3 = 0 where f.key like 'list\\_%'`)
  await db.raw('alter table client_values enable trigger user')
  await db.raw('vacuum (analyze) client_values')
  const option = fields.list_10!.options[2]!.id
  return [
    { name: 'the list by an own choice', url: `/clients?own.list_10=${option}`, headers: { cookie } },
    { name: 'the list by an own number', url: '/clients?own.list_11.from=100&own.list_11.to=120&columns=phone,own.list_11,own.list_10', headers: { cookie } },
    { name: 'the list sorted by it', url: '/clients?sort=own.list_11', headers: { cookie } }
  ]
}

async function round (page: Page, connections: number, firstPort: number, secondPort: number, floorFirst = false) {
  const first = await fire(page, connections, firstPort)
  const second = await fire(page, connections, secondPort)
  return floorFirst ? { app: second, floor: first } : { app: first, floor: second }
}

async function fire ({ url, headers }: Page, connections: number, port: number): Promise<{ rate: number, late: number }> {
  const shot = (duration: number) => autocannon({ url: `http://127.0.0.1:${port}${url}`, connections, duration, headers })
  await shot(1)
  const result = await shot(SECONDS)
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}: ${result.non2xx} answers not 2xx, ${result.errors} errors`)
  return { rate: result.requests.average, late: result.latency.p97_5 }
}

// Both with the flags that `npm start` gives.
const FLAGS: string[] = JSON.parse(await readFile(inRoot('package.json'), 'utf8')).scripts.start.match(/--[a-z\d-]+(=\d+)?/g)

const child = (file: string, env: NodeJS.ProcessEnv) => fork(inRoot('dist', 'test', 'bench', file), { env, execArgv: FLAGS, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })

async function portOf (process_: ChildProcess): Promise<number> {
  const [{ port }] = await once(process_, 'message') as [{ port: number }]
  return port
}

async function residentMegabytes (pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kilobytes = /VmRSS:\s+(\d+)/.exec(status)?.[1]
  return kilobytes ? (Number(kilobytes) / 1024).toFixed(0) : '?'
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

const directory = await mkdtemp(join(tmpdir(), 'clientela-bench-'))
const postgres = await startEmbeddedPostgres({ directory })
try {
  if (ONLY === 'imports') await imports(Number(option('rows', '100000')))
  else if (ONLY === 'leads') await leads(Number(option('leads', '1000000')))
  else if (ONLY === 'calls') await calls()
  else if (ONLY === 'messages') await messages(Number(option('messages', '100000')))
  else for (const size of SIZES) await benchmark(size)
} finally {
  await postgres.stop()
  await rm(directory, { recursive: true, force: true })
}
