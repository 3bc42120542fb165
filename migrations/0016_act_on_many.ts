import type { Knex } from 'knex'

export async function up (db: Knex): Promise<void> {
  // The clients that somebody has ticked in the list: they stay ticked through searches, filters and pages.
  await db.raw(`
    create table client_selection (
      employee_id bigint not null references employees on delete cascade,
      client_id bigint not null references clients on delete cascade,
      at timestamptz not null default now(),
      primary key (employee_id, client_id)
    )`)
  await db.raw('create index client_selection_client on client_selection (client_id)')
  await db.raw('create index client_selection_at on client_selection (at)')

  // One thing done to many clients at once, in the background.
  await db.raw(`
    create table client_actions (
      id bigint generated always as identity primary key,
      kind text not null,
      details jsonb not null default '{}', -- what is put on, taken off or set, as it was called then
      employee_id bigint not null references employees,
      undoes bigint references client_actions,
      created_at timestamptz not null default now(),
      state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'stopped', 'failed')),
      stop_asked_at timestamptz,
      started_at timestamptz,
      finished_at timestamptz,
      total int not null default 0,
      done int not null default 0,
      changed int not null default 0,
      check (changed <= done and done <= total)
    )`)
  await db.raw('create index client_actions_employee on client_actions (employee_id, id desc)')
  await db.raw('create index client_actions_undoes on client_actions (undoes) where undoes is not null')

  // Each of its clients, as they were chosen when it was confirmed.
  await db.raw(`
    create table client_action_rows (
      action_id bigint not null references client_actions on delete cascade,
      client_id bigint not null,    -- no reference: what was deleted for good is still told of
      outcome text check (outcome in ('changed', 'skipped')), -- null: its turn has yet to come
      why text check ((why is not null) = (outcome is not distinct from 'skipped')),
      kept jsonb,                   -- what undoing it needs
      undone boolean not null default false,
      primary key (action_id, client_id)
    )`)
  await db.raw('create index client_action_rows_left on client_action_rows (action_id, client_id) where outcome is null')
  await db.raw('create index client_action_rows_skipped on client_action_rows (action_id, why, client_id) where why is not null')

  await db.raw("update roles set rights = array(select unnest(rights) union select 'clients.erase' order by 1) where key in ('admin', 'owner')")
}

export async function down (db: Knex): Promise<void> {
  await db.raw("update roles set rights = array_remove(rights, 'clients.erase')")
  for (const table of ['client_action_rows', 'client_actions', 'client_selection']) await db.raw(`drop table ${table}`)
}
