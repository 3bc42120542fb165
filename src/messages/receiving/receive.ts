import type { Db } from '../../database/knex.js'
import type { FieldError } from '../../web/form.js'
import type { MessageChannel } from '../message.js'

/** A message that came in. */
export interface Incoming {
  channel: MessageChannel
  /** E.164, or an e-mail. */
  from: string
  fromName?: string
  subject?: string
  text: string
  html?: string
  /** What brought it: a gateway's id or 'imap:<mailbox>', and its own id there, by which the same is received once. */
  gateway: string
  providerId: string
  at?: Date
  /** Of an e-mail, as its header says, without brackets. */
  messageId?: string
  inReplyTo?: string
  references?: readonly string[]
  /** Whether a program wrote it: it isn't counted among what somebody has to look at. */
  isAuto?: boolean
  leftOut?: readonly LeftOut[]
}

/** What a message brought that isn't kept, and why: words of the locales. */
export interface LeftOut { name: string, size: number | null, error: FieldError }

export interface Received { id: number, conversationId: number, clientId: number | null, isNew: boolean, isStranger: boolean }

/**
 * Keeps what came in, in the conversation it belongs to: that of the message it answers, else of the client who has the address (of
 * several the one last written to, else the eldest), else of the stranger. What was received before is received once: `isNew` is false.
 * A letter is the same when its id and its sender are, whichever mailbox it came into.
 */
export async function receiveMessage (trx: Db, incoming: Incoming): Promise<Received> {
  const { channel, gateway, providerId, messageId = null } = incoming
  const address = channel === 'email' ? incoming.from.toLowerCase() : incoming.from
  await trx.raw("select pg_advisory_xact_lock(hashtext('incoming'), hashtext(?))", [messageId === null ? `${gateway} ${providerId}` : `${address} ${messageId}`])
  const columns = { id: 'id', conversationId: 'conversation_id', clientId: 'client_id' }
  const known = await trx('messages').where({ gateway, provider_id: providerId, direction: 'in' }).first(columns) ??
    (messageId === null ? undefined : await trx('messages').where({ message_id: messageId, direction: 'in' }).whereRaw('lower(address) = ?', [address]).first(columns))
  if (known) return { ...known, isNew: false, isStranger: known.clientId === null }
  const { clientId, conversationId } = await ownerOf(trx, incoming, address)
  const [conversation] = conversationId !== null
    ? await trx('conversations').where({ id: conversationId }).update({ last_at: trx.fn.now() }).returning('id')
    : clientId === null
    ? await trx('conversations').insert({ channel, address }).onConflict(['channel', 'address']).merge({ last_at: trx.fn.now() }).returning('id')
    : await trx('conversations').insert({ client_id: clientId }).onConflict('client_id').merge({ last_at: trx.fn.now() }).returning('id')
  const [{ id }] = await trx('messages').insert({
    conversation_id: conversation.id, client_id: clientId, direction: 'in', channel, state: 'received', address: incoming.from, address_name: incoming.fromName ?? '', cause: 'incoming',
    subject: incoming.subject ?? null, body_text: incoming.text, body_html: incoming.html ?? null, message_id: messageId, in_reply_to: incoming.inReplyTo ?? null, reference_ids: incoming.references ?? [],
    is_auto: incoming.isAuto ?? false, left_out: JSON.stringify(incoming.leftOut ?? []),
    gateway, provider_id: providerId, settled_at: trx.fn.now(), sent_at: null, ...(incoming.at && { created_at: incoming.at })
  }).returning('id')
  if (!incoming.isAuto) await trx('conversations').where({ id: conversation.id }).increment('unread', 1)
  await trx('message_fates').insert({ message_id: id, state: 'received', details: JSON.stringify({ gateway, providerId: messageId ?? providerId }) }) // what a letter is known again by names its sender, whose address not everybody may read
  if (clientId !== null) {
    await trx('clients').where({ id: clientId }).update({ active_at: trx.fn.now() }) // locks the client, so that entries' ids grow in the order they are kept
    const [event] = await trx('events').insert({ client_id: clientId, kind: 'message.in', details: JSON.stringify({ message: id, channel }) }).returning('id')
    await trx('messages').where({ id }).update({ event_id: event.id })
  }
  return { id, conversationId: conversation.id, clientId, isNew: true, isStranger: clientId === null }
}

/** Whose conversation it belongs to: a client's, or that with a stranger whom we answered. */
async function ownerOf (trx: Db, { channel, inReplyTo, references = [] }: Incoming, address: string): Promise<{ clientId: number | null, conversationId: number | null }> {
  const thread = [...references, ...inReplyTo ? [inReplyTo] : []]
  if (thread.length > 0) {
    // An answer to ours is whose ours was, from whatever address it comes.
    const answered = await trx('messages').whereRaw('message_id = any (?)', [thread]).where({ direction: 'out' }).orderBy('id', 'desc').first('client_id as clientId', 'conversation_id as conversationId')
    if (answered) return answered.clientId === null ? answered : { ...answered, conversationId: null }
  }
  const owners = channel === 'email'
    ? trx('client_emails as a').where({ address_key: address })
    : trx('client_phones as a').where({ e164: address })
  const owner = await owners.whereNull('a.removed_at').join('clients as c', 'c.id', 'a.client_id').whereNull('c.archived_at').leftJoin('conversations as k', 'k.client_id', 'c.id')
    .orderByRaw('k.last_at desc nulls last, c.id').first('c.id')
  return { clientId: owner?.id ?? null, conversationId: null }
}
