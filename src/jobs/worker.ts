import { EventEmitter } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { runTaskList, type WorkerEvents, type WorkerPool } from 'graphile-worker'
import type { ClientBase, Pool } from 'pg'
import type { FastifyBaseLogger } from 'fastify'
import type { JobHandler } from './plugin.js'
import { JobsPool } from './pool.js'
import { bringBack, findLost, freeLost, holdAlive } from './queries.js'
import { loggerTo, tasksOf } from './run.js'

// Jobs of one process that go on side by side: a long one lets short ones pass.
const CONCURRENCY = 5

// Milliseconds between two looks for jobs whose time has come; of those due at once Postgres tells.
const POLL = 2000

// Milliseconds between two looks for jobs of processes that have gone.
const LOOK_EVERY = 20_000
const PATIENCE = 3000

// Milliseconds a stop waits for handlers; longer than any that minds its signal takes.
const LONGEST_STOP = 15_000

export interface WorkerOptions {
  url: string
  handlers: Map<string, JobHandler<never>>
  log: FastifyBaseLogger
  /** Milliseconds until a worker that seems gone is believed to be: it may just be connecting anew. */
  patience?: number
}

export interface Worker {
  /** Takes no other job, asks the handlers to end, and waits for them. */
  stop (): Promise<void>
}

/** Starts to work off the queue, on a few connections of its own, and goes on when the database was away. */
export function startWorker ({ url, handlers, log, patience = PATIENCE }: WorkerOptions): Worker {
  // One connection listens, the others take jobs and settle them (with fewer than jobs at once the library warns at each start); the handlers' queries go through the application's pool.
  const pool = new JobsPool({ connectionString: url, application_name: 'clientela jobs', max: CONCURRENCY, idleTimeoutMillis: 0, keepAlive: true })
  const lost = (error: Error) => log.warn({ err: error }, 'the jobs worker lost a connection')
  pool.on('error', lost).on('connect', client => client.on('error', lost)) // of those that wait, and of those in use
  const stopping = new AbortController()
  const { signal } = stopping
  const stopped: string[] = []
  const taskList = tasksOf(handlers, log, signal, id => stopped.push(id))

  // Not the library's `run`, which also keeps a crontab: it takes the program with it when the database goes away while it reads that.
  const begin = (): WorkerPool => {
    const events: WorkerEvents = new EventEmitter()
    // As long as this connection lives, so do the workers of this process: see freeLost().
    events.on('pool:listen:success', ({ workerPool, client }) => {
      const ids = (workerPool as unknown as { _workers: { workerId: string }[] })._workers.map(({ workerId }) => workerId)
      client.once('drain', () => { // the library has begun to listen by then
        holdAlive(client as ClientBase, ids).catch(error => log.warn({ err: error }, 'the jobs worker could not show that it lives'))
      })
    })
    // A worker that can't settle a job, because the database went away, ends itself.
    events.on('worker:fatalError', () => { if (!signal.aborted) void again() })
    // The library remembers which tasks there are, also that it could not find that out: the same error would come for ever.
    let last: unknown
    events.on('worker:getJob:error', ({ error }) => {
      if (error === last && !signal.aborted) void again()
      last = error
    })
    return runTaskList({ concurrency: CONCURRENCY, pollInterval: POLL, noHandleSignals: true, logger: loggerTo(log), events, gracefulShutdownAbortTimeout: 1000 }, taskList, pool)
  }
  let workers: WorkerPool | undefined = begin()
  let beginning: Promise<void> | undefined
  const again = () => beginning ??= (async () => {
    await workers?.gracefulShutdown()
    workers = undefined
    await wait(1000, undefined, { signal }).catch(() => {})
    if (!signal.aborted) workers = begin()
    beginning = undefined
  })()

  const freeing = keepFreeing(pool, patience, signal, log)
  return {
    async stop () {
      stopping.abort()
      await Promise.race([
        (async () => { await beginning; await workers?.gracefulShutdown() })(),
        wait(LONGEST_STOP, undefined, { ref: false })
      ])
      await freeing
      await bringBack(pool, stopped).catch(() => {}) // else they come back a few seconds later
      await pool.end()
    }
  }
}

/** Frees the jobs of processes that were killed, at the start and now and then; graphile-worker itself waits four hours. */
async function keepFreeing (pool: Pool, patience: number, signal: AbortSignal, log: FastifyBaseLogger): Promise<void> {
  const pause = (milliseconds: number) => wait(milliseconds, undefined, { signal, ref: false }).catch(() => {})
  while (!signal.aborted) {
    try {
      const seem = await findLost(pool)
      if (seem.length > 0) {
        await pause(patience)
        if (!signal.aborted) await freeLost(pool, seem)
      }
    } catch (error) {
      log.warn({ err: error }, 'jobs of processes that have gone could not be looked for')
    }
    await pause(LOOK_EVERY)
  }
}
