import type { FastifyInstance } from 'fastify'
import type { JobHandler } from '../../jobs/plugin.js'
import { ProcessEnded } from '../../jobs/process.js'
import { shapeOf } from '../../form-editor/shape.js'
import { findActor } from '../../web/session-store.js'
import { withFile } from '../file.js'
import { matchRows } from '../matching/queries.js'
import { changeImport, countVerdicts, findImport, setProgress } from '../queries.js'
import { sumEmptied } from '../rows/queries.js'
import { makePlan, plannedBy } from './plan.js'
import type { CheckInput, CheckResult } from './work.js'

declare module '../../jobs/enqueue.js' {
  interface Jobs { 'imports.check': { id: number, by: number } }
}

const WORK = new URL('./work.js', import.meta.url)
// Megabytes: what a big workbook's list of texts may take.
const HEAP = 200
const YOUNG = 4

/** Reads the file of an import, checks its rows in a process of its own and says what becomes of each: nothing is written to clients. */
export const checkJob = (app: FastifyInstance, url: string): JobHandler<{ id: number, by: number }> => async ({ id, by }, { signal, isLast }) => {
  const { db, storage, log } = app
  const one = await findImport(db, id).catch(() => null)
  if (one?.state !== 'checking') return
  const viewer = await findActor(db, by)
  if (!viewer?.can('clients.import')) {
    await changeImport(db, id, ['checking'], { state: 'columns', problem: { key: 'imports.problem.rights' } })
    return
  }
  try {
    const plan = { ...await makePlan(db, viewer, one.columns, one.rules), ...plannedBy(one.inspected, one.columns, viewer.organisation.country) }
    const result = await withFile({ storage }, one, path => app.runProcess<CheckInput, number, CheckResult>(WORK, { url, importId: id, path, reading: one.inspected.reading, plan }, { heap: HEAP, young: YOUNG, signal, onProgress: rows => setProgress(db, id, rows) }))
    if ('unreadable' in result) {
      await changeImport(db, id, ['checking'], { state: 'failed', problem: { key: `imports.unreadable.${result.unreadable}`, values: result.values } })
      return
    }
    // Of a file that has just come the database knows nothing: it would compare each row with each.
    await db.raw('analyze import_rows (import_id, row, round, verdict, why, ref)')
    await db.transaction(async trx => {
      await matchRows(trx, { id, columns: one.columns, rules: one.rules, viewer, shape: await shapeOf(trx, 'client'), isChecked: true })
      const emptied = (await sumEmptied(trx, one)).reduce((sum, { rows }) => sum + rows, 0)
      await changeImport(trx, id, ['checking'], { state: 'checked', problem: null, total: result.rows, done: result.rows, counts: { ...await countVerdicts(trx, id), ...(emptied > 0 && { emptied }) }, form_version: plan.shape.version, checked_at: new Date() })
    })
  } catch (error) {
    if (signal.aborted) throw error
    log.warn({ err: error, import: id }, 'an import could not be checked')
    if (error instanceof ProcessEnded && error.reason === 'memory') await changeImport(db, id, ['checking'], { state: 'failed', problem: { key: 'imports.unreadable.too_much' } })
    else if (isLast) await changeImport(db, id, ['checking'], { state: 'failed', problem: { key: 'imports.problem.unexpected' } })
    else throw error
  }
}
