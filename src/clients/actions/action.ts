import type { Right } from '../../rights.js'
import type { Viewer } from '../../web/viewer.js'
import type { Named } from '../client.js'

/** What can be done to many clients at once; the words people read are in the locales under `actions.kinds.<kind>`. */
export const ACTION_KINDS = ['add_tags', 'remove_tags', 'set_campaign', 'set_location', 'make_supplier', 'not_supplier', 'archive', 'restore', 'erase'] as const
export type ActionKind = (typeof ACTION_KINDS)[number]
export const isActionKind = (value: unknown): value is ActionKind => (ACTION_KINDS as readonly unknown[]).includes(value)

export const ACTION_STATES = ['waiting', 'running', 'done', 'stopped', 'failed'] as const
export type ActionState = (typeof ACTION_STATES)[number]

/** Why a client was left as it is. `gone`: it isn't there any more, or not for this person. */
export const SKIPPED = ['unchanged', 'gone', 'no_right', 'changed_since'] as const
export type Skipped = (typeof SKIPPED)[number]

/** What is put on, taken off or set, by id and as it is called. */
export interface ActionDetails {
  tags?: Named[]
  /** The campaign or the location; null: none. */
  to?: Named | null
  /** How many of those deleted for good the audit log has told of. */
  told?: number
}

// Whoever may do it to one client may do it to many.
const NEEDS: Record<ActionKind, readonly Right[]> = {
  add_tags: ['clients.edit'],
  remove_tags: ['clients.edit'],
  set_campaign: ['clients.edit'],
  set_location: ['clients.edit'],
  make_supplier: ['clients.edit', 'clients.view', 'suppliers.view'],
  not_supplier: ['clients.edit', 'clients.view', 'suppliers.view'],
  archive: ['clients.delete'],
  restore: ['clients.delete'],
  erase: ['clients.erase']
}

/** Rights of which any one opens the pages of actions. */
export const ACTS_ON_MANY = ['clients.edit', 'clients.delete', 'clients.erase'] as const

/** Rights of which any one gives the list its boxes to tick. */
export const TICKS = [...ACTS_ON_MANY, 'clients.export'] as const

export const mayAct = (viewer: Viewer, kind: ActionKind): boolean => NEEDS[kind].every(right => viewer.can(right))
export const rightsFor = (kind: ActionKind): readonly Right[] => NEEDS[kind]

/** Whether it can be taken back. */
export type UndoableKind = Exclude<ActionKind, 'erase'>
export const isUndoable = (kind: ActionKind): kind is UndoableKind => kind !== 'erase'

/** Whether this person may see what others have done to many. */
export const seesAllActions = (viewer: Viewer): boolean => viewer.can('audit.view')
