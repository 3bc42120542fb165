import { cardOf } from '../feed/card.js'
import type { Viewer } from '../web/viewer.js'
import { dueOf, type Task } from './task.js'

/** What a query of tasks selects; see `tasks` in queries.ts for its joins. */
export const SELECT = [
  'tasks.id', 'tasks.what', 'tasks.due_on', 'tasks.due_time', 'tasks.version', 'tasks.event_id', 'tasks.done_at', 'tasks.deleted_at',
  'tasks.client_id', 'clients.name as client_name', 'clients.is_supplier', 'clients.is_conflicted', 'clients.conflict_reason',
  'tasks.lead_id', 'leads.number', 'leads.contact_name', 'known.name as known_name',
  'tasks.assignee_id', 'assignee.name as assignee_name', 'assignee.deactivated_at as assignee_left',
  'tasks.created_by', 'author.name as author_name', 'finisher.name as finisher_name'
]

export type TaskRow = Record<string, any>

/** Makes a task of a row, as it stands for the viewer at this moment. Its author, its assignee and whoever may edit its client or lead may change it. */
export function readTask (viewer: Viewer, row: TaskRow, now = new Date()): Task {
  const time: string | null = row.due_time && row.due_time.slice(0, 5)
  const card = row.lead_id === null ? { ...cardOf('client', { ...row, id: row.client_id, name: row.client_name } as any), who: '' } : { ...cardOf('lead', { id: row.lead_id, name: row.number }), who: row.known_name ?? row.contact_name }
  return {
    id: row.id,
    card,
    what: row.what,
    due_on: row.due_on,
    due_time: time,
    ...dueOf({ due_on: row.due_on, due_time: time }, viewer.organisation.timeZone, now),
    assignee: { id: row.assignee_id, name: row.assignee_name, left: row.assignee_left !== null },
    author: { id: row.created_by, name: row.author_name },
    done: row.done_at && { at: row.done_at, by: row.finisher_name },
    deleted: row.deleted_at !== null,
    version: row.version,
    may: viewer.id === row.assignee_id || viewer.id === row.created_by || viewer.can(card.edits)
  }
}
