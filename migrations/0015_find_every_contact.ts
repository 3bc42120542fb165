import type { Knex } from 'knex'

/*
 * The contacts of a client were found by an index that leaves out those taken off, so that whoever deletes a client for good had Postgres
 * read every phone and e-mail there is. The same index of all serves both: few have been taken off.
 */
const TABLES = ['client_phones', 'client_emails']

export async function up (db: Knex): Promise<void> {
  for (const table of TABLES) {
    await db.raw(`drop index ${table}_client`)
    await db.raw(`create index ${table}_client on ${table} (client_id, position, id)`)
  }
}

export async function down (db: Knex): Promise<void> {
  for (const table of TABLES) {
    await db.raw(`drop index ${table}_client`)
    await db.raw(`create index ${table}_client on ${table} (client_id, position, id) where removed_at is null`)
  }
}
