import type { FastifyRequest } from 'fastify'
import { textOf, type Pairs } from '../../list-views/address.js'
import { viewerOf } from '../../web/permissions.js'
import { kept, readLeadFilter, type LeadFilter } from './filter.js'

/** Where leads are listed: as a table, or as a board. */
export const TABLE = '/leads'
export const BOARD = '/leads/board'

export type Look = ReturnType<typeof lookAt>

/** The list as its address means it, and the address with some of it changed, of the other look too; the page is kept only when it is among the changes. */
export function lookAt (request: FastifyRequest, at = TABLE) {
  const asked = readLeadFilter(request.query)
  const filter = at === BOARD ? onBoard(asked) : asked
  const list = (change: Partial<LeadFilter> = {}, path = at): string => {
    const { q, after, before, ...changed } = { ...filter, after: null, before: null, ...change }
    const pairs: Pairs = [...q ? [['q', q]] as Pairs : [], ...kept({ ...changed, q, after, before }), ...after ? [['after', String(after)]] as Pairs : before ? [['before', String(before)]] as Pairs : []]
    const text = textOf(pairs)
    return text ? `${path}?${text}` : path
  }
  return { viewer: viewerOf(request), filter, at, list, kept: kept(filter) }
}

/** A board has no order of when leads came in: those that came into their column last stand first, unless it is sorted by what is due. */
export function onBoard (filter: LeadFilter): LeadFilter {
  return filter.sort === 'due' ? filter : { ...filter, sort: 'created', descending: true }
}

/** The order of a column. */
export const columnOrder = (filter: LeadFilter): LeadFilter => filter.sort === 'due' ? filter : { ...filter, sort: 'since', descending: true }
