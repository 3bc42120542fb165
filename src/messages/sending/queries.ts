import { refusalSql, stoppedSql } from '../../clients/consents/may-contact.js'
import { PREPARED, type Db } from '../../database/knex.js'
import { keepable } from '../../database/words.js'
import { waitAfter, type FateDetails, type Rule, type SendFate } from '../fate.js'
import type { MessageChannel } from '../message.js'
import type { Outgoing } from './gateway.js'

/** A message somebody has taken to send it. `refusal`: why it may not be, in this moment and whatever was agreed when it was queued. */
export type Taken = Omit<Outgoing, 'attachments'> & { refusal: Rule | null, takenAt: Date, hasFiles: boolean }

// Without a number or an e-mail of a client's it goes to an address: of somebody who wrote to us, or by e-mail of whom somebody typed.
const TAKE = `
  update messages m set state = 'sending', attempts = attempts + 1, taken_at = date_trunc('milliseconds', clock_timestamp())
  where id = (
    select n.id from (values (0::smallint), (5), (9)) p (priority) cross join lateral (
      select id from messages where channel = :channel and priority = p.priority and state = 'due' and due_at <= now() order by due_at, id limit 1 for update skip locked
    ) n order by p.priority limit 1)
  returning id, channel, cause, address, address_name as "addressName", client_id as "clientId", email_id as "emailId", subject,
    body_text as text, body_html as html, key, message_id as "messageId", in_reply_to as "inReplyTo", reference_ids as references, attempts, taken_at as "takenAt",
    case when (select c.archived_at from clients c where c.id = m.client_id) is not null then 'archived' when phone_id is not null or email_id is not null then (${refusalSql('m')}) when client_id is not null then case when channel <> 'email' then 'unknown' when (${stoppedSql('m')}) then 'no_consent' end end as refusal, exists (select from message_files f where f.message_id = m.id) as "hasFiles"`

// Also of one that was called uncertain meanwhile, because its process seemed to be gone.
const SETTLE = `
  with settled as (
    update messages set state = :state, settled_at = now(), sent_at = coalesce(case when :state in ('sent', 'caught') then now() end, sent_at), due_at = coalesce(now() + :wait * interval '1 minute', due_at),
      gateway = :gateway, provider_id = coalesce(:provider, provider_id), problem = :problem, said = :said
    where id = :id and taken_at = :taken and (state = 'sending' or (state = 'uncertain' and problem = 'stopped'))
    returning id, due_at
  ), told as (
    insert into message_fates (message_id, state, details)
    select id, :state, :details::jsonb || case when :wait::int is null then '{}' else jsonb_build_object('until', due_at) end from settled
  )`

/** How a try with a message went, through which gateway. */
export interface Tried { message: Pick<Taken, 'id' | 'attempts' | 'takenAt'>, gateway: string, fate: SendFate }

/** Minutes until what was tried is tried again: what failed for now is, ever later, until there were enough tries; undefined of all else. */
export const waitOf = ({ message, fate }: Tried): number | undefined => fate.state === 'later' ? waitAfter(message.attempts) : undefined

/** Writes down how a try went. */
export async function settle (db: Db, tried: Tried): Promise<void> {
  await db.raw(`${SETTLE} select`, bindingsOf(tried)).options(PREPARED).catch(error => settle(db, unnamed(tried, error)))
}

/** Takes the next message that is due on a channel, for this lane alone, and in the same breath writes down how the try before it went. */
export async function takeNext (db: Db, channel: MessageChannel, tried?: Tried): Promise<Taken | undefined> {
  try {
    const { rows: [message] } = await (tried ? db.raw(`${SETTLE}, taken as (${TAKE}) select * from taken`, { channel, ...bindingsOf(tried) }) : db.raw(TAKE, { channel })).options(PREPARED)
    return message
  } catch (error) {
    if (!tried) throw error
    return takeNext(db, channel, unnamed(tried, error))
  }
}

/** The same without the id that the gateway gave it, when it gave that to another message before: what was sent was sent. Else throws what was thrown. */
function unnamed (tried: Tried, error: unknown): Tried {
  if (tried.fate.state !== 'sent' || (error as { constraint?: string }).constraint !== 'messages_provider') throw error
  const { providerId, ...fate } = tried.fate
  return { ...tried, fate: { ...fate, said: `${fate.said} (${providerId})` } }
}

function bindingsOf (tried: Tried) {
  const { message: { id, attempts, takenAt }, gateway, fate } = tried
  const wait = waitOf(tried) ?? null
  const state = fate.state === 'later' ? wait === null ? 'failed' : 'due' : fate.state
  const said = 'said' in fate ? keepable(fate.said, 1000) : null
  const problem = 'problem' in fate ? fate.problem : null
  const provider = (fate.state === 'sent' && fate.providerId && keepable(fate.providerId, 500)) || null
  const details: FateDetails = { gateway, attempt: attempts, ...(problem && { problem }), ...(said && { said }), ...(provider && { providerId: provider }) }
  return { id, taken: takenAt, state, wait, gateway, provider, problem, said, details: JSON.stringify(details) }
}

/**
 * What stands in 'sending' before anything is sent was left by a process that was killed, as one at a time sends on a channel. Through a
 * gateway that knows a second try it is tried again; else nobody knows whether it arrived, and it isn't repeated.
 */
export async function settleLost (db: Db, channel: MessageChannel, isIdempotent: boolean): Promise<number> {
  const { rows } = await db.raw(`
    with lost as (
      update messages set state = :state, settled_at = now(), problem = 'stopped' where channel = :channel and state = 'sending' returning id
    )
    insert into message_fates (message_id, state, details) select id, :state, :details::jsonb from lost returning message_id`,
  { channel, state: isIdempotent ? 'due' : 'uncertain', details: JSON.stringify({ problem: 'stopped', again: isIdempotent } satisfies FateDetails) })
  return rows.length
}

/** How many more may leave on a channel in the minute that ends now, and when the next may if none. */
export async function roomOf (db: Db, channel: MessageChannel, perMinute: number): Promise<{ room: number, at: Date }> {
  const { rows: [{ sent, first }] } = await db.raw("select count(*)::int as sent, min(sent_at) as first from (select sent_at from messages where channel = ? and sent_at > now() - interval '1 minute' order by sent_at desc limit ?) last", [channel, perMinute])
  return { room: perMinute - sent, at: new Date((first ?? new Date()).getTime() + 60_000) }
}

/** Channels on which something is due or was left in the middle. */
export async function channelsWaiting (db: Db): Promise<MessageChannel[]> {
  const { rows } = await db.raw("select distinct channel from messages where state = 'sending' or (state = 'due' and due_at <= now())")
  return rows.map(({ channel }: { channel: MessageChannel }) => channel)
}
