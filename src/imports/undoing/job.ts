import type { FastifyInstance } from 'fastify'
import type { Db } from '../../database/knex.js'
import type { JobHandler } from '../../jobs/plugin.js'
import { findActor } from '../../web/session-store.js'
import type { Import } from '../import.js'
import { changeImport } from '../queries.js'
import { refusalOf } from '../running/job.js'
import { AFTER_ALL, findUndo, keepMerged, undoCreated, undoUpdated } from './queries.js'

declare module '../../jobs/enqueue.js' {
  interface Jobs { 'imports.undo': { id: number } }
}

/** Takes back what an import did, the last row first, batch by batch; how far it is stands in its counts. */
export const undoJob = ({ db, log }: FastifyInstance): JobHandler<{ id: number }> => async ({ id }, { signal, isLast }) => {
  let size = STRETCH
  try {
    for (;;) {
      signal.throwIfAborted()
      try {
        if (!await db.transaction(trx => undoNext(trx, id, size))) return
        size = Math.min(STRETCH, size * 2)
      } catch (error) {
        if (!refusalOf(error)) throw error
        if (size > 1) size = Math.ceil(size / 8)
        else await db.transaction(trx => passOver(trx, id))
      }
    }
  } catch (error) {
    if (signal.aborted) throw error
    log.warn({ err: error, import: id }, 'an import could not be undone')
    if (!isLast) throw error
    await changeImport(db, id, ['undoing'], { state: 'stopped', problem: { key: 'imports.problem.unexpected' } })
  }
}

/** Where the undoing is: everything from there on is taken back. */
type Undoing = Import & { undone_by: number, counts: Import['counts'] & { undo?: { round: number, row: number } } }

// Rows that are taken back at once: parts of what is asked grow with the square of them.
const STRETCH = 500

const PLACE = { round: 32_767, row: AFTER_ALL }

async function undoNext (trx: Db, id: number, size: number): Promise<boolean> {
  const one: Undoing | undefined = await trx('imports').where({ id }).forUpdate().first()
  if (one?.state !== 'undoing') return false
  const viewer = await findActor(trx, one.undone_by)
  const { undo = PLACE, ...counts } = one.counts
  if (!viewer?.can('clients.import')) {
    await changeImport(trx, id, ['undoing'], { state: 'stopped', problem: { key: 'imports.problem.rights' } })
    return false
  }
  const next = await findUndo(trx, { id, round: one.round, row: one.row, before: undo, size })
  if (!next) {
    await changeImport(trx, id, ['undoing'], { state: 'undone', undone_at: new Date(), problem: null, counts })
    return false
  }
  const batch = { id, name: one.file_name, by: viewer.id, round: next.round, from: next.from, to: next.to }
  const updated = await undoUpdated(trx, batch)
  const created = await undoCreated(trx, batch)
  const merged = await keepMerged(trx, batch)
  const sums = { archived: (counts.archived ?? 0) + created.done, restored: (counts.restored ?? 0) + updated.done, kept: (counts.kept ?? 0) + created.kept + updated.kept + merged }
  await trx('imports').where({ id }).update({ done: one.done + Number(next.rows), counts: JSON.stringify({ ...counts, ...sums, undo: { round: next.round, row: next.from } }) })
  return true
}

/** Leaves the one row that the database won't take back, and says so. */
async function passOver (trx: Db, id: number): Promise<void> {
  const one: Undoing = await trx('imports').where({ id }).forUpdate().first()
  const next = await findUndo(trx, { id, round: one.round, row: one.row, before: one.counts.undo ?? PLACE, size: 1 })
  if (!next) return
  await trx('import_rows').where({ import_id: id, row: next.from }).update({ kept: '["client"]' })
  await trx('imports').where({ id }).update({ done: one.done + 1, counts: JSON.stringify({ ...one.counts, kept: (one.counts.kept ?? 0) + 1, undo: { round: next.round, row: next.from } }) })
}
