import type { Knex } from 'knex'

/* Whoever comes to the address of a lead that was deleted is told by whom, which the audit log knows. */
export async function up (db: Knex): Promise<void> {
  await db.raw("create index audit_entries_deleted_leads on audit_entries (subject_id) where kind = 'leads.deleted'")
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop index audit_entries_deleted_leads')
}
