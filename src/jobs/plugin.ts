import fp from 'fastify-plugin'
import type { FastifyBaseLogger } from 'fastify'
import type { Jobs } from './enqueue.js'
import { runProcess } from './process.js'
import type { Worker } from './worker.js'

/** What a handler is told beside its payload. */
export interface JobRun {
  /** Aborted when the program stops: a long handler ends soon, by throwing, and is called again after the next start. A short one need not look. */
  signal: AbortSignal
  log: FastifyBaseLogger
  /** 1 for the first try. */
  attempt: number
  /** Whether it isn't tried again when this try fails. */
  isLast: boolean
}

/**
 * Does a job. It may be called again for the same job, after an error or when the process was killed in the middle: what it has
 * done already it finds in the database, not in its memory.
 */
export type JobHandler<Payload> = (payload: Payload, run: JobRun) => Promise<void>

declare module 'fastify' {
  interface FastifyInstance {
    /** Says who does the jobs of a name; before the application is ready. */
    job<N extends keyof Jobs> (name: N, handler: JobHandler<Jobs[N]>): void
    /** The handlers by the names of their jobs. */
    jobHandlers: Map<string, JobHandler<never>>
    /** Does the work of a module in a process of its own: see process.ts. */
    runProcess: typeof runProcess
  }
}

export interface JobsOptions { url: string }

/**
 * The queue's worker: works off what enqueue() left, in every process that listens (not in one that is only injected into). Told
 * of new jobs by Postgres; at a stop it lets handlers come to an end.
 */
export default fp<JobsOptions>(async (app, { url }) => {
  const handlers: typeof app.jobHandlers = new Map()
  app.decorate('jobHandlers', handlers)
  app.decorate('runProcess', runProcess)
  app.decorate('job', (name: string, handler: JobHandler<never>) => {
    if (handlers.has(name)) throw new Error(`The job ${name} has a handler already`)
    handlers.set(name, handler)
  })

  let worker: Promise<Worker> | undefined
  app.addHook('onListen', async () => {
    if (handlers.size === 0) return
    worker = import('./worker.js').then(({ startWorker }) => startWorker({ url, handlers, log: app.log })) // graphile-worker takes 50 ms to load
    worker.catch(error => app.log.error({ err: error }, 'jobs are not being done'))
  })
  let stopped: Promise<void> | undefined
  app.addHook('preClose', async () => { stopped = worker?.then(one => one.stop(), () => {}) }) // while the last requests are answered
  app.addHook('onClose', async () => { await stopped })
}, { name: 'jobs' })
