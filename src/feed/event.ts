import type { CallState, Direction } from '../calls/call.js'
import type { EventKind } from '../clients/feed/event.js'
import type { Named } from '../clients/client.js'
import type { ShownFile } from '../files/file.js'
import type { Subject } from '../form-editor/definition.js'
import type { LeadEventKind } from '../leads/feed/event.js'
import type { ShownMessage } from '../messages/message.js'
import type { Task, TaskChange, TaskRef } from '../tasks/task.js'

/** What entries keep in `details` that people write, into whatever feed. */
export interface WrittenDetails {
  'files.added': { files: { id: number, name: string }[] }
  'file.removed': { file: { id: number, name: string } }
  'file.restored': { file: { id: number, name: string } }
  'task.added': { task: TaskRef }
  'task.changed': { task: TaskRef, changes: TaskChange[] }
  'task.done': { task: TaskRef }
  'task.reopened': { task: TaskRef }
  'task.deleted': { task: TaskRef }
  'task.restored': { task: TaskRef }
  comment: Record<string, never>
  /** One that is over. Empty once its client was erased. */
  call: { call: number, direction: Direction, state: CallState, seconds: number | null, recording: boolean } | Record<string, never>
}

/** One entry of a feed. */
export interface FeedEvent {
  id: number
  kind: EventKind | LeadEventKind
  employee_id: number | null
  employee: string | null
  at: Date
  details: Record<string, any>
  body: string | null
  /** Of an entry that shows files, the removed ones included. */
  files?: ShownFile[]
  edited_at: Date | null
  deleted_at: Date | null
  /** Of a task's newest entry: how the task stands now. */
  task?: Task
  /** Of an entry that is a message: the message as it stands now. */
  message?: ShownMessage
  /** Of a lead's entry about a client that the viewer may see. */
  client?: Named
}

const TASKS = ['task.added', 'task.changed', 'task.done', 'task.reopened', 'task.deleted', 'task.restored'] as const
const FILES = ['files.added', 'file.removed', 'file.restored'] as const

/** What a feed can be narrowed to. */
export const FEED_FILTERS = {
  client: {
    all: null,
    comments: ['comment'],
    tasks: TASKS,
    files: FILES,
    messages: ['message.out', 'message.in'],
    calls: ['call'],
    changes: ['client.created', 'client.imported', 'client.import_undone', 'client.changed', 'client.archived', 'client.restored', 'client.merged', 'client.unmerged', 'client.parted', 'phone.added', 'phone.changed', 'phone.removed', 'phone.restored', 'email.added', 'email.changed', 'email.removed', 'email.restored', 'place.changed', 'tag.added', 'tag.removed', 'tag.merged'],
    consent: ['consent.changed', 'consent.noted']
  },
  lead: {
    all: null,
    comments: ['comment'],
    tasks: TASKS,
    files: FILES,
    calls: ['call'],
    changes: ['lead.created', 'lead.changed', 'lead.moved', 'lead.linked', 'lead.unlinked', 'lead.archived', 'lead.restored']
  }
} as const satisfies Record<Subject, Record<string, readonly FeedEvent['kind'][] | null>>
export type FeedFilter = keyof (typeof FEED_FILTERS)['client']

/** The filter of this name, if a subject's feed has it: else all. */
export const feedFilter = (subject: Subject, value: unknown): FeedFilter => typeof value === 'string' && Object.hasOwn(FEED_FILTERS[subject], value) ? value as FeedFilter : 'all'

export const kindsOf = (subject: Subject, filter: FeedFilter): readonly string[] | null => (FEED_FILTERS[subject] as Partial<Record<FeedFilter, readonly string[] | null>>)[filter] ?? null
