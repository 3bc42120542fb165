import type { Db } from '../database/knex.js'
import type { Query } from '../list-views/address.js'
import type { ActsOnMany } from '../many/actions/action.js'
import type { Exported } from '../many/export/exported.js'
import type { Looked } from '../many/many.js'
import type { Viewer } from '../web/viewer.js'
import { askLeads, findLeadDetails, listLeadActionChoices, type LeadAsked } from './actions/asking.js'
import { LEAD_KINDS, LEAD_SKIPPED } from './actions/kinds.js'
import { leadChoices, leadColumns, tickedBefore } from './export/columns.js'
import { leadStatements } from './export/queries.js'
import { isNarrowed, type LeadFilter } from './list/filter.js'
import { tableFrom } from './list/look.js'
import { narrowings } from './list/narrowings.js'
import { filtered, findNamed } from './list/queries.js'
import { SEES_LEADS, visibleLeads } from './visibility.js'

/** Leads, as many of them are ticked, changed and exported. */
export const manyLeads: ActsOnMany<LeadFilter, LeadAsked> & Exported<LeadFilter> = {
  one: 'lead',
  table: 'leads',
  path: '/leads',
  words: 'lead_actions',
  job: 'leads.act',
  kinds: LEAD_KINDS,
  touches: 'active_at = now()',
  skipped: LEAD_SKIPPED,
  ticks: ['leads.edit', 'leads.move', 'leads.archive', 'leads.export'],
  name: alias => `concat_ws(' · ', ${alias}.number, nullif(${alias}.contact_name, ''))`,
  visible: visibleLeads,
  filtered,
  look: lookAtLeads,
  ask: askLeads,
  details: findLeadDetails,
  choices: listLeadActionChoices,
  right: 'leads.export',
  sees: SEES_LEADS,
  audit: { kind: 'leads.exported', count: 'leads' },
  comesBack: false,
  exportable: leadChoices,
  tickedBefore,
  fileColumns: leadColumns,
  statements: leadStatements
}

async function lookAtLeads (db: Db, viewer: Viewer, query: Query): Promise<Looked<LeadFilter>> {
  const { filter, list, columns } = await tableFrom(db, viewer, query)
  return { filter, list: list(), narrowed: isNarrowed(filter), columns: columns.map(({ name }) => name), shown: { filter, chosen: await findNamed(db, filter), narrowings } }
}
