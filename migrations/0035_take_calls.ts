import type { Knex } from 'knex'

/*
 * Calls: what the company's telephony tells of them, and what is made here by a click.
 *
 * A call is one row from its first report to its recording; reports come twice, late and out of order, and move it forward only
 * (src/calls/taking.ts). Whoever is on the other side stands in it by number, and by client once the number is one's.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table telephony_settings (
      id int primary key default 1 check (id = 1),
      adapter text not null default 'none' check (adapter in ('none', 'webhook', 'twilio', 'ari')),
      scheme text not null default 'tel' check (scheme in ('tel', 'sip')), -- of a number's link where the adapter makes no calls
      sip_domain text not null default '',
      missed_type_id bigint references lead_types on delete set null, -- what missed calls make; null: nothing
      adapters jsonb not null default '{}', -- by adapter, what its form asks for
      secrets jsonb not null default '{}',  -- by adapter, sealed: src/seal.ts
      dials boolean not null default false, -- whether what is set makes calls
      version int not null default 1
    )`)
  await db.raw('insert into telephony_settings default values')
  await db.raw("alter table employees add column extension text not null default ''") // where somebody is rung
  await db.raw("create index employees_extension on employees (extension) where extension <> ''")
  await db.raw(`
    create table calls (
      id bigint generated always as identity primary key,
      adapter text not null,
      provider_id text not null,    -- as the adapter names it
      direction text not null check (direction in ('in', 'out')),
      state text not null check (state in ('calling', 'ringing', 'answered', 'ended', 'missed', 'busy', 'failed')),
      why text not null default '', -- of a failed one: a word of src/calls/call.ts
      e164 text,                    -- the other side's number; null: it is none that we can read
      display text not null default '', -- '': withheld
      digits text not null default '',
      ours text not null default '',    -- which of our numbers it was to
      client_id bigint references clients,
      lead_id bigint references leads on delete set null,
      employee_id bigint references employees, -- who answered, or made it
      extension text not null default '',      -- where, as the adapter has it
      started_at timestamptz not null default now(),
      answered_at timestamptz,
      ended_at timestamptz,
      seconds int check (seconds >= 0), -- talked
      recording_url text,
      dismissed_by bigint[] not null default '{}', -- employees who put its card away
      unique (adapter, provider_id)
    )`)
  for (const [name, columns, where] of INDEXES) await db.raw(`create index ${name} on calls (${columns})${where ? ` where ${where}` : ''}`)
  await db.raw('create index calls_digits on calls using gin (digits gin_trgm_ops)')
  // One notice, however many of a transaction: every process looks at what goes on and tells its own open pages.
  await db.raw(`
    create function tell_of_call() returns trigger language plpgsql as $$
    begin
      perform pg_notify('clientela', '{"topic": "calls", "name": "calls"}');
      return null;
    end $$`)
  await db.raw("create trigger tell_of_new after insert on calls for each row when (new.started_at > now() - interval '1 day') execute function tell_of_call()")
  await db.raw(`create trigger tell_of_changed after update on calls for each row
    when (new.started_at > now() - interval '1 day' and (old.state, old.employee_id, old.client_id, old.lead_id, old.dismissed_by) is distinct from (new.state, new.employee_id, new.client_id, new.lead_id, new.dismissed_by)) execute function tell_of_call()`)
  await db.raw("update roles set rights = array(select unnest(rights) union select unnest(array['calls.view', 'calls.make']) order by 1) where key is not null")
}

const INDEXES: [name: string, columns: string, where?: string][] = [
  ['calls_started', 'started_at desc, id desc'],
  ['calls_missed', 'started_at desc, id desc', "direction = 'in' and state = 'missed'"],
  ['calls_out', 'started_at desc, id desc', "direction = 'out'"],
  ['calls_employee', 'employee_id, started_at desc, id desc'],
  ['calls_client', 'client_id, id desc', 'client_id is not null'],
  ['calls_lead', 'lead_id', 'lead_id is not null'],
  ['calls_e164', 'e164, id'],
  ['calls_going_on', 'started_at', 'ended_at is null']
]

export async function down (db: Knex): Promise<void> {
  await db.raw("delete from events where kind = 'call'")
  await db.raw('drop table calls, telephony_settings')
  await db.raw('drop function tell_of_call()')
  await db.raw('alter table employees drop column extension')
  await db.raw("update roles set rights = array_remove(array_remove(rights, 'calls.view'), 'calls.make')")
}
