import type { Db } from '../../database/knex.js'
import { NotFound } from '../../web/errors.js'
import type { Viewer } from '../../web/viewer.js'
import type { Named } from '../client.js'
import { visibleTo } from '../visibility.js'
import type { Stayed } from './kept.js'

/** A merge as its page shows it. */
export interface Merge {
  id: number
  survivor: Named
  /** Who was merged; the name is null of one that isn't there or isn't the viewer's to see. */
  clients: { id: number, name: string | null }[]
  employee: string
  at: Date
  undoneAt: Date | null
  undoneBy: string | null
  stayed: Stayed | null
  /** A later merge of the survivor, which has to be undone before. */
  later: number | null
}

/** Throws NotFound for one that isn't there or whose survivor isn't the viewer's to see. */
export async function findMerge (db: Db, viewer: Viewer, id: number | null): Promise<Merge> {
  const row = id === null ? undefined : await db('client_merges as m').join('clients as c', 'c.id', 'm.survivor_id').join('employees as e', 'e.id', 'm.employee_id').leftJoin('employees as u', 'u.id', 'm.undone_by')
    .where('m.id', id).modify(query => visibleTo(viewer)(query, 'c'))
    .first('m.id', 'c.id as survivor_id', 'c.name', 'm.client_ids', 'm.at', 'e.name as employee', 'm.undone_at', 'u.name as undone_by', 'm.stayed', db.raw('(select max(id) from client_merges l where l.survivor_id = m.survivor_id and l.id > m.id and l.undone_at is null) as later'))
  if (!row) throw new NotFound()
  const merged: Named[] = await db('client_merge_clients').where({ merge_id: row.id }).select('client_id as id', 'name')
  const again: Named[] = await db('clients').whereRaw('clients.id = any (?)', [row.client_ids]).modify(visibleTo(viewer)).select('id', 'name')
  const names = new Map([...merged, ...again].map(({ id, name }) => [id, name]))
  return {
    id: row.id, survivor: { id: row.survivor_id, name: row.name }, clients: row.client_ids.map((value: string | number) => ({ id: Number(value), name: names.get(Number(value)) ?? null })),
    employee: row.employee, at: row.at, undoneAt: row.undone_at, undoneBy: row.undone_by, stayed: row.stayed, later: row.later
  }
}

/** How much of what belongs to each of these clients comes along, by client. */
export async function countBelongings (db: Db, ids: readonly number[]): Promise<Map<number, { entries: number, files: number, tasks: number }>> {
  const { rows } = await db.raw(`
    select client.id, (select count(*) from events where client_id = client.id)::int as entries, (select count(*) from files where client_id = client.id and removed_at is null)::int as files,
      (select count(*) from tasks where client_id = client.id and done_at is null and deleted_at is null)::int as tasks
    from unnest(?::bigint[]) client (id)`, [[...ids]])
  return new Map(rows.map(({ id, ...counts }: { id: number, entries: number, files: number, tasks: number }) => [id, counts]))
}

/** What became of a client that isn't there: merged into another, which the viewer may see, or erased. */
export async function whatBecameOf (db: Db, viewer: Viewer, id: number): Promise<{ survivor: Named } | { erased: true } | null> {
  const into = await db('client_merge_clients as k').join('client_merges as m', 'm.id', 'k.merge_id').join('clients as c', 'c.id', 'm.survivor_id')
    .where('k.client_id', id).modify(query => visibleTo(viewer)(query, 'c')).first('c.id', 'c.name')
  if (into) return { survivor: into }
  const erased = await db('client_erasures').where({ client_id: id }).first('is_supplier')
  const mightHaveSeen = erased && viewer.can(erased.is_supplier ? 'suppliers.view' : 'clients.view')
  return mightHaveSeen ? { erased: true } : null
}
