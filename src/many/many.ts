import type { Knex } from 'knex'
import type { Db } from '../database/knex.js'
import type { Query } from '../list-views/address.js'
import type { Right } from '../rights.js'
import type { Viewer } from '../web/viewer.js'

/** Narrows a query of the noun's own table. */
export type Narrow = (query: Knex.QueryBuilder) => void

/** A list as an address means it. */
export interface Looked<Filter> {
  filter: Filter
  /** Its address, and whether anything narrows it. */
  list: string
  narrowed: boolean
  /** The columns that it shows, by name. */
  columns: readonly string[]
  /** What the view `<table>/list/_narrowings` shows of that. */
  shown: object
}

/**
 * A noun of whose list many rows can be ticked, changed at once and exported. It has three tables of one shape: <one>_selection,
 * <one>_actions and <one>_action_rows; views/<table>/ has its parts of the pages, and locales/ its sentences under `words`.
 */
export interface Many<Filter = any> {
  one: 'client' | 'lead'
  table: 'clients' | 'leads'
  /** Where the list is: "/clients". */
  path: string
  words: string
  /** Rights of which any one gives the list its boxes to tick. */
  ticks: readonly Right[]
  /** SQL of what a row is called, of the table under this alias. */
  name (alias: string): string
  /** Leaves the rows that this viewer may know of, and of these those that a filter leaves. */
  visible (viewer: Viewer): Narrow
  filtered (viewer: Viewer, filter: Filter): Narrow
  look (db: Db, viewer: Viewer, query: Query): Promise<Looked<Filter>>
}

/** Of whom something is asked: the rows that are ticked, or all that a filter leaves. */
export type Whom<Filter = any> = { of: 'selected' } | { of: 'matching', filter: Filter }
