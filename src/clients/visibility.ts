import type { Knex } from 'knex'
import type { Viewer } from '../web/viewer.js'

/** Leaves the clients this viewer may know of: suppliers and the others are a right each. Rows they may not see don't exist for them. */
export function visibleTo (viewer: Viewer) {
  return (query: Knex.QueryBuilder, table = 'clients') => {
    const [clients, suppliers] = [viewer.can('clients.view'), viewer.can('suppliers.view')]
    if (!clients && !suppliers) query.whereRaw('false')
    else if (!suppliers) query.where(`${table}.is_supplier`, false)
    else if (!clients) query.where(`${table}.is_supplier`, true)
  }
}

/** Rights of which any one opens the clients' pages. */
export const SEES_CLIENTS = ['clients.view', 'suppliers.view'] as const

export const seesClients = (viewer: Viewer): boolean => SEES_CLIENTS.some(right => viewer.can(right))
