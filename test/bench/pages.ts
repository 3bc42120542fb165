import { once } from 'node:events'
import autocannon from 'autocannon'
import type { Db } from '../../src/database/knex.js'
import { addFields } from '../support/fields.js'
import type { FloorCase } from './floor.js'
import { record, type Page } from './record.js'
import { makeRich } from './rich.js'
import type { Served, Shop } from './shop.js'

const CONNECTIONS = [1, 10]
const GOAL = 0.5
const RICH_GOAL = 1.5

/*
 * npm run bench -- --only pages [--sizes 10000,100000] [--seconds 5]
 * Requests a second of the application and of a floor (see floor.ts) in turns, and their ratio, which is what counts: both share the machine's noise.
 */

/** Measures the list, the list searched and the profile; then a profile of which much is known beside a plain one. */
export async function benchPages (shop: Shop, app: Served, floor: Served, seconds: number): Promise<void> {
  const pages = await pagesOf(shop)
  await comparePages(shop, app, floor, seconds, pages)
  await compareRich(shop.db, pages.at(-1)!, app.port, seconds)
}

/** Measures the lists by fields of the shop's own. */
export async function benchOwnPages (shop: Shop, app: Served, floor: Served, seconds: number): Promise<void> {
  await comparePages(shop, app, floor, seconds, await ownPages(shop))
}

async function comparePages ({ inside, db }: Shop, app: Served, floor: Served, seconds: number, pages: Page[]): Promise<void> {
  const cases: [string, FloorCase][] = []
  for (const page of pages) cases.push([page.url, await record(inside, db, page)])
  floor.child.send(cases)
  await once(floor.child, 'message')
  for (const page of pages) {
    for (const connections of CONNECTIONS) await compareOne(page, connections, app.port, floor.port, seconds)
  }
}

async function compareOne (page: Page, connections: number, appPort: number, floorPort: number, seconds: number): Promise<void> {
  const rounds = [await round(page, connections, appPort, floorPort, seconds), await round(page, connections, floorPort, appPort, seconds, true)]
  const appRate = mean(rounds.map(one => one.app.rate)), floorRate = mean(rounds.map(one => one.floor.rate))
  const ratio = appRate / floorRate
  console.log(`  ${page.name.padEnd(28)}${String(connections).padStart(11)}${appRate.toFixed(0).padStart(13)}${floorRate.toFixed(0).padStart(14)}${`${(ratio * 100).toFixed(0)} %`.padStart(8)}${`${rounds[0]!.app.late} ms`.padStart(12)}${ratio < GOAL ? '   below the goal' : ''}`)
}

/** The same profile before and after it has sixty own fields, twenty phones and ten thousand entries: how much longer it takes to open. */
async function compareRich (db: Db, profile: Page, port: number, seconds: number): Promise<void> {
  const before = await fire(profile, 1, port, seconds)
  await makeRich(db, Number(profile.url.split('/').at(-1)))
  await fire(profile, 1, port, seconds) // the plain one has been asked for long enough to be compiled; so shall this be
  const after = await fire(profile, 1, port, seconds)
  const times = before.rate / after.rate
  console.log(`  the profile with 60 own fields, 20 phones and 10,000 entries: ${times.toFixed(2)} times as long as the plain one (${(1000 / before.rate).toFixed(1)} ms, ${(1000 / after.rate).toFixed(1)} ms)${times > RICH_GOAL ? '   above the goal' : ''}`)
}

async function pagesOf ({ db, cookie }: Shop): Promise<Page[]> {
  const middle = await db('clients').whereNull('archived_at').orderBy('id').offset(5000).first('id') ?? await db('clients').whereNull('archived_at').first('id')
  const fragment = { 'hx-request': 'true', 'hx-request-type': 'partial' }
  return [
    { name: 'the list', url: '/clients', headers: { cookie } },
    { name: 'the list searched (page)', url: '/clients?q=kowalsk', headers: { cookie } },
    { name: 'the list searched (htmx)', url: '/clients?q=kow+ana', headers: { cookie, ...fragment } },
    { name: 'the profile', url: `/clients/${middle.id}`, headers: { cookie } }
  ]
}

/** The list narrowed to one option of an own field, and in the order of one, beside forty-nine other fields that every third client has. */
async function ownPages ({ db, cookie }: Shop): Promise<Page[]> {
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

async function round (page: Page, connections: number, firstPort: number, secondPort: number, seconds: number, floorFirst = false) {
  const first = await fire(page, connections, firstPort, seconds)
  const second = await fire(page, connections, secondPort, seconds)
  return floorFirst ? { app: second, floor: first } : { app: first, floor: second }
}

async function fire ({ url, headers }: Page, connections: number, port: number, seconds: number): Promise<{ rate: number, late: number }> {
  const shot = (duration: number) => autocannon({ url: `http://127.0.0.1:${port}${url}`, connections, duration, headers })
  await shot(1)
  const result = await shot(seconds)
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}: ${result.non2xx} answers not 2xx, ${result.errors} errors`)
  return { rate: result.requests.average, late: result.latency.p97_5 }
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
