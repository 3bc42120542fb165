import { workerData } from 'node:worker_threads'
import { Chance } from '../chance.js'
import { countFrom } from '../write.js'
import { manyLines, TABLES, type Batch } from './lines.js'
import type { Order } from './maker.js'

// Makes clients, a batch each time that it is asked.
const { stock, last, seed, count, port } = workerData as Order
const batches = manyLines(stock, countFrom(last), new Chance(seed), count)

port.on('message', () => {
  const { value: batch } = batches.next()
  if (batch) port.postMessage(batch satisfies Batch, TABLES.map(table => batch.lines[table].buffer))
})
