import { PREPARED, type Db } from '../../database/knex.js'
import { filesOfEvents } from '../../files/queries.js'
import { tasksOfEvents } from '../../tasks/list/queries.js'
import { Forbidden, NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import { maskEmail, maskPhone, seesContacts } from '../masking.js'
import { FEED_FILTERS, type PhoneRef, type EventKind, type FeedEvent, type FeedFilter } from './event.js'

export const FEED_PAGE = 20

export interface Feed {
  events: FeedEvent[]
  /** Id to go on below, when there are older ones. */
  older: number | null
  /** The newest id of all, whatever the filter; 0 in an empty feed. */
  newest: number
}

const SELECT = ['events.id', 'client_id', 'kind', 'employee_id', 'employees.name as employee', 'at', 'details', 'body', 'edited_at', 'deleted_at']

/** A page of a client's feed, newest first: the newest, those before `older`, or all after `after` (a page at most). The client has to be the viewer's to see. */
export async function listFeed (db: Db, viewer: Viewer, clientId: number, { filter = 'all', older = null, after = null }: { filter?: FeedFilter, older?: number | null, after?: number | null } = {}): Promise<Feed> {
  const kinds = FEED_FILTERS[filter]
  const rows: (FeedEvent & { newest: number })[] = await db('events').leftJoin('employees', 'employees.id', 'events.employee_id')
    .where({ client_id: clientId })
    .modify(query => {
      if (kinds) query.whereIn('kind', kinds)
      if (older) query.where('events.id', '<', older)
      if (after !== null) query.where('events.id', '>', after)
    })
    .orderBy('events.id', 'desc').limit(FEED_PAGE + 1)
    .select(...SELECT, db.raw('(select max(id) from events newer where newer.client_id = events.client_id) as newest'))
    .options(PREPARED)
  const events = await withFiles(db, rows.slice(0, FEED_PAGE).map(event => seesContacts(viewer) ? event : maskEvent(event)))
  await addTasks(db, viewer, events)
  return { events, older: rows.length > FEED_PAGE ? events.at(-1)!.id : null, newest: rows[0]?.newest ?? after ?? 0 }
}

/** Whether anything happened to the client after an event. */
export async function hasNewer (db: Db, clientId: number, after: number): Promise<boolean> {
  return Boolean(await db('events').where({ client_id: clientId }).where('id', '>', after).first('id'))
}

/** One entry of the feed. Throws NotFound. */
export async function findEvent (db: Db, viewer: Viewer, clientId: number, id: number | null): Promise<FeedEvent> {
  const event = id === null ? undefined : await db('events').leftJoin('employees', 'employees.id', 'events.employee_id').where({ client_id: clientId, 'events.id': id }).first(...SELECT)
  if (!event) throw new NotFound()
  await addTasks(db, viewer, [event])
  const [shown] = await withFiles(db, [seesContacts(viewer) ? event : maskEvent(event)])
  return shown!
}

/** Gives the entries that show files theirs, by one query for all of them; none when there are none. */
async function withFiles (db: Db, events: FeedEvent[]): Promise<FeedEvent[]> {
  const files = await filesOfEvents(db, events.filter(({ kind }) => kind === 'files.added').map(({ id }) => id))
  return files.size === 0 ? events : events.map(event => ({ ...event, files: files.get(event.id) ?? [] }))
}

/** Whether anything happened to the client's tasks after an event. */
export async function hasNewerTasks (db: Db, clientId: number, after: number): Promise<boolean> {
  return Boolean(await db('events').where({ client_id: clientId }).where('id', '>', after).whereIn('kind', FEED_FILTERS.tasks).first('id'))
}

/** A comment, or words beside files, that the viewer may change. Throws NotFound when there is none (any more), Forbidden when it is somebody else's. */
export async function findOwnComment (db: Db, viewer: Viewer, clientId: number, id: number | null): Promise<FeedEvent> {
  const event = await findEvent(db, viewer, clientId, id)
  await assertOwn(db, viewer, clientId, id, WRITTEN)
  return event
}

/** Writes a comment into the feed. Returns its id. */
export async function addComment (trx: Db, by: Viewer, clientId: number, body: string): Promise<number> {
  // First, as it locks the client: ids have to grow in the order in which entries are kept, or a page would miss one.
  await trx('clients').where({ id: clientId }).update({ active_at: trx.fn.now() })
  const [{ id }] = await trx('events').insert({ client_id: clientId, kind: 'comment', employee_id: by.id, body }).returning('id')
  return id
}

/** Rewrites a comment, or the words beside files. Only its author may: Forbidden for anyone else, NotFound when there is none (any more). */
export async function editComment (trx: Db, by: Viewer, clientId: number, id: number | null, body: string): Promise<void> {
  await assertOwn(trx, by, clientId, id, WRITTEN)
  await trx('events').where({ id: id! }).update({ body, edited_at: trx.fn.now() })
}

/** Takes a comment back, or back again; what it said stays in the database. Only its author may. */
export async function setCommentDeleted (trx: Db, by: Viewer, clientId: number, id: number | null, deleted: boolean): Promise<void> {
  await assertOwn(trx, by, clientId, id, ['comment'], !deleted)
  await trx('events').where({ id: id! }).update({ deleted_at: deleted ? trx.fn.now() : null })
}

/** Gives the entries that are the newest of a task how it stands. */
async function addTasks (db: Db, viewer: Viewer, events: FeedEvent[]): Promise<void> {
  const tasks = await tasksOfEvents(db, viewer, events.filter(({ kind }) => kind.startsWith('task.')).map(({ id }) => id))
  for (const event of events) {
    const task = tasks.get(event.id)
    if (task) event.task = task
  }
}

const WRITTEN: readonly EventKind[] = ['comment', 'files.added']

async function assertOwn (trx: Db, by: Viewer, clientId: number, id: number | null, kinds: readonly EventKind[], deleted = false): Promise<void> {
  const comment = id === null ? undefined : await trx('events').where({ id, client_id: clientId }).whereIn('kind', kinds).whereNotNull('body').forUpdate().first('employee_id', 'deleted_at')
  if (!comment || (comment.deleted_at !== null) !== deleted) throw new NotFound()
  if (comment.employee_id !== by.id) throw new Forbidden()
}

function maskEvent (event: FeedEvent): FeedEvent {
  const { kind, details } = event
  if (kind.startsWith('client.import')) {
    const { phones = [], emails = [] } = details
    return { ...event, details: { ...details, phones: phones.map((phone: PhoneRef) => ({ ...phone, display: maskPhone(phone.display) })), emails: emails.map(({ id, address }: { id: number, address: string }) => ({ id, address: maskEmail(address) })) } }
  }
  if (kind.startsWith('phone.')) {
    return { ...event, details: { ...details, phone: { ...details.phone, display: maskPhone(details.phone.display) }, changes: maskChanges(details.changes, 'number', maskPhone) } }
  }
  if (kind.startsWith('email.')) {
    return { ...event, details: { ...details, email: { ...details.email, address: maskEmail(details.email.address) }, changes: maskChanges(details.changes, 'address', maskEmail) } }
  }
  if (kind.startsWith('consent.')) {
    return { ...event, details: { ...details, address: details.channel === 'email' ? maskEmail(details.address) : maskPhone(details.address) } }
  }
  return event
}

function maskChanges (changes: { field: string, old: any, new: any }[] | undefined, field: string, mask: (value: string) => string) {
  return changes?.map(change => change.field === field ? { field, old: mask(change.old), new: mask(change.new) } : change)
}
