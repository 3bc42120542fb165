import type { Knex } from 'knex'

/** A client's language comes with imports too. */
export async function up (db: Knex): Promise<void> {
  await db.raw('alter table import_rows add column language text')
}

export async function down (db: Knex): Promise<void> {
  await db.raw('alter table import_rows drop column language')
}
