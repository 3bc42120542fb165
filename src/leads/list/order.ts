import type { Knex } from 'knex'
import type { Db } from '../../database/knex.js'
import type { Viewer } from '../../web/viewer.js'
import { visibleLeads } from '../visibility.js'
import type { LeadFilter } from './filter.js'

/** Leads that stand together in an order, sorted by a key and then by id. */
interface Stretch {
  /** A column. */
  key: string
  /** Leaves those that have a due time, or those that have none. */
  isDue?: boolean
  /** Newest first, whichever way the list is sorted. */
  newestFirst?: boolean
}

/** A stretch that is to be read, and the lead behind whom to begin. */
export interface Reading { stretch: Stretch, from: number | null }

const DUE: Stretch[] = [{ key: 'due_at', isDue: true }, { key: 'created_at', isDue: false, newestFirst: true }]

/** What has to be read, one after the other, until the page is full. Leads without a due time stand last, whichever way they are sorted. */
export async function readings (db: Db, viewer: Viewer, filter: LeadFilter): Promise<Reading[]> {
  const at = filter.after ?? filter.before
  if (filter.sort !== 'due') return [{ stretch: { key: filter.sort === 'since' ? 'status_since' : 'created_at' }, from: at }]
  const parts = filter.before === null ? DUE : DUE.toReversed()
  if (at === null) return parts.map(stretch => ({ stretch, from: null }))
  const place = await db('leads').where('leads.id', at).modify(visibleLeads(viewer)).first(db.raw('due_at is not null as due'))
  if (!place) return []
  return parts.slice(parts.indexOf(DUE[place.due ? 0 : 1]!)).map((stretch, n) => ({ stretch, from: n === 0 ? at : null }))
}

/** Sorts a stretch, and goes on behind a lead by its place in the order, not by counting rows. A lead the viewer may not see has no place. */
export function inOrder (viewer: Viewer, filter: LeadFilter, { stretch: { key, isDue, newestFirst = filter.descending }, from }: Reading) {
  const direction = newestFirst !== (filter.before !== null) ? 'desc' : 'asc'
  return (query: Knex.QueryBuilder): void => {
    if (isDue !== undefined) query.whereRaw(`leads.due_at is ${isDue ? 'not ' : ''}null`)
    if (from !== null) {
      const place = query.client.queryBuilder().from('leads').where('leads.id', from).modify(visibleLeads(viewer)).select(`leads.${key}`)
      query.whereRaw(`(leads.${key}, leads.id) ${direction === 'asc' ? '>' : '<'} (?, ?)`, [place, from])
    }
    query.orderByRaw(`leads.${key} ${direction}, leads.id ${direction}`)
  }
}
