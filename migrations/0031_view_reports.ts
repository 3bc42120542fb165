import type { Knex } from 'knex'

/** Reports are a right of their own: see src/rights.ts. */
export async function up (db: Knex): Promise<void> {
  await db.raw("update roles set rights = array(select unnest(rights) union select 'reports.view' order by 1) where key in ('manager', 'admin', 'owner')")
}

export async function down (db: Knex): Promise<void> {
  await db.raw("update roles set rights = array_remove(rights, 'reports.view')")
}
