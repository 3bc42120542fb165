import type { FastifyInstance } from 'fastify'
import type { ActsOnMany } from './action.js'
import { giveUp, runAction } from './run.js'

declare module '../../jobs/enqueue.js' {
  interface Jobs { 'clients.act': { action: number }, 'leads.act': { action: number } }
}

/** What does in the background what was asked for many rows. */
export function actOnMany (app: FastifyInstance, many: ActsOnMany): void {
  const { db } = app
  app.job(many.job, async ({ action }, { signal, isLast }) => {
    try {
      await runAction(db, many, action, signal)
    } catch (error) {
      if (isLast && !signal.aborted) await giveUp(db, many, action)
      throw error
    }
  })
}
