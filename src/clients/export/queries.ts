import type { Knex } from 'knex'
import type { Db } from '../../database/knex.js'
import type { ListField } from '../../form-editor/shape.js'
import type { Viewer } from '../../web/viewer.js'
import type { Whom } from '../../many/many.js'
import { chosen } from '../../many/selection/queries.js'
import { manyClients } from '../many.js'
import { readings } from '../list/order.js'
import type { ExportColumn } from './column.js'

/** A query as a cursor of another process opens it. */
export interface Statement { sql: string, bindings: readonly unknown[] }

const moment = (column: string) => `to_char(${column} at time zone :zone, 'YYYY-MM-DD HH24:MI')`

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

const OWN = `(select json_agg(json_build_array(v.field_id, coalesce(v.text_value, v.number_value::text, v.day_value::text, ${moment('v.moment_value')}, v.option_id::text)) order by v.field_id, v.position)
  from client_values v where v.client_id = clients.id and v.field_id = any (:fields)) as own`

/** What has to be read, one statement after the other, for all of the clients chosen in the list's order: those ticked by name. */
export async function exportStatements (db: Db, viewer: Viewer, whom: Whom, columns: readonly ExportColumn[], fields: readonly ListField[]): Promise<Statement[]> {
  const parts: Knex.QueryBuilder[] = []
  if (whom.of === 'selected') {
    parts.push(chosen(db, manyClients, viewer, whom).orderBy(['clients.name_key', 'clients.id']))
  } else {
    const filter = { ...whom.filter, after: null, before: null }
    const order = filter.descending ? 'desc' : 'asc'
    for (const { stretch } of await readings(db, viewer, filter, fields)) {
      parts.push(chosen(db, manyClients, viewer, { of: 'matching', filter }).modify(stretch.among).orderByRaw([...stretch.keys, 'clients.id'].map(sql => `${sql} ${order}`).join(', ')))
    }
  }
  const own = columns.flatMap(({ field }) => field?.id ?? [])
  const read = [...new Set(columns.flatMap(({ name, field }) => field ? [] : READS[name.replace(/:\d+$/, '')] ?? `clients.${name}`)), ...own.length > 0 ? [OWN] : []].join(', ') || 'clients.id'
  return parts.map(part => {
    const { sql, bindings } = part.select(db.raw(read, { zone: viewer.organisation.timeZone, fields: own } as unknown as Knex.ValueDict)).toSQL()
    return { sql, bindings }
  })
}

const AT_ONCE = 500

/** Rows of several statements by a cursor each, all as they were at one moment, in batches. */
export async function * readByCursor (db: Db, statements: readonly Statement[]): AsyncGenerator<Record<string, any>[]> {
  const trx = await db.transaction(undefined, { isolationLevel: 'repeatable read', readOnly: true })
  try {
    for (const { sql, bindings } of statements) {
      await trx.raw(`declare exported no scroll cursor for ${sql}`, bindings as Knex.RawBinding[])
      for (;;) {
        const { rows } = await trx.raw(`fetch ${AT_ONCE} from exported`)
        if (rows.length > 0) yield rows
        if (rows.length < AT_ONCE) break
      }
      await trx.raw('close exported')
    }
  } finally {
    await trx.rollback().catch(() => {})
  }
}
