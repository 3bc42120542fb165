import type { FastifyInstance } from 'fastify'
import { inBackground } from '../../database/background.js'
import type { Db } from '../../database/knex.js'
import { isDeadlock, transaction } from '../../database/transaction.js'
import type { JobHandler } from '../../jobs/plugin.js'
import { shapeOf } from '../../form-editor/shape.js'
import type { Import } from '../import.js'
import { matchRows } from '../matching/queries.js'
import { changeImport, countVerdicts, formVersion, hasOthers } from '../queries.js'
import { BATCH } from '../writing/batch.js'
import { LANES, writeAhead } from './ahead.js'
import { makeMissing } from './made.js'
import { lock, NONE, skipNext, writeNext, writerOf, type Others } from './step.js'

declare module '../../jobs/enqueue.js' {
  interface Jobs { 'imports.run': { id: number } }
}

/** Writing waits for writing: of two imports the second sees what the first made. */
export const WRITING = 'imports'

/**
 * Writes an import's rows, batch by batch; what is written and how far it is are one transaction. Begun anew after a kill, it goes on
 * where it was. Ends early when its person may not import any more, or when somebody stops it. `batch`: rows in a transaction.
 */
export const runJob = ({ db, log }: FastifyInstance, url: string, { batch = BATCH } = {}): JobHandler<{ id: number }> => async ({ id }, { signal, isLast }) => {
  try {
    const one = await begin(db, id)
    if (one && one.total! > batch) await inBackground(url, LANES, background => write(background, one, batch, signal))
    else if (one) await write(db, one, batch, signal)
  } catch (error) {
    if (signal.aborted) throw error
    log.warn({ err: error, import: id }, 'an import could not go on')
    if (!isLast) throw error
    await changeImport(db, id, ['running', 'stopping'], { state: 'stopped', problem: { key: 'imports.problem.unexpected' }, finished_at: new Date() })
  }
}

/** Looks once more at what each row is about, when anything has happened since that was found out, and makes what rows name and there isn't. */
async function begin (db: Db, id: number): Promise<Import | null> {
  return transaction(db, async trx => {
    const one = await lock(trx, id)
    if (one?.state !== 'running') return one?.state === 'stopping' ? one : null
    const viewer = await writerOf(trx, one)
    if (!viewer) return one // the first batch says so
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

/** One batch beside another where there are many, and by itself where something has to be seen to. */
async function write (db: Db, { id }: Import, batch: number, signal: AbortSignal): Promise<void> {
  const others: Others = new Set()
  for (let size = batch; ;) {
    signal.throwIfAborted()
    try {
      if (size === batch && !await writeAhead(db, id, others, batch, signal)) size = Math.ceil(batch / 2)
      if (!await db.transaction(trx => writeNext(trx, id, others, size))) return
      size = Math.min(batch, size * 2)
    } catch (error) {
      if (isDeadlock(error)) continue // whoever won has gone on, perhaps with this very import
      const isTooMany = (error as { code?: string }).code === OUT_OF_LOCKS && size > 1
      // Refused by the database: by halves down to the row that is.
      const refused = refusalOf(error)
      if (!refused && !isTooMany) throw error
      if (size > 1) size = Math.ceil(size / 8)
      else await skipNext(db, id, refused!)
    }
  }
}

// Where what is taken is refused, each number is locked for itself, and Postgres has room for some thousands.
const OUT_OF_LOCKS = '53200'

/** Why the database refused a row, as words of ours; undefined for what isn't the row's fault. */
export function refusalOf (error: unknown): string | undefined {
  const { code = '', constraint = '' } = error as { code?: string, constraint?: string }
  if (constraint === 'client_phones_taken' || constraint === 'client_emails_taken' || constraint === 'client_values_unique_id') return 'imports.wrong.taken_meanwhile'
  return /^2[23]/.test(code) ? 'imports.wrong.refused' : undefined
}
