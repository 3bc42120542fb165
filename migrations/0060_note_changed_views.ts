import type { Knex } from 'knex'

/*
 * A process that has read the saved views of a list reads them again only once they were changed, as it does with the rows (0047): id 0 of `views` says that some were. What
 * else they show, the names of those who own or changed them, is noted as `any`.
 */
export async function up (db: Knex): Promise<void> {
  await subjects(db, ['client', 'lead', 'views', 'any'])
  await db.raw(`
    create function note_changed_views() returns trigger language plpgsql as $$
    begin
      insert into shown_changes (subject, id) values ('views', 0) on conflict do nothing;
      return null;
    end $$`)
  for (const table of TABLES) await db.raw(`create trigger shown_after_change after insert or update or delete or truncate on ${table} for each statement execute function note_changed_views()`)
}

const TABLES = ['list_views', 'list_defaults']

const subjects = (db: Knex, names: string[]) => db.raw(`
  alter table shown_changes drop constraint shown_changes_subject_check, add constraint shown_changes_subject_check check (subject in (${names.map(name => `'${name}'`).join(', ')}))`)

export async function down (db: Knex): Promise<void> {
  for (const table of TABLES) await db.raw(`drop trigger shown_after_change on ${table}`)
  await db.raw('drop function note_changed_views()')
  await db.raw("delete from shown_changes where subject = 'views'")
  await subjects(db, ['client', 'lead', 'any'])
}
