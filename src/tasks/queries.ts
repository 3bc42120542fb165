import type { Knex } from 'knex'
import { visibleTo } from '../clients/visibility.js'
import type { Db } from '../database/knex.js'
import { CARDS, type Card, type ShownCard } from '../feed/card.js'
import { record } from '../feed/record.js'
import { VALUES } from '../form-editor/definition.js'
import { seesLeadOf, visibleLeads } from '../leads/visibility.js'
import { Forbidden, NotFound } from '../web/errors.js'
import type { Viewer } from '../web/viewer.js'
import type { TaskValues } from './form.js'
import { readTask, SELECT, type TaskRow } from './row.js'
import type { Task, TaskChange, TaskRef } from './task.js'

/** Somebody else changed this task, or deleted it, since its form was shown; `task` is what it is now. */
export class TaskChanged extends Error {
  constructor (readonly task: Task) { super() }
}

/** The person chosen doesn't work here any more, or may not see the client or lead. */
export class NotTheirs extends Error {}

/** One task, deleted or not. Throws NotFound, also when its client or lead isn't the viewer's to see. */
export async function findTask (db: Db, viewer: Viewer, id: number | null): Promise<Task> {
  if (id === null) throw new NotFound()
  const row: TaskRow | undefined = await tasks(db, viewer).where('tasks.id', id).first(SELECT)
  if (!row) throw new NotFound()
  return readTask(viewer, row)
}

/** A task that the viewer may change. Throws NotFound as findTask does, and Forbidden when it is none of theirs. */
export async function findOwnTask (db: Db, viewer: Viewer, id: number | null): Promise<Task> {
  const task = await findTask(db, viewer, id)
  if (!task.may) throw new Forbidden()
  return task
}

/** Tasks with their client or lead and people, of those this viewer may see. */
export const tasks = (db: Db, viewer: Viewer) => db('tasks').modify(ofCards(viewer))
  .leftJoin(db('clients').modify(visibleTo(viewer)).select('id', 'name').as('known'), 'known.id', 'leads.client_id')
  .join('employees as assignee', 'assignee.id', 'tasks.assignee_id')
  .join('employees as author', 'author.id', 'tasks.created_by')
  .leftJoin('employees as finisher', 'finisher.id', 'tasks.done_by')

/** Joins the clients and leads of tasks, and leaves the tasks of those this viewer may see. */
export const ofCards = (viewer: Viewer) => (query: Knex.QueryBuilder): void => {
  query.leftJoin('clients', 'clients.id', 'tasks.client_id').leftJoin('leads', 'leads.id', 'tasks.lead_id')
    .where(some => some.where(one => one.whereNotNull('tasks.client_id').modify(visibleTo(viewer))).orWhere(one => one.whereNotNull('tasks.lead_id').modify(visibleLeads(viewer))))
}

export interface Assignee { id: number, name: string }

/** Who can be given a task of this client or lead, by name: those who work here and may see it. Of `except`, whose task it is, also without. */
export async function listAssignees (db: Db, card: Pick<ShownCard, 'subject' | 'id' | 'is_supplier'>, except: number | null = null): Promise<Assignee[]> {
  const sees = (query: Knex.QueryBuilder) => card.subject === 'lead' ? query.whereRaw(`exists (select from leads l where l.id = ? and ${seesLeadOf('employees', 'roles')})`, [card.id]) : query.whereRaw('? = any (roles.rights)', [card.is_supplier ? 'suppliers.view' : 'clients.view'])
  return db('employees').join('roles', 'roles.id', 'employees.role_id')
    .where(one => one
      .where(able => able.whereNull('deactivated_at').whereNotNull('password_hash').where(may => may.where('roles.key', 'owner').orWhere(sees)))
      .orWhere('employees.id', except ?? 0))
    .select('employees.id', 'employees.name').orderByRaw('fold(employees.name), employees.id')
}

/** Adds a task to a client or lead, with its entry in the feed. Returns its id. Throws NotFound, or NotTheirs. */
export async function addTask (trx: Db, by: Viewer, { subject, id: cardId }: Card, values: TaskValues): Promise<number> {
  await lockCard(trx, { subject, id: cardId })
  await assertTheirs(trx, await CARDS[subject].find(trx, by, cardId), values.assignee)
  const { what, due_on, due_time } = values
  const [{ id }] = await trx('tasks').insert({ [VALUES[subject].owner]: cardId, what, due_on, due_time, assignee_id: values.assignee, created_by: by.id }).returning('id')
  await tell(trx, by, 'task.added', await findTask(trx, by, id))
  return id
}

