import type { Knex } from 'knex'
import type { Viewer } from '../web/viewer.js'

/** Rights of which any one opens the leads' pages. */
export const SEES_LEADS = ['leads.view_own', 'leads.view_locations', 'leads.view_all'] as const

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
      if (viewer.can('leads.view_locations')) some.orWhereRaw('leads.location_id in (select location_id from employee_locations where employee_id = ?)', [viewer.id])
    })
  }
}

/** The same rule for everybody at once, as SQL: whether the employee `e` with the role `r` may see the lead `l`. */
export const SEES_LEAD = `(r.key = 'owner' or 'leads.view_all' = any (r.rights) or ('leads.view_own' = any (r.rights) and l.manager_id = e.id)
  or ('leads.view_locations' = any (r.rights) and l.location_id in (select p.location_id from employee_locations p where p.employee_id = e.id)))`

/** Whether an employee of `employees`, with their role in `roles`, may see the lead whose id is bound: what visibleLeads says, of others. */
export const SEEN_BY = `
  exists (select from leads l where l.id = ? and ('leads.view_all' = any (roles.rights) or ('leads.view_own' = any (roles.rights) and l.manager_id = employees.id)
    or ('leads.view_locations' = any (roles.rights) and l.location_id in (select location_id from employee_locations el where el.employee_id = employees.id))))`
