import type { Knex } from 'knex'

export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table mail_settings (
      id int primary key default 1 check (id = 1),
      sends boolean not null default false, -- false: everything is caught in the test mailbox
      host text,
      port int check (port between 1 and 65535),
      security text not null default 'starttls' check (security in ('tls', 'starttls', 'none')),
      username text,
      password_sealed text,         -- AES-256-GCM: see src/seal.ts
      sender_name text,
      sender_address text,
      public_url text,              -- where links in mails lead, "https://desk.example.com"
      version int not null,
      saved_by bigint references employees on delete set null,
      saved_at timestamptz not null default now(),
      check (not sends or (host is not null and port is not null and sender_address is not null))
    )`)

  await db.raw(`
    create table mails (
      id bigint generated always as identity primary key,
      kind text not null,
      employee_id bigint references employees on delete cascade, -- whom it is for
      recipient text not null,
      recipient_name text,
      subject text not null,
      body_text text,               -- gone once nobody needs it: it may hold a link that lets somebody in
      body_html text,
      message_id uuid not null default gen_random_uuid(),
      created_at timestamptz not null default now(),
      expires_at timestamptz,       -- worth nothing to its reader afterwards
      state text not null default 'due' check (state in ('due', 'sending', 'sent', 'caught', 'uncertain', 'failed', 'expired')),
      attempts int not null default 0,
      next_at timestamptz not null default now(),
      taken_at timestamptz,
      settled_at timestamptz,
      problem text,                 -- what went wrong last, as a word of ours
      said text                     -- what the server said last
    )`)
  await db.raw("create index mails_due on mails (next_at, id) where state = 'due'")
  await db.raw("create index mails_sending on mails (taken_at) where state = 'sending'")
  await db.raw("create index mails_caught on mails (id desc) where state = 'caught'")
  await db.raw('create index mails_employee on mails (employee_id, id desc)')

  // Wakes the sender of every process: see src/mail/outbox/sender.ts.
  await db.raw(`
    create function tell_of_mail() returns trigger language plpgsql as $$
    begin
      perform pg_notify('clientela', '{"topic": "mail", "event": 0, "is_new": true}');
      return null;
    end $$`)
  await db.raw('create trigger tell_of_mail after insert on mails for each statement execute function tell_of_mail()')
  await db.raw('create trigger tell_of_mail after insert or update on mail_settings for each statement execute function tell_of_mail()')

  await db.raw(`
    create table account_links (
      token_hash text primary key,  -- SHA-256 of the token in the link
      employee_id bigint not null references employees on delete cascade,
      kind text not null check (kind in ('password', 'email')),
      email text not null,          -- where it was sent
      expires_at timestamptz not null,
      used_at timestamptz,
      created_at timestamptz not null default now()
    )`)
  await db.raw('create index account_links_employee on account_links (employee_id, kind)')
  await db.raw('create index account_links_expiry on account_links (expires_at)')

  // Who asked for a new password, known or not: looked at when the answer is given, so that the answer tells nothing.
  await db.raw(`
    create table password_requests (
      id bigint generated always as identity primary key,
      email text not null,
      at timestamptz not null default now()
    )`)
}

export async function down (db: Knex): Promise<void> {
  for (const table of ['password_requests', 'account_links', 'mails', 'mail_settings']) await db.raw(`drop table ${table}`)
  await db.raw('drop function tell_of_mail()')
}
