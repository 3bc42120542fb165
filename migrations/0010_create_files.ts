import type { Knex } from 'knex'

export async function up (db: Knex): Promise<void> {
  // What is stored, once however often it was sent: the key is the SHA-256 of its bytes.
  await db.raw(`
    create table file_contents (
      hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
      size bigint not null,
      used_at timestamptz not null default now() -- when it was last sent: what nothing names is cleared away a day later
    )`)
  await db.raw('create index file_contents_used on file_contents (used_at)')

  await db.raw(`
    create table files (
      id bigint generated always as identity primary key,
      token text not null unique,   -- 128 random bits: its address can't be guessed
      client_id bigint not null references clients on delete cascade,
      event_id bigint references events on delete cascade, -- the entry that shows it; null while its sender is still writing
      position int not null default 0,
      content text not null references file_contents,
      thumbnail text references file_contents,
      name text not null check (name <> ''),
      type text not null,           -- found in the content, never believed
      size bigint not null,
      width int,
      height int,
      employee_id bigint not null references employees,
      created_at timestamptz not null default now(),
      removed_at timestamptz,
      removed_by bigint references employees
    )`)
  await db.raw('create index files_event on files (event_id)')
  await db.raw('create index files_client on files (client_id)')
  await db.raw('create index files_content on files (content)')
  await db.raw('create index files_thumbnail on files (thumbnail) where thumbnail is not null')
  await db.raw('create index files_unsent on files (created_at) where event_id is null')

  await db.raw(`
    alter table organisation
      add column file_megabytes int not null default 50 check (file_megabytes between 1 and 2000),
      add column file_count int not null default 20 check (file_count between 1 and 50),
      add column file_kinds text[] not null default '{pictures,documents,media,archives}',
      add column logo text references file_contents,
      add column logo_width int,
      add column logo_height int`)
}

export async function down (db: Knex): Promise<void> {
  await db.raw('alter table organisation drop column file_megabytes, drop column file_count, drop column file_kinds, drop column logo, drop column logo_width, drop column logo_height')
  await db.raw('drop table files')
  await db.raw('drop table file_contents')
}
