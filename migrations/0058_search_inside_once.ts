import type { Knex } from 'knex'

/*
 * What stands inside of words is looked for in names and contacts alike. With an index of each the clients with either had to be put together for every word,
 * which took longer than all else: one of both finds several words at once. Names keep theirs, for who may not see contacts.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw("create index clients_search on clients using gin ((search_names || ' ' || search_contacts) gin_trgm_ops)")
  await db.raw('drop index clients_search_contacts')
  await db.raw('analyze clients') // only then is anything known of what stands in both
}

export async function down (db: Knex): Promise<void> {
  await db.raw('create index clients_search_contacts on clients using gin (search_contacts gin_trgm_ops)')
  await db.raw('drop index clients_search')
}
