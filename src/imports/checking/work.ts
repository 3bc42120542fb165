import { availableParallelism } from 'node:os'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Work } from '../../jobs/process.js'
import { readRows, Unreadable, type Reading } from '../reading/source.js'
import { dayColumns, foreignDays } from './days.js'
import { Helper } from './helper.js'
import { linesBy } from './lines.js'
import { Numbers } from './client-numbers.js'
import type { Plan } from './plan.js'
import { STAGED } from './staged.js'
import { sayingLast } from './totals.js'

export interface CheckInput { url: string, importId: number, path: string, reading: Reading, plan: Plan }
export type CheckResult = { rows: number } | { unreadable: string, values: Record<string, string | number> }

// Milliseconds between two words of how far it is.
const TELL_EVERY = 250
// Rows after which a second thread is worth its start.
const HELPED_FROM = 3000

/** Reads a file, checks its rows and puts them into import_rows, all or none: the work of a process of its own. */
const check: Work<CheckInput, number, CheckResult> = async (input, { tell, signal }) => {
  const client = new pg.Client({ connectionString: input.url, application_name: 'clientela imports' })
  await client.connect()
  const numbers = new Numbers(input.url)
  let rows = 0
  try {
    await client.query('begin')
    await client.query('delete from import_rows where import_id = $1', [input.importId])
    const columns = dayColumns(input.plan)
    const foreign = columns.length > 0 ? await foreignDays(readRows(input.path, input.reading, signal), columns, input.plan.country) : []
    const lines = checkedLines({ ...input, plan: { ...input.plan, foreignDays: foreign } }, numbers, signal, async read => {
      rows = read
      await tell(read)
    })
    await pipeline(Readable.from(lines, { objectMode: false, highWaterMark: 256 * 1024 }), client.query(copyFrom(`copy import_rows (${STAGED.join(', ')}) from stdin`)), { signal })
    await client.query('commit')
    return { rows }
  } catch (error) {
    if (error instanceof Unreadable) return { unreadable: error.reason, values: error.values }
    throw error
  } finally {
    await Promise.all([client.end().catch(() => {}), numbers.end()])
  }
}

/** The checked rows of a file as lines, in no certain order: of many some are checked here, and some by a helper. `tell` is told of how many are read, now and then and at the end. */
async function * checkedLines ({ importId, path, reading, plan }: CheckInput, source: Numbers, signal: AbortSignal, tell: (rows: number) => Promise<void>): AsyncGenerator<string> {
  const lines = linesBy(plan, importId)
  // The rows of an own export are about those it was made of.
  const knowsNumbers = plan.columns.includes('id')
  let helper: Helper | undefined
  let told = Date.now()
  let rows = 0
  try {
    for await (const { rows: batch, last } of sayingLast(readRows(path, reading, signal))) {
      rows += batch.length
      if (rows >= HELPED_FROM && availableParallelism() > 1) helper ??= new Helper({ plan, importId })
      const numbered = { rows: batch, numbers: knowsNumbers ? [] : await source.take(batch.length), ...(last && { last }) }
      if (helper?.isFree) helper.give(numbered)
      else yield lines(numbered)
      if (helper) yield * helper.take()
      if (Date.now() - told < TELL_EVERY) continue
      told = Date.now()
      await tell(rows)
    }
    if (helper) yield * await helper.rest()
    await tell(rows)
  } finally {
    await helper?.end()
  }
}

export default check
