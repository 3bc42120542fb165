import type { FastifyRequest } from 'fastify'
import type { Db } from '../../database/knex.js'
import { all, one, textOf, type Pairs, type Query } from '../../list-views/address.js'
import { idOf } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'
import { orderOf } from '../board/column.js'
import { leadsIn } from '../board/queries.js'
import { BOARD, boardFilter, fieldsOf, TABLE, tableFrom } from '../list/look.js'
import { inOrder, readings } from '../list/order.js'
import { filtered } from '../list/queries.js'
import { listStatuses } from '../statuses.js'

/** Where somebody came to a lead from: the table or the board, as its address says, and which column. */
export interface Place {
  at: string
  query: Query
  column: number | null
  /** The list itself. */
  back: string
  /** As it stands in the lead's address: "?in=table&show=mine". */
  text: string
}

/** Reads it from a lead's address; null when that names no list. */
export function placeOf (request: FastifyRequest): Place | null {
  const { in: where, column, ...query } = (request.query ?? {}) as Query
  const at = { table: TABLE, board: BOARD }[one(where)]
  if (!at) return null
  const [list, whole] = [query, request.query as Query].map(from => textOf(Object.entries(from).flatMap(([name, value]) => all(value).map((each): Pairs[number] => [name, each]))))
  return { at, query, column: at === BOARD ? idOf(one(column)) : null, back: list ? `${at}?${list}` : at, text: `?${whole}` }
}

/** The list that a lead's page was opened from, as the page's own address has it. */
export const withinOf = (request: FastifyRequest): string => placeOf(request)?.text ?? ''

/** The lead that comes after or before one where somebody came from; null at its end. The one itself needn't be there any more: its place in the order remains. */
export async function findNeighbour (db: Db, viewer: Viewer, { at, query, column }: Pick<Place, 'at' | 'query' | 'column'>, id: number, side: 'after' | 'before'): Promise<number | null> {
  const { filter } = at === BOARD ? { filter: boardFilter(query, { fields: await fieldsOf(db, viewer) }) } : await tableFrom(db, viewer, query)
  const status = column === null ? null : (await listStatuses(db)).find(one => one.id === column)
  if (status === undefined) return null
  const leads = status ? leadsIn(db, viewer, status, filter) : db('leads').modify(filtered(viewer, filter))
  const order = { ...status ? orderOf(status, filter) : filter, after: null, before: null, [side]: id }
  for (const reading of leads ? await readings(db, viewer, order) : []) {
    const next = await leads!.clone().modify(inOrder(viewer, order, reading)).first('leads.id')
    if (next) return next.id
  }
  return null
}
