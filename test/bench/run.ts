import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/database/embedded.js'
import { makeManyLeads } from '../support/many-leads.js'
import { benchCalls } from './calls.js'
import { benchImports } from './imports.js'
import { benchLeadLists } from './lead-lists.js'
import { benchLeads } from './leads.js'
import { benchMessages } from './messages.js'
import { benchOwnPages, benchPages } from './pages.js'
import { benchSearches } from './searches.js'
import { inShop, madeDatabase, sayMemory, settle, type Served, type Shop } from './shop.js'

/*
 * npm run bench [-- --sizes 10000,100000] [-- --seconds 5]
 * npm run bench -- --only pages (pages.ts; without the searches and the lists by own fields)
 * npm run bench -- --only search [--made postgres://…,postgres://…] (searches.ts; on demos that are there already)
 * npm run bench -- --only imports [--rows 100000] (imports.ts)
 * npm run bench -- --only leads [--leads 1000000] [--made postgres://…] (leads.ts, lead-lists.ts; on a base with many leads that is there already)
 * npm run bench -- --only calls (calls.ts)
 * npm run bench -- --only messages [--messages 100000] (messages.ts)
 */
const option = (name: string, fallback: string) => process.argv[process.argv.indexOf(`--${name}`) + 1 || process.argv.length] ?? fallback
const SIZES = option('sizes', '10000,100000,1000000').split(',').map(Number)
const SECONDS = Number(option('seconds', '5'))
const ONLY = option('only', '')
const MADE = option('made', '').split(',').filter(Boolean)
const A_SMALL_SHOP = 12_000

/** The lists and a profile of a shop of some size. */
const pages = (url: string, size: number) => inShop(url, {}, async shop => {
  const [app, floor] = [await shop.serve(), await shop.serve('floor.js')]
  console.log(`\n${size.toLocaleString('en')} clients${' '.repeat(20)}connections    app req/s   floor req/s   ratio   app p97.5`)
  await settle(shop.db)
  await benchPages(shop, app, floor, SECONDS)
  if (ONLY === '') await benchOwnPages(shop, app, floor, SECONDS)
  await sayMemory(app.pid)
  await app.end()
  await floor.end()
})

const nameOf = (n: number) => SIZES[n]!.toLocaleString('en')

/** The searches of shops of several sizes, all open at once. */
async function searches (urls: string[], open: (Shop & { app: Served })[] = []): Promise<void> {
  if (open.length < urls.length) {
    return inShop(urls[open.length]!, {}, async shop => {
      const app = await shop.serve()
      await settle(shop.db)
      await searches(urls, [...open, { ...shop, app }])
      await sayMemory(app.pid, `${nameOf(open.length)} clients`)
      await app.end()
    })
  }
  console.log('\nClients listed and searched')
  await benchSearches(open.map(({ db, cookie, app: { port, pid } }, n) => ({ name: nameOf(n), db, cookie, port, pid })), SECONDS)
}

/** Two empty shops that import their clients: one in which nobody does anything else, and one in which people are at work. */
async function imports (server: string, rows: number): Promise<void> {
  for (const [clients, isAsked] of [[60, false], [61, true]] as const) {
    const url = await madeDatabase(server, clients)
    await inShop(url, { LOG_LEVEL: 'warn', DATA_DIR: join(directory, 'data') }, ({ inside, anna, cookie }) => benchImports(inside, url, { by: anna, cookie }, rows, directory, isAsked))
  }
}

/** A small shop that has had leads for years. */
const leads = (url: string, count: number | null) => inShop(url, {}, async ({ db, inside, cookie, serve }) => {
  if (count !== null) {
    console.log(`\nMaking ${count.toLocaleString('en')} leads, of which ${(count / 20).toLocaleString('en')} are open …`)
    await makeManyLeads(db, { count, open: count / 20 })
  }
  await benchLeads(inside, url)
  const app = await serve()
  await benchLeadLists({ db, cookie, port: app.port, pid: app.pid }, SECONDS)
  await sayMemory(app.pid)
  await app.end()
})

/** A small shop in which many pages lie open. */
const calls = (url: string) => inShop(url, { SECRET_KEY: 'a key of the benchmark, of thirty-two letters' }, async ({ db, inside, serve }) => {
  const app = await serve()
  await benchCalls(db, inside, url, app.port, 20)
  await app.end()
})

/** A small shop that writes to many. */
const messages = (url: string, count: number) => inShop(url, { LOG_LEVEL: 'error' }, async ({ db, anna, cookie, serve }) => {
  const app = await serve()
  await benchMessages(db, { port: app.port, cookie, by: anna }, count)
  await app.end()
})

async function run (server: string): Promise<void> {
  if (ONLY === 'imports') return imports(server, Number(option('rows', '100000')))
  if (ONLY === 'leads' && MADE.length > 0) return leads(MADE[0]!, null)
  if (ONLY === 'leads') return leads(await madeDatabase(server, A_SMALL_SHOP), Number(option('leads', '1000000')))
  if (ONLY === 'calls') return calls(await madeDatabase(server, A_SMALL_SHOP))
  if (ONLY === 'messages') return messages(await madeDatabase(server, A_SMALL_SHOP), Number(option('messages', '100000')))
  const urls: string[] = []
  for (const [n, size] of SIZES.entries()) urls.push(MADE[n] ?? await madeDatabase(server, size))
  if (ONLY !== 'search') for (const [n, size] of SIZES.entries()) await pages(urls[n]!, size)
  if (ONLY !== 'pages') await searches(urls)
}

const directory = await mkdtemp(join(tmpdir(), 'clientela-bench-'))
const postgres = await startEmbeddedPostgres({ directory })
try {
  await run(postgres.url)
} finally {
  await postgres.stop()
  await rm(directory, { recursive: true, force: true })
}
