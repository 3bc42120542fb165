import type { Db } from '../../database/knex.js'
import { toldBy } from '../matching/differences.js'
import type { Rules } from '../rules.js'
import { createBatch } from './create.js'
import { updateBatch } from './update.js'

/** A stretch of rows that is written at once, and as whom. */
export interface Batch { id: number, name: string, by: number, round: number, from: number, to: number, how: string | null, note: string }

/** Rows in a transaction: few enough that nobody waits for it, enough that its own cost is nothing. */
export const BATCH = 2000

/** A stretch of rows that is to be written. */
export interface Found { round: number, from: number, to: number, rows: number }

/** Where the next batch begins and ends, and how many rows it has; null when nothing is left. */
export async function findBatch (trx: Db, id: number, round: number, row: number, size = BATCH): Promise<Found | null> {
  for (;;) {
    const { rows: [found] } = await trx.raw(`
      select min(row) as "from", max(row) as "to", count(*) as rows from (
        select row from import_rows where import_id = :id and round = :round and row > :row and verdict in ('create', 'update', 'same') order by row limit :size
      ) next`, { id, round, row, size })
    if (found.rows > 0) return { round, ...found }
    const { rows: [{ next }] } = await trx.raw("select min(round) as next from import_rows where import_id = :id and round > :round and verdict in ('create', 'update', 'same')", { id, round })
    if (next === null) return null
    round = next
    row = 0
  }
}

/** Writes a batch. Throws what the database refuses. */
export async function writeBatch (trx: Db, batch: Batch, columns: (string | null)[], rules: Rules): Promise<{ created: number, updated: number }> {
  const told = toldBy(columns)
  await trx.raw('set local jit = off')
  await trx.raw("set local clientela.search = 'later'")
  const updated = await updateBatch(trx, batch, rules.existing, told)
  const created = await createBatch(trx, batch, told)
  if (updated > 0) await trx.raw(`select index_clients(array(${written('update')}))`, { ...batch })
  // In the order of the index, which is so much quicker that half the work is saved.
  if (created > 0) await trx.raw(`insert into client_words (client_id, marks, word, name, contact, archived, supplier) select * from words_of_clients(array(${written('create')})) order by word, name, client_id`, { ...batch })
  await trx.raw("set local clientela.search = ''")
  return { created, updated }
}

const written = (verdict: 'create' | 'update') => `select distinct client_id from import_rows where import_id = :id and round = :round and row between :from and :to and verdict = '${verdict}' order by client_id`
