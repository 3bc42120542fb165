import { recordAudit } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import type { Viewer } from '../../web/viewer.js'
import type { Lead } from '../queries.js'

export interface Belongings { entries: number, files: number, tasks: number }

/** How much there is of a lead besides its form; of tasks the open ones. */
export async function countOfLead (db: Db, leadId: number): Promise<Belongings> {
  const { rows: [row] } = await db.raw(`
    select (select count(*)::int from events where lead_id = :id) as entries, (select count(*)::int from files where lead_id = :id) as files, (select count(*)::int from tasks where lead_id = :id and done_at is null and deleted_at is null) as tasks`, { id: leadId })
  return row
}

/**
 * Deletes a lead for good with all that is of it. Its number is kept, so that no other lead is ever given it, and in the audit log who did
 * it. Contents of its files are cleared away by whoever sweeps them. The lead has to be locked.
 */
export async function deleteLead (trx: Db, by: Viewer, { id, number }: Lead): Promise<void> {
  const { files } = await countOfLead(trx, id)
  await trx.raw("update file_contents set used_at = '-infinity' where hash in (select unnest(array[content, thumbnail]) from files where lead_id = ?)", [id])
  await trx('deleted_lead_numbers').insert({ number })
  await trx('leads').where({ id }).delete()
  await recordAudit(trx, by, 'leads.deleted', { subject: { type: 'lead', id, name: number }, changes: files > 0 ? [{ field: 'erased_files', old: null, new: files }] : [] })
}
