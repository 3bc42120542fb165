import { EventEmitter } from 'node:events'
import type { FastifyInstance } from 'fastify'
import { runOnce, type WorkerEvents } from 'graphile-worker'
import { loggerTo, tasksOf } from '../../src/jobs/run.js'
import { poolOf } from '../../src/jobs/schema.js'

/** Does every job that is due, and those it leaves, one after the other. Throws what a handler threw; that job waits for its next try. */
export async function runJobs (app: FastifyInstance, { signal = new AbortController().signal }: { signal?: AbortSignal } = {}): Promise<void> {
  const events: WorkerEvents = new EventEmitter()
  const errors: unknown[] = []
  events.on('job:error', ({ error }) => errors.push(error))
  await runOnce({ pgPool: poolOf(app.db), taskList: tasksOf(app.jobHandlers, app.log, signal), noHandleSignals: true, logger: loggerTo(app.log), events })
  if (errors.length > 0) throw errors[0]
}
