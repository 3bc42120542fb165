import type { Knex } from 'knex'

/*
 * Conversations as people hold them: the inbox has those that somebody talks in, whoever spoke last, the newest first. What rules send by
 * themselves, or to many at once, is no talk: it would bury what people wait for.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    alter table conversations
      add talked_at timestamptz,                 -- when somebody last wrote by hand or something came in; null: not in the inbox
      add last_channel text,                     -- on which
      add stranger text not null default '',     -- what somebody who is no client calls themselves
      add closed_at timestamptz                  -- done with, until something comes in`)
  await db.raw('drop index conversations_last, conversations_unread, conversations_assignee')
  for (const [name, columns, where] of INDEXES) await db.raw(`create index conversations_${name} on conversations (${columns}) where ${where}`)
  // "The last that came in", of each channel: where an answer goes.
  await db.raw('create index messages_talk on messages (conversation_id, direction, channel, id desc)')
  await keepTalk(db)
  await db.raw(rehoming(`
      insert into conversations (client_id, last_at, assignee_id, talked_at, last_channel, unread)
        select new.client_id, new.created_at, assignee_id, case when new.direction = 'in' or new.cause = 'hand' then new.created_at end, new.channel, coalesce(waiting, 0) from conversations where id = old.conversation_id
        on conflict (client_id) do update set last_at = greatest(conversations.last_at, excluded.last_at), assignee_id = coalesce(conversations.assignee_id, excluded.assignee_id), unread = conversations.unread + excluded.unread,
          talked_at = greatest(conversations.talked_at, excluded.talked_at), last_channel = case when excluded.talked_at >= coalesce(conversations.talked_at, excluded.talked_at) then excluded.last_channel else conversations.last_channel end,
          closed_at = case when excluded.unread > 0 then null else conversations.closed_at end
        returning id into new.conversation_id;`))
}

const INDEXES = [
  ['open', 'talked_at desc, id desc', 'talked_at is not null and closed_at is null'],
  ['closed', 'talked_at desc, id desc', 'talked_at is not null and closed_at is not null'],
  ['unread', 'talked_at desc, id desc', 'unread > 0'],
  ['assignee', 'assignee_id, talked_at desc, id desc', 'talked_at is not null and closed_at is null'],
  ['channel', 'last_channel, talked_at desc, id desc', 'talked_at is not null and closed_at is null'],
  ['strangers', 'talked_at desc, id desc', 'client_id is null']
]

/** What each message means for its conversation, and for the open inboxes: one notice a statement, however many. */
async function keepTalk (db: Knex): Promise<void> {
  await db.raw(`
    create function keep_talk() returns trigger language plpgsql as $$
    begin
      update conversations c set talked_at = greatest(c.talked_at, t.at), last_channel = t.channel, closed_at = case when t.came_in then null else c.closed_at end,
        stranger = case when c.client_id is null and t.name <> '' then t.name else c.stranger end
      from (
        select conversation_id, max(created_at) as at, (array_agg(channel order by id desc))[1] as channel, bool_or(direction = 'in') as came_in,
          coalesce((array_agg(address_name order by id desc) filter (where direction = 'in' and address_name <> ''))[1], '') as name
        from written where direction = 'in' or cause = 'hand' group by 1
      ) t where c.id = t.conversation_id;
      return null;
    end $$`)
  await db.raw('create trigger keep_talk after insert on messages referencing new table as written for each statement execute function keep_talk()')
  await db.raw(`
    create function tell_inbox() returns trigger language plpgsql as $$
    begin
      if exists (
        select from changed n join before o using (id)
        where n.talked_at is not null and (n.talked_at, n.unread, n.closed_at, n.assignee_id, n.last_channel) is distinct from (o.talked_at, o.unread, o.closed_at, o.assignee_id, o.last_channel)
      ) then
        perform pg_notify('clientela', '{"topic": "inbox", "name": "inbox"}');
      end if;
      return null;
    end $$`)
  await db.raw('create trigger tell_inbox after update on conversations referencing old table as before new table as changed for each statement execute function tell_inbox()')
}

// What waits unread goes along with the first of its messages that moves.
const rehoming = (moving: string) => `
    create or replace function rehome_message() returns trigger language plpgsql as $$
    declare waiting int;
    begin
      select unread into waiting from conversations where id = old.conversation_id and unread > 0 for update;
      ${moving}
      if waiting > 0 then update conversations set unread = 0 where id = old.conversation_id; end if;
      return new;
    end $$`

export async function down (db: Knex): Promise<void> {
  await db.raw(`
    create or replace function rehome_message() returns trigger language plpgsql as $$
    begin
      insert into conversations (client_id, last_at, assignee_id)
        select new.client_id, new.created_at, assignee_id from conversations where id = old.conversation_id
        on conflict (client_id) do update set last_at = greatest(conversations.last_at, excluded.last_at), assignee_id = coalesce(conversations.assignee_id, excluded.assignee_id)
        returning id into new.conversation_id;
      return new;
    end $$`)
  await db.raw('drop trigger keep_talk on messages')
  await db.raw('drop trigger tell_inbox on conversations')
  for (const name of ['keep_talk', 'tell_inbox']) await db.raw(`drop function ${name}()`)
  await db.raw('drop index messages_talk')
  for (const [name] of INDEXES) await db.raw(`drop index conversations_${name}`)
  await db.raw('alter table conversations drop talked_at, drop last_channel, drop stranger, drop closed_at')
  await db.raw('create index conversations_last on conversations (last_at desc, id desc)')
  await db.raw('create index conversations_unread on conversations (last_at desc, id desc) where unread > 0')
  await db.raw('create index conversations_assignee on conversations (assignee_id, last_at desc, id desc)')
}
