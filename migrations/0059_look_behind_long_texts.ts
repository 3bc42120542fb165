import type { Knex } from 'knex'

/* Texts of which the index has only the beginning are few, and are looked for by themselves: of all others nothing but the index is read. */
export async function up (db: Knex): Promise<void> {
  await db.raw('create index client_values_long on client_values (field_id, client_id) where length(sort_text) = 100')
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop index client_values_long')
}
