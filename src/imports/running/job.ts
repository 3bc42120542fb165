import type { FastifyInstance } from 'fastify'
import type { Db } from '../../database/knex.js'
import type { JobHandler } from '../../jobs/plugin.js'
import { shapeOf } from '../../form-editor/shape.js'
import { findActor } from '../../web/session-store.js'
import type { Viewer } from '../../web/viewer.js'
import type { Import } from '../import.js'
import { matchRows } from '../matching/queries.js'
import { changeImport, countVerdicts, findImport, findOthers, formVersion, hasOthers, markMeanwhile, markRefused } from '../queries.js'
import { BATCH, findBatch, writeBatch } from '../writing/batch.js'
import { makeMissing } from './made.js'

declare module '../../jobs/enqueue.js' {
  interface Jobs { 'imports.run': { id: number } }
}

/** Writing waits for writing: of two imports the second sees what the first made. */
export const WRITING = 'imports'

/**
 * Writes an import's rows, batch by batch; what is written and how far it is are one transaction. Begun anew after a kill, it goes on
 * where it was. Ends early when its person may not import any more, or when somebody stops it.
 */
export const runJob = ({ db, log }: FastifyInstance): JobHandler<{ id: number }> => async ({ id }, { signal, isLast }) => {
  try {
    const one = await begin(db, id)
    if (one) await write(db, one, signal)
  } catch (error) {
    if (signal.aborted) throw error
    log.warn({ err: error, import: id }, 'an import could not go on')
    if (!isLast) throw error
    await changeImport(db, id, ['running', 'stopping'], { state: 'stopped', problem: { key: 'imports.problem.unexpected' }, finished_at: new Date() })
  }
}

/** Looks once more at what each row is about, when anything has happened since that was found out, and makes what rows name and there isn't. */
async function begin (db: Db, id: number): Promise<Import | null> {
  return db.transaction(async trx => {
    const one = await lock(trx, id)
    if (one?.state !== 'running') return one?.state === 'stopping' ? one : null
    const viewer = await findActor(trx, one.run_by!)
    if (!viewer?.can('clients.import')) return one // the first batch says so
    const isFresh = one.round === 1 && one.row === 0
    if (isFresh && one.form_version !== await formVersion(trx)) {
      await changeImport(trx, id, ['running'], { state: 'columns', problem: { key: 'imports.problem.form_changed' } })
      return null
    }
    if (!isFresh || await hasOthers(trx, id, one.seen_event)) {
      await matchRows(trx, { id, columns: one.columns, rules: one.rules, viewer, shape: await shapeOf(trx, 'client') })
    }
    await makeMissing(trx, viewer, id)
    const counts = { ...one.counts, ...NONE, ...await countVerdicts(trx, id) }
    await changeImport(trx, id, ['running'], { counts, total: (counts.create ?? 0) + (counts.update ?? 0) + (counts.same ?? 0) })
    return await lock(trx, id)
  })
}

const NONE = { create: 0, update: 0, same: 0, skip: 0, error: 0 }

const lock = async (trx: Db, id: number): Promise<Import | null> => await trx('imports').where({ id }).forUpdate().first() ?? null

async function write (db: Db, one: Import, signal: AbortSignal): Promise<void> {
  const others = new Set<number>()
  let size = BATCH
  for (;;) {
    signal.throwIfAborted()
    try {
      const goesOn = await db.transaction(trx => writeNext(trx, one.id, others, size))
      if (!goesOn) return
      size = Math.min(BATCH, size * 2)
    } catch (error) {
      // Refused by the database: by halves down to the row that is.
      const refused = refusalOf(error)
      if (!refused) throw error
      if (size > 1) size = Math.ceil(size / 8)
      else await skip(db, one.id, refused)
    }
  }
}

/** Writes the next batch, if it may. Returns whether there may be more. */
async function writeNext (trx: Db, id: number, others: Set<number>, size: number): Promise<boolean> {
  const one = await lock(trx, id)
  if (one?.state !== 'running' && one?.state !== 'stopping') return false
  if (one.state === 'stopping') return await end(trx, one, 'stopped', { key: 'imports.problem.stopped' })
  const viewer: Viewer | null = await findActor(trx, one.run_by!)
  if (!viewer?.can('clients.import')) return await end(trx, one, 'stopped', { key: 'imports.problem.rights' })

  const { clients, newest } = await findOthers(trx, id, one.seen_event)
  for (const client of clients) others.add(client)
  const next = await findBatch(trx, id, one.round, one.row, size)
  if (!next) return await end(trx, one, 'done', null)
  if (others.size > 0) await markMeanwhile(trx, id, next, [...others])
  const { created, updated } = await writeBatch(trx, { id, name: one.file_name, by: viewer.id, round: next.round, from: next.from, to: next.to, how: one.rules.how, note: one.rules.how_note }, one.columns, one.rules)
  const counts = { ...one.counts, created: (one.counts.created ?? 0) + created, updated: (one.counts.updated ?? 0) + updated }
  await trx('imports').where({ id }).update({ round: next.round, row: next.to, done: one.done + next.rows, counts: JSON.stringify(counts), seen_event: newest })
  return true
}

async function end (trx: Db, one: Import, state: 'done' | 'stopped', problem: Import['problem']): Promise<false> {
  const counts = { ...one.counts, ...NONE, ...await countVerdicts(trx, one.id) }
  await changeImport(trx, one.id, ['running', 'stopping'], { state, problem, counts, finished_at: new Date() })
  return false
}

async function skip (db: Db, id: number, key: string): Promise<void> {
  const one = await findImport(db, id)
  const next = await findBatch(db, id, one.round, one.row, 1)
  if (next) await markRefused(db, id, next.from, { key })
}

/** Why the database refused a row, as words of ours; undefined for what isn't the row's fault. */
export function refusalOf (error: unknown): string | undefined {
  const { code = '', constraint = '' } = error as { code?: string, constraint?: string }
  if (constraint === 'client_phones_taken' || constraint === 'client_emails_taken' || constraint === 'client_values_unique_id') return 'imports.wrong.taken_meanwhile'
  return /^2[23]/.test(code) ? 'imports.wrong.refused' : undefined
}
