import type { Knex } from 'knex'
import type { Db } from '../../database/knex.js'
import type { ListField } from '../../form-editor/shape.js'
import type { Viewer } from '../../web/viewer.js'
import { visibleLeads } from '../visibility.js'
import { sortBy } from './columns.js'
import type { LeadFilter } from './filter.js'

/** Leads that stand together in an order, sorted by a key and then by id. */
interface Stretch {
  /** A column, as SQL; null: by their id alone. */
  by: string | null
  /** Where the id stands beside the key in an index. */
  id?: string
  /** Joins what the key is of. */
  join?: (query: Knex.QueryBuilder) => void
  /** Leaves those that have a due time, or those that have none. */
  isDue?: boolean
  /** Leaves those that have nothing in this own field. */
  lacks?: number
  /** The choice that all of them have. */
  option?: number
  /** Newest first, whichever way the list is sorted. */
  newestFirst?: boolean
}

/** A stretch that is to be read, and the lead behind whom to begin. */
export interface Reading { stretch: Stretch, from: number | null }

const DUE: Stretch[] = [{ by: 'leads.due_at', isDue: true }, { by: 'leads.created_at', isDue: false, newestFirst: true }]

/** What has to be read, one after the other, until the page is full. Leads without a due time, or without a value, stand last, whichever way they are sorted. */
export async function readings (db: Db, viewer: Viewer, filter: LeadFilter): Promise<Reading[]> {
  const { sort, sortField: field } = filter
  const at = filter.after ?? filter.before
  const byOwn = field && sort === sortBy(field)
  if (!byOwn && sort !== 'due') return [{ stretch: { by: `leads.${sort === 'since' ? 'status_since' : 'created_at'}` }, from: at }]
  const parts = byOwn ? byValue(field, filter.descending) : [...DUE]
  if (filter.before !== null) parts.reverse()
  if (at === null) return parts.map(stretch => ({ stretch, from: null }))
  const lead = db('leads').where('leads.id', at).modify(visibleLeads(viewer))
  const first = await (byOwn ? placeByValue(lead, parts, field) : placeByDue(lead, parts))
  return parts.slice(first).map((stretch, n) => ({ stretch, from: n === 0 ? at : null }))
}

/** Which of the parts a lead is in; behind all of them when it isn't the viewer's to see. */
async function placeByDue (lead: Knex.QueryBuilder, parts: readonly Stretch[]): Promise<number> {
  const place = await lead.first(lead.client.raw('due_at is not null as due'))
  return place ? parts.findIndex(({ isDue }) => isDue === place.due) : parts.length
}

async function placeByValue (lead: Knex.QueryBuilder, parts: readonly Stretch[], { id }: ListField): Promise<number> {
  const place = await lead.joinRaw('left join lead_values v on v.lead_id = leads.id and v.field_id = ?', [id]).first('v.field_id as field', 'v.option_id as option')
  if (!place) return parts.length
  return Math.max(0, parts.findIndex(({ lacks, option }) => place.field === null ? lacks : !lacks && (option === undefined || option === place.option)))
}

/** Sorted by an own field as its index has it, those of each choice by themselves, as the field offers them; those that have none the newest first. */
function byValue ({ id, column, options }: ListField, descending: boolean): Stretch[] {
  const having = (option?: number): Stretch => ({
    by: option === undefined ? `v.${column}` : null,
    id: 'v.lead_id',
    join: query => { query.joinRaw(`join lead_values v on v.lead_id = leads.id and v.field_id = ? and v.${column} ${option === undefined ? 'is not null' : '= ?'}`, option === undefined ? [id] : [id, option]) },
    ...(option !== undefined && { option })
  })
  const chosen = column === 'option_id' ? options.map(({ id }) => having(id)) : [having()]
  if (column === 'option_id' && descending) chosen.reverse()
  return [...chosen, { by: 'leads.created_at', lacks: id, newestFirst: true }]
}

/** Sorts a stretch, and goes on behind a lead by its place in the order, not by counting rows. A lead the viewer may not see has no place. */
export function inOrder (viewer: Viewer, filter: LeadFilter, { stretch: { by, id = 'leads.id', join, isDue, lacks, newestFirst = filter.descending }, from }: Reading) {
  const direction = newestFirst !== (filter.before !== null) ? 'desc' : 'asc', sign = direction === 'asc' ? '>' : '<'
  return (query: Knex.QueryBuilder): void => {
    join?.(query)
    if (isDue !== undefined) query.whereRaw(`leads.due_at is ${isDue ? 'not ' : ''}null`)
    if (lacks) query.whereRaw('not exists (select from lead_values v where v.lead_id = leads.id and v.field_id = ?)', [lacks])
    if (from !== null && by === null) query.whereRaw(`${id} ${sign} ?`, [from])
    else if (from !== null) {
      const place = query.client.queryBuilder().from('leads').where('leads.id', from).modify(visibleLeads(viewer)).select(query.client.raw(by!))
      join?.(place)
      query.whereRaw(`(${by}, ${id}) ${sign} (?, ?)`, [place, from])
    }
    query.orderByRaw([...by ? [by] : [], id].map(sql => `${sql} ${direction}`).join(', '))
  }
}
