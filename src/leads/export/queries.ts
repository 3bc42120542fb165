import type { Knex } from 'knex'
import { visibleTo } from '../../clients/visibility.js'
import type { Db } from '../../database/knex.js'
import { moment, readOwn, type ExportColumn } from '../../many/export/cell.js'
import { statementsOf, type Statement } from '../../many/export/queries.js'
import type { Whom } from '../../many/many.js'
import { chosen } from '../../many/selection/queries.js'
import type { Viewer } from '../../web/viewer.js'
import type { LeadFilter } from '../list/filter.js'
import { inOrder, readings } from '../list/order.js'
import { manyLeads } from '../many.js'
import type { TITLES } from './columns.js'

const named = (table: string, id: string) => `(select n.name from ${table} n where n.id = ${id})`

/** What each column reads of a lead and of its client (c), who is there for those who may see them. */
const READS: Record<keyof typeof TITLES, string> = {
  number: 'leads.number',
  type: 'leads.type_id as type',
  status: 'leads.status_id as status',
  group: 'leads.status_id as "group"',
  urgent: 'leads.urgent',
  client: 'coalesce(c.name, leads.contact_name) as client',
  client_number: 'c.id as client_number',
  conflict: "case when c.is_conflicted then c.conflict_reason end as conflict",
  phones: `coalesce((select json_agg(p.display order by p.position, p.id) from client_phones p where p.client_id = c.id and p.removed_at is null),
    (select json_agg(p.display order by p.position, p.id) from lead_phones p where p.lead_id = leads.id)) as phones`,
  campaign: `${named('campaigns', 'leads.campaign_id')} as campaign`,
  comment: 'leads.comment',
  due: `${moment('leads.due_at')} as due`,
  location: `${named('locations', 'leads.location_id')} as location`,
  manager: `${named('employees', 'leads.manager_id')} as manager`,
  created: `${moment('leads.created_at')} as created`,
  created_by: `${named('employees', 'leads.created_by')} as created_by`,
  since: `${moment('leads.status_since')} as since`,
  time: 'case when leads.closed_at is null then floor(extract(epoch from now() - leads.status_since) / 60)::int end as time',
  closed: `${moment('leads.closed_at')} as closed`,
  // One whose status isn't of lost any more keeps why, should it be so again.
  lost_reason: "case when exists (select from lead_statuses s where s.id = leads.status_id and s.group_key = 'lost') then leads.lost_reason end as lost_reason",
  archived: `${moment('leads.archived_at')} as archived`
}

const OWN = readOwn('lead_values', 'lead_id', 'leads.id')

/** What has to be read for all of the leads chosen in the list's order: those ticked, the newest first. */
export async function leadStatements (db: Db, viewer: Viewer, whom: Whom<LeadFilter>, columns: readonly ExportColumn[]): Promise<Statement[]> {
  const clients = db('clients').modify(visibleTo(viewer)).select('id', 'name', 'is_conflicted', 'conflict_reason').as('c')
  const withClients = (query: Knex.QueryBuilder) => query.leftJoin(clients, 'c.id', 'leads.client_id')
  const filter = whom.of === 'matching' ? { ...whom.filter, after: null, before: null } : null
  const parts = filter
    ? (await readings(db, viewer, filter)).map(reading => withClients(chosen(db, manyLeads, viewer, { of: 'matching', filter }).modify(inOrder(viewer, filter, reading))))
    : [withClients(chosen(db, manyLeads, viewer, whom).orderByRaw('leads.created_at desc, leads.id desc'))]
  const fields = columns.flatMap(({ field }) => field?.id ?? [])
  const read = new Set(columns.map(({ name, field }) => field ? OWN : READS[name as keyof typeof TITLES]))
  return statementsOf(db, parts, [...read], { zone: viewer.organisation.timeZone, fields })
}