/** Changes a task, and tells in the feed what. Throws NotFound, Forbidden, NotTheirs, and TaskChanged when it isn't the version that the form showed. */
export async function changeTask (trx: Db, by: Viewer, id: number, values: TaskValues, version: number | null): Promise<void> {
  const task = await lockTask(trx, by, id)
  if (task.deleted || task.version !== version) throw new TaskChanged(task)
  if (values.assignee !== task.assignee.id) await assertTheirs(trx, task.card, values.assignee)
  const { what, due_on, due_time, assignee } = values
  const isMoved = due_on !== task.due_on || due_time !== task.due_time
  if (!isMoved && what === task.what && assignee === task.assignee.id) return
  await trx('tasks').where({ id }).update({ what, due_on, due_time, assignee_id: assignee, version: version + 1, ...((isMoved || assignee !== task.assignee.id) && { noticed_at: null }) })
  const now = await findTask(trx, by, id)
  await tell(trx, by, 'task.changed', now, changesBetween(task, now))
}

/** Finishes a task, or opens it again. Returns false when it already is as it should be: of two people who finish one at once only the first is told of. Throws NotFound, also for one that was deleted, and Forbidden. */
export async function setDone (trx: Db, by: Viewer, id: number, done: boolean): Promise<boolean> {
  const task = await lockTask(trx, by, id)
  if (task.deleted) throw new NotFound()
  if (done === (task.done !== null)) return false
  await trx('tasks').where({ id }).update(done ? { done_at: trx.fn.now(), done_by: by.id } : { done_at: null, done_by: null })
  await tell(trx, by, done ? 'task.done' : 'task.reopened', task)
  return true
}

/** Deletes a task, or takes that back. Returns false when it already is as it should be. Throws NotFound and Forbidden. */
export async function setDeleted (trx: Db, by: Viewer, id: number, deleted: boolean): Promise<boolean> {
  const task = await lockTask(trx, by, id)
  if (deleted === task.deleted) return false
  await trx('tasks').where({ id }).update({ deleted_at: deleted ? trx.fn.now() : null })
  await tell(trx, by, deleted ? 'task.deleted' : 'task.restored', task)
  return true
}

/** Puts away the notice that a task has come due. It is its assignee's: Forbidden for anyone else. */
export async function putNoticeAway (db: Db, by: Viewer, id: number | null): Promise<void> {
  const task = await findTask(db, by, id)
  if (task.assignee.id !== by.id) throw new Forbidden()
  await db('tasks').where({ id: task.id }).update({ noticed_at: db.fn.now() })
}

/** Locks a task's client or lead and then the task, in the order in which everything else that changes them does, and reads it. */
async function lockTask (trx: Db, by: Viewer, id: number): Promise<Task> {
  const { card, may } = await findTask(trx, by, id)
  if (!may) throw new Forbidden()
  await lockCard(trx, card)
  await trx('tasks').where({ id }).forUpdate().first('id')
  return findOwnTask(trx, by, id)
}

const lockCard = (trx: Db, { subject, id }: Card) => trx(VALUES[subject].owners).where({ id }).forUpdate().first('id')

async function assertTheirs (trx: Db, card: ShownCard, assignee: number): Promise<void> {
  const able = await listAssignees(trx, card)
  if (!able.some(({ id }) => id === assignee)) throw new NotTheirs()
}

/** Writes an entry into the feed; from now on it shows how the task stands, and the one that did until now no longer does. */
async function tell (trx: Db, by: Viewer, kind: 'task.added' | 'task.changed' | 'task.done' | 'task.reopened' | 'task.deleted' | 'task.restored', task: Task, changes?: TaskChange[]): Promise<void> {
  const event = await record(trx, by, task.card, kind, { task: refOf(task), ...(changes && { changes }) })
  const { event_id: before } = (await trx('tasks').where({ id: task.id }).first('event_id'))!
  await trx('tasks').where({ id: task.id }).update({ event_id: event })
  // Nothing in it changes but what stands beside it: pages that show it are told to look.
  if (before !== null) await trx('events').where({ id: before }).update({ deleted_at: null })
}

const refOf = ({ id, what, due_on, due_time, assignee }: Task): TaskRef => ({ id, what, due_on, due_time, assignee: assignee.name })

function changesBetween (old: Task, now: Task): TaskChange[] {
  const changes: TaskChange[] = []
  if (old.what !== now.what) changes.push({ field: 'what', old: old.what, new: now.what })
  if (old.due_on !== now.due_on || old.due_time !== now.due_time) changes.push({ field: 'due', old: [old.due_on, old.due_time], new: [now.due_on, now.due_time] })
  if (old.assignee.id !== now.assignee.id) changes.push({ field: 'assignee', old: old.assignee.name, new: now.assignee.name })
  return changes
}
