import type { AuditField, AuditKind } from '../audit/entry.js'
import type { Db } from '../database/knex.js'
import type { Right } from '../rights.js'
import type { Body, Form } from '../web/form.js'
import type { Viewer } from '../web/viewer.js'

/** One of the things that a company keeps a list of to choose from: a tag, a campaign, a type of phone. */
export interface Choice {
  id: number
  /** Null only of what is built in: it has the name that the locales give it under its `key`. */
  name: string | null
  key: string | null
  /** Isn't offered any more; who has it keeps it. */
  retired: boolean
}

/** How many have one of a list; `more` says that counting stopped there. */
export interface Count { count: number, more: boolean }

/** Who has any of some choices. */
export interface Use {
  /** Clients, and how many of them are archived, or have more than one of these choices. */
  clients: number
  archived: number
  several: number
  /** Where it isn't the client that has it: their phones, and the employees of a location. */
  phones: number
  employees: number
  /** Leads, the archived too. */
  leads: number
  /** How many have each, by its id; what nobody has isn't there. */
  each: Map<number, number>
}

export const NO_USE: Readonly<Use> = { clients: 0, archived: 0, several: 0, phones: 0, employees: 0, leads: 0, each: new Map() }

/** Whether anybody at all has it. */
export const isUsed = (use: Use): boolean => use.clients + use.phones + use.employees + use.leads > 0

/** A choice as what has it is told: by its id and the name of the day. */
export interface NamedChoice { id: number, name: string | null, key?: string | null }

/**
 * One of the company's lists: what its page, its form and its table have of their own. Everything that all lists do (names that are
 * unique, order, retiring, merging, deleting) is in this folder.
 */
export interface ChoiceList<R extends Choice = any, V extends object = any> {
  /** Its table, which has id, name, name_key, position and retired_at. */
  table: string
  /** Columns beyond these, in SQL. */
  columns: readonly string[]
  /** Address of its page. */
  url: string
  /** Folder of its views and section of its words. */
  words: string
  can: Right
  audit: AuditKind
  /** Longer than a select can offer: chosen by typing its name. */
  isLong?: boolean
  /** Whether what has one can be left without. */
  mayBeNone: boolean
  /** One has to stay on offer. */
  keepsOne?: boolean
  /** Who has one, as a page that shows them; `null` where there is none. */
  href: (id: number) => string
  /** Reads the form, of a new one or of one that is there. */
  read (body: unknown, choice?: R | null): Form<V>
  /** What the form shows of one before anything was typed; also what two people's changes are compared by. */
  typed (choice: R): Body
  /** What of a form's values the audit log tells. */
  audited (values: V): Partial<Record<AuditField, unknown>>
  /** What its form offers to choose from. */
  choices?: Record<string, readonly string[]>
  /** How many have each of these, as the list shows it: those that `href` leads to. */
  count (db: Db, ids: readonly number[]): Promise<Map<number, Count>>
  /** What else the list says of each. */
  about? (db: Db, ids: readonly number[]): Promise<Map<number, unknown>>
  /** What the page of one shows besides, for its view. */
  more? (db: Db, id: number): Promise<object>
  /** Who has any of these, counted to the last one. */
  findUse (db: Db, ids: readonly number[]): Promise<Use>
  /** Locks whoever has any of these until the end of the transaction: before the choices themselves, as one who saves a client does. */
  hold (trx: Db, ids: readonly number[]): Promise<unknown>
  /** Gives whoever has one of `from` the other one, or none, with a trace in the feed of each client. */
  replace (trx: Db, by: Viewer, from: readonly R[], to: R | null): Promise<void>
  /** Frees what has one and counts for nobody, before it is deleted. */
  release? (trx: Db, ids: readonly number[]): Promise<void>
}
