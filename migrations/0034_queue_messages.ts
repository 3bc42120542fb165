import type { Knex } from 'knex'

/*
 * What is written to clients and what they answer. A message is a row from the moment it is queued, in the transaction of its cause, and
 * its fates are the ledger of everything that became of it, which is only ever added to. One job at a time sends what is due on a channel
 * (graphile-worker's queue "messages:<channel>"): so what stands in 'sending' when it begins was left by one that was killed.
 */
export async function up (db: Knex): Promise<void> {
  await keepConversations(db)
  await keepMessages(db)
  await keepGateways(db)
  await tell(db)
  await db.raw("update roles set rights = array(select unnest(rights) union select unnest(array['messages.view', 'messages.send']) order by 1) where key = 'manager'")
  await db.raw("update roles set rights = array(select unnest(rights) union select 'messages.view' order by 1) where key = 'specialist'")
  await db.raw("update roles set rights = array(select unnest(rights) union select unnest(array['messages.view', 'messages.send', 'messages.manage']) order by 1) where key in ('admin', 'owner')")
}

/** One for each client; of somebody who is no client one for each channel and address. */
async function keepConversations (db: Knex): Promise<void> {
  await db.raw(`
    create table conversations (
      id bigint generated always as identity primary key,
      client_id bigint unique references clients on delete cascade,
      channel text check (channel in ('email', 'sms', 'whatsapp', 'viber')),
      address text,                 -- E.164, or an e-mail in small letters
      lead_id bigint references leads on delete set null, -- that a stranger's first words made
      assignee_id bigint references employees on delete set null,
      last_at timestamptz not null default now(),
      unread int not null default 0 check (unread >= 0), -- messages that came in since somebody last looked or answered
      created_at timestamptz not null default now(),
      unique (channel, address),
      check (num_nonnulls(channel, address) = case when client_id is null then 2 else 0 end)
    )`)
  await db.raw('create index conversations_last on conversations (last_at desc, id desc)')
  await db.raw('create index conversations_unread on conversations (last_at desc, id desc) where unread > 0')
  await db.raw('create index conversations_assignee on conversations (assignee_id, last_at desc, id desc)')
  await db.raw('create index conversations_lead on conversations (lead_id) where lead_id is not null')
}

async function keepMessages (db: Knex): Promise<void> {
  await db.raw(`
    create table messages (
      id bigint generated always as identity primary key,
      conversation_id bigint not null references conversations on delete cascade,
      client_id bigint references clients on delete cascade, -- the conversation's; one that moves to another client's takes its conversation
      direction text not null check (direction in ('out', 'in')),
      channel text not null check (channel in ('email', 'sms', 'whatsapp', 'viber')),
      state text not null check (state in ('due', 'held', 'sending', 'sent', 'delivered', 'read', 'bounced', 'failed', 'uncertain', 'refused', 'canceled', 'caught', 'received')),
      phone_id bigint references client_phones on delete set null, -- whose box is asked in the moment of sending
      email_id bigint references client_emails on delete set null,
      address text not null,        -- whom it goes to or came from: E.164, or an e-mail as it was written
      address_name text not null default '',
      employee_id bigint references employees on delete set null, -- who wrote it; null: nobody, or somebody outside
      lead_id bigint references leads on delete set null,
      event_id bigint references events on delete set null,  -- its entry in the client's feed
      cause text not null,          -- 'hand', 'automation', 'many', 'reply', ...: src/messages/message.ts
      cause_id bigint,
      template_id bigint,
      subject text,                 -- of an e-mail
      body_text text not null,
      body_html text,
      message_id text,              -- of an e-mail, as its header says, without the brackets
      in_reply_to text,
      reference_ids text[] not null default '{}',
      priority smallint not null default 0 check (priority in (0, 5, 9)), -- somebody waits; by itself; to many
      created_at timestamptz not null default now(),
      due_at timestamptz not null default now(),
      attempts int not null default 0,
      taken_at timestamptz,
      sent_at timestamptz,
      settled_at timestamptz,       -- when the state was last changed
      gateway text,                 -- what took it last: 'mailbox', 'smtp', or a gateway's id
      key uuid not null default gen_random_uuid(), -- by which a gateway knows a second try of the same
      provider_id text,             -- what the gateway calls it
      problem text,                 -- why not: a word of src/messages/fate.ts
      said text                     -- what the gateway or server said last
    )`)
  // "Next on this channel", of each priority.
  await db.raw("create index messages_due on messages (channel, priority, due_at, id) where state = 'due'")
  await db.raw("create index messages_sending on messages (channel) where state = 'sending'")
  await db.raw('create index messages_conversation on messages (conversation_id, id desc)')
  await db.raw('create index messages_sent on messages (channel, sent_at) where sent_at is not null')
  await db.raw("create index messages_stuck on messages (id desc) where state in ('failed', 'uncertain', 'bounced')")
  await db.raw("create index messages_caught on messages (id desc) where state = 'caught'")
  await db.raw("create unique index messages_provider on messages (gateway, provider_id, direction) where provider_id is not null")
  await db.raw('create index messages_thread on messages (message_id) where message_id is not null')
  await db.raw('create index messages_cause on messages (cause, cause_id) where cause_id is not null')
  await db.raw('create index messages_client on messages (client_id, id desc) where client_id is not null')
  for (const column of ['phone_id', 'email_id', 'event_id', 'lead_id', 'employee_id']) await db.raw(`create index messages_${column} on messages (${column}) where ${column} is not null`)

  // Clients are merged and parted, and a stranger turns out to be one: the message then stands in that client's conversation.
  await db.raw(`
    create function rehome_message() returns trigger language plpgsql as $$
    begin
      insert into conversations (client_id, last_at, assignee_id)
        select new.client_id, new.created_at, assignee_id from conversations where id = old.conversation_id
        on conflict (client_id) do update set last_at = greatest(conversations.last_at, excluded.last_at), assignee_id = coalesce(conversations.assignee_id, excluded.assignee_id)
        returning id into new.conversation_id;
      return new;
    end $$`)
  await db.raw('create trigger rehome before update of client_id on messages for each row when (new.client_id is distinct from old.client_id and new.client_id is not null) execute function rehome_message()')

  await db.raw(`
    create table message_fates (
      id bigint generated always as identity primary key,
      message_id bigint not null references messages on delete cascade,
      at timestamptz not null default now(),
      state text not null,          -- the message's from then on
      details jsonb not null default '{}' -- why, by what, until when: src/messages/fate.ts
    )`)
  await db.raw('create index message_fates_message on message_fates (message_id, id)')

  await db.raw(`
    create table message_files (
      message_id bigint not null references messages on delete cascade,
      file_id bigint not null references files on delete cascade,
      position int not null default 0,
      primary key (message_id, file_id)
    )`)
  await db.raw('create index message_files_file on message_files (file_id)')
}

