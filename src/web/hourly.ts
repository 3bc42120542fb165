import type { FastifyInstance } from 'fastify'

/** Does something every hour until the application closes, and goes on when it failed once: `failing` says in the log what then couldn't be done. */
export function hourly (app: FastifyInstance, work: () => Promise<unknown>, failing: string): void {
  const timer = setInterval(() => { work().catch(error => app.log.warn({ err: error }, failing)) }, 3600_000).unref()
  app.addHook('onClose', async () => clearInterval(timer))
}
