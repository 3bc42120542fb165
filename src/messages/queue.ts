import type { Db } from '../database/knex.js'
import { enqueue } from '../jobs/enqueue.js'
import { PRIORITIES, type Cause, type MessageChannel } from './message.js'

declare module '../jobs/enqueue.js' {
  interface Jobs { 'messages.send': { channel: MessageChannel } }
}

/**
 * A message to be sent. `to`: one of the client's phones or e-mails, whose box decides in the moment of sending; or an address of
 * nobody's, for an answer to a stranger or for words somebody sends elsewhere by hand.
 */
export interface NewMessage {
  channel: MessageChannel
  /** Whose conversation it stands in; else `conversationId`. */
  clientId?: number
  conversationId?: number
  to: { phoneId: number } | { emailId: number } | { address: string, name?: string }
  subject?: string
  text: string
  html?: string
  fileIds?: readonly number[]
  cause: Cause
  /** Which rule or which sending to many. */
  causeId?: number
  templateId?: number
  leadId?: number
  /** Not before; at once unless given. */
  dueAt?: Date
  /** Of an e-mail that answers another: the ids its header names, without brackets. */
  inReplyTo?: string
  references?: readonly string[]
}

export interface Author { id: number | null }

/**
 * Queues messages with their first fate, their entry in the clients' feeds and the job that sends them, in the transaction of their cause:
 * they are sent if and only if that is kept. Those of clients that are gone are left out. Returns the ids, in the order given.
 */
export async function queueMessages (trx: Db, by: Author, messages: readonly NewMessage[]): Promise<number[]> {
  if (messages.length === 0) return []
  const given = messages.map((message, n) => ({
    n,
    channel: message.channel,
    client_id: message.clientId ?? null,
    conversation_id: message.conversationId ?? null,
    phone_id: 'phoneId' in message.to ? message.to.phoneId : null,
    email_id: 'emailId' in message.to ? message.to.emailId : null,
    address: 'address' in message.to ? message.to.address : null,
    address_name: 'address' in message.to ? message.to.name ?? '' : null,
    subject: message.subject ?? null,
    body_text: message.text,
    body_html: message.html ?? null,
    cause: message.cause,
    cause_id: message.causeId ?? null,
    template_id: message.templateId ?? null,
    lead_id: message.leadId ?? null,
    priority: PRIORITIES[message.cause],
    due_at: message.dueAt ?? null,
    in_reply_to: message.inReplyTo ?? null,
    reference_ids: message.references ?? [],
    files: message.fileIds ?? []
  }))
  const { rows } = await trx.raw(QUEUE, { given: JSON.stringify(given), by: by.id })
  for (const { channel, runAt } of wakes(messages)) await wakeChannel(trx, channel, runAt)
  return rows.map(({ id }: { id: number }) => id)
}

/** The same for one. Its client or conversation has to be there. */
export async function queueMessage (trx: Db, by: Author, message: NewMessage): Promise<number> {
  const [id] = await queueMessages(trx, by, [message])
  return id!
}

/** The queue of a channel's jobs. */
export const queueOf = (channel: MessageChannel): string => `messages:${channel}`

/** Lets what is due on a channel be sent, at once or at a time. */
export const wakeChannel = async (trx: Db, channel: MessageChannel, runAt?: Date): Promise<void> =>
  enqueue(trx, 'messages.send', { channel }, { queue: queueOf(channel), ...(runAt && { runAt }) })

/** Lets what waits for its next try on a channel be tried at once: what it goes through was changed. */
export async function hurryChannel (trx: Db, channel: MessageChannel): Promise<void> {
  const hurried = await trx('messages').where({ channel, state: 'due' }).where('attempts', '>', 0).update({ due_at: trx.fn.now() })
  if (hurried > 0) await wakeChannel(trx, channel)
}

// One for each channel and time.
function wakes (messages: readonly NewMessage[]): { channel: MessageChannel, runAt: Date | undefined }[] {
  return [...new Map(messages.map(({ channel, dueAt }) => [`${channel} ${dueAt?.getTime() ?? ''}`, { channel, runAt: dueAt }])).values()]
}

// Clients are locked first, as for any entry of a feed: its ids have to grow in the order in which entries are kept.
const QUEUE = `
  with given as (
    select *, nextval(pg_get_serial_sequence('messages', 'id')) as id from json_to_recordset(:given) as g (
      n int, channel text, client_id bigint, conversation_id bigint, phone_id bigint, email_id bigint, address text, address_name text, subject text, body_text text, body_html text,
      cause text, cause_id bigint, template_id bigint, lead_id bigint, priority smallint, due_at timestamptz, in_reply_to text, reference_ids text[], files bigint[])
  ), touched as (
    update clients c set active_at = now() from (select id from clients where id in (select client_id from given) order by id for no key update) k where c.id = k.id returning c.id, c.name
  ), opened as (
    insert into conversations (client_id) select id from touched order by id on conflict (client_id) do update set last_at = now() returning id, client_id
  ), continued as (
    update conversations set last_at = now() where id in (select conversation_id from given where client_id is null) returning id
  ), written as (
    insert into events (client_id, kind, employee_id, details)
    select t.id, 'message.out', :by, jsonb_build_object('message', g.id, 'channel', g.channel) from given g join touched t on t.id = g.client_id order by g.n returning id, details
  ), queued as (
    insert into messages (id, conversation_id, client_id, direction, channel, state, phone_id, email_id, address, address_name, employee_id, lead_id, event_id, cause, cause_id, template_id, subject, body_text, body_html, message_id, in_reply_to, reference_ids, priority, due_at)
    overriding system value
    select g.id, coalesce(o.id, k.id), t.id, 'out', g.channel, 'due', p.id, e.id, coalesce(p.e164, p.display, e.address, g.address, ''), coalesce(g.address_name, t.name, ''), :by, g.lead_id, w.id, g.cause, g.cause_id, g.template_id,
      g.subject, g.body_text, g.body_html,
      case when g.channel = 'email' then gen_random_uuid() || '@' || coalesce(nullif(split_part((select sender_address from mail_settings where id = 1), '@', 2), ''), 'localhost') end,
      g.in_reply_to, coalesce(g.reference_ids, '{}'), g.priority, coalesce(g.due_at, now())
    from given g left join touched t on t.id = g.client_id left join opened o on o.client_id = g.client_id left join continued k on k.id = g.conversation_id
      left join client_phones p on p.id = g.phone_id left join client_emails e on e.id = g.email_id left join written w on (w.details->>'message')::bigint = g.id
    where coalesce(o.id, k.id) is not null order by g.n
    returning id, due_at, cause, cause_id
  ), first as (
    insert into message_fates (message_id, state, details)
    select id, 'due', jsonb_strip_nulls(jsonb_build_object('by', :by::bigint, 'cause', cause, 'causeId', cause_id, 'until', case when due_at > now() then due_at end)) from queued
  ), attached as (
    insert into message_files (message_id, file_id, position)
    select q.id, f.id, f.position from queued q join given g using (id) cross join lateral unnest(g.files) with ordinality f (id, position)
  )
  select q.id from queued q join given g using (id) order by g.n`
