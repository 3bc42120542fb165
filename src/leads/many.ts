import type { Db } from '../database/knex.js'
import type { Query } from '../list-views/address.js'
import type { ActsOnMany } from '../many/actions/action.js'
import type { Looked } from '../many/many.js'
import type { Viewer } from '../web/viewer.js'
import { askLeads, findLeadDetails, listLeadActionChoices, type LeadAsked } from './actions/asking.js'
import { LEAD_KINDS, LEAD_SKIPPED } from './actions/kinds.js'
import { isNarrowed, type LeadFilter } from './list/filter.js'
import { tableFrom } from './list/look.js'
import { narrowings } from './list/narrowings.js'
import { filtered, findNamed } from './list/queries.js'
import { visibleLeads } from './visibility.js'

/** Leads, as many of them are ticked, changed and exported. */
export const manyLeads: ActsOnMany<LeadFilter, LeadAsked> = {
  one: 'lead',
  table: 'leads',
  path: '/leads',
  words: 'lead_actions',
  job: 'leads.act',
  kinds: LEAD_KINDS,
  touches: 'active_at = now()',
  skipped: LEAD_SKIPPED,
  ticks: ['leads.edit', 'leads.move', 'leads.archive', 'leads.export'],
  order: ['leads.created_at desc', 'leads.id desc'],
  name: alias => `concat_ws(' · ', ${alias}.number, case when ${alias}.client_id is null then nullif(${alias}.contact_name, '') end)`,
  visible: visibleLeads,
  filtered,
  look: lookAtLeads,
  ask: askLeads,
  details: findLeadDetails,
  choices: listLeadActionChoices
}

async function lookAtLeads (db: Db, viewer: Viewer, query: Query): Promise<Looked<LeadFilter>> {
  const { filter, list } = await tableFrom(db, viewer, query)
  return { filter, list: list(), narrowed: isNarrowed(filter), shown: { filter, chosen: await findNamed(db, filter), narrowings } }
}
