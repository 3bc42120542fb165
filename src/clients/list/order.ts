import type { Knex } from 'knex'
import type { Db } from '../../database/knex.js'
import { nameOf } from '../../form-editor/schema.js'
import type { ListField } from '../../form-editor/shape.js'
import type { Viewer } from '../../web/viewer.js'
import { visibleTo } from '../visibility.js'
import type { ClientFilter } from './filter.js'

/** Clients that stand together in an order, sorted by keys and then by id. */
interface Stretch {
  /** Leaves them, and joins what the keys are of. */
  among (query: Knex.QueryBuilder): void
  /** SQL, each with a name of its own. */
  keys: { name: string, sql: string }[]
}

/** A stretch that is to be read, and the client behind whom to begin. */
export interface Reading { stretch: Stretch, from: number | null }

const ORDER: Record<string, string> = { name: 'name_key', created: 'created_at', active: 'active_at' }

/** What has to be read, one after the other, until the page is full. By an own field the clients that have none stand last, whichever way it is sorted. */
export async function readings (db: Db, viewer: Viewer, filter: ClientFilter, fields: readonly ListField[]): Promise<Reading[]> {
  const at = filter.after ?? filter.before
  const column = ORDER[filter.sort]
  if (column) return [{ stretch: { among: () => {}, keys: [{ name: 'place', sql: `clients.${column}` }] }, from: at }]
  const field = fields.find(field => nameOf(field) === filter.sort)!
  const parts = [having(field), lacking(field)]
  if (filter.before !== null) parts.reverse()
  if (at === null) return parts.map(stretch => ({ stretch, from: null }))
  const place = await db('clients').where({ id: at }).modify(visibleTo(viewer))
    .first(db.raw('exists (select from client_values v where v.client_id = clients.id and v.field_id = ?) as has', [field.id]))
  if (!place) return []
  const first = parts.findIndex(part => (part.keys.length > 0) === place.has)
  return parts.slice(first).map((stretch, n) => ({ stretch, from: n === 0 ? at : null }))
}

// Choices in the order in which the field offers them; everything else by value.
function having ({ id, column }: ListField): Stretch {
  const join = (query: Knex.QueryBuilder) => query.joinRaw(`join client_values v on v.client_id = clients.id and v.field_id = ? and v.${column} is not null`, [id])
  if (column !== 'option_id') return { among: query => { join(query) }, keys: [{ name: 'place', sql: `v.${column}` }] }
  return {
    among: query => { join(query).joinRaw('join field_options o on o.id = v.option_id and o.field_id = ?', [id]) },
    keys: [{ name: 'place', sql: 'o.position' }, { name: 'choice', sql: 'o.id' }]
  }
}

function lacking ({ id }: ListField): Stretch {
  return { among: query => { query.whereRaw('not exists (select from client_values v where v.client_id = clients.id and v.field_id = ?)', [id]) }, keys: [] }
}

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
    query.whereRaw(`(${[...keys.map(({ sql }) => sql), 'clients.id'].join(', ')}) ${direction === 'asc' ? '>' : '<'} (${keys.map(() => '(?), ').join('')}?)`, [...keys.map(({ sql }) => place(sql)), id])
  }
}
