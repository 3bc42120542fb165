import t from 'tap'
import { unchanged } from '../../src/database/unchanged.js'
import { cast } from '../support/cast.js'

t.test('what was read is given again while nothing has changed, and no longer', async t => {
  const { app: { db } } = await cast(t)
  const asOf = async () => (await db.raw('select pg_current_snapshot()::text as as_of')).rows[0].as_of as string
  let reads = 0
  const name = () => db('organisation').first('name').then(row => { reads++; return row.name as string })
  const ask = (at: string | undefined, lasts?: () => number) => unchanged(db, at, 'name', name, lasts)

  const before = await asOf()
  const [first, beside] = await Promise.all([ask(before), ask(before)])
  t.same([await ask(before), beside, reads], [first, first, 1], 'read once, also for those who ask meanwhile')
  t.equal(await unchanged(db, before, 'something else', async () => 'else'), 'else', 'each by what it is')
  await ask(undefined)
  t.equal(reads, 2, 'anew by whoever may have changed something')

  await db('organisation').update({ name: 'Another name' })
  const after = await asOf()
  t.not(after, before, 'a change is seen in what Postgres says')
  t.equal(await ask(after), 'Another name', 'at once, in every process')
  await db.transaction(async trx => {
    await trx('organisation').update({ name: 'Not yet' })
    t.equal(await unchanged(trx, after, 'name', () => trx('organisation').first('name').then(row => row.name)), 'Not yet', 'a transaction reads what it has written')
    t.equal(await ask(await asOf()), 'Another name', 'others what was')
  })
  t.equal(await ask(await asOf()), 'Not yet', 'until it is there')
})

t.test('what hangs on the clock holds as long as it says, and what failed is asked for again', async t => {
  const { app: { db } } = await cast(t)
  let reads = 0
  const count = () => unchanged(db, 'then', 'clock', async () => ++reads, () => -1)
  t.same([await count(), await count()], [1, 2])
  const failing = () => unchanged(db, 'then', 'failing', async () => { if (++reads < 4) throw new Error('lost'); return 'found' })
  await t.rejects(failing(), /lost/)
  t.equal(await failing(), 'found')
})
