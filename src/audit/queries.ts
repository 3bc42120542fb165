import type { Knex } from 'knex'
import type { Db } from '../database/knex.js'
import type { AuditEntry } from './entry.js'
import type { AuditFilter } from './filter.js'

export const AUDIT_PAGE = 50

export interface AuditPage {
  entries: AuditEntry[]
  /** Where the next and the previous page start, when there are such. */
  after: number | null
  before: number | null
}

/** One page of the log, newest first. `timeZone` is the organisation's: its days are meant. */
export async function listAudit (db: Db, filter: AuditFilter, timeZone: string): Promise<AuditPage> {
  const backwards = filter.before !== null
  const direction = backwards ? 'asc' : 'desc'
  const rows = await db.with('page', db('audit_entries').modify(filtered(filter, timeZone)).modify(from(filter))
    .orderBy([{ column: 'at', order: direction }, { column: 'id', order: direction }]).limit(AUDIT_PAGE + 1))
    .from('page').leftJoin('employees', 'employees.id', 'page.employee_id')
    .orderBy([{ column: 'at', order: direction }, { column: 'page.id', order: direction }])
    .select('page.id', 'at', 'kind', 'employees.name as employee', 'subject_type', 'subject_id', 'subject_name', db.raw("details -> 'changes' as changes"))
  const more = rows.length > AUDIT_PAGE
  const entries: AuditEntry[] = rows.slice(0, AUDIT_PAGE)
  if (backwards) entries.reverse()
  const hasNext = backwards || more
  const hasPrevious = backwards ? more : filter.after !== null
  return { entries, after: hasNext ? entries.at(-1)?.id ?? null : null, before: hasPrevious ? entries[0]?.id ?? null : null }
}

function filtered ({ by, group, from, to }: AuditFilter, timeZone: string) {
  return (query: Knex.QueryBuilder) => {
    if (by) query.where('employee_id', by)
    if (group) query.whereRaw("split_part(kind, '.', 1) = ?", [group])
    if (from) query.whereRaw('at >= ?::date::timestamp at time zone ?', [from, timeZone])
    if (to) query.whereRaw('at < (?::date + 1)::timestamp at time zone ?', [to, timeZone])
  }
}

function from ({ after, before }: AuditFilter) {
  return (query: Knex.QueryBuilder) => {
    const id = after ?? before
    if (id === null) return
    query.whereRaw(`(at, id) ${after ? '<' : '>'} ((select at from audit_entries where id = ?), ?)`, [id, id])
  }
}

/** Who can be asked for: everybody by name, also those who left. */
export async function listActors (db: Db): Promise<{ id: number, name: string }[]> {
  return db('employees').select('id', 'name').orderByRaw('fold(name), id')
}

/** What was deleted, as it was called then, by whom and when. */
export interface Deletion { name: string, by: string, at: Date }

/** Who deleted something whose deletion is told as `kind`; null when nobody did. A kind that is asked for needs its index. */
export async function findDeletion (db: Db, kind: 'leads.deleted', id: number): Promise<Deletion | null> {
  // The kind stands in the statement, or its index wouldn't be thought of.
  return await db('audit_entries').join('employees', 'employees.id', 'audit_entries.employee_id').whereRaw(`kind = '${kind}'`).where({ subject_id: id }).first('subject_name as name', 'employees.name as by', 'at') ?? null
}
