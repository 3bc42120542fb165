import type { Knex } from 'knex'
import type { Db } from '../../database/knex.js'
import { nameOf } from '../../form-editor/schema.js'
import type { ListField } from '../../form-editor/shape.js'
import type { Viewer } from '../../web/viewer.js'
import { visibleTo } from '../visibility.js'
import type { ClientFilter } from './filter.js'
import { beginning, notBeginning, type Search } from './search.js'

/** Clients that stand together in an order, sorted by keys and then by id. */
interface Stretch {
  /** Leaves them, and joins what the keys are of. Where they are sorted by their id alone it is told behind which the reading begins. */
  among (query: Knex.QueryBuilder, behind?: Behind): void
  /** SQL. */
  keys: string[]
  /** Where the id stands beside the keys in an index. */
  id?: string
  /** What is searched for is found by what the stretch leaves. */
  searches?: boolean
  /** The choice that all of them have. */
  option?: number
}

interface Behind { sign: '>' | '<', id: number }

/** The same order, but no index of it is gone through: for a stretch of which few clients are left. */
export const aside = (stretch: Stretch): Stretch => ({ ...stretch, keys: stretch.keys.map(hidden), id: hidden(idOf(stretch)) })
const hidden = (sql: string) => `(array[${sql}])[1]`

/** The client's id, as the order of a stretch reads it. */
export const idOf = ({ id = 'clients.id' }: Stretch): string => id

/** A stretch that is to be read, and the client behind whom to begin. */
export interface Reading { stretch: Stretch, from: number | null }

const ORDER: Record<string, string> = { name: 'name_key', created: 'created_at', active: 'active_at' }

/**
 * What has to be read, one after the other, until the page is full. By an own field the clients that have none stand last, whichever way it is sorted; `inSteps` reads those
 * of each choice by themselves, as they stand in the index.
 */
export async function readings (db: Db, viewer: Viewer, filter: ClientFilter, fields: readonly ListField[], search: Search | null = null, inSteps = false): Promise<Reading[]> {
  const at = filter.after ?? filter.before
  if (search && filter.ranked) return ranked(db, viewer, filter, search)
  const column = ORDER[filter.sort]
  if (column) return [{ stretch: { among: () => {}, keys: [`clients.${column}`] }, from: at }]
  const field = fields.find(field => nameOf(field) === filter.sort)!
  const chosen = inSteps && field.column === 'option_id' ? field.options.map(({ id }) => id) : []
  if (filter.descending) chosen.reverse()
  const parts = [...chosen.length > 0 ? chosen.map(option => having(field, option)) : [having(field)], lacking(field)]
  if (filter.before !== null) parts.reverse()
  if (at === null) return parts.map(stretch => ({ stretch, from: null }))
  const place = await db('clients').where({ 'clients.id': at }).modify(visibleTo(viewer)).joinRaw('left join client_values v on v.client_id = clients.id and v.field_id = ?', [field.id]).first('v.field_id as field', 'v.option_id as option')
  if (!place) return []
  const first = parts.findIndex(({ option, keys }) => place.field === null ? keys.length === 0 && option === undefined : keys.length > 0 || option === place.option)
  return parts.slice(Math.max(first, 0)).map((stretch, n) => ({ stretch, from: n === 0 ? at : null }))
}

/** Best match first: whose words begin with what is searched for, by that word; then who has it elsewhere, by name. */
async function ranked (db: Db, viewer: Viewer, filter: ClientFilter, search: Search): Promise<Reading[]> {
  const at = filter.after ?? filter.before
  const stretches = [
    { among: beginning(viewer, search), keys: ['w.word', 'w.name'], id: 'w.client_id', searches: true },
    { among: notBeginning(viewer, search), keys: ['clients.name_key'] }
  ]
  const parts = [...search.begins ? [stretches[0]!] : [], ...search.inside ? [stretches[1]!] : []]
  if (filter.before !== null) parts.reverse()
  if (at === null) return parts.map(stretch => ({ stretch, from: null }))
  const isFirst = await db('clients').where({ id: at }).modify(visibleTo(viewer)).modify(beginning(viewer, search)).first('clients.id') !== undefined
  const first = Math.max(parts.findIndex(stretch => Boolean(stretch.searches) === isFirst), 0)
  return parts.slice(first).map((stretch, n) => ({ stretch, from: n === 0 ? at : null }))
}

// Choices in the order in which the field offers them; everything else by value.
function having ({ id, column }: ListField, option?: number): Stretch {
  const join = (query: Knex.QueryBuilder) => query.joinRaw(`join client_values v on v.client_id = clients.id and v.field_id = ? and v.${column} ${option === undefined ? 'is not null' : '= ?'}`, option === undefined ? [id] : [id, option])
  if (option !== undefined) return { among: query => { join(query) }, keys: [], id: 'v.client_id', option }
  if (column !== 'option_id') return { among: query => { join(query) }, keys: [`v.${column}`], id: 'v.client_id' }
  return {
    among: query => { join(query).joinRaw('join field_options o on o.id = v.option_id and o.field_id = ?', [id]) },
    keys: ['o.position', 'o.id']
  }
}

// Behind some client: to join both, Postgres would else read all values of the field from the first client's on.
function lacking ({ id }: ListField): Stretch {
  return {
    among: (query, behind) => { query.whereRaw(`not exists (select from client_values v where v.client_id = clients.id and v.field_id = ?${behind ? ` and v.client_id ${behind.sign} ?` : ''})`, [id, ...behind ? [behind.id] : []]) },
    keys: []
  }
}

const signOf = (direction: 'asc' | 'desc') => direction === 'asc' ? '>' : '<'

/** Where a stretch is begun that is sorted by its clients' ids alone. */
export const behind = ({ stretch, from }: Reading, direction: 'asc' | 'desc'): Behind | undefined => from === null || stretch.keys.length > 0 ? undefined : { sign: signOf(direction), id: from }

/**
 * Goes on behind a client by its place in the order, not by counting rows: any page costs the same. A client the viewer may not
 * see has no place: what stands behind it would tell what it is called.
 */
export function from (viewer: Viewer, { stretch, from: id }: Reading, direction: 'asc' | 'desc') {
  return (query: Knex.QueryBuilder) => {
    if (id === null) return
    const place = (sql: string) => {
      const one = query.client.queryBuilder().from('clients').where('clients.id', id).modify(visibleTo(viewer)).select(query.client.raw(sql))
      stretch.among(one)
      return one
    }
    const { keys } = stretch
    // Where both are said, a join of two tables begins there in either.
    if (keys.length === 0) query.where('clients.id', signOf(direction), id)
    query.whereRaw(`(${[...keys, idOf(stretch)].join(', ')}) ${signOf(direction)} (${keys.map(() => '(?), ').join('')}?)`, [...keys.map(place), id])
  }
}
