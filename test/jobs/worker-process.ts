// A process with a worker, for a test to kill: its job says that it has begun, and never ends by itself.
import Fastify from 'fastify'
import { startWorker } from '../../src/jobs/worker.js'

startWorker({
  url: process.env.DATABASE_URL!,
  log: Fastify().log,
  handlers: new Map([['test.long', async () => {
    console.log('begun')
    await new Promise(() => {})
  }]])
})
