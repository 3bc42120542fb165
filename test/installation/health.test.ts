import t from 'tap'
import { openDatabase } from '../../src/database/knex.js'
import { secondApp, testApp } from '../support/app.js'
import { cast } from '../support/cast.js'
import { until } from '../support/until.js'

t.test('it is alive, and ready with the database it knows', async t => {
  const { app } = await testApp(t)
  const alive = await app.inject('/healthz')
  t.same([alive.statusCode, alive.json()], [200, { status: 'alive' }])
  const ready = await app.inject('/readyz')
  t.same([ready.statusCode, ready.json()], [200, { status: 'ready', database: 'ready' }])
  t.equal(ready.headers['cache-control'], 'no-store')
})

t.test('a database that lacks a migration is not ready', async t => {
  const { app, db } = await testApp(t)
  await db.raw('delete from migrations where id = (select max(id) from migrations)')
  const answer = await app.inject('/readyz')
  t.same([answer.statusCode, answer.json()], [503, { status: 'not ready', database: 'not migrated' }])
})

t.test('without its database it lives on and says so', async t => {
  const { url, db } = await testApp(t)
  const lost = openDatabase(url)
  const app = await secondApp(t, { db: lost, url })
  t.equal((await app.inject('/readyz')).statusCode, 200) // what it looks for as it starts has been found
  await lost.destroy()
  const answer = await app.inject('/readyz')
  t.same([answer.statusCode, answer.json()], [503, { status: 'not ready', database: 'unreachable' }])
  t.equal((await app.inject('/healthz')).statusCode, 200)
  t.ok(await db.raw('select 1'))
})

t.test('whoever is signed in is told so too, on a page or in a part of one, and asked to come back', async t => {
  const { url, db, anna, as } = await cast(t)
  const lost = openDatabase(url)
  const app = await secondApp(t, { db: lost, url })
  t.equal((await as(anna, app).get('/clients')).status, 200)
  await lost.destroy()
  const page = await as(anna, app).get('/clients')
  t.match(page, { status: 503, headers: { 'retry-after': '5' } })
  t.match(page.body, 'One moment, please')
  t.notMatch(page.body, 'Unable to acquire')
  const part = await as(anna, app).get('/clients?q=ana', { fragment: true })
  t.match(part, { status: 503, headers: { 'hx-retarget': '#flash' } })
  t.notMatch(part.body, '<html')
  t.equal((await as(anna, app).post('/clients', { name: 'Jan Nowak' })).status, 503)
  t.match(await as(anna, app).get('/readyz'), { status: 503, body: 'unreachable' }, 'also with a session that nobody can look up')
  t.equal(await db('clients').where({ name: 'Jan Nowak' }).first(), undefined)
})

t.test('connections that Postgres ends are a matter of a moment', async t => {
  const { url, db, anna, as } = await cast(t)
  const weak = openDatabase(url)
  t.teardown(() => weak.destroy())
  const app = await secondApp(t, { db: weak, url })
  const visitor = as(anna, app)
  t.equal((await visitor.get('/clients')).status, 200)
  const lock = await db.transaction()
  await lock.raw('lock table clients')
  const answer = visitor.get('/clients?q=nowak')
  await until(async () => (await db.raw("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")).rows.length > 0, 'the search waits')
  await db.raw("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
  t.equal((await answer).status, 503)
  await lock.rollback()
  t.ok(await until(async () => (await visitor.get('/clients?q=nowak')).status === 200, 'found as it was'))
})
