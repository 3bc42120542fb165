import { PREPARED, type Db } from '../../database/knex.js'
import { ownRows } from '../../list-views/own-columns.js'
import type { Column } from './columns.js'

/** What every row of the list has, whatever its columns. */
const ALWAYS = ['id', 'name', 'is_supplier', 'is_conflicted', 'conflict_reason']

// What a column reads of each client of the page.
const CELLS: Record<string, string> = {
  campaign: '(select g.name from campaigns g where g.id = page.campaign_id) as campaign',
  location: '(select l.name from locations l where l.id = page.location_id) as location',
  address: 'page.address',
  language: 'page.language',
  discount_services: 'page.discount_services::float8 as discount_services',
  discount_products: 'page.discount_products::float8 as discount_products',
  note: 'left(page.note, 300) as note',
  kind: 'page.kind',
  active: 'page.active_at',
  created: 'page.created_at',
  phone: `
      (select json_build_object('display', p.display, 'whatsapp', p.whatsapp, 'viber', p.viber, 'sms', p.sms)
       from client_phones p where p.client_id = page.id and p.removed_at is null order by p.position, p.id limit 1) as phone,
    (select count(*) - 1 from client_phones p where p.client_id = page.id and p.removed_at is null) as more_phones`,
  email: '(select e.address from client_emails e where e.client_id = page.id and e.removed_at is null order by e.position, e.id limit 1) as email',
  tags: `
      (select json_agg(json_build_object('name', t.name, 'colour', t.colour) order by t.name_key)
         from client_tags ct join tags t on t.id = ct.tag_id where ct.client_id = page.id) as tags`
}

/** What the columns show of these clients, in their order, as JSON: planned once, however they were found. */
export async function readCells (db: Db, columns: readonly Column[], ids: readonly number[]): Promise<{ id: number, cells: string }[]> {
  const fields = columns.flatMap(({ field }) => field?.id ?? [])
  const cells = [...ALWAYS.map(name => `page.${name}`), ...columns.flatMap(({ name }) => CELLS[name] ?? []), ...fields.length > 0 ? [ownRows('client', 'page.id')] : []]
  const { rows } = await db.raw(`
    select page.id, (select row_to_json(cells)::text from (select ${cells.join(', ')}) as cells) as cells
    from unnest(?::bigint[]) with ordinality as found (id, place) join clients page on page.id = found.id order by found.place`,
    [...fields.length > 0 ? [fields] : [], ids as number[]]).options(PREPARED)
  return rows
}
