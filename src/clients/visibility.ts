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

/** The same as a condition in SQL, of a table or its alias. */
export function visibleSql (viewer: Viewer, table: string): string {
  const [clients, suppliers] = [viewer.can('clients.view'), viewer.can('suppliers.view')]
  return clients && suppliers ? 'true' : clients || suppliers ? `${table}.is_supplier = ${suppliers}` : 'false'
}

/** The same rule of a client that was read already. */
export const isClientOf = (viewer: Viewer, { is_supplier: isSupplier }: { is_supplier: boolean }): boolean => viewer.can(isSupplier ? 'suppliers.view' : 'clients.view')

/** Rights of which any one opens the clients' pages. */
export const SEES_CLIENTS = ['clients.view', 'suppliers.view'] as const

export const seesClients = (viewer: Viewer): boolean => SEES_CLIENTS.some(right => viewer.can(right))

/** What this viewer may see of clients, in short: who has the same finds the same ones by the same filter. */
export const sightOfClients = (viewer: Viewer): string => [...SEES_CLIENTS, 'contacts.view_full' as const].map(right => Number(viewer.can(right))).join('')
