import type { Knex } from 'knex'
import { readable, seesContacts } from '../clients/masking.js'
import { visibleTo } from '../clients/visibility.js'
import type { Db } from '../database/knex.js'
import { NotFound } from '../web/errors.js'
import type { Viewer } from '../web/viewer.js'
import type { ShownMessage } from './message.js'

/** Leaves the messages `m` a viewer may know of: with clients they may see, and with strangers. */
export const visibleMessages = (db: Db, viewer: Viewer) => (query: Knex.QueryBuilder): void => {
  // Whoever sees all clients needn't be asked of each: Postgres would read all of them for it.
  if (viewer.can('clients.view') && viewer.can('suppliers.view')) return
  query.where(some => some.whereNull('m.client_id').orWhereExists(db('clients').whereRaw('clients.id = m.client_id').modify(visibleTo(viewer)).select(db.raw('1'))))
}

const COLUMNS = {
  id: 'm.id', conversation_id: 'm.conversation_id', client_id: 'm.client_id', direction: 'm.direction', channel: 'm.channel', state: 'm.state', address: 'm.address', address_name: 'm.address_name',
  employee_id: 'm.employee_id', employee: 'e.name', cause: 'm.cause', subject: 'm.subject', text: 'm.body_text', html: 'm.body_html', created_at: 'm.created_at', due_at: 'm.due_at', sent_at: 'm.sent_at',
  settled_at: 'm.settled_at', attempts: 'm.attempts', problem: 'm.problem', said: 'm.said', gateway: 'm.gateway', provider_id: 'm.provider_id', is_auto: 'm.is_auto', left_out: 'm.left_out'
}

/** Messages with what pages show of them, to be narrowed: `m`, and who wrote them `e`. */
export const messagesFor = (db: Db, viewer: Viewer) => db('messages as m').leftJoin('employees as e', 'e.id', 'm.employee_id')
  .modify(visibleMessages(db, viewer)).select(COLUMNS) as Knex.QueryBuilder<any, ShownMessage[]>

/** As the viewer may read it: addresses are written and masked like those of clients. */
export function shownMessage (viewer: Viewer, message: ShownMessage): ShownMessage {
  const address = readable(viewer, message.channel === 'email', message.address)
  return { ...message, address, ...(!seesContacts(viewer) && { said: null }) }
}

/** One message. Throws NotFound for one that isn't there or isn't the viewer's to see. */
export async function findMessage (db: Db, viewer: Viewer, id: number | null): Promise<ShownMessage> {
  const message = id === null ? undefined : await messagesFor(db, viewer).where('m.id', id).first()
  if (!message) throw new NotFound()
  return shownMessage(viewer, message)
}

/** The files that went or came with messages, by message. */
export async function filesOfMessages (db: Db, ids: readonly number[]): Promise<Map<number, { id: number, name: string, size: number, token: string, client_id: number | null, lead_id: number | null, removed: boolean }[]>> {
  const rows = ids.length === 0 ? [] : await db('message_files as x').join('files as f', 'f.id', 'x.file_id').whereRaw('x.message_id = any (?)', [[...ids]]).orderBy(['x.message_id', 'x.position'])
    .select('x.message_id', 'f.id', 'f.name', 'f.size', 'f.token', 'f.client_id', 'f.lead_id', db.raw('f.removed_at is not null as removed'))
  const files = new Map<number, any[]>()
  for (const row of rows) files.set(row.message_id, [...files.get(row.message_id) ?? [], row])
  return files
}

/** Of the entries of a client's feed that are messages, how each stands, by the entry's id. The text only for those who may read messages. */
export async function messagesOfEvents (db: Db, viewer: Viewer, eventIds: readonly number[]): Promise<Map<number, ShownMessage>> {
  if (eventIds.length === 0) return new Map()
  const rows: (ShownMessage & { event_id: number })[] = await messagesFor(db, viewer).whereRaw('m.event_id = any (?)', [[...eventIds]]).select('m.event_id')
  return new Map(rows.map(row => [row.event_id, viewer.can('messages.view') ? shownMessage(viewer, row) : { ...shownMessage(viewer, row), text: '', html: null, subject: null }]))
}

/** Messages that were not sent and may be tried again, newest first. */
export async function listStuck (db: Db, viewer: Viewer, before: number | null, limit = 50): Promise<{ messages: ShownMessage[], next: number | null }> {
  const rows = await messagesFor(db, viewer).whereIn('m.state', ['failed', 'uncertain', 'bounced']).modify(query => { if (before !== null) query.where('m.id', '<', before) }).orderBy('m.id', 'desc').limit(limit + 1)
  const messages = rows.slice(0, limit).map((row: ShownMessage) => shownMessage(viewer, row))
  return { messages, next: rows.length > limit ? messages.at(-1)!.id : null }
}

/** Messages to clients that the test mailbox caught, newest first. */
export async function listCaughtMessages (db: Db, viewer: Viewer, before: number | null, limit = 50): Promise<{ messages: ShownMessage[], next: number | null }> {
  const rows = await messagesFor(db, viewer).where('m.state', 'caught').modify(query => { if (before !== null) query.where('m.id', '<', before) }).orderBy('m.id', 'desc').limit(limit + 1)
  const messages = rows.slice(0, limit).map((row: ShownMessage) => shownMessage(viewer, row))
  return { messages, next: rows.length > limit ? messages.at(-1)!.id : null }
}
