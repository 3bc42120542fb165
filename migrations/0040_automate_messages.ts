import type { Knex } from 'knex'

/*
 * Messages that write themselves. A rule says upon what (event), to whom (conditions), how (channels in order of preference, a template
 * each) and when (delay, quiet hours). What happened to a client or a lead leaves a job in its own transaction; what the clock brings is
 * looked for each minute. A run is a row a rule and cause, so that none acts twice however often its job is done; it is the log too,
 * of what was sent and what was not.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table automation_rules (
      id bigint generated always as identity primary key,
      name text not null check (name <> ''),
      event text not null check (event in ('client.created', 'lead.created', 'lead.moved', 'lead.overdue', 'task.due', 'date')),
      field_id bigint references fields,  -- of a date: whose day it is
      days int not null default 0,        -- so many days before it; below 0 after
      yearly boolean not null default false,
      at_minute int not null default 600 check (at_minute between 0 and 1439), -- when of the day
      conditions jsonb not null default '{}', -- src/automation/rule.ts
      delay_minutes int not null default 0 check (delay_minutes between 0 and 43200),
      quiet_from int check (quiet_from between 0 and 1439),
      quiet_to int check (quiet_to between 0 and 1439),
      on_since timestamptz,         -- null: switched off
      ran_on date,                  -- of a date: the last day that was looked through
      version int not null default 1,
      created_at timestamptz not null default now(),
      removed_at timestamptz,
      check ((event = 'date') = (field_id is not null)),
      check (num_nonnulls(quiet_from, quiet_to) <> 1),
      check (on_since is null or removed_at is null)
    )`)
  await db.raw(`
    create table automation_channels (
      rule_id bigint not null references automation_rules on delete cascade,
      position int not null,
      template_id bigint not null references templates,
      primary key (rule_id, position)
    )`)
  await db.raw('create index automation_channels_template on automation_channels (template_id)')
  await db.raw(`
    create table automation_runs (
      id bigint generated always as identity primary key,
      rule_id bigint not null references automation_rules on delete cascade,
      cause_key text not null,      -- 'event:17', 'overdue:5:1763812800', ...: src/automation/causes.ts
      client_id bigint references clients on delete cascade,
      lead_id bigint references leads on delete cascade,
      at timestamptz not null default now(),
      outcome text not null check (outcome in ('waiting', 'queued', 'skipped', 'failed')),
      why text,                     -- of what wasn't sent: a word of src/automation/rule.ts
      details jsonb not null default '{}', -- the channels that were tried, and the cause of what waits
      due_at timestamptz,           -- of what waits
      message_id bigint references messages on delete set null,
      unique (rule_id, cause_key)
    )`)
  await db.raw('create index automation_runs_rule on automation_runs (rule_id, id desc)')
  await db.raw('create index automation_runs_at on automation_runs (at)')
  for (const column of ['client_id', 'lead_id', 'message_id']) await db.raw(`create index automation_runs_${column} on automation_runs (${column}) where ${column} is not null`)

  // What is older than an hour is history that was written down later; imports greet nobody unless a rule says so.
  await db.raw(`
    create function automate_event() returns trigger language plpgsql as $$
    declare
      news json;
    begin
      if not exists (select from automation_rules where on_since is not null and event in ('client.created', 'lead.created', 'lead.moved')) then return null; end if;
      select json_agg(n.id order by n.id) into news from added n
        where n.kind in ('client.created', 'lead.created', 'lead.moved') and n.at > now() - interval '1 hour' and exists (
          select from automation_rules r where r.on_since is not null and r.event = n.kind and (n.details->>'source' is distinct from 'import' or r.conditions @> '{"imported": true}'));
      if news is not null then perform graphile_worker.add_job('automation.match', json_build_object('events', news)); end if;
      return null;
    end $$`)
  await db.raw('create trigger automate_event after insert on events referencing new table as added for each statement execute function automate_event()')
  // Of what failed for good the rule's next channel is tried.
  await db.raw(`
    create function automate_failure() returns trigger language plpgsql as $$
    begin
      perform graphile_worker.add_job('automation.fall_back', json_build_object('message', new.id));
      return null;
    end $$`)
  await db.raw(`
    create trigger automate_failure after update of state on messages for each row
      when (new.cause = 'automation' and new.state in ('failed', 'bounced', 'refused') and old.state is distinct from new.state) execute function automate_failure()`)
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop trigger automate_event on events')
  await db.raw('drop trigger automate_failure on messages')
  for (const name of ['automate_event', 'automate_failure']) await db.raw(`drop function ${name}()`)
  for (const table of ['automation_runs', 'automation_channels', 'automation_rules']) await db.raw(`drop table ${table}`)
  await db.raw("delete from graphile_worker._private_jobs where task_id in (select id from graphile_worker._private_tasks where identifier like 'automation.%')")
}
