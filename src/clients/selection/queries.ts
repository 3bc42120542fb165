import { PREPARED, type Db } from '../../database/knex.js'
import type { Viewer } from '../../web/viewer.js'
import { visibleTo } from '../visibility.js'

/** How many clients one can tick; more are chosen by a filter. */
export const MOST_SELECTED = 1000

// Who comes back on another day begins anew.
const KEPT = "interval '16 hours'"

/** The clients somebody has ticked, whether they are on the page or not. */
export async function selectedIds (db: Db, viewer: Pick<Viewer, 'id'>): Promise<number[]> {
  const { rows: [row] } = await db.raw(`select coalesce(array_agg(client_id), '{}')::float8[] as ids from client_selection where employee_id = ? and at > now() - ${KEPT}`, [viewer.id]).options(PREPARED)
  return row.ids
}

/** The same as a part of a query. */
export const selectionOf = (db: Db, viewer: Pick<Viewer, 'id'>) => db('client_selection').where({ employee_id: viewer.id }).whereRaw(`at > now() - ${KEPT}`).select('client_id')

/** Ticks of the clients on a page those given and none other of the page. Returns whether there was room for all of them. */
export async function select (db: Db, viewer: Viewer, page: readonly number[], ticked: readonly number[]): Promise<boolean> {
  return db.transaction(async trx => {
    await trx.raw('select from employees where id = ? for no key update', [viewer.id]) // one page after the other
    await trx.raw(`delete from client_selection where employee_id = ? and (client_id = any (?) or at <= now() - ${KEPT})`, [viewer.id, page.filter(id => !ticked.includes(id))])
    const { rows: [{ room }] } = await trx.raw('select ?::int - count(*) as room from client_selection where employee_id = ?', [MOST_SELECTED, viewer.id])
    const seen = trx('clients').whereRaw('id = any (?)', [[...ticked]]).modify(visibleTo(viewer))
      .whereNotExists(trx('client_selection').where({ employee_id: viewer.id }).whereRaw('client_id = clients.id'))
      .select(trx.raw('?::bigint', [viewer.id]), 'id').orderBy('id')
    const wanted = await seen.clone()
    await trx(trx.raw('client_selection (employee_id, client_id)')).insert(seen.limit(Math.max(room, 0)))
    return wanted.length <= room
  })
}

/** Ticks these clients and no others. */
export async function selectOnly (db: Db, viewer: Viewer, ids: readonly number[]): Promise<void> {
  await clearSelection(db, viewer)
  await select(db, viewer, ids, ids)
}

export async function clearSelection (db: Db, viewer: Pick<Viewer, 'id'>): Promise<void> {
  await db('client_selection').where({ employee_id: viewer.id }).delete()
}

/** Forgets what was ticked on another day. */
export async function forgetOldSelections (db: Db): Promise<void> {
  await db.raw(`delete from client_selection where at <= now() - ${KEPT}`)
}
