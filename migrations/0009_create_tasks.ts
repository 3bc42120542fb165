import type { Knex } from 'knex'

export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table tasks (
      id bigint generated always as identity primary key,
      client_id bigint references clients on delete cascade,
      what text not null check (what <> ''),
      due_on date not null,
      due_time time,                -- null: any time of that day
      -- As the organisation's clocks show it: when it comes due, and from when on it is late.
      due_from timestamp not null generated always as (due_on + coalesce(due_time, time '00:00')) stored,
      late_from timestamp not null generated always as (due_on + coalesce(due_time, time '24:00')) stored,
      assignee_id bigint not null references employees,
      created_by bigint not null references employees,
      created_at timestamptz not null default now(),
      done_at timestamptz,
      done_by bigint references employees,
      deleted_at timestamptz,
      noticed_at timestamptz,       -- when its assignee put the notice away that it has come due
      event_id bigint,              -- the newest entry about it in the feed, which shows how it stands
      version int not null default 1,
      constraint tasks_subject check (num_nonnulls(client_id) = 1), -- a later kind of subject joins this list
      check ((done_at is null) = (done_by is null))
    )`)
  await db.raw('create index tasks_client on tasks (client_id, late_from, id)')
  await db.raw('create unique index tasks_event on tasks (event_id)')
  for (const [name, columns] of OPEN_INDEXES) await db.raw(`create index ${name} on tasks (${columns}) where done_at is null and deleted_at is null`)
  for (const [name, columns] of DONE_INDEXES) await db.raw(`create index ${name} on tasks (${columns}) where done_at is not null and deleted_at is null`)

  // Whose task it is, or was until now, is told on every open page: see src/web/live.ts.
  await db.raw(`
    create function tell_of_task() returns trigger language plpgsql as $$
    begin
      perform pg_notify('clientela', json_build_object('topic', 'employee:' || new.assignee_id, 'name', 'tasks')::text);
      if tg_op = 'UPDATE' and old.assignee_id <> new.assignee_id then
        perform pg_notify('clientela', json_build_object('topic', 'employee:' || old.assignee_id, 'name', 'tasks')::text);
      end if;
      return null;
    end $$`)
  await db.raw('create trigger tell_of_task after insert or update on tasks for each row execute function tell_of_task()')

  await db.raw("update roles set rights = array(select unnest(rights) union select 'tasks.view_all' order by 1) where key in ('manager', 'admin', 'owner')")

  await db.raw(`
    create table location_hours (
      location_id bigint not null references locations on delete cascade,
      weekday int not null check (weekday between 1 and 7), -- ISO 8601: Monday is 1
      opens int not null check (opens >= 0),                -- minutes since midnight, as the clocks there show it
      closes int not null check (closes <= 1440),
      primary key (location_id, weekday, opens),
      check (closes > opens),
      -- No two spans of a day overlap: each stands on one long line of minutes, a stretch for each location and weekday.
      exclude using gist (int8range((location_id * 7 + weekday) * 1440 + opens, (location_id * 7 + weekday) * 1440 + closes) with &&)
    )`)
  await db.raw(`
    create table location_closed_days (
      id bigint generated always as identity primary key,
      location_id bigint not null references locations on delete cascade,
      starts_on date not null,
      ends_on date not null,
      note text not null default '',
      removed_at timestamptz,
      check (ends_on >= starts_on)
    )`)
  await db.raw('create unique index location_closed_days_once on location_closed_days (location_id, starts_on, ends_on) where removed_at is null')
}

const OPEN_INDEXES: [name: string, columns: string][] = [
  ['tasks_open', 'late_from, id'],
  ['tasks_open_of', 'assignee_id, late_from, id'],
  ['tasks_due', 'due_from']
]
const DONE_INDEXES: [name: string, columns: string][] = [
  ['tasks_done', 'done_at, id'],
  ['tasks_done_of', 'assignee_id, done_at, id']
]

export async function down (db: Knex): Promise<void> {
  await db.raw('drop table location_closed_days')
  await db.raw('drop table location_hours')
  await db.raw("update roles set rights = array_remove(rights, 'tasks.view_all')")
  await db.raw("delete from events where kind like 'task.%'")
  await db.raw('drop table tasks')
  await db.raw('drop function tell_of_task()')
}
