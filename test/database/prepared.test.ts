import t from 'tap'
import { prepared } from '../../src/database/knex.js'
import { testDatabase } from '../support/database.js'
import { until } from '../support/until.js'

t.test('a query without the builder is asked, told of and prepared as others are', async t => {
  const { db } = await testDatabase(t)
  const told: unknown[] = []
  db.on('query', ({ sql, bindings }) => told.push(sql, bindings))
  db.on('query-response', ({ rows }) => told.push(rows))
  const ask = (values: unknown[], of = db) => prepared<{ one: number, other: string }[]>(of, 'select ?::int as one, ?::text as other, pg_backend_pid() as pid', values)
  t.match((await ask([1, "O'Neill; --"])).rows, [{ one: 1, other: "O'Neill; --" }])
  t.match(told, ['select $1::int as one, $2::text as other, pg_backend_pid() as pid', [1, "O'Neill; --"], [{ one: 1 }]])
  await db.raw('select ?::int as one, ?::text as other, pg_backend_pid() as pid', [1, "O'Neill; --"])
  t.same(told.slice(3, 5), told.slice(0, 2), 'as Knex tells of its own')
  t.match((await ask([2, null as never])).rows, [{ one: 2, other: null }])
  t.equal((await db.raw("select count(*)::int as count from pg_prepared_statements where statement like '%as other%' and name like 'clientela%'")).rows[0].count, 1)

  await db.transaction(async trx => {
    const { rows: [{ pid }] } = await trx.raw('select pg_backend_pid() as pid')
    t.match((await ask([3, 'in a transaction'], trx)).rows, [{ one: 3, pid }], 'on the connection of the transaction')
  })
})

t.test('a query that fails gives its connection back, and one whose connection is lost leaves none behind', async t => {
  const { db } = await testDatabase(t)
  for (let n = 0; n < 25; n++) await t.rejects(prepared(db, 'select 1 / ?::int', [0]), { code: '22012' })
  const { rows: [{ pid }] } = await prepared(db, 'select pg_backend_pid() as pid', [])
  const asked = t.rejects(prepared(db, 'select pg_sleep(?::int)', [30]))
  await db.raw("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
  await asked
  await until(() => prepared(db, 'select ?::int as pid', [pid]).then(({ rows }) => rows[0].pid === pid, () => false), 'others are asked')
  t.equal(db.client.pool.numUsed(), 0)
})
