import { Logger, LogLevel, type Job, type Task, type TaskList } from 'graphile-worker'
import type { FastifyBaseLogger } from 'fastify'
import type { JobHandler } from './plugin.js'

/** Our handlers as graphile-worker calls them. `onStopped` is told of a job whose handler gave up because the program stops. */
export function tasksOf (handlers: Map<string, JobHandler<never>>, log: FastifyBaseLogger, signal: AbortSignal, onStopped: (id: string) => void = () => {}): TaskList {
  const task = (name: string, handler: JobHandler<never>): Task => async (payload, { job }) => {
    try {
      await handler(payload as never, { signal, log: log.child({ job: name, id: job.id }), attempt: job.attempts, isLast: job.attempts >= job.max_attempts })
    } catch (error) {
      if (signal.aborted) onStopped(job.id)
      throw error
    }
  }
  return Object.fromEntries([...handlers].map(([name, handler]) => [name, task(name, handler)]))
}

/** What graphile-worker says goes where all goes: never a payload, nor the words of an error, which may repeat what somebody typed. */
export function loggerTo (log: FastifyBaseLogger): Logger {
  return new Logger(() => (level, message, meta) => {
    if (level !== LogLevel.ERROR && level !== LogLevel.WARNING) {
      log.debug(message)
      return
    }
    const { error, job } = (meta ?? {}) as { error?: Error, job?: Job }
    const words = job ? 'a job failed' : error ? message.split(':', 1)[0]! : message
    log.warn({ ...(job && { job: job.task_identifier, id: job.id, attempt: job.attempts }), ...(error && { err: error }) }, words)
  })
}
