import type { Knex } from 'knex'

/** Leaves the clients that rows of an import made or changed, as far as they are written. */
export const importedBy = (id: number) => (query: Knex.QueryBuilder): void => {
  query.whereRaw(`clients.id in (select r.client_id from import_rows r join imports i on i.id = r.import_id
    where r.import_id = ? and r.verdict in ('create', 'update') and (r.round, r.row) <= (i.round, i.row))`, [id])
}
