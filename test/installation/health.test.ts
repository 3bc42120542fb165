import t from 'tap'
import { openDatabase } from '../../src/database/knex.js'
import { secondApp, testApp } from '../support/app.js'

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
  await lost.destroy()
  const answer = await app.inject('/readyz')
  t.same([answer.statusCode, answer.json()], [503, { status: 'not ready', database: 'unreachable' }])
  t.equal((await app.inject('/healthz')).statusCode, 200)
  t.ok(await db.raw('select 1'))
})
