import type { Db } from '../../database/knex.js'
import type { Card } from '../../feed/card.js'
import { VALUES } from '../../form-editor/definition.js'
import type { Viewer } from '../../web/viewer.js'
import { tasks } from '../queries.js'
import { readTask, SELECT, type TaskRow } from '../row.js'
import type { Task } from '../task.js'
import type { TaskFilter } from './filter.js'

export const TASKS_PAGE = 50

/** How far back the open list looks for what was done lately. */
const LATELY = "interval '7 days'"

export interface TaskPage {
  tasks: Task[]
  /** Where the next page goes on, or null. */
  next: string | null
}

// As text, because the driver would read a time without a zone in the server's.
const KEYS = { open: `to_char(tasks.late_from, 'YYYY-MM-DD"T"HH24:MI:SS')`, done: `to_char(tasks.done_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')` }

/** A page of somebody's tasks, or everybody's: the open by when they are due, the done with the newest first. Only of clients and leads the viewer may see. */
export async function listTasks (db: Db, viewer: Viewer, { who, show, after }: TaskFilter, limit = TASKS_PAGE): Promise<TaskPage> {
  const rows: TaskRow[] = await tasks(db, viewer).whereNull('tasks.deleted_at')
    .modify(query => {
      if (who !== 'all') query.where('tasks.assignee_id', who)
      if (show === 'open') {
        query.whereNull('tasks.done_at').orderBy(['tasks.late_from', 'tasks.id'])
        if (after) query.whereRaw('(tasks.late_from, tasks.id) > (?::timestamp, ?::bigint)', [after.at, after.id])
      } else {
        query.whereNotNull('tasks.done_at').orderBy([{ column: 'tasks.done_at', order: 'desc' }, { column: 'tasks.id', order: 'desc' }])
        if (after) query.whereRaw("(tasks.done_at, tasks.id) < (?::timestamp at time zone 'UTC', ?::bigint)", [after.at, after.id])
      }
    })
    .limit(limit + 1).select(...SELECT, db.raw(`${KEYS[show]} as key`))
  const last = rows.length > limit ? rows[limit - 1] : null
  return { tasks: rows.slice(0, limit).map(row => readTask(viewer, row)), next: last && `${last.key}_${last.id}` }
}

/** The few that were done last, within a week. */
export async function listDoneLately (db: Db, viewer: Viewer, who: TaskFilter['who'], limit = 10): Promise<Task[]> {
  const rows: TaskRow[] = await tasks(db, viewer).whereNull('tasks.deleted_at').whereRaw(`tasks.done_at > now() - ${LATELY}`)
    .modify(query => { if (who !== 'all') query.where('tasks.assignee_id', who) })
    .orderBy([{ column: 'tasks.done_at', order: 'desc' }, { column: 'tasks.id', order: 'desc' }]).limit(limit).select(SELECT)
  return rows.map(row => readTask(viewer, row))
}

export interface OpenTasks { tasks: Task[], more: boolean }

/** The open tasks of a client or lead, the most urgent first; `more` when there are others. It has to be the viewer's to see. */
export async function listOpenTasks (db: Db, viewer: Viewer, { subject, id }: Card, limit = 20): Promise<OpenTasks> {
  const rows: TaskRow[] = await tasks(db, viewer).where(`tasks.${VALUES[subject].owner}`, id).whereNull('tasks.done_at').whereNull('tasks.deleted_at')
    .orderBy(['tasks.late_from', 'tasks.id']).limit(limit + 1).select(SELECT)
  return { tasks: rows.slice(0, limit).map(row => readTask(viewer, row)), more: rows.length > limit }
}

/** The tasks of which these entries of the feed are the newest, by the entry's id: they show how the task stands. */
export async function tasksOfEvents (db: Db, viewer: Viewer, events: number[]): Promise<Map<number, Task>> {
  if (events.length === 0) return new Map()
  const rows: TaskRow[] = await tasks(db, viewer).whereIn('tasks.event_id', events).select(SELECT)
  return new Map(rows.map(row => [row.event_id, readTask(viewer, row)]))
}

export interface Worker { id: number, name: string, left: boolean }

/** Whose tasks there are to look at: who works here, and who left open tasks behind. */
export async function listWorkers (db: Db): Promise<Worker[]> {
  return db('employees').whereNull('deactivated_at')
    .orWhereExists(db('tasks').whereRaw('assignee_id = employees.id').whereNull('done_at').whereNull('deleted_at'))
    .select('id', 'name', db.raw('deactivated_at is not null as "left"')).orderByRaw('deactivated_at is not null, fold(name), id')
}

/** How many open tasks somebody has, of any client or lead. */
export async function countOpenTasks (db: Db, assigneeId: number): Promise<number> {
  const { count } = (await db('tasks').where({ assignee_id: assigneeId }).whereNull('done_at').whereNull('deleted_at').count({ count: '*' }).first())!
  return Number(count)
}
