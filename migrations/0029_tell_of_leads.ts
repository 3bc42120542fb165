import type { Knex } from 'knex'

/*
 * Who is told of what happens to leads. Rules say whom, of what and how; each person may mute what is for them. An entry of a lead's
 * feed that there is a rule for leaves a job in its own transaction; the clock rings by lead_alarms, whose rows go as they ring.
 * A notification is a row: there is one of each entry and person, so that a job that is done again tells nobody twice.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table notification_settings (
      id int primary key default 1 check (id = 1),
      due_soon_minutes int not null default 60 check (due_soon_minutes between 5 and 10080),
      version int not null default 1
    )`)
  await db.raw('insert into notification_settings default values')
  await db.raw(`
    create table notification_rules (
      notice text not null,         -- new, assigned, ...: src/notifications/notice.ts
      role_id bigint references roles on delete cascade, -- null: the lead's manager
      in_app boolean not null default false,
      mail boolean not null default false,
      unique nulls not distinct (notice, role_id),
      check (in_app or mail)
    )`)
  await db.raw(`
    create table notification_mutes (
      employee_id bigint not null references employees on delete cascade,
      notice text not null,
      in_app boolean not null default false,
      mail boolean not null default false,
      primary key (employee_id, notice)
    )`)
  await db.raw(`
    create table notifications (
      id bigint generated always as identity primary key,
      employee_id bigint not null references employees on delete cascade,
      lead_id bigint not null references leads on delete cascade,
      notice text not null,
      event_id bigint references events on delete cascade, -- null: the clock's
      due_at timestamptz,           -- of the clock's: the time that has come or comes
      in_app boolean not null,      -- false: it went by e-mail alone
      at timestamptz not null default now(),
      read_at timestamptz,
      unique (event_id, employee_id)
    )`)
  await db.raw('create index notifications_unread on notifications (employee_id, id desc) where in_app and read_at is null')
  await db.raw('create index notifications_read on notifications (employee_id, id desc) where in_app and read_at is not null')
  await db.raw('create index notifications_lead on notifications (lead_id)')
  await db.raw('create index notifications_at on notifications (at)')
  await db.raw(`
    create table lead_alarms (
      lead_id bigint not null references leads on delete cascade,
      notice text not null check (notice in ('due_soon', 'overdue', 'late')),
      at timestamptz not null,      -- when the lead is due, or from when it is too long in its status
      primary key (lead_id, notice)
    )`)
  await db.raw('create index lead_alarms_at on lead_alarms (notice, at)')

  await tellPages(db)
  await leaveJobs(db)
  await setAlarms(db)

  // A shop that has set nothing: managers see what comes in (a new one's: seeds/reference.ts), and whose lead it is hears of what is theirs.
  await db.raw(`
    insert into notification_rules (notice, role_id, in_app, mail)
    select 'new', id, true, false from roles where key = 'manager'
    union all select notice, null, true, notice = 'assigned' from unnest(array['assigned', 'comment', 'overdue', 'urgent']) notice`)
}

/** The open pages of whom it is for show their count anew. */
async function tellPages (db: Knex): Promise<void> {
  await db.raw(`
    create function tell_of_notification() returns trigger language plpgsql as $$
    begin
      perform pg_notify('clientela', json_build_object('topic', 'employee:' || employee_id, 'name', 'notifications')::text) from (select distinct employee_id from changed where in_app) c;
      return null;
    end $$`)
  for (const what of ['insert', 'update']) await db.raw(`create trigger tell_of_${what} after ${what} on notifications referencing new table as changed for each statement execute function tell_of_notification()`)
}

/** Entries that somebody may have to be told of leave one job a statement. What is older than an hour is history that was written down later. */
async function leaveJobs (db: Knex): Promise<void> {
  await db.raw(`
    create function tell_of_lead_news() returns trigger language plpgsql as $$
    declare
      news json;
    begin
      select json_agg(n.id order by n.id) into news from added n
        where n.lead_id is not null and n.at > now() - interval '1 hour' and exists (
          select from notification_rules r where r.notice = any (case n.kind
            when 'lead.created' then array['new', 'assigned', 'urgent']
            when 'lead.moved' then array['moved']
            when 'comment' then array['comment']
            when 'lead.changed' then array[case when n.details->'changes' @> '[{"field": "manager_id"}]' then 'assigned' end, case when n.details->'changes' @> '[{"field": "urgent", "new": true}]' then 'urgent' end]
          end));
      if news is not null then perform graphile_worker.add_job('leads.notify', json_build_object('events', news)); end if;
      return null;
    end $$`)
  await db.raw('create trigger tell_of_lead_news after insert on events referencing new table as added for each statement execute function tell_of_lead_news()')
}

/** Each lead's alarms are those of its times as they are; another time rings anew. */
async function setAlarms (db: Knex): Promise<void> {
  await db.raw(`
    create function set_lead_alarms() returns trigger language plpgsql as $$
    begin
      if tg_op = 'UPDATE' then
        delete from lead_alarms where lead_id = new.id and (case notice when 'late' then new.status_late_at else new.due_at end) is distinct from at;
      end if;
      insert into lead_alarms (lead_id, notice, at)
        select new.id, a.notice, a.at from (values ('due_soon', new.due_at), ('overdue', new.due_at), ('late', new.status_late_at)) a (notice, at)
        where a.at is not null and (tg_op = 'INSERT' or a.at is distinct from case a.notice when 'late' then old.status_late_at else old.due_at end)
        on conflict (lead_id, notice) do update set at = excluded.at;
      return null;
    end $$`)
  const timed = 'new.due_at is not null or new.status_late_at is not null'
  await db.raw(`create trigger set_alarms after insert on leads for each row when (new.closed_at is null and (${timed})) execute function set_lead_alarms()`)
  await db.raw('create trigger reset_alarms after update of due_at, status_late_at on leads for each row when (new.due_at is distinct from old.due_at or new.status_late_at is distinct from old.status_late_at) execute function set_lead_alarms()')
  // What has come by now was there to be seen without us.
  await db.raw(`
    insert into lead_alarms (lead_id, notice, at)
    select id, a.notice, a.at from leads cross join lateral (values ('due_soon', due_at), ('overdue', due_at), ('late', status_late_at)) a (notice, at)
    where closed_at is null and archived_at is null and a.at > now()`)
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop trigger tell_of_lead_news on events')
  await db.raw('drop trigger set_alarms on leads')
  await db.raw('drop trigger reset_alarms on leads')
  for (const table of ['lead_alarms', 'notifications', 'notification_mutes', 'notification_rules', 'notification_settings']) await db.raw(`drop table ${table}`)
  for (const name of ['tell_of_notification', 'tell_of_lead_news', 'set_lead_alarms']) await db.raw(`drop function ${name}()`)
  await db.raw("delete from graphile_worker._private_jobs where task_id = (select id from graphile_worker._private_tasks where identifier = 'leads.notify')")
  await db.raw("delete from mails where kind = 'lead_notice'")
}
