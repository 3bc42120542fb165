import { maskEmail, maskPhone, seesContacts } from '../../clients/masking.js'
import type { Db } from '../../database/knex.js'
import { MESSAGE_CHANNELS, type MessageChannel } from '../../messages/message.js'
import type { NewMessage } from '../../messages/queue.js'
import type { Viewer } from '../../web/viewer.js'
import type { Conversation } from '../conversation.js'

/** A way in which an answer can go: a channel, and one of the client's numbers or addresses whose box is on, or the stranger's own. */
export interface Target {
  /** As the form sends it: "sms:7", "email:3", or "viber" to a stranger. */
  key: string
  channel: MessageChannel
  /** As its viewer may read it. */
  display: string
  to: NewMessage['to']
}

/** What an e-mail answers; `messageId` is null where the letter had none: a thread of it there can't be. */
export interface Answered { subject: string, messageId: string | null, references: string[] }

/** Where an answer may go, first the way by which the last words came, or went where none have come. */
export async function listTargets (db: Db, viewer: Viewer, { id, client, channel, display }: Conversation): Promise<Target[]> {
  if (!client) {
    const stranger = await db('conversations').where({ id: id! }).first('address', 'stranger')
    return [{ key: channel!, channel: channel!, display: display!, to: { address: stranger.address, name: stranger.stranger } }]
  }
  const [{ rows }, last] = await Promise.all([db.raw(AGREEING, [client.id, client.id]), lastSpoken(db, id)])
  const targets = (rows as Agreeing[]).map(({ channel, id, e164, address }): Target => ({
    key: `${channel}:${id}`, channel, display: seesContacts(viewer) ? address : channel === 'email' ? maskEmail(address) : maskPhone(address),
    to: e164 === null ? { emailId: id } : { phoneId: id }
  }))
  const isLast = ({ channel }: Target, row: Agreeing) => last?.channel === channel && (row.e164 ?? row.address.toLowerCase()) === last.address
  const first = targets.findIndex((target, n) => isLast(target, rows[n]))
  // By the same channel at least.
  const like = first === -1 ? targets.findIndex(({ channel }) => channel === last?.channel) : first
  return like > 0 ? [targets[like]!, ...targets.toSpliced(like, 1)] : targets
}

interface Agreeing { channel: MessageChannel, id: number, e164: string | null, address: string }

// Boxes and history are one by the database's own rule; sending asks again.
const AGREEING = `
  select b.channel, p.id, p.e164, p.display as address, p.position, b.place from client_phones p
    cross join lateral (values ('whatsapp', p.whatsapp, 1), ('viber', p.viber, 2), ('sms', p.sms, 3)) b (channel, is_on, place)
    where p.client_id = ? and p.removed_at is null and p.e164 is not null and b.is_on
  union all
  select 'email', id, null, address, position, 4 from client_emails where client_id = ? and removed_at is null and agrees
  order by place, position, id`

// The last that came in, else the last that left.
async function lastSpoken (db: Db, id: number | null): Promise<{ channel: MessageChannel, address: string } | undefined> {
  if (id === null) return undefined
  const { rows: [last] } = await db.raw(`
    select m.channel, lower(m.address) as address from (values ('in', 1), ('out', 2)) d (direction, place) cross join unnest(?::text[]) c (channel) cross join lateral (
      select id, channel, address from messages where conversation_id = ? and direction = d.direction and channel = c.channel order by id desc limit 1
    ) m order by d.place, m.id desc limit 1`, [[...MESSAGE_CHANNELS], id])
  return last
}

/** The e-mail that the next one answers: the last that came in, else the last that left. Null when there was none. */
export async function findAnswered (db: Db, id: number | null): Promise<Answered | null> {
  if (id === null) return null
  const { rows: [last] } = await db.raw(`
    select m.subject, m.message_id, m.reference_ids from (values ('in', 1), ('out', 2)) d (direction, place) cross join lateral (
      select subject, message_id, reference_ids from messages where conversation_id = ? and direction = d.direction and channel = 'email' order by id desc limit 1
    ) m order by d.place limit 1`, [id])
  return last ? { subject: last.subject ?? '', messageId: last.message_id, references: [...last.reference_ids, last.message_id].slice(-20) } : null
}

/** "Re: …", once. */
export const answering = (subject: string): string => subject === '' || /^(re|odp|aw|res|sv)\s*:/i.test(subject) ? subject : `Re: ${subject}`

/** The channels of which the test mailbox catches what is sent, as no gateway is set. */
export async function caughtChannels (db: Db): Promise<MessageChannel[]> {
  const { rows: [{ sends, caught }] } = await db.raw('select (select sends from mail_settings where id = 1) as sends, array(select channel from channel_gateways where gateway_id is null) as caught')
  return MESSAGE_CHANNELS.filter(channel => channel === 'email' ? !sends : caught.includes(channel))
}
