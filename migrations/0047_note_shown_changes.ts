import type { Knex } from 'knex'

/*
 * Whatever changes something that a row of a list shows is noted, in the transaction that changes it: so a process that has read the rows of a list
 * before knows, by one small query, which of them it has to read again. docs/search.md and src/database/remembered.ts tell how.
 *
 * `any` (id 0) stands for all of them: after a name that many rows show was changed, or more rows at once than is worth telling apart.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table shown_changes (
      xid xid8 not null default pg_current_xact_id(),
      subject text not null check (subject in ('client', 'lead', 'any')),
      id bigint not null,
      primary key (xid, subject, id)
    )`)
  for (const { subject, tables } of NOTED) {
    for (const { table, key, events } of tables) {
      const name = `note_shown_${key}_of_${subject}`
      if (tables.find(one => one.key === key)!.table === table) await db.raw(noting(name, subject, key))
      for (const event of events) {
        const rows = [event !== 'insert' && 'old table as old_rows', event !== 'delete' && 'new table as new_rows'].filter(Boolean).join(' ')
        await db.raw(`create trigger shown_after_${event} after ${event} on ${table} referencing ${rows} for each statement execute function ${name}()`)
      }
    }
  }
  await db.raw(`
    create function note_shown_anywhere() returns trigger language plpgsql as $$
    begin
      insert into shown_changes (subject, id) values ('any', 0) on conflict do nothing;
      return null;
    end $$`)
  for (const { tables: [{ table }] } of NOTED) await db.raw(`create trigger shown_after_truncate after truncate on ${table} for each statement execute function note_shown_anywhere()`)
  for (const [table, columns] of Object.entries(NAMES)) {
    const row = (which: string) => `(${columns.map(column => `${which}.${column}`).join(', ')})`
    await db.raw(`create trigger shown_after_update after update on ${table} for each row when (${row('old')} is distinct from ${row('new')}) execute function note_shown_anywhere()`)
  }
}

// What makes up the rows of the lists. A new client or lead was in none before; a new phone or tag of an old one changes its row.
const ALL = ['insert', 'update', 'delete']
const NOTED = [
  { subject: 'client', tables: [{ table: 'clients', key: 'id', events: ['update', 'delete'] }, ...['client_phones', 'client_emails', 'client_tags', 'client_values'].map(table => ({ table, key: 'client_id', events: ALL }))] },
  { subject: 'lead', tables: [{ table: 'leads', key: 'id', events: ['update', 'delete'] }, ...['lead_phones', 'lead_values'].map(table => ({ table, key: 'lead_id', events: ALL }))] }
] as const satisfies { subject: string, tables: { table: string, key: string, events: readonly string[] }[] }[]

// Names that rows of others show. Own fields have a version of their own, and statuses are read for each page.
const NAMES = { tags: ['name', 'name_key', 'colour'], campaigns: ['name'], locations: ['name'], employees: ['name'], lead_types: ['key', 'labels', 'icon'], lead_settings: ['default_type_id'] }

// So many at once, and all are read again.
const MANY = 500

// Whoever makes clients with all they have says so: nobody has seen those.
const noting = (name: string, subject: string, key: string) => `
  create function ${name}() returns trigger language plpgsql as $$
  declare ids bigint[];
  begin
    if tg_op = 'INSERT' then
      if current_setting('clientela.making', true) = 'on' then return null; end if;
      select array_agg(distinct ${key}) into ids from new_rows;
    elsif tg_op = 'DELETE' then select array_agg(distinct ${key}) into ids from old_rows;
    else select array_agg(${key}) into ids from (select ${key} from new_rows union select ${key} from old_rows) rows;
    end if;
    if cardinality(ids) > ${MANY} then insert into shown_changes (subject, id) values ('any', 0) on conflict do nothing;
    else insert into shown_changes (subject, id) select '${subject}', unnest(ids) on conflict do nothing;
    end if;
    return null;
  end $$`

export async function down (db: Knex): Promise<void> {
  for (const table of Object.keys(NAMES)) await db.raw(`drop trigger shown_after_update on ${table}`)
  for (const { subject, tables } of NOTED) {
    await db.raw(`drop trigger shown_after_truncate on ${tables[0].table}`)
    for (const { table, events } of tables) for (const event of events) await db.raw(`drop trigger shown_after_${event} on ${table}`)
    for (const key of new Set(tables.map(({ key }) => key))) await db.raw(`drop function note_shown_${key}_of_${subject}()`)
  }
  await db.raw('drop function note_shown_anywhere()')
  await db.raw('drop table shown_changes')
}
