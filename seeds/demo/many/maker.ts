import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { Ids } from '../client.js'
import type { Batch } from './lines.js'
import type { Stock } from './stock.js'

/** What a thread shall make, which ids were given last, and where it is asked. */
export interface Order { stock: Stock, last: Record<keyof Ids, number>, seed: number, count: number, port: MessagePort }

const THREAD = new URL('./thread.js', import.meta.url)

/** Has clients made by a thread: while Postgres takes some, the next are made. */
export async function * madeBatches (order: Omit<Order, 'port'>): AsyncGenerator<Batch> {
  const { port1: ours, port2: port } = new MessageChannel()
  const thread = new Worker(THREAD, { workerData: { ...order, port } satisfies Order, transferList: [port], resourceLimits: { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 24 } })
  const failed = new Promise<never>((_, reject) => thread.once('error', reject))
  failed.catch(() => {}) // it is told to who waits for a batch
  const ask = async (): Promise<Batch> => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- to a thread, not to a window
    ours.postMessage('next')
    const [batch] = await Promise.race([once(ours, 'message'), failed])
    return batch
  }
  try {
    let coming = ask()
    for (let clients = 0; clients < order.count;) {
      const batch = await coming
      clients = batch.clients
      if (clients < order.count) {
        coming = ask()
        coming.catch(() => {}) // it is awaited once this one is taken
      }
      yield batch
    }
  } finally {
    await thread.terminate()
    ours.close()
  }
}
