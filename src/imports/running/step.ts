import type { Db } from '../../database/knex.js'
import { findActor } from '../../web/session-store.js'
import type { Viewer } from '../../web/viewer.js'
import type { Import } from '../import.js'
import { changeImport, countVerdicts, findImport, findOthers, markMeanwhile, markRefused } from '../queries.js'
import { findBatch, writeBatch, type Found } from '../writing/batch.js'

/** Clients to whom something else happened since the rows were compared with them. */
export type Others = Set<number>

export const NONE = { create: 0, update: 0, same: 0, skip: 0, error: 0 }

export const lock = async (trx: Db, id: number): Promise<Import | null> => await trx('imports').where({ id }).forUpdate().first() ?? null

/** As whom an import writes; null when they may not any more. */
export async function writerOf (trx: Db, one: Import): Promise<Viewer | null> {
  const viewer = await findActor(trx, one.run_by!)
  return viewer?.can('clients.import') ? viewer : null
}

/** What a batch has done, to be counted with how far it is. */
export interface Written { created: number, updated: number, newest: number }

/** Writes a batch, but for rows that would make whom somebody else made meanwhile. */
export async function writeFound (trx: Db, one: Import, by: Viewer, next: Found, others: Others): Promise<Written> {
  const { clients, newest } = await findOthers(trx, one.id, one.seen_event)
  for (const client of clients) others.add(client)
  if (others.size > 0) await markMeanwhile(trx, one.id, next, [...others])
  const done = await writeBatch(trx, { id: one.id, name: one.file_name, by: by.id, round: next.round, from: next.from, to: next.to, how: one.rules.how, note: one.rules.how_note }, one.columns, one.rules)
  return { ...done, newest }
}

/** Says that a batch is written, in its transaction: after a kill it goes on behind it. */
export async function advance (trx: Db, one: Import, next: Found, { created, updated, newest }: Written): Promise<void> {
  const counts = { ...one.counts, created: (one.counts.created ?? 0) + created, updated: (one.counts.updated ?? 0) + updated }
  await trx('imports').where({ id: one.id }).update({ round: next.round, row: next.to, done: one.done + next.rows, counts: JSON.stringify(counts), seen_event: Math.max(one.seen_event, newest) })
}

/** Writes the next batch, if it may, and nobody else beside it. Returns whether there may be more. */
export async function writeNext (trx: Db, id: number, others: Others, size: number): Promise<boolean> {
  const one = await lock(trx, id)
  if (one?.state !== 'running' && one?.state !== 'stopping') return false
  if (one.state === 'stopping') return await end(trx, one, 'stopped', { key: 'imports.problem.stopped' })
  const viewer = await writerOf(trx, one)
  if (!viewer) return await end(trx, one, 'stopped', { key: 'imports.problem.rights' })
  const next = await findBatch(trx, id, one.round, one.row, size)
  if (!next) return await end(trx, one, 'done', null)
  await advance(trx, one, next, await writeFound(trx, one, viewer, next, others))
  return true
}

/** Leaves the next row out: the database refused it. */
export async function skipNext (db: Db, id: number, key: string): Promise<void> {
  const one = await findImport(db, id)
  const next = await findBatch(db, id, one.round, one.row, 1)
  if (next) await markRefused(db, id, next.from, { key })
}

async function end (trx: Db, one: Import, state: 'done' | 'stopped', problem: Import['problem']): Promise<false> {
  const counts = { ...one.counts, ...NONE, ...await countVerdicts(trx, one.id) }
  await changeImport(trx, one.id, ['running', 'stopping'], { state, problem, counts, finished_at: new Date() })
  return false
}
