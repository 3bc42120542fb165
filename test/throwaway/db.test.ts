import t from 'tap'
import { testDatabase } from '../support/database.js'

t.test('a database of its own', async t => {
  const start = performance.now()
  const { db } = await testDatabase(t)
  console.error('made in', performance.now() - start)
  const { rows } = await db.raw('select current_database() as name')
  t.match(rows[0].name, /clientela_test/)
})
t.test('an empty one', async t => {
  const { db } = await testDatabase(t, { empty: true })
  const { rows } = await db.raw("select count(*) from pg_tables where schemaname = 'public'")
  t.equal(rows[0].count, 0)
})
t.test('eight at once', async t => {
  await Promise.all(Array.from({ length: 8 }, () => testDatabase(t)))
  t.pass('made')
})
