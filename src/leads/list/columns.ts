import { nameOf } from '../../form-editor/schema.js'
import type { ListField } from '../../form-editor/shape.js'
import { isSortable, ownColumn, type OwnColumn } from '../../list-views/own-columns.js'
import type { Sort } from './filter.js'

/** A column of the table besides the number, which always stands first. */
export type Column = SystemColumn | OwnColumn & Pick<SystemColumn, 'sort'>

/** css/leads-list.css has a width for each. */
interface SystemColumn {
  /** As an address calls it. */
  name: string
  title: { key: string }
  /** As an address calls the order by it, where there is one. */
  sort?: Sort
  field?: undefined
}

const COLUMNS = [
  { name: 'status', title: { key: 'leads_list.status' } },
  { name: 'client', title: { key: 'leads_list.client' } },
  { name: 'phone', title: { key: 'leads_list.phone' } },
  { name: 'campaign', title: { key: 'leads_list.campaign' } },
  { name: 'due', title: { key: 'leads_list.due' }, sort: 'due' },
  { name: 'location', title: { key: 'leads_list.location' } },
  { name: 'manager', title: { key: 'leads_list.manager' } },
  { name: 'created', title: { key: 'leads_list.created' }, sort: 'created' },
  { name: 'type', title: { key: 'leads_list.type' } },
  { name: 'phones', title: { key: 'leads.fields.phones' } },
  { name: 'comment', title: { key: 'leads.fields.comment' } },
  { name: 'flags', title: { key: 'leads_list.flags' } },
  { name: 'since', title: { key: 'leads_list.since' }, sort: 'since' },
  { name: 'time', title: { key: 'leads_list.time_in_status' }, sort: 'since' },
  { name: 'closed', title: { key: 'leads_list.closed_on' } },
  { name: 'lost_reason', title: { key: 'leads_list.lost_reason' } },
  { name: 'created_by', title: { key: 'leads_list.created_by' } }
] as const satisfies readonly SystemColumn[]
export type ColumnName = (typeof COLUMNS)[number]['name']

/** Every column the table can have, own fields behind the others. */
export const columnsWith = (fields: readonly ListField[]): Column[] => [...COLUMNS, ...fields.map(field => ({ ...ownColumn(field), ...(isSortable(field) && { sort: sortBy(field) }) }))]

/** As an address calls the order by an own field. */
export const sortBy = (field: ListField): Sort => nameOf(field) as Sort

/** What the table shows when nobody chose. */
export const USUAL: readonly ColumnName[] = ['status', 'client', 'phone', 'campaign', 'due', 'location', 'manager']

/** What a column reads of each lead of the page, beside what every row has. None of it hangs on the clock. */
export const READS: Partial<Record<ColumnName, string>> = {
  phone: `coalesce((select display from client_phones p where p.client_id = c.id and p.removed_at is null order by p.position, p.id limit 1),
      (select display from lead_phones p where p.lead_id = leads.id order by p.position, p.id limit 1)) as phone`,
  campaign: '(select g.name from campaigns g where g.id = leads.campaign_id) as campaign',
  location: '(select l.name from locations l where l.id = leads.location_id) as location',
  manager: '(select e.name from employees e where e.id = leads.manager_id) as manager',
  created: 'leads.created_at',
  type: "(select json_build_object('key', y.key, 'labels', y.labels, 'icon', y.icon) from lead_types y where y.id = leads.type_id) as any_type",
  phones: `(select json_agg(display) from (
      select display, position, id from client_phones p where p.client_id = c.id and p.removed_at is null
      union all select display, position, id from lead_phones p where p.lead_id = leads.id and c.id is null order by position, id) p) as phones`,
  comment: 'left(leads.comment, 300) as comment',
  since: 'leads.status_since',
  closed: 'leads.closed_at',
  lost_reason: 'leads.lost_reason',
  created_by: '(select e.name from employees e where e.id = leads.created_by) as created_by'
}
