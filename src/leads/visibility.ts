import type { Knex } from 'knex'
import { sightOfClients } from '../clients/visibility.js'
import type { Viewer } from '../web/viewer.js'

/** Rights of which any one opens the leads' pages. */
export const SEES_LEADS = ['leads.view_own', 'leads.view_locations', 'leads.view_all'] as const

export const seesLeads = (viewer: Viewer): boolean => SEES_LEADS.some(right => viewer.can(right))

/**
 * Leaves the leads this viewer may know of: all, those of the locations they work in, or those whose manager they are. Rows they may
 * not see don't exist for them.
 */
export function visibleLeads (viewer: Viewer) {
  return (query: Knex.QueryBuilder): void => {
    if (viewer.can('leads.view_all')) return
    query.where(some => {
      some.whereRaw('false')
      if (viewer.can('leads.view_own')) some.orWhere('leads.manager_id', viewer.id)
      // By their ids, of which Postgres knows how many leads each has; of what a subquery finds it knows nothing.
      if (viewer.can('leads.view_locations')) some.orWhereRaw('leads.location_id = any (?::bigint[])', [[...viewer.locationIds]])
    })
  }
}

/** What this viewer may see of leads and of the clients behind them, in short: who has the same finds the same leads by the same filter. */
export function sightOf (viewer: Viewer): string {
  const leads = viewer.can('leads.view_all') ? 'all' : [viewer.can('leads.view_own') ? viewer.id : '', ...viewer.can('leads.view_locations') ? viewer.locationIds : ['']].join()
  return `${leads} ${sightOfClients(viewer)}`
}

/** The same rule of a lead that was read already. */
export const isLeadOf = (viewer: Viewer, lead: { manager_id: number | null, location_id: number | null }): boolean =>
  viewer.can('leads.view_all') || (viewer.can('leads.view_own') && lead.manager_id === viewer.id) ||
  (viewer.can('leads.view_locations') && lead.location_id !== null && viewer.locationIds.includes(lead.location_id))

/** The same rule for others, as SQL: whether the employee of one table with the role of another may see the lead `l`. */
export const seesLeadOf = (employees: string, roles: string): string => `(${roles}.key = 'owner' or 'leads.view_all' = any (${roles}.rights) or ('leads.view_own' = any (${roles}.rights) and l.manager_id = ${employees}.id)
  or ('leads.view_locations' = any (${roles}.rights) and l.location_id in (select p.location_id from employee_locations p where p.employee_id = ${employees}.id)))`
