import type { Db } from '../../database/knex.js'
import type { Right } from '../../rights.js'
import type { Body, FieldErrors } from '../../web/form.js'
import type { Labels } from '../../web/labels.js'
import type { Viewer } from '../../web/viewer.js'
import type { Many } from '../many.js'
import type { Step } from './steps.js'

export const ACTION_STATES = ['waiting', 'running', 'done', 'stopped', 'failed'] as const
export type ActionState = (typeof ACTION_STATES)[number]

/** Why a row was left as it is. `gone`: it isn't there any more, or not for this person. A noun may have more reasons. */
export const SKIPPED = ['unchanged', 'gone', 'no_right', 'changed_since'] as const

interface Named { id: number, name: string }

/** What is put on, taken off or set, by id and as it is called. */
export interface ActionDetails {
  tags?: Named[]
  /** What it is set to; null: nothing. */
  to?: Named | null
  /** The status into which leads are moved, and why they were lost. */
  status?: { id: number, key: string | null, labels: Labels }
  reason?: string
  /** How many of those deleted for good the audit log has told of. */
  told?: number
}

/** Something that is or was done to many rows. */
export interface ManyAction {
  id: number
  kind: string
  details: ActionDetails
  employeeId: number
  employee: string
  createdAt: Date
  state: ActionState
  stopAsked: boolean
  finishedAt: Date | null
  total: number
  done: number
  changed: number
  /** Of one that takes another back: that other. */
  undoes: number | null
  /** The one that has taken, or is taking, this one back. */
  undoneBy: number | null
}

/** An action as it is being done. */
export interface Doing { id: number, kind: string, details: ActionDetails, employee_id: number, undoes: number | null, total: number, done: number, changed: number, stop_asked_at: Date | null, state: ActionState }

/** Rows of a batch that can't be changed, and why; and what the step is told besides. */
export interface Prepared { refused?: { id: number, why: string }[], bindings?: Record<string, unknown> }

/** One thing that can be done to many; the words people read are in the locales under `<words>.kinds.<kind>`. */
export interface ActionKind {
  /** Whoever may do it to one row may do it to many: the rights it takes, all of them. */
  needs: readonly Right[]
  /** How a batch is changed, and changed back. What has no way back is done by `forGood`, which returns how many it changed. */
  apply?: Step
  back?: Step
  forGood? (trx: Db, by: Viewer, action: Doing, rows: { batch: number[], here: number[] }): Promise<number>
  /** Looks at the rows of a batch that are there, all of them locked. */
  prepare? (trx: Db, by: Viewer, action: Doing, here: number[]): Promise<Prepared>
  /** What is left to do in the transaction, once these have changed. */
  settle? (trx: Db, by: Viewer, changed: number[]): Promise<void>
  /** The number of rows has to be typed. */
  confirms?: boolean
}

/** What was asked for on the page of an action, as far as it can be read without the database. */
export interface Asked<Values = any> {
  values: Values
  /** The form was sent for one more row of it, not to be done. */
  isStep?: boolean
}

/** A noun of which many can be changed at once. */
export interface ActsOnMany<Filter = any, Values = any> extends Many<Filter> {
  job: 'clients.act' | 'leads.act'
  kinds: Record<string, ActionKind>
  /** What each change writes besides, as SQL. */
  touches?: string
  /** Every reason why a row may be skipped. */
  skipped: readonly string[]
  /** Reads what an action of this kind needs to know; what is wrong with it goes into `errors`. */
  ask (kind: string | null, typed: Body, errors: FieldErrors): Asked<Values>
  /** That, as it is called now; or what is wrong with it, as what was chosen isn't on offer any more. */
  details (trx: Db, viewer: Viewer, kind: string, values: Values): Promise<ActionDetails | { wrong: FieldErrors }>
  /** What the view `<table>/actions/_fields` shows besides. */
  choices (db: Db, viewer: Viewer, kind: string | null): Promise<object>
  /** Told of each action that comes to its end. */
  ended? (trx: Db, action: Doing): Promise<void>
}

/** Rights of which any one opens the pages of actions. */
export const actsOn = ({ kinds }: ActsOnMany): Right[] => [...new Set(Object.values(kinds).flatMap(({ needs }) => needs[0]!))]

export const kindOf = ({ kinds }: ActsOnMany, name: string): ActionKind => kinds[name]!

export const mayAct = (viewer: Viewer, { needs }: ActionKind): boolean => needs.every(right => viewer.can(right))

/** Whether it can be taken back. */
export const isUndoable = ({ back }: ActionKind): boolean => back !== undefined

/** Whether this person may see what others have done to many. */
export const seesAllActions = (viewer: Viewer): boolean => viewer.can('audit.view')
