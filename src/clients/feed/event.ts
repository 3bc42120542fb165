import type { ShownFile } from '../../files/file.js'
import type { Task, TaskChange, TaskRef } from '../../tasks/task.js'
import type { Channel, Field, PhoneType } from '../client.js'
import type { OwnChange } from '../../form-editor/own/save.js'

export interface PhoneRef { id: number, display: string, type: PhoneType }
/** A place on the map, in degrees, how it came to be known, and the address it belongs to. */
export interface PlaceRef { latitude: number, longitude: number, source: 'geocoder' | 'hand', address: string }
/** The import that did it. */
export interface ImportRef { id: number, name: string }
interface Imported { import: ImportRef, changes: ((Change & { field: Field }) | OwnChange)[], phones?: PhoneRef[], emails?: { id: number, address: string }[], tags?: { id: number, name: string }[] }
export interface Change { field: string, old: unknown, new: unknown }

/** What each kind of event keeps in `details`; the feed's views read it. */
export interface Details {
  'client.created': { source: string, import?: ImportRef }
  /** By a row of an import; what was added to the client stands in lists. */
  'client.imported': Imported & { restored: boolean }
  'client.import_undone': Imported & { archived: boolean }
  'client.changed': { changes: ((Change & { field: Field }) | OwnChange)[] }
  'client.archived': Record<string, never>
  'client.restored': Record<string, never>
  /** On the survivor: who was merged into it, and what it has otherwise since. */
  'client.merged': { merge: number, clients: { id: number, name: string }[], changes: ((Change & { field: Field }) | OwnChange)[] }
  'client.unmerged': { merge: number, clients: { id: number, name: string }[] }
  /** On one that was merged and is by itself again. */
  'client.parted': { merge: number, from: number }
  'phone.added': { phone: PhoneRef }
  'phone.changed': { phone: PhoneRef, changes: Change[] }
  'phone.removed': { phone: PhoneRef }
  'phone.restored': { phone: PhoneRef }
  'email.added': { email: { id: number, address: string } }
  'email.changed': { email: { id: number, address: string }, changes: Change[] }
  'email.removed': { email: { id: number, address: string } }
  'email.restored': { email: { id: number, address: string } }
  'consent.changed': { channel: Channel | 'email', given: boolean, address: string }
  'consent.noted': { channel: Channel | 'email', given: boolean, address: string, how: string, note: string }
  'place.changed': { old: PlaceRef | null, new: PlaceRef | null }
  'tag.added': { tag: { id: number, name: string } }
  'tag.removed': { tag: { id: number, name: string } }
  'files.added': { files: { id: number, name: string }[] }
  'file.removed': { file: { id: number, name: string } }
  'file.restored': { file: { id: number, name: string } }
  'task.added': { task: TaskRef }
  'task.changed': { task: TaskRef, changes: TaskChange[] }
  'task.done': { task: TaskRef }
  'task.reopened': { task: TaskRef }
  'task.deleted': { task: TaskRef }
  'task.restored': { task: TaskRef }
  'tag.merged': { tags: { id: number, name: string }[], into: { id: number, name: string } }
  comment: Record<string, never>
}
export type EventKind = keyof Details

/** One entry of a client's feed. */
export interface FeedEvent {
  id: number
  client_id: number
  kind: EventKind
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
}

/** What the feed can be narrowed to. */
export const FEED_FILTERS = {
  all: null,
  comments: ['comment'],
  tasks: ['task.added', 'task.changed', 'task.done', 'task.reopened', 'task.deleted', 'task.restored'],
  changes: ['client.created', 'client.imported', 'client.import_undone', 'client.changed', 'client.archived', 'client.restored', 'client.merged', 'client.unmerged', 'client.parted', 'phone.added', 'phone.changed', 'phone.removed', 'phone.restored', 'email.added', 'email.changed', 'email.removed', 'email.restored', 'place.changed', 'tag.added', 'tag.removed', 'tag.merged'],
  consent: ['consent.changed', 'consent.noted'],
  files: ['files.added', 'file.removed', 'file.restored']
} as const satisfies Record<string, readonly EventKind[] | null>
export type FeedFilter = keyof typeof FEED_FILTERS
export const isFeedFilter = (value: unknown): value is FeedFilter => typeof value === 'string' && Object.hasOwn(FEED_FILTERS, value)
