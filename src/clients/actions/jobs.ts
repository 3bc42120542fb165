import type { FastifyInstance } from 'fastify'
import { giveUp, runAction } from './run.js'

declare module '../../jobs/enqueue.js' {
  interface Jobs { 'clients.act': { action: number } }
}

/** What does in the background what was asked for many clients. */
export function actOnMany (app: FastifyInstance): void {
  const { db } = app
  app.job('clients.act', async ({ action }, { signal, isLast }) => {
    try {
      await runAction(db, action, signal)
    } catch (error) {
      if (isLast && !signal.aborted) await giveUp(db, action)
      throw error
    }
  })
}
