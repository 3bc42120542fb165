import type { Db } from '../database/knex.js'
import { GOES_ON, type Import } from './import.js'

/** Days for which the file of an import and what became of each of its rows are kept, since anything last happened with it. */
export const KEPT = 90
const DAY = 24 * 3600_000

/** Whether there is still all that it takes to look at the rows, to go on and to undo: a day less than it is kept, so that nobody is in the middle. */
export function isKept ({ state, created_at: created, checked_at: checked, finished_at: finished, undone_at: undone }: Import): boolean {
  const last = Math.max(...[created, checked, finished, undone].map(moment => moment?.getTime() ?? 0))
  return GOES_ON.includes(state) || Date.now() - last < (KEPT - 1) * DAY
}

/**
 * Clears away the rows and files of imports that are long over, or that nobody went on with; what they came to stays known. Contents of
 * files are cleared away by whoever sweeps them.
 */
export async function forgetOldImports (db: Db): Promise<void> {
  const old: number[] = await db('imports').whereNotIn('state', GOES_ON).whereRaw(`greatest(created_at, checked_at, finished_at, undone_at) < now() - interval '${KEPT} days'`)
    .where(query => query.whereNotNull('content').orWhereRaw("inspected->'sample' <> '[]'")).orderBy('id').pluck('id')
  for (const id of old) {
    await db.transaction(async trx => {
      await trx('import_rows').where({ import_id: id }).delete()
      await trx('imports').where({ id }).update({ content: null, inspected: trx.raw("jsonb_set(inspected, '{sample}', '[]')") })
    })
  }
}
