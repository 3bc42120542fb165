import type { Inspected } from './reading/reading.js'
import type { Problem, Rules } from './rules.js'

export const STATES = ['columns', 'checking', 'checked', 'running', 'stopping', 'done', 'stopped', 'failed', 'undoing', 'undone'] as const
export type State = (typeof STATES)[number]

export const VERDICTS = ['create', 'update', 'same', 'skip', 'error'] as const
export type Verdict = (typeof VERDICTS)[number]

/** Rows by verdict, and what was really done. */
export interface Counts extends Partial<Record<Verdict, number>> {
  /** Cells that a spreadsheet's error stands in, of rows that come in without them. */
  emptied?: number
  created?: number
  updated?: number
  /** Of an undo: archived, put back, and left because they were changed since. */
  archived?: number
  restored?: number
  kept?: number
}

/** A file on its way into the clients. */
export interface Import {
  id: number
  employee_id: number
  /** Who brought it. */
  employee: string
  file_name: string
  size: number
  content: string | null
  inspected: Inspected
  columns: (string | null)[]
  rules: Rules
  state: State
  problem: Problem | null
  total: number | null
  done: number
  counts: Counts
  round: number
  row: number
  seen_event: number
  form_version: number | null
  run_by: number | null
  version: number
  created_at: Date
  checked_at: Date | null
  started_at: Date | null
  finished_at: Date | null
  undone_at: Date | null
  undoer: string | null
}

/** States in which something goes on without anybody's page. */
export const GOES_ON: readonly State[] = ['checking', 'running', 'stopping', 'undoing']

/** States in which the columns may be matched anew: nothing was written yet. */
export const MAY_MATCH: readonly State[] = ['columns', 'checked', 'failed']

/** A row of an import as its pages show it. */
export interface ShownRow {
  row: number
  verdict: Verdict
  client_id: number | null
  /** What that client is called now. */
  client: string | null
  name: string
  contact: string | null
  twin: number | null
  restores: boolean
  why: Problem[] | null
  cells: string[] | null
  kept: string[] | null
}
