import type { Knex } from 'knex'
import { listCallsWith, type LoggedCall } from '../calls/log/queries.js'
import { readable, seesContacts } from '../clients/masking.js'
import { visibleTo } from '../clients/visibility.js'
import { PREPARED, type Db } from '../database/knex.js'
import { seesLeads, visibleLeads } from '../leads/visibility.js'
import type { ShownMessage } from '../messages/message.js'
import { filesOfMessages, messagesFor, shownMessage } from '../messages/queries.js'
import { tellOfTalk } from '../notifications/talks.js'
import { NotFound } from '../web/errors.js'
import type { Viewer } from '../web/viewer.js'
import type { Conversation, Mark, Said, Stretch, TalkClient } from './conversation.js'

/** How many messages a page of a conversation has. */
export const STRETCH = 30

// Of what came in while a page was open no more is shown by itself.
const MOST = 200

/** Leaves the conversations `k` of which a viewer may know: with clients `c` they may see, and with strangers. Whoever sees all clients needn't be asked of each. */
export const visibleTalks = (viewer: Viewer) => (query: Knex.QueryBuilder): void => {
  if (viewer.can('clients.view') && viewer.can('suppliers.view')) return
  query.where(some => some.whereNull('k.client_id').orWhere(part => { visibleTo(viewer)(part, 'c') }))
}

const CLIENT = `case when c.id is not null then json_build_object('id', c.id, 'name', c.name, 'is_supplier', c.is_supplier, 'is_conflicted', c.is_conflicted, 'conflict_reason', c.conflict_reason, 'archived_at', c.archived_at) end as client`
const TALK = `k.id, k.channel, k.address, k.stranger, k.unread, k.closed_at, case when e.id is not null then json_build_object('id', e.id, 'name', e.name) end as assignee, ${CLIENT}`

type Row = Pick<Conversation, 'id' | 'channel' | 'address' | 'assignee' | 'unread' | 'closed_at' | 'client'> & { stranger: string, lead?: Conversation['lead'] }

/** One conversation. Throws NotFound for one that isn't there or isn't the viewer's to see. */
export async function findConversation (db: Db, viewer: Viewer, id: number | null): Promise<Conversation> {
  const row = id === null
    ? undefined
    : await db('conversations as k').leftJoin('clients as c', 'c.id', 'k.client_id').leftJoin('employees as e', 'e.id', 'k.assignee_id').where('k.id', id).modify(visibleTalks(viewer))
      .first(db.raw(TALK), 'k.lead_id')
  if (!row) throw new NotFound()
  return talkOf(viewer, { ...row, lead: await leadOf(db, viewer, row.lead_id) })
}

/** Where what was said with whoever a lead is of stands, and how much of it nobody has looked at: the stranger's conversation of whom it was made, else its client's. Null where the viewer sees none. */
export async function talkOfLead (db: Db, viewer: Viewer, lead: { id: number, client: { id: number } | null }): Promise<{ path: string, unread: number } | null> {
  if (!viewer.can('messages.view')) return null
  const talk = await db('conversations').where({ lead_id: lead.id, client_id: null }).orderBy('id', 'desc').first('id', 'unread')
  if (talk) return { path: `/conversations/${talk.id}`, unread: talk.unread }
  return lead.client && { path: `/clients/${lead.client.id}/conversation`, unread: await unreadOf(db, lead.client.id) }
}

async function leadOf (db: Db, viewer: Viewer, id: number | null): Promise<Conversation['lead']> {
  if (id === null || !seesLeads(viewer)) return null
  return await db('leads').where('leads.id', id).modify(visibleLeads(viewer)).first('leads.id', 'leads.number') ?? null
}

/** The conversation with a client, also where nothing was written yet. Throws NotFound for a client that isn't the viewer's to see. */
export async function conversationWith (db: Db, viewer: Viewer, clientId: number | null): Promise<Conversation> {
  const row = clientId === null
    ? undefined
    : await db('clients as c').leftJoin('conversations as k', 'k.client_id', 'c.id').leftJoin('employees as e', 'e.id', 'k.assignee_id').where('c.id', clientId).modify(query => visibleTo(viewer)(query, 'c'))
      .first(db.raw(TALK)).options(PREPARED)
  if (!row) throw new NotFound()
  return talkOf(viewer, { ...row, unread: row.unread ?? 0, stranger: row.stranger ?? '' })
}

/** How many of a client's messages nobody has looked at. */
export async function unreadOf (db: Db, clientId: number): Promise<number> {
  return (await db('conversations').where({ client_id: clientId }).first('unread').options(PREPARED))?.unread ?? 0
}

function talkOf (viewer: Viewer, { stranger, client, lead = null, ...row }: Row): Conversation {
  const display = row.address === null ? null : readable(viewer, row.channel === 'email', row.address)
  const shown: TalkClient | null = client && { ...client, archived_at: client.archived_at && new Date(client.archived_at) }
  return { ...row, address: seesContacts(viewer) ? row.address : null, client: shown, lead, display, who: shown?.name ?? (stranger || (display ?? '')), path: shown ? `/clients/${shown.id}/conversation` : `/conversations/${row.id}` }
}

