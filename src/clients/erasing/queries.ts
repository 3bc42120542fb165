import type { Db } from '../../database/knex.js'

export interface Counts { entries: number, files: number, tasks: number, consents: number, merged: number }

/** How much there is of a client. */
export async function countOf (db: Db, clientId: number): Promise<Counts> {
  const { rows: [row] } = await db.raw(`
    select (select count(*) from events where client_id = :id) as entries, (select count(*) from files where client_id = :id) as files, (select count(*) from tasks where client_id = :id) as tasks,
      (select count(*) from consents where client_id = :id) as consents, (select count(*) from client_merge_clients k join client_merges m on m.id = k.merge_id where m.survivor_id = :id) as merged`, { id: clientId })
  return row
}
