import type { Db } from '../database/knex.js'
import { NotFound } from '../web/errors.js'
import type { Actor } from '../clients/feed/record.js'
import type { Counts, Import, State, Verdict } from './import.js'
import type { Inspected } from './reading/reading.js'
import type { Problem, Rules } from './rules.js'

const SHOWN = ['i.*', 'e.name as employee', 'u.name as undoer']
const imports = (db: Db) => db('imports as i').join('employees as e', 'e.id', 'i.employee_id').leftJoin('employees as u', 'u.id', 'i.undone_by')

export const IMPORTS_PAGE = 30

/** The newest imports, or those before one. */
export async function listImports (db: Db, before: number | null): Promise<{ rows: Import[], before: number | null }> {
  const rows: Import[] = await imports(db).modify(query => { if (before) query.where('i.id', '<', before) }).orderBy('i.id', 'desc').limit(IMPORTS_PAGE + 1).select(SHOWN)
  return { rows: rows.slice(0, IMPORTS_PAGE), before: rows.length > IMPORTS_PAGE ? rows[IMPORTS_PAGE - 1]!.id : null }
}

/** Whether an import writes clients just now. */
export const isWriting = async (db: Db): Promise<boolean> => Boolean(await db('imports').where({ state: 'running' }).first('id'))

/** Throws NotFound, also for an id that was none (null). */
export async function findImport (db: Db, id: number | null): Promise<Import> {
  const found = id === null ? undefined : await imports(db).where('i.id', id).first(SHOWN)
  if (!found) throw new NotFound()
  return found
}

export interface NewImport { file_name: string, size: number, content: string, inspected: Inspected, header_key: string, columns: (string | null)[], rules: Rules }

/** Keeps an uploaded file as an import to be. Returns its id. */
export async function createImport (db: Db, by: Actor, { inspected, columns, rules, ...given }: NewImport): Promise<number> {
  const [{ id }] = await db('imports').insert({ ...given, employee_id: by.id, inspected: JSON.stringify(inspected), columns: JSON.stringify(columns), rules: JSON.stringify(rules) }).returning('id')
  return id
}

/** What was chosen for the last file with the same columns that was checked. */
export async function findRemembered (db: Db, headerKey: string): Promise<Pick<Import, 'columns' | 'rules'> | undefined> {
  return db('imports').where({ header_key: headerKey }).whereNotNull('checked_at').orderBy('id', 'desc').first('columns', 'rules')
}

/** Changes an import that is in one of these states. Returns whether it was: of two people who press at once the second does nothing. */
export async function changeImport (db: Db, id: number, from: readonly State[], change: Record<string, unknown>): Promise<boolean> {
  const json = Object.fromEntries(Object.entries(change).map(([name, value]) => [name, value !== null && typeof value === 'object' && !(value instanceof Date) && !('toSQL' in value) ? JSON.stringify(value) : value]))
  return await db('imports').where({ id }).whereIn('state', from).update({ ...json, version: db.raw('version + 1') }) > 0
}

/** Tells how far it is; a page that is open asks for it. */
export async function setProgress (db: Db, id: number, done: number): Promise<void> {
  await db('imports').where({ id }).update({ done })
}

/** How many rows have which verdict. */
export async function countVerdicts (db: Db, id: number): Promise<Counts> {
  const { rows } = await db.raw('select verdict, count(*) from import_rows where import_id = ? group by verdict', [id])
  return Object.fromEntries(rows.filter((row: { verdict: string | null }) => row.verdict).map((row: { verdict: Verdict, count: number }) => [row.verdict, row.count]))
}

/** The rows that are wrong, with their cells, in chunks. */
export async function * readWrong (db: Db, id: number): AsyncGenerator<{ cells: string[], why: Problem[] }> {
  for (let after = 0; ;) {
    const rows = await db('import_rows').where({ import_id: id, verdict: 'error' }).where('row', '>', after).orderBy('row').limit(1000).select('row', 'cells', 'why')
    yield * rows
    if (rows.length < 1000) return
    after = rows.at(-1).row
  }
}

/** How the clients' forms stand now. */
export async function formVersion (db: Db): Promise<number> {
  return (await db('form_versions').where({ subject: 'client' }).first('version')).version
}

/** Whether anything happened to clients after an event that wasn't this import. */
export async function hasOthers (db: Db, id: number, seen: number): Promise<boolean> {
  return Boolean((await db.raw("select exists (select from events where id > ? and client_id is not null and (details->'import'->>'id') is distinct from ?) as found", [seen, String(id)])).rows[0].found)
}

/** The clients to whom something else happened after an event, and the newest event now. */
export async function findOthers (trx: Db, id: number, seen: number): Promise<{ clients: number[], newest: number }> {
  const { rows: [row] } = await trx.raw(`
    select coalesce(max(id), :seen) as newest, coalesce(array_agg(distinct client_id) filter (where client_id is not null and (details->'import'->>'id') is distinct from :id::text), '{}') as clients from events where id > :seen`, { id: String(id), seen })
  return { clients: row.clients.map(Number), newest: Number(row.newest) }
}

/** Marks the rows of a stretch that would make a client whom somebody else made meanwhile. Returns how many. */
export async function markMeanwhile (trx: Db, id: number, { round, from, to }: { round: number, from: number, to: number }, clients: number[]): Promise<number> {
  const { rowCount } = await trx.raw(`
    update import_rows r set verdict = 'error', why = jsonb_build_array(jsonb_build_object('found', true, 'key', 'imports.wrong.meanwhile', 'values', jsonb_build_object('client', c.name, 'id', c.id)))
    from clients c where c.id = any (:clients::bigint[]) and r.import_id = :id and r.round = :round and r.row between :from and :to and r.verdict = 'create' and (
      exists (select from client_phones p, jsonb_to_recordset(r.phones) as n (e164 text) where p.client_id = c.id and p.removed_at is null and p.e164 = n.e164)
      or exists (select from client_emails e, jsonb_to_recordset(r.emails) as n (address text) where e.client_id = c.id and e.removed_at is null and e.address_key = lower(n.address)))`, { id, round, from, to, clients })
  return rowCount
}

/** Marks the one row that the database refused. */
export async function markRefused (db: Db, id: number, row: number, problem: Problem): Promise<void> {
  await db('import_rows').where({ import_id: id, row }).update({ verdict: 'error', why: JSON.stringify([{ found: true, ...problem }]) })
}