/** Some of a conversation, messages and calls in the order of their times: the newest, those before a place, or all from one on. */
export async function readStretch (db: Db, viewer: Viewer, { id, client }: Pick<Conversation, 'id' | 'client'>, { before = null, from = null }: { before?: Mark | null, from?: Mark | null } = {}): Promise<Stretch> {
  const limit = from === null ? STRETCH : MOST
  const [messages, calls] = await Promise.all([
    id === null ? [] : messagesFor(db, viewer).where('m.conversation_id', id)
      .modify((query: Knex.QueryBuilder) => { if (before !== null) query.where('m.id', '<', before.message); if (from !== null) query.where('m.id', '>=', from.message) })
      .orderBy('m.id', 'desc').limit(limit + 1) as Promise<ShownMessage[]>,
    viewer.can('calls.view') ? listCallsWith(db, viewer, client ? { clientId: client.id } : { conversationId: id! }, { before: before?.call ?? null, from: from?.call ?? null, limit: limit + 1 }) : []
  ])
  const { said, mark, isCut } = woven(messages, calls, limit)
  const [files, earlier, newest] = await Promise.all([
    filesOfMessages(db, said.flatMap(({ message }) => message?.id ?? [])),
    from !== null && !isCut ? hasEarlier(db, viewer, { id, client }, from) : isCut,
    before === null ? messages[0]?.id ?? 0 : newestOf(db, id!)
  ])
  return {
    said: said.toReversed().map(({ message, call }): Said => call ? { call } : { message: { ...shownMessage(viewer, message), files: files.get(message.id) ?? [] } }),
    from: `${(from !== null && !isCut ? from : mark).message}-${(from !== null && !isCut ? from : mark).call}`, hasEarlier: earlier, newest
  }
}

type Woven = { message: ShownMessage, call?: never } | { call: LoggedCall, message?: never }

/** The newest of messages and calls, each the newest first: which of them, the place before which the others are, and whether there are others. */
function woven (messages: ShownMessage[], calls: LoggedCall[], limit: number): { said: Woven[], mark: Mark, isCut: boolean } {
  const said: Woven[] = []
  let m = 0, c = 0
  while (said.length < limit && (m < messages.length || c < calls.length)) {
    const message = messages[m], call = calls[c]
    if (message && (!call || message.created_at >= call.at)) { said.push({ message }); m++ } else { said.push({ call: call! }); c++ }
  }
  // Of what is left out the next is the first that is older.
  const place = (left: { id: number } | undefined, last: { id: number } | undefined) => left ? left.id + 1 : last?.id ?? 1
  return { said, mark: { message: place(messages[m], messages[m - 1]), call: place(calls[c], calls[c - 1]) }, isCut: m < messages.length || c < calls.length }
}

async function hasEarlier (db: Db, viewer: Viewer, { id, client }: Pick<Conversation, 'id' | 'client'>, { message, call }: Mark): Promise<boolean> {
  if (id !== null && await db('messages').where({ conversation_id: id }).where('id', '<', message).first('id')) return true
  return viewer.can('calls.view') && (await listCallsWith(db, viewer, client ? { clientId: client.id } : { conversationId: id! }, { before: call, from: null, limit: 1 })).length > 0
}

/** The newest message of a conversation; 0 when there is none. */
export async function newestOf (db: Db, conversationId: number | null): Promise<number> {
  return conversationId === null ? 0 : (await db('messages').where({ conversation_id: conversationId }).orderBy('id', 'desc').first('id'))?.id ?? 0
}

/** What tells of calls that belong to a conversation: see migrations/0045_tell_of_conversations.ts. */
export async function callsTopic (db: Db, { id, client }: Pick<Conversation, 'id' | 'client'>): Promise<string[]> {
  if (client) return [`calls of client:${client.id}`]
  const { address } = await db('conversations').where({ id: id! }).first('address')
  return [`calls of number:${address}`]
}

/** Says that somebody has looked at a conversation, up to the message they saw. */
export async function markSeen (db: Db, id: number, upTo: number): Promise<void> {
  await db.raw("update conversations k set unread = least(unread, (select count(*) from messages m where m.conversation_id = k.id and m.direction = 'in' and m.id > ?)) where id = ? and unread > 0", [upTo, id])
}

/** Puts a conversation back among those that wait to be looked at, also one that was done with. */
export async function markUnread (db: Db, id: number): Promise<void> {
  await db('conversations').where({ id }).update({ unread: db.raw('greatest(unread, 1)'), closed_at: null, talked_at: db.raw('coalesce(talked_at, last_at)') })
}

/** Says that a conversation is done with until something comes in, or that it isn't. */
export async function setClosed (db: Db, id: number, closed: boolean): Promise<void> {
  await db('conversations').where({ id }).update({ closed_at: closed ? db.raw('coalesce(closed_at, now())') : null, talked_at: db.raw('coalesce(talked_at, last_at)'), ...(closed && { unread: 0 }) })
}

/** Those who can be given a conversation: whoever works here and may read it, with this client or with a stranger. */
export async function listAssignees (db: Db, client: Pick<TalkClient, 'is_supplier'> | null): Promise<{ id: number, name: string }[]> {
  const needed = ['messages.view', ...client ? [client.is_supplier ? 'suppliers.view' : 'clients.view'] : []]
  return db('employees as e').join('roles as r', 'r.id', 'e.role_id').whereNull('e.deactivated_at').whereNotNull('e.password_hash')
    .whereRaw("(r.key = 'owner' or r.rights @> ?::text[])", [needed]).orderByRaw('fold(e.name), e.id').select('e.id', 'e.name')
}

/** Gives a conversation to somebody, who is told of it, or to nobody. Returns false when they can't have it. */
export async function assign (trx: Db, by: Viewer, { id, client }: { id: number, client: TalkClient | null }, employeeId: number | null): Promise<boolean> {
  if (employeeId !== null && !(await listAssignees(trx, client)).some(one => one.id === employeeId)) return false
  const { assignee_id: before } = await trx('conversations').where({ id }).forUpdate().first('assignee_id')
  await trx('conversations').where({ id }).update({ assignee_id: employeeId, talked_at: trx.raw('coalesce(talked_at, last_at)') })
  if (before !== employeeId) await tellOfTalk(trx, by, id, employeeId)
  return true
}
