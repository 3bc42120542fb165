import type { Knex } from 'knex'

/*
 * What clients have already, for leads: rows ticked in the list, and one thing done to many of them in the background, in tables of the
 * same shape (see src/many/many.ts). A shared view may stand above its list as a badge, with a name in each language.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table lead_selection (
      employee_id bigint not null references employees on delete cascade,
      lead_id bigint not null references leads on delete cascade,
      at timestamptz not null default now(),
      primary key (employee_id, lead_id)
    )`)
  await db.raw('create index lead_selection_lead on lead_selection (lead_id)')
  await db.raw('create index lead_selection_at on lead_selection (at)')
  await db.raw(`
    create table lead_actions (
      id bigint generated always as identity primary key,
      kind text not null,
      details jsonb not null default '{}', -- what was set, as it was called then
      employee_id bigint not null references employees,
      undoes bigint references lead_actions,
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
  await db.raw('create index lead_actions_employee on lead_actions (employee_id, id desc)')
  await db.raw('create index lead_actions_undoes on lead_actions (undoes) where undoes is not null')
  await db.raw(`
    create table lead_action_rows (
      action_id bigint not null references lead_actions on delete cascade,
      lead_id bigint not null references leads on delete cascade, -- what is kept of it goes with it
      outcome text check (outcome in ('changed', 'skipped')), -- null: its turn has yet to come
      why text check ((why is not null) = (outcome is not distinct from 'skipped')),
      kept jsonb,                   -- what undoing it needs
      undone boolean not null default false,
      primary key (action_id, lead_id)
    )`)
  await db.raw('create index lead_action_rows_lead on lead_action_rows (lead_id)')
  await db.raw('create index lead_action_rows_left on lead_action_rows (action_id, lead_id) where outcome is null')
  await db.raw('create index lead_action_rows_skipped on lead_action_rows (action_id, why, lead_id) where why is not null')

  await db.raw(`
    alter table list_views
      add column badge boolean not null default false,
      add column labels jsonb not null default '{}', -- of a badge, by language; where there is none it is called as the view
      add column icon text not null default '',
      add column colour text not null default '',
      add constraint list_views_badge check (shared or not badge)`)

  // People who are known only from leads, by their numbers: the newest lead of each number stands for it.
  await db.raw('create index lead_phones_number on lead_phones ((coalesce(e164, digits)), lead_id)')
  await db.raw('create index leads_clientless on leads (created_at, id) where client_id is null and archived_at is null')

  await db.raw("update roles set rights = array(select unnest(rights) union select 'leads.export' order by 1) where key in ('manager', 'admin', 'owner')")
}

export async function down (db: Knex): Promise<void> {
  await db.raw("update roles set rights = array_remove(rights, 'leads.export')")
  await db.raw('drop index leads_clientless')
  await db.raw('drop index lead_phones_number')
  await db.raw("delete from list_views where list = 'leads'")
  await db.raw('alter table list_views drop constraint list_views_badge, drop column badge, drop column labels, drop column icon, drop column colour')
  for (const table of ['lead_action_rows', 'lead_actions', 'lead_selection']) await db.raw(`drop table ${table}`)
}
