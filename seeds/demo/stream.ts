import type { Knex } from 'knex'
import { copyOf, makeClient, type Client, type Maker } from './client.js'
import { ownValues } from './fields.js'
import { givePrice, tellHistory } from './history.js'
import { analyse, countFrom, keepIds, lastIds, writeClients, writeManyClients } from './write.js'
import { Chance } from './chance.js'
import type { Shop } from './shop.js'
import { makeTwin } from './twins.js'

const CHUNK = 1000

export interface StreamOptions {
  count: number
  seed: number
  /** The share, from 0 to 1, that came from the system before this one; they are the oldest. */
  imported?: number
  /** Lets some of them be there twice. */
  twins?: boolean
  /** Nobody else uses the database: quicker, but locks its tables. */
  alone?: boolean
  log?: (message: string) => void
}

/**
 * Fills a shop with clients, oldest first, a chunk at a time: while Postgres takes one chunk, the next is made.
 * Each chunk is a transaction, inside `db`'s when that is one.
 */
export async function streamClients (db: Knex, shop: Shop, { count, seed, imported = 0, twins = false, alone = false, log }: StreamOptions): Promise<void> {
  let last: Client | undefined
  const maker = { shop, chance: new Chance(seed), ids: countFrom(await lastIds(db)) }
  const write = alone ? writeManyClients : writeClients
  let writing: Promise<void> = Promise.resolve()
  for (let done = 0; done < count;) {
    const size = Math.min(CHUNK, count - done)
    const clients = makeClients(maker, { from: done, size, count, imported, twins, last })
    last = clients.at(-1)
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

interface Chunk {
  from: number
  size: number
  /** Of how many all together. */
  count: number
  imported: number
  twins: boolean
  /** The one before the first. */
  last: Client | undefined
}

function makeClients (maker: Maker, { from, size, count, imported, twins, last }: Chunk): Client[] {
  const { chance, shop: { calendar, own } } = maker
  const clients: Client[] = []
  for (let i = from; i < from + size; i++) {
    const point = calendar.start + (i + chance.next()) / count * (calendar.end - calendar.start)
    const at = calendar.workingTime(point)
    const twice = clients.length > 0 && chance.is(0.006)
    const client = twice ? copyOf(maker, chance.pick(clients), at) : makeClient(maker, at, i < imported * count ? 'import' : 'form')
    const before = clients.at(-1) ?? last
    if (twins && before) makeTwin(client, before)
    tellHistory(maker, client, point)
    givePrice(maker, client)
    client.values = ownValues({ ...client, active_at: client.events.at(-1)!.at }, own)
    clients.push(client)
  }
  return clients
}
