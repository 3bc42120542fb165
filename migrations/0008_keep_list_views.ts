import type { Knex } from 'knex'

/*
 * A view of a list keeps its filter, order and columns as they stand in the list's address: what reads an address reads it, and leaves
 * out what has gone since. Which view a list opens with: the person's own word, else their role's.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table list_views (
      id bigint generated always as identity primary key,
      list text not null,           -- clients
      owner_id bigint not null references employees,
      name text not null check (name <> ''),
      name_key text not null generated always as (fold(name)) stored,
      shared boolean not null default false, -- with all who see the list; else its owner's alone
      query text not null check (length(query) <= 6000),
      position int not null default 0,
      version int not null default 1,
      changed_by bigint references employees,
      changed_at timestamptz not null default now(),
      deleted_at timestamptz
    )`)
  await db.raw('create unique index list_views_shared on list_views (list, name_key) where shared and deleted_at is null')
  await db.raw('create unique index list_views_own on list_views (list, owner_id, name_key) where not shared and deleted_at is null')
  await db.raw('create index list_views_owner on list_views (owner_id)')
  await db.raw('create index list_views_changed_by on list_views (changed_by)')
  await db.raw(`
    create table list_defaults (
      list text not null,
      role_id bigint references roles on delete cascade,
      employee_id bigint references employees on delete cascade,
      view_id bigint references list_views on delete cascade, -- null: the list as it is without a view
      check (num_nonnulls(role_id, employee_id) = 1),
      unique (list, role_id),
      unique (list, employee_id)
    )`)
  for (const column of ['role_id', 'employee_id', 'view_id']) await db.raw('create index ?? on list_defaults (??)', [`list_defaults_${column}`, column])
  await db.raw("update roles set rights = array(select unnest(rights) union select 'views.share' order by 1) where key in ('manager', 'admin', 'owner')")

  // What a field has in common with its values: without it Postgres takes each for one in fifty and the filter for a hundredth of what it leaves.
  await db.raw('create statistics client_values_options (ndistinct, mcv) on field_id, option_id from client_values')
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop statistics client_values_options')
  await db.raw("update roles set rights = array_remove(rights, 'views.share')")
  for (const table of ['list_defaults', 'list_views']) await db.raw(`drop table ${table}`)
}
