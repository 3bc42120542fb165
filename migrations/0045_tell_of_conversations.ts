import type { Knex } from 'knex'

/*
 * What is told of conversations: to somebody that one was given to them, and to the pages that show one that a call with its client, or
 * with its stranger's number, is over, as calls stand between the messages.
 */
export async function up (db: Knex): Promise<void> {
  await db.raw(`
    alter table notifications
      alter lead_id drop not null,
      add conversation_id bigint references conversations on delete cascade,
      add by_id bigint references employees, -- who gave it; of leads the entry of the feed says so
      add check (num_nonnulls(lead_id, conversation_id) = 1)`)
  await db.raw('create index notifications_conversation on notifications (conversation_id) where conversation_id is not null')
  await db.raw(`
    create function tell_talk_of_call() returns trigger language plpgsql as $$
    begin
      perform pg_notify('clientela', json_build_object('topic', case when new.client_id is null then 'calls of number:' || new.e164 else 'calls of client:' || new.client_id end, 'name', 'messages')::text);
      return null;
    end $$`)
  const told = "new.ended_at is not null and (new.client_id is not null or new.e164 is not null) and new.started_at > now() - interval '1 day'"
  await db.raw(`create trigger tell_talk_of_new after insert on calls for each row when (${told}) execute function tell_talk_of_call()`)
  await db.raw(`create trigger tell_talk_of_changed after update on calls for each row
    when (${told} and (old.state, old.seconds, old.recording_url, old.client_id, old.lead_id) is distinct from (new.state, new.seconds, new.recording_url, new.client_id, new.lead_id)) execute function tell_talk_of_call()`)
}

export async function down (db: Knex): Promise<void> {
  for (const name of ['tell_talk_of_new', 'tell_talk_of_changed']) await db.raw(`drop trigger ${name} on calls`)
  await db.raw('drop function tell_talk_of_call()')
  await db.raw('delete from notifications where lead_id is null')
  await db.raw('alter table notifications drop conversation_id, drop by_id, alter lead_id set not null')
}
