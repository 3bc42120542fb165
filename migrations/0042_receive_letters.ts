import type { Knex } from 'knex'

/*
 * Letters that clients write, fetched over IMAP: the mailboxes that are listened to, and what a letter brings that a short message doesn't:
 * files (of a stranger's, until they are a client, by the message alone), what of it was left out, and whether a program wrote it.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    create table mailboxes (
      id bigint generated always as identity primary key,
      name text not null,
      host text not null,
      port int not null check (port between 1 and 65535),
      security text not null check (security in ('tls', 'starttls', 'none')),
      username text not null,
      password_sealed text not null, -- AES-256-GCM: see src/seal.ts
      folder text not null,
      is_on boolean not null default true,
      marks_seen boolean not null default false,  -- whether a letter that was taken is marked as read there
      makes_leads boolean not null default false, -- whether a stranger's letter begins a lead
      version int not null default 1,
      created_at timestamptz not null default now(),
      since timestamptz not null default now(), -- what came before isn't taken
      uid_validity bigint,          -- as of the last_uid (RFC 3501, 2.3.1.1); null: never opened
      last_uid bigint not null default 0, -- up to here everything was taken
      listening_since timestamptz,  -- true as long as somebody holds its lock: src/mailboxes/listening/holder.ts
      letter_at timestamptz,        -- when the last letter was taken
      problem text,                 -- why nobody listens: a word of src/mailboxes/mailbox.ts
      said text,                    -- what the server said
      problem_at timestamptz,
      next_try_at timestamptz
    )`)
  await db.raw(`
    create function tell_of_mailboxes() returns trigger language plpgsql as $$
    begin
      perform pg_notify('clientela', '{"topic": "mailboxes", "name": "mailboxes"}');
      return null;
    end $$`)
  await db.raw('create trigger tell_of_mailboxes after insert or delete on mailboxes for each statement execute function tell_of_mailboxes()')
  await db.raw('create trigger tell_of_changed after update of version on mailboxes for each statement execute function tell_of_mailboxes()')

  await db.raw(`
    alter table messages
      add is_auto boolean not null default false, -- a program wrote it: "I am on holiday"
      add left_out jsonb not null default '[]'    -- what it brought that wasn't kept: [{ name, size, error }]`)
  // By its id a letter of ours that comes into a mailbox is known.
  await db.raw('create index mails_message on mails (message_id)')

  await db.raw('alter table files alter employee_id drop not null') // null: its sender is nobody who works here
  await db.raw('alter table files add message_id bigint references messages on delete cascade') // of a stranger's message
  await db.raw('alter table files drop constraint files_subject, add constraint files_subject check (num_nonnulls(client_id, lead_id, message_id) = 1)')
  await db.raw('create index files_message on files (message_id) where message_id is not null')
  // A stranger turns out to be a client, whose feed has the files then.
  await db.raw(`
    create function take_files_along() returns trigger language plpgsql as $$
    begin
      update files set client_id = new.client_id, event_id = new.event_id, message_id = null where message_id = new.id;
      return null;
    end $$`)
  await db.raw('create trigger take_files_along after update of client_id on messages for each row when (new.client_id is distinct from old.client_id and new.client_id is not null) execute function take_files_along()')

  await db.raw(talkOf("(direction = 'in' and (not is_auto or client_id is null)) or cause = 'hand'", "direction = 'in' and not is_auto"))
}

/** As in 0039, but that what a program writes to us is no talk: answers of its kind to many at once would bury what people wait for. */
const talkOf = (counts: string, opens: string) => `
    create or replace function keep_talk() returns trigger language plpgsql as $$
    begin
      update conversations c set talked_at = greatest(c.talked_at, t.at), last_channel = t.channel, closed_at = case when t.came_in then null else c.closed_at end,
        stranger = case when c.client_id is null and t.name <> '' then t.name else c.stranger end
      from (
        select conversation_id, max(created_at) as at, (array_agg(channel order by id desc))[1] as channel, bool_or(${opens}) as came_in,
          coalesce((array_agg(address_name order by id desc) filter (where direction = 'in' and address_name <> ''))[1], '') as name
        from written where ${counts} group by 1
      ) t where c.id = t.conversation_id;
      return null;
    end $$`

export async function down (db: Knex): Promise<void> {
  await db.raw(talkOf("direction = 'in' or cause = 'hand'", "direction = 'in'"))
  await db.raw('drop trigger take_files_along on messages')
  await db.raw('drop function take_files_along()')
  // What strangers sent has no place any more; the files of clients are its finder's, whoever has been here longest.
  await db.raw('delete from files where message_id is not null')
  await db.raw('alter table files drop constraint files_subject')
  await db.raw('alter table files drop message_id')
  await db.raw('alter table files add constraint files_subject check (num_nonnulls(client_id, lead_id) = 1)')
  await db.raw('update files set employee_id = (select min(id) from employees) where employee_id is null')
  await db.raw('alter table files alter employee_id set not null')
  await db.raw('drop index mails_message')
  await db.raw('alter table messages drop is_auto, drop left_out')
  await db.raw('drop table mailboxes')
  await db.raw('drop function tell_of_mailboxes()')
}
