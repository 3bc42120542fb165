import type { Knex } from 'knex'
import type { Db } from '../../database/knex.js'
import { listOwnFields } from '../../form-editor/shape.js'
import { moment, readOwn, type ExportColumn } from '../../many/export/cell.js'
import { statementsOf, type Statement } from '../../many/export/queries.js'
import type { Whom } from '../../many/many.js'
import { chosen } from '../../many/selection/queries.js'
import type { Viewer } from '../../web/viewer.js'
import type { ClientFilter } from '../list/filter.js'
import { readings } from '../list/order.js'
import { manyClients } from '../many.js'

const PHONES = `(select json_agg(json_build_object('type', p.type_id, 'value', p.display, 'on', array_remove(array[case when p.whatsapp then 'whatsapp' end, case when p.viber then 'viber' end, case when p.sms then 'sms' end], null)) order by p.position, p.id)
  from client_phones p where p.client_id = clients.id and p.removed_at is null) as phones`
const EMAILS = `(select json_agg(json_build_object('value', e.address, 'on', array_remove(array[case when e.agrees then 'email' end], null)) order by e.position, e.id)
  from client_emails e where e.client_id = clients.id and e.removed_at is null) as emails`

/** What each column reads of a client; several may read the same. */
const READS: Record<string, string> = {
  'phone': PHONES,
  'consent.whatsapp': PHONES,
  'consent.viber': PHONES,
  'consent.sms': PHONES,
  'email': EMAILS,
  'consent.email': EMAILS,
  'tag': '(select json_agg(t.name order by t.name_key) from client_tags ct join tags t on t.id = ct.tag_id where ct.client_id = clients.id) as tags',
  'campaign': '(select g.name from campaigns g where g.id = clients.campaign_id) as campaign',
  'location': '(select l.name from locations l where l.id = clients.location_id) as location',
  'discount_services': '(select name from price_types where id = clients.price_type_services_id) as price_services, clients.discount_services::float8 as discount_services',
  'discount_products': '(select name from price_types where id = clients.price_type_products_id) as price_products, clients.discount_products::float8 as discount_products',
  'created': `${moment('clients.created_at')} as created`,
  'active': `${moment('clients.active_at')} as active`,
  'archived': `${moment('clients.archived_at')} as archived`
}

const OWN = readOwn('client_values', 'client_id', 'clients.id')

/** What has to be read for all of the clients chosen in the list's order: those ticked by name. */
export async function clientStatements (db: Db, viewer: Viewer, whom: Whom<ClientFilter>, columns: readonly ExportColumn[]): Promise<Statement[]> {
  const parts: Knex.QueryBuilder[] = []
  if (whom.of === 'selected') {
    parts.push(chosen(db, manyClients, viewer, whom).orderBy(['clients.name_key', 'clients.id']))
  } else {
    const filter = { ...whom.filter, after: null, before: null }
    const order = filter.descending ? 'desc' : 'asc'
    for (const { stretch } of await readings(db, viewer, filter, await listOwnFields(db, 'client', viewer.formVersions))) {
      parts.push(chosen(db, manyClients, viewer, { of: 'matching', filter }).modify(stretch.among).orderByRaw([...stretch.keys, 'clients.id'].map(sql => `${sql} ${order}`).join(', ')))
    }
  }
  const fields = columns.flatMap(({ field }) => field?.id ?? [])
  const read = new Set(columns.flatMap(({ name, field }) => field ? OWN : READS[name.replace(/:\d+$/, '')] ?? `clients.${name}`))
  return statementsOf(db, parts, read.size > 0 ? [...read] : ['clients.id'], { zone: viewer.organisation.timeZone, fields })
}
