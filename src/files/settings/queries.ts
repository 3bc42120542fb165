import { changesBetween, recordChanges, type Actor } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import type { FileSettings } from './form.js'

/** Keeps what may be attached from now on; files that are there stay. */
export async function saveFileSettings (db: Db, by: Actor, values: FileSettings): Promise<void> {
  await db.transaction(async trx => {
    const before = await trx('organisation').where({ id: 1 }).forUpdate().first('file_megabytes', 'file_count', 'file_kinds')
    await trx('organisation').where({ id: 1 }).update(values)
    await recordChanges(trx, by, 'settings.files', { changes: changesBetween(before, { ...values }) })
  })
}
