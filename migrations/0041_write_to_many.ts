import type { Knex } from 'knex'

/*
 * What is written to many clients at once. Each recipient is a row before anything is sent, one of each mailing and client; a job queues
 * their messages a chunk at a time, in the transaction that settles their rows: whenever it is killed, nobody is left out or written to twice.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table mailings (
      id bigint generated always as identity primary key,
      employee_id bigint not null references employees,
      channels text[] not null,     -- in the order in which they are tried
      email_template_id bigint references templates on delete set null,
      text_template_id bigint references templates on delete set null, -- of SMS, WhatsApp and Viber
      subject text not null default '', -- own words, where there is no template
      email_body text not null default '',
      text_body text not null default '',
      skips_empty boolean not null, -- leaves out those for whom a variable has nothing to say
      per_minute int check (per_minute between 1 and 100000),
      due_at timestamptz not null,
      state text not null default 'running' check (state in ('running', 'paused', 'stopped', 'done', 'failed')),
      total int not null default 0,
      done int not null default 0,  -- whose turn has been
      created_at timestamptz not null default now(),
      finished_at timestamptz
    )`)
  await db.raw('create index mailings_employee on mailings (employee_id, id desc)')
  for (const column of ['email_template_id', 'text_template_id']) await db.raw(`create index mailings_${column} on mailings (${column}) where ${column} is not null`)
  await db.raw(`
    create table mailing_recipients (
      mailing_id bigint not null references mailings on delete cascade,
      client_id bigint not null,    -- no reference: whoever is deleted for good takes their row along by themselves
      outcome text check (outcome in ('queued', 'skipped')), -- null: its turn has yet to come
      why text check ((why is not null) = (outcome is not distinct from 'skipped')),
      message_id bigint references messages on delete set null,
      address text,                 -- E.164 or an e-mail in small letters: one is written to once
      queued_at timestamptz,
      primary key (mailing_id, client_id)
    )`)
  await db.raw('create index mailing_recipients_left on mailing_recipients (mailing_id, client_id) where outcome is null')
  await db.raw('create index mailing_recipients_message on mailing_recipients (message_id) where message_id is not null')
  await db.raw('create index mailing_recipients_client on mailing_recipients (client_id)')
  await db.raw('create index mailing_recipients_queued on mailing_recipients (mailing_id, queued_at) where queued_at is not null')
  await db.raw('create unique index mailing_recipients_once on mailing_recipients (mailing_id, address) where address is not null')
  await db.raw("update roles set rights = array(select unnest(rights) union select 'messages.send_many' order by 1) where key in ('manager', 'admin', 'owner')")
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop table mailing_recipients, mailings')
  await db.raw("update roles set rights = array_remove(rights, 'messages.send_many')")
  await db.raw("delete from graphile_worker._private_jobs where task_id = (select id from graphile_worker._private_tasks where identifier = 'mailings.run')")
}
