import type { FastifyRequest } from 'fastify'
import type { Db } from '../../database/knex.js'
import { listOwnFields, shapeOf, type ListField } from '../../form-editor/shape.js'
import { parsed, textOf, type Pairs, type Query } from '../../list-views/address.js'
import { askedInVain } from '../../list-views/condition.js'
import { lookThrough, type Seen } from '../../list-views/look.js'
import { listViews } from '../../list-views/queries.js'
import { decimalMark } from '../../web/format.js'
import type { Labels } from '../../web/labels.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import { columnsWith, usualColumns, type Column } from './columns.js'
import { kept, readClientFilter, type ClientFilter } from './filter.js'

export const CLIENTS = 'clients'
export const PATH = '/clients'

/** The list as somebody looks at it: what its address means for them. */
export interface Look extends Seen {
  viewer: Viewer
  fields: ListField[]
  filter: ClientFilter
  /** What is shown, in order, and all there is to show. */
  columns: Column[]
  every: Column[]
  /** Own fields that the address asks something of and the list can't; of those erased the key. */
  inVain: (Labels | string)[]
  /** The address of the list with some of the filter changed; the page is kept only when it is among the changes. */
  path (change?: Partial<ClientFilter>): string
}

/** Reads what a list's address means. The bare one means what the list opens with. */
export const lookAt = (db: Db, request: FastifyRequest): Promise<Look> => lookFrom(db, viewerOf(request), (request.query ?? {}) as Query)

/** The same of an address that was kept. */
export async function lookFrom (db: Db, viewer: Viewer, asked: Query): Promise<Look> {
  const [fields, views] = await Promise.all([listOwnFields(db, 'client', viewer.formVersions), listViews(db, viewer, CLIENTS)])
  const { query, ...seen } = lookThrough(viewer, { path: PATH, tidied: query => tidied(query, fields) }, views, asked)
  // What a form sends is as people type it; any other address is one of ours.
  const filter = readClientFilter(query, fields, 'tidy' in asked ? decimalMark(viewer.language, viewer.organisation.country) : undefined)
  const inVain = askedInVain(query, filter.own)
  const all = inVain.length > 0 ? (await shapeOf(db, 'client', viewer.formVersions)).fields : []
  const path = (change: Partial<ClientFilter> = {}) => {
    const changed = { ...filter, after: null, before: null, ...('sort' in change && { ranked: false }), ...change }
    const byName: Pairs = changed.q && changed.sort === 'name' && !changed.ranked ? [['sort', 'name']] : []
    return seen.address([...kept(changed), ...byName], changed)
  }
  const every = columnsWith(fields)
  const shown = filter.columns ?? usualColumns(filter.sort)
  return {
    ...seen, viewer, fields, filter, every, path,
    columns: shown.flatMap(name => every.find(column => column.name === name) ?? []),
    isChanged: seen.isChangedFrom(kept(filter)) || (seen.mayKeep && inVain.length > 0),
    inVain: inVain.map(key => all.find(field => field.key === key)?.labels ?? key)
  }
}

/** What a view keeps as the list would write it today: without fields, choices and columns that have gone. */
export const tidied = (query: string, fields: readonly ListField[]): string => textOf(kept(readClientFilter(parsed(query), fields)))
