import type { Knex } from 'knex'

/*
 * Whether a client has a word that begins so is answered by the index alone: where clients are gone through in another order than the best match first,
 * or several words are searched for, it is asked of hundreds.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw('create index client_words_of on client_words (client_id, word) include (contact)')
  await db.raw('drop index client_words_client')
}

export async function down (db: Knex): Promise<void> {
  await db.raw('create index client_words_client on client_words (client_id)')
  await db.raw('drop index client_words_of')
}
