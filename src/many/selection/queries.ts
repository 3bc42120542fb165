import { PREPARED, type Db } from '../../database/knex.js'
import { unchanged } from '../../database/unchanged.js'
import type { Viewer } from '../../web/viewer.js'
import type { Many, Whom } from '../many.js'

/** How many rows one can tick; more are chosen by a filter. */
export const MOST_SELECTED = 1000

// Who comes back on another day begins anew.
const KEPT = "interval '16 hours'"

const tableOf = ({ one }: Many) => `${one}_selection`
const idOf = ({ one }: Many) => `${one}_id`

/** The rows somebody has ticked, whether they are on the page or not. Who had none as their request began, and changes nothing, is asked no more. */
export const selectedIds = async (db: Db, many: Many, viewer: Pick<Viewer, 'id' | 'asOf' | 'hasTicked'>): Promise<number[]> =>
  viewer.asOf !== undefined && viewer.hasTicked?.[many.one] === false ? [] : unchanged(db, viewer.asOf, `${tableOf(many)} ${viewer.id}`, () => readSelection(db, many, viewer))

async function readSelection (db: Db, many: Many, viewer: Pick<Viewer, 'id'>): Promise<number[]> {
  const { rows: [row] } = await db.raw(`select coalesce(array_agg(${idOf(many)}), '{}')::float8[] as ids from ${tableOf(many)} where employee_id = ? and at > now() - ${KEPT}`, [viewer.id]).options(PREPARED)
  return row.ids
}

/** The same as a part of a query. */
const selectionOf = (db: Db, many: Many, viewer: Pick<Viewer, 'id'>) => db(tableOf(many)).where({ employee_id: viewer.id }).whereRaw(`at > now() - ${KEPT}`).select(idOf(many))

/** The rows that were chosen, and may be seen. */
export const chosen = (db: Db, many: Many, viewer: Viewer, whom: Whom) => {
  const query = db(many.table)
  return whom.of === 'matching' ? query.modify(many.filtered(viewer, whom.filter)) : query.modify(many.visible(viewer)).whereIn(`${many.table}.id`, selectionOf(db, many, viewer))
}

/** How many rows that is now. */
export async function countChosen (db: Db, many: Many, viewer: Viewer, whom: Whom): Promise<number> {
  return (await chosen(db, many, viewer, whom).count({ count: '*' }).first())!.count as number
}

/** Ticks of the rows on a page those given and none other of the page. Returns whether there was room for all of them. */
export async function select (db: Db, many: Many, viewer: Viewer, page: readonly number[], ticked: readonly number[]): Promise<boolean> {
  const [table, id] = [tableOf(many), idOf(many)]
  return db.transaction(async trx => {
    await trx.raw('select from employees where id = ? for no key update', [viewer.id]) // one page after the other
    await trx.raw(`delete from ${table} where employee_id = ? and (${id} = any (?) or at <= now() - ${KEPT})`, [viewer.id, page.filter(id => !ticked.includes(id))])
    const { rows: [{ room }] } = await trx.raw(`select ?::int - count(*) as room from ${table} where employee_id = ?`, [MOST_SELECTED, viewer.id])
    const seen = trx(many.table).whereRaw(`${many.table}.id = any (?)`, [[...ticked]]).modify(many.visible(viewer))
      .whereNotExists(trx(table).where({ employee_id: viewer.id }).whereRaw(`${id} = ${many.table}.id`))
      .select(trx.raw('?::bigint', [viewer.id]), 'id').orderBy('id')
    const wanted = await seen.clone()
    await trx(trx.raw(`${table} (employee_id, ${id})`)).insert(seen.limit(Math.max(room, 0)))
    return wanted.length <= room
  })
}

/** Ticks these rows and no others. */
export async function selectOnly (db: Db, many: Many, viewer: Viewer, ids: readonly number[]): Promise<void> {
  await clearSelection(db, many, viewer)
  await select(db, many, viewer, ids, ids)
}

export async function clearSelection (db: Db, many: Many, viewer: Pick<Viewer, 'id'>): Promise<void> {
  await db(tableOf(many)).where({ employee_id: viewer.id }).delete()
}

/** Forgets what was ticked on another day. */
export async function forgetOldSelections (db: Db, many: Many): Promise<void> {
  await db.raw(`delete from ${tableOf(many)} where at <= now() - ${KEPT}`)
}
