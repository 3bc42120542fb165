import Fastify from 'fastify'
import { runOnce } from 'graphile-worker'
import t, { type Test } from 'tap'
import type { Db } from '../../src/database/knex.js'
import { enqueue, type JobOptions } from '../../src/jobs/enqueue.js'
import type { JobHandler } from '../../src/jobs/plugin.js'
import { loggerTo, tasksOf } from '../../src/jobs/run.js'
import { poolOf } from '../../src/jobs/schema.js'
import { together } from '../../src/jobs/together.js'
import { startWorker } from '../../src/jobs/worker.js'
import { testDatabase } from '../support/database.js'
import { until } from '../support/until.js'

declare module '../../src/jobs/enqueue.js' {
  interface Jobs { 'test.events': { events: number[] } }
}

const { log } = Fastify()
const MOST = 50
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1)

/** A database with a table of what was done, in the transactions in which it was; `batches`: how many each had, also of those that failed. */
async function begin (t: Test) {
  const { db, url } = await testDatabase(t)
  await db.raw('create table done (event int not null)')
  const batches: number[] = []
  const handlers = () => new Map([['test.events', together(db, 'test.events', MOST, async () => async (trx, events) => {
    batches.push(events.length)
    await trx('done').insert(events.map(event => ({ event })))
    if (events.includes(13)) throw new Error('unlucky')
  }) as JobHandler<never>]])
  const leave = async (events: number[][], options: JobOptions = {}) => { for (const some of events) await enqueue(db, 'test.events', { events: some }, options) }
  const run = () => runOnce({ pgPool: poolOf(db), taskList: tasksOf(handlers(), log, new AbortController().signal), noHandleSignals: true, logger: loggerTo(log) })
  return { db, url, batches, handlers, leave, run }
}

const done = (db: Db): Promise<number[]> => db('done').orderBy('event').pluck('event')
const waiting = async (db: Db) => (await db.raw("select payload->'events' as events, attempts from graphile_worker._private_jobs order by id")).rows as { events: number[], attempts: number }[]

t.test('jobs that wait are done together, some a transaction, each once', async t => {
  const { db, batches, leave, run } = await begin(t)
  await leave(numbers(120).filter(n => n !== 13).map(n => [n]))
  await run()
  t.same(batches, [50, 50, 19])
  t.same(await done(db), numbers(120).filter(n => n !== 13))
  t.same(await waiting(db), [])
})

t.test('what was left together is not taken apart, and what is more than is done at once is done by itself', async t => {
  const { db, batches, leave, run } = await begin(t)
  await leave([[201], numbers(80).map(n => n + 300), [202], numbers(40).map(n => n + 400)])
  await run()
  t.same(batches, [1, 80, 41])
  t.equal((await done(db)).length, 122)
})

t.test('one that cannot be done holds up no other, and waits for its next try', async t => {
  const { db, leave, run } = await begin(t)
  await leave(numbers(20).map(n => [n]))
  await run()
  t.same(await done(db), numbers(20).filter(n => n !== 13))
  t.same(await waiting(db), [{ events: [13], attempts: 1 }])
  await leave([[21], [22]])
  await run()
  t.same(await done(db), [...numbers(22)].filter(n => n !== 13))
  t.same(await waiting(db), [{ events: [13], attempts: 1 }], 'nobody takes along what failed before')
})

t.test('what isn’t due yet, or has a key, is left alone', async t => {
  const { db, leave, run } = await begin(t)
  await leave([[1]])
  await leave([[2]], { runAt: new Date(Date.now() + 3600_000) })
  await leave([[3]], { key: 'three', runAt: new Date(Date.now() + 3600_000) })
  await run()
  t.same(await done(db), [1])
  t.same((await waiting(db)).map(({ events }) => events), [[2], [3]])
})

t.test('two processes share what waits, and nothing is done twice', async t => {
  const { db, url, batches, handlers, leave } = await begin(t)
  const events = numbers(400).map(n => n + 1000)
  await leave(events.map(event => [event]))
  const workers = [1, 2].map(() => startWorker({ url, log, handlers: handlers() }))
  t.teardown(() => Promise.all(workers.map(worker => worker.stop())))
  await until(async () => (await waiting(db)).length === 0, 'all are done')
  t.same(await done(db), events)
  t.ok(batches.length < 40, `${batches.length} batches`)
})
