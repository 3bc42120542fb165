import { PREPARED, type Db } from '../database/knex.js'
import { filesOfEvents } from '../files/queries.js'
import { VALUES } from '../form-editor/definition.js'
import { messagesOfEvents } from '../messages/queries.js'
import { tasksOfEvents } from '../tasks/list/queries.js'
import { Forbidden, NotFound } from '../web/errors.js'
import type { Viewer } from '../web/viewer.js'
import { CARDS, type Card } from './card.js'
import { kindsOf, type FeedEvent, type FeedFilter } from './event.js'
import type { Actor } from './record.js'

export const FEED_PAGE = 20

export interface Feed {
  events: FeedEvent[]
  /** Id to go on below, when there are older ones. */
  older: number | null
  /** The newest id of all, whatever the filter; 0 in an empty feed. */
  newest: number
}

const SELECT = ['events.id', 'kind', 'employee_id', 'employees.name as employee', 'at', 'details', 'body', 'edited_at', 'deleted_at']

const of = ({ subject, id }: Card) => ({ [VALUES[subject].owner]: id })

/** A page of a feed, newest first: the newest, those before `older`, or all after `after` (a page at most). Its client or lead has to be the viewer's to see. */
export async function listFeed (db: Db, viewer: Viewer, card: Card, { filter = 'all', older = null, after = null }: { filter?: FeedFilter, older?: number | null, after?: number | null } = {}): Promise<Feed> {
  const kinds = kindsOf(card.subject, filter)
  const { owner } = VALUES[card.subject]
  const rows: (FeedEvent & { newest: number })[] = await db('events').leftJoin('employees', 'employees.id', 'events.employee_id')
    .where({ [owner]: card.id }).modify(CARDS[card.subject].known(viewer))
    .modify(query => {
      if (kinds) query.whereIn('kind', kinds)
      if (older) query.where('events.id', '<', older)
      if (after !== null) query.where('events.id', '>', after)
    })
    .orderBy('events.id', 'desc').limit(FEED_PAGE + 1)
    .select(...SELECT, db.raw(`(select max(id) from events newer where newer.${owner} = events.${owner}) as newest`))
    .options(PREPARED)
  const events = await withFiles(db, await CARDS[card.subject].shown(db, viewer, rows.slice(0, FEED_PAGE)))
  await addTasks(db, viewer, events)
  await addMessages(db, viewer, events)
  return { events, older: rows.length > FEED_PAGE ? events.at(-1)!.id : null, newest: rows[0]?.newest ?? after ?? 0 }
}

/** Whether anything happened to a client or lead after an event. */
export async function hasNewer (db: Db, card: Card, after: number): Promise<boolean> {
  return Boolean(await db('events').where(of(card)).where('id', '>', after).first('id'))
}

/** One entry of the feed. Throws NotFound. */
export async function findEvent (db: Db, viewer: Viewer, card: Card, id: number | null): Promise<FeedEvent> {
  const event = id === null ? undefined : await db('events').leftJoin('employees', 'employees.id', 'events.employee_id').where({ ...of(card), 'events.id': id }).modify(CARDS[card.subject].known(viewer)).first(...SELECT)
  if (!event) throw new NotFound()
  await addTasks(db, viewer, [event])
  await addMessages(db, viewer, [event])
  const [shown] = await withFiles(db, await CARDS[card.subject].shown(db, viewer, [event]))
  return shown!
}

const SHOW_FILES: readonly string[] = ['files.added', 'message.out', 'message.in']

/** Gives the entries that show files theirs, by one query for all of them; none when there are none. */
async function withFiles (db: Db, events: FeedEvent[]): Promise<FeedEvent[]> {
  const files = await filesOfEvents(db, events.filter(({ kind }) => SHOW_FILES.includes(kind)).map(({ id }) => id))
  return files.size === 0 ? events : events.map(event => ({ ...event, files: files.get(event.id) ?? [] }))
}

/** Whether anything happened to its tasks after an event. */
export async function hasNewerTasks (db: Db, card: Card, after: number): Promise<boolean> {
  return Boolean(await db('events').where(of(card)).where('id', '>', after).whereIn('kind', [...kindsOf(card.subject, 'tasks')!]).first('id'))
}

/** A comment, or words beside files, that the viewer may change. Throws NotFound when there is none (any more), Forbidden when it is somebody else's. */
export async function findOwnComment (db: Db, viewer: Viewer, card: Card, id: number | null): Promise<FeedEvent> {
  const event = await findEvent(db, viewer, card, id)
  await assertOwn(db, viewer, card, id, WRITTEN)
  return event
}

/** Writes a comment into the feed. Returns its id. */
export async function addComment (trx: Db, by: Actor, card: Card, body: string): Promise<number> {
  // First, as it locks the client or lead: ids have to grow in the order in which entries are kept, or a page would miss one.
  await trx(VALUES[card.subject].owners).where({ id: card.id }).update({ active_at: trx.fn.now() })
  const [{ id }] = await trx('events').insert({ ...of(card), kind: 'comment', employee_id: by.id, body }).returning('id')
  return id
}

/** Rewrites a comment, or the words beside files. Only its author may: Forbidden for anyone else, NotFound when there is none (any more). */
export async function editComment (trx: Db, by: Actor, card: Card, id: number | null, body: string): Promise<void> {
  await assertOwn(trx, by, card, id, WRITTEN)
  await trx('events').where({ id: id! }).update({ body, edited_at: trx.fn.now() })
}

/** Takes a comment back, or back again; what it said stays in the database. Only its author may. */
export async function setCommentDeleted (trx: Db, by: Actor, card: Card, id: number | null, deleted: boolean): Promise<void> {
  await assertOwn(trx, by, card, id, ['comment'], !deleted)
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

/** Gives the entries that are messages theirs. */
async function addMessages (db: Db, viewer: Viewer, events: FeedEvent[]): Promise<void> {
  const messages = await messagesOfEvents(db, viewer, events.filter(({ kind }) => kind.startsWith('message.')).map(({ id }) => id))
  for (const event of events) {
    const message = messages.get(event.id)
    if (message) event.message = message
  }
}

const WRITTEN: readonly FeedEvent['kind'][] = ['comment', 'files.added']

async function assertOwn (trx: Db, by: Actor, card: Card, id: number | null, kinds: readonly FeedEvent['kind'][], deleted = false): Promise<void> {
  const comment = id === null ? undefined : await trx('events').where({ id, ...of(card) }).whereIn('kind', kinds).whereNotNull('body').forUpdate().first('employee_id', 'deleted_at')
  if (!comment || (comment.deleted_at !== null) !== deleted) throw new NotFound()
  if (comment.employee_id !== by.id) throw new Forbidden()
}
