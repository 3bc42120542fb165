import type { Knex } from 'knex'
import { copyOf, makeClient, type Client, type Maker } from './client.js'
import { tellHistory } from './history.js'
import { analyse, keepIds, takeIds, writeClients, writeManyClients } from './write.js'
import { Chance } from './chance.js'
import type { Shop } from './shop.js'

const CHUNK = 1000

export interface StreamOptions {
  count: number
  seed: number
  /** The share, from 0 to 1, that came from the system before this one; they are the oldest. */
  imported?: number
  /** Nobody else uses the database: quicker, but locks its tables. */
  alone?: boolean
  log?: (message: string) => void
}

/**
 * Fills a shop with clients, oldest first, a chunk at a time: while Postgres takes one chunk, the next is made.
 * Each chunk is a transaction, inside `db`'s when that is one.
 */
export async function streamClients (db: Knex, shop: Shop, { count, seed, imported = 0, alone = false, log }: StreamOptions): Promise<void> {
  const maker = { shop, chance: new Chance(seed), ids: await takeIds(db) }
  const write = alone ? writeManyClients : writeClients
  let writing: Promise<void> = Promise.resolve()
  for (let done = 0; done < count;) {
    const size = Math.min(CHUNK, count - done)
    const clients = makeClients(maker, done, size, count, imported)
    await writing
    if (alone && done === CHUNK) await analyse(db)
    if (done > 0 && done % (10 * CHUNK) === 0) log?.(`${done} of ${count} clients`)
    writing = db.transaction(trx => write(trx, clients))
    writing.catch(() => {}) // it is awaited one chunk later
    done += size
  }
  await writing
  await keepIds(db)
}

function makeClients (maker: Maker, from: number, size: number, count: number, imported: number): Client[] {
  const { chance, shop: { calendar } } = maker
  const clients: Client[] = []
  for (let i = from; i < from + size; i++) {
    const point = calendar.start + (i + chance.next()) / count * (calendar.end - calendar.start)
    const at = calendar.workingTime(point)
    const twice = clients.length > 0 && chance.is(0.006)
    const client = twice ? copyOf(maker, chance.pick(clients), at) : makeClient(maker, at, i < imported * count ? 'import' : 'form')
    tellHistory(maker, client, point)
    clients.push(client)
  }
  return clients
}
