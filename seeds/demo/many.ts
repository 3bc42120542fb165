import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Knex } from 'knex'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { COLUMNS, TABLES, type Batch } from './many/lines.js'
import { madeBatches } from './many/maker.js'
import { layOut } from './many/stock.js'
import { strip } from './many/strip.js'
import type { Shop } from './shop.js'
import { keepIds, lastIds } from './write.js'

const TELL_EVERY = 100_000

export interface ManyOptions { count: number, seed: number, log?: (message: string) => void }

/**
 * Adds many clients, made by a thread and taken by COPY: names and places of the faker's, a phone or two, e-mails, tags, own fields, what they agreed to and how they came.
 * Inside a transaction on a database that nobody uses yet: indexes and references are taken away and made again behind the load.
 */
export async function addManyClients (trx: Knex, shop: Shop, { count, seed, log }: ManyOptions): Promise<void> {
  const stock = await layOut(trx, shop)
  const last = await lastIds(trx)
  // Postgres of our own compresses what it logs of new pages, which takes twice as long as making an index. Who isn't its superuser may not say so.
  await trx.raw("select set_config('wal_compression', 'off', true) where has_parameter_privilege('wal_compression', 'set')")
  const again = await strip(trx, TABLES)
  const connection: pg.Client = await trx.client.acquireConnection()
  for await (const batch of madeBatches({ stock, last, seed, count })) {
    await copy(connection, batch)
    if (batch.clients % TELL_EVERY === 0) log?.(`${last.client + batch.clients} of ${last.client + count} clients`)
  }
  log?.('indexes ...')
  await trx.raw("set local maintenance_work_mem = '128MB'")
  for (const sql of again) await trx.raw(sql)
  await keepIds(trx)
}

// Frozen, as nobody sees the tables before all is there: nothing is left for a vacuum.
async function copy (connection: pg.Client, { lines }: Batch): Promise<void> {
  for (const table of TABLES) {
    if (lines[table].length > 0) await pipeline(Readable.from([lines[table]], { objectMode: false }), connection.query(copyFrom(`copy ${table} (${COLUMNS[table]}) from stdin (freeze)`)))
  }
}
