import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Work } from '../../jobs/process.js'
import { readRows, Unreadable, type Reading } from '../reading/source.js'
import type { Plan } from './plan.js'
import { checker } from './row.js'
import { STAGED, stagedLine } from './staged.js'

export interface CheckInput { url: string, importId: number, path: string, reading: Reading, plan: Plan }
export type CheckResult = { rows: number } | { unreadable: string, values: Record<string, string | number> }

// Milliseconds between two words of how far it is.
const TELL_EVERY = 250

/** Reads a file, checks its rows and puts them into import_rows, all or none: the work of a process of its own. */
const check: Work<CheckInput, number, CheckResult> = async ({ url, importId, path, reading, plan }, { tell, signal }) => {
  const client = new pg.Client({ connectionString: url, application_name: 'clientela imports' })
  await client.connect()
  let rows = 0
  try {
    const checked = checker(plan)
    await client.query('begin')
    await client.query('delete from import_rows where import_id = $1', [importId])
    await pipeline(Readable.from(lines(), { objectMode: false, highWaterMark: 256 * 1024 }), client.query(copyFrom(`copy import_rows (${STAGED.join(', ')}) from stdin`)), { signal })
    await client.query('commit')
    return { rows }

    async function * lines (): AsyncGenerator<string> {
      let told = Date.now()
      for await (const batch of readRows(path, reading, signal)) {
        let text = ''
        for (const source of batch) text += stagedLine(importId, source.cells, checked(source))
        rows += batch.length
        yield text
        if (Date.now() - told < TELL_EVERY) continue
        told = Date.now()
        await tell(rows)
      }
    }
  } catch (error) {
    if (error instanceof Unreadable) return { unreadable: error.reason, values: error.values }
    throw error
  } finally {
    await client.end().catch(() => {})
  }
}

export default check
