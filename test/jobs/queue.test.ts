import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import Fastify from 'fastify'
import { runTaskList, type WorkerEvents } from 'graphile-worker'
import t from 'tap'
import { enqueue } from '../../src/jobs/enqueue.js'
import type { JobHandler } from '../../src/jobs/plugin.js'
import { JobsPool } from '../../src/jobs/pool.js'
import { loggerTo } from '../../src/jobs/run.js'
import { isQueueMigrated } from '../../src/jobs/schema.js'
import { startWorker } from '../../src/jobs/worker.js'
import { inRoot } from '../../src/paths.js'
import { cast } from '../support/cast.js'
import { testDatabase } from '../support/database.js'
import { runJobs } from '../support/jobs.js'
import { until } from '../support/until.js'

declare module '../../src/jobs/enqueue.js' {
  interface Jobs { 'test.long': { n: number }, 'test.short': { n: number } }
}

const { log } = Fastify()
const handlers = (name: string, handler: JobHandler<{ n: number }>) => new Map([[name, handler as JobHandler<never>]])

t.test('a job is there exactly when its cause is, is done once, and is tried again when it fails', async t => {
  const { app, db } = await cast(t)
  const done: string[] = []
  app.jobHandlers.set('test.short', (async ({ n }, { attempt, isLast }) => {
    done.push(`${n}: ${attempt}`)
    if (n === 13 && !isLast) throw new Error('unlucky')
  }) as JobHandler<{ n: number }> as JobHandler<never>)

  await db.transaction(trx => enqueue(trx, 'test.short', { n: 1 }))
  await t.rejects(db.transaction(async trx => { await enqueue(trx, 'test.short', { n: 2 }); throw new Error('changed my mind') }))
  await enqueue(db, 'test.short', { n: 3 }, { runAt: new Date(Date.now() + 60_000) })
  await enqueue(db, 'test.short', { n: 4 }, { key: 'one' })
  await enqueue(db, 'test.short', { n: 5 }, { key: 'one' })
  await runJobs(app)
  await runJobs(app)
  t.same(done, ['1: 1', '5: 1'])

  await enqueue(db, 'test.short', { n: 13 }, { maxAttempts: 2 })
  await t.rejects(runJobs(app), /unlucky/)
  await db.raw("update graphile_worker._private_jobs set run_at = now() where attempts > 0")
  await runJobs(app)
  t.same(done.slice(2), ['13: 1', '13: 2'])
})

t.test('the queue has the shape this program knows, and without it the program is not ready', async t => {
  const { app, db, as } = await cast(t)
  t.equal((await db.raw('select max(id) as newest from graphile_worker.migrations')).rows[0].newest, 18)
  t.ok(await isQueueMigrated(db))
  await db.raw('delete from graphile_worker.migrations where id = 18')
  t.equal((await as(null, app).get('/readyz')).status, 503)
})

t.test('a process is killed in the middle of a job: another goes on with it; and a stop gives it back at once', async t => {
  const { db, url } = await testDatabase(t)
  const child = spawn(process.execPath, [inRoot('dist/test/jobs/worker-process.js')], { env: { ...process.env, DATABASE_URL: url }, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  await enqueue(db, 'test.long', { n: 7 }, { queue: 'long' })
  await once(child.stdout, 'data')

  // Who lives keeps its jobs, whoever looks.
  const attempts: number[] = []
  const second = startWorker({ url, log, patience: 100, handlers: handlers('test.long', ({ n }, { signal, attempt }) => new Promise((_resolve, reject) => {
    attempts.push(n * 10 + attempt)
    signal.addEventListener('abort', () => reject(signal.reason))
  })) })
  await new Promise(resolve => { setTimeout(resolve, 400) })
  t.same(attempts, [])
  await second.stop()

  child.kill('SIGKILL')
  await once(child, 'exit')
  const third = startWorker({ url, log, patience: 100, handlers: handlers('test.long', ({ n }, { signal, attempt }) => new Promise((_resolve, reject) => {
    attempts.push(n * 10 + attempt)
    signal.addEventListener('abort', () => reject(signal.reason))
  })) })
  await until(() => attempts.length === 1, 'the killed one is taken up')
  t.same(attempts, [72])
  await third.stop()

  const fourth = startWorker({ url, log, handlers: handlers('test.long', async ({ n }, { attempt }) => { attempts.push(n * 10 + attempt) }) })
  await until(() => attempts.length === 2, 'the stopped one is taken up', 2)
  t.same(attempts, [72, 72], 'a stop is no failed try')
  await until(async () => (await db('graphile_worker._private_jobs').first()) === undefined, 'it is done')
  await fourth.stop()
})

for (const [table, what] of [['_private_tasks', 'asks which tasks there are'], ['_private_jobs', 'asks for its first job']] as const) {
  t.test(`the database goes away while a worker ${what}, and comes back: the worker lives, and does what is there`, async t => {
    const { db, url } = await testDatabase(t)
    const done: number[] = []
    const blocking = await db.transaction()
    t.teardown(() => blocking.rollback())
    await blocking.raw(`lock table graphile_worker.${table} in access exclusive mode`)
    const worker = startWorker({ url, log, handlers: handlers('test.short', async ({ n }) => { done.push(n) }) })
    t.teardown(() => worker.stop())
    const ofWorker = "select pid from pg_stat_activity where application_name = 'clientela jobs' and datname = current_database()"
    await until(async () => (await db.raw(`${ofWorker} and wait_event_type = 'Lock'`)).rows.length > 0, 'the worker asks')
    await db.raw(`select pg_terminate_backend(pid) from (${ofWorker}) of_worker`)
    await blocking.rollback()
    await enqueue(db, 'test.short', { n: 1 })
    await until(() => done.length > 0, 'the job is done')
    t.same(done, [1])
  })
}

t.test('the database goes away while a worker begins to listen, and is stopped: nothing is thrown', async t => {
  const { url } = await testDatabase(t)
  const pool = new JobsPool({ connectionString: url, max: 2 }).on('error', () => {}).on('connect', client => client.on('error', () => {}))
  t.teardown(() => pool.end())
  const events: WorkerEvents = new EventEmitter()
  const given: string[] = []
  pool.on('release', () => given.push('back'))
  events.once('pool:listen:success', ({ workerPool, client }) => { // as it is about to listen
    void workerPool.gracefulShutdown()
    ;(client as unknown as { connection: { stream: { destroy (): void } } }).connection.stream.destroy()
  })
  const workers = runTaskList({ noHandleSignals: true, logger: loggerTo(log), events }, {}, pool)
  await workers.promise
  await until(() => given.length > 0 && pool.idleCount === pool.totalCount)
  t.same((await pool.query('select 1 as one')).rows, [{ one: 1 }])
})
