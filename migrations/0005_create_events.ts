import type { Knex } from 'knex'

export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table events (
      id bigint generated always as identity primary key,
      client_id bigint not null references clients on delete cascade,
      kind text not null,           -- comment, client.created, client.changed, ...
      employee_id bigint references employees,
      at timestamptz not null default now(),
      version int,                  -- the client's version that this event made
      details jsonb not null default '{}',
      body text,                    -- of a comment
      edited_at timestamptz,
      deleted_at timestamptz
    )`)
  await db.raw('create index events_client on events (client_id, id desc)')

  // Every process listens on this channel and tells the screens that show the client: see src/web/live.ts.
  await db.raw(`
    create function tell_of_event() returns trigger language plpgsql as $$
    begin
      perform pg_notify('clientela', json_build_object('topic', 'client:' || new.client_id, 'event', new.id, 'is_new', tg_op = 'INSERT')::text);
      return null;
    end $$`)
  await db.raw('create trigger tell_of_event after insert or update on events for each row execute function tell_of_event()')

  // A form sent twice makes one thing: the second finds where the first led.
  await db.raw(`
    create table submissions (
      token uuid primary key,
      employee_id bigint references employees on delete cascade,
      result text,
      at timestamptz not null default now()
    )`)
  await db.raw('create index submissions_at on submissions (at)')
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop table submissions')
  await db.raw('drop table events')
  await db.raw('drop function tell_of_event()')
}