/** What leads out of the house. A channel that none serves goes to the test mailbox; that of e-mail is the server of mail_settings. */
async function keepGateways (db: Knex): Promise<void> {
  await db.raw(`
    create table gateways (
      id bigint generated always as identity primary key,
      adapter text not null,        -- 'twilio', 'infobip', 'http': src/messages/gateways/
      name text not null,
      settings jsonb not null default '{}', -- what needn't be kept secret
      secrets text,                 -- sealed JSON: src/seal.ts
      hook uuid not null unique default gen_random_uuid(), -- names it in the address of its webhook
      version int not null default 1,
      created_at timestamptz not null default now(),
      retired_at timestamptz
    )`)
  await db.raw(`
    create table channel_gateways (
      channel text primary key check (channel in ('sms', 'whatsapp', 'viber')),
      gateway_id bigint references gateways,
      sender text not null default '',  -- the number or name it comes from
      per_minute int check (per_minute between 1 and 100000) -- null: as fast as the gateway takes them
    )`)
  await db.raw("insert into channel_gateways (channel) values ('sms'), ('whatsapp'), ('viber')")
  await db.raw('create index channel_gateways_gateway on channel_gateways (gateway_id)')
  await db.raw('alter table mail_settings add per_minute int check (per_minute between 1 and 100000)')
}

/** The conversation's open pages hear of each message, and the feed's of the entry that shows it. */
async function tell (db: Knex): Promise<void> {
  await db.raw(`
    create function tell_of_messages() returns trigger language plpgsql as $$
    begin
      perform pg_notify('clientela', json_build_object('topic', 'conversation:' || conversation_id, 'name', 'messages')::text) from (select distinct conversation_id from changed where state <> 'sending') c;
      perform pg_notify('clientela', json_build_object('topic', 'client:' || e.client_id, 'event', e.id, 'is_new', false)::text)
        from changed m join events e on e.id = m.event_id where m.direction = 'out' and m.state not in ('due', 'sending');
      return null;
    end $$`)
  for (const what of ['insert', 'update']) await db.raw(`create trigger tell_of_${what} after ${what} on messages referencing new table as changed for each statement execute function tell_of_messages()`)
}

export async function down (db: Knex): Promise<void> {
  await db.raw('alter table mail_settings drop per_minute')
  for (const table of ['channel_gateways', 'gateways', 'message_files', 'message_fates', 'messages', 'conversations']) await db.raw(`drop table ${table}`)
  for (const name of ['tell_of_messages', 'rehome_message']) await db.raw(`drop function ${name}()`)
  await db.raw("delete from events where kind in ('message.out', 'message.in')")
  await db.raw("update roles set rights = array(select unnest(rights) except select unnest(array['messages.view', 'messages.send', 'messages.manage']) order by 1)")
  await db.raw("delete from graphile_worker._private_jobs where task_id = (select id from graphile_worker._private_tasks where identifier = 'messages.send')")
}
