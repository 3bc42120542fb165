import type { Db } from '../../src/database/knex.js'

/** What the demo's clients can have instead of a discount; the last is not offered any more. */
const PRICE_TYPES = [
  { name: 'Wholesale', mark_up: 15 },
  { name: 'Partner workshops', mark_up: 5 },
  { name: 'Staff', mark_up: 0 },
  { name: 'Charity', mark_up: -20 },
  { name: 'Opening weeks', mark_up: 10, retired: true }
]

/** Makes the price types, retires a tag that is out of use, and gives one company in nine and a few people a price type, as their feeds say. */
export async function givePrices (trx: Db, since: Date, until: Date): Promise<void> {
  await trx('price_types').insert(PRICE_TYPES.map(({ name, mark_up, retired }, position) => ({ name, mark_up, position, created_at: since, retired_at: retired ? until : null })))
  await trx('tags').where({ name: 'Newsletter' }).update({ retired_at: until })
  // Their last word on the day of the last thing that happened to them, so that nothing else is out of order.
  await trx.raw(`
    with chosen as (
      select c.id, c.active_at, c.version + 1 as version, p.id as price, p.name, p.mark_up::float8 as mark_up, (select e.id from employees e join roles r on r.id = role_id where r.key = 'manager' order by e.id offset c.id % 2 limit 1) as by
      from clients c join price_types p on p.position = (case when c.kind = 'company' then c.id % 2 when c.id % 7 = 0 then 4 else 2 + c.id % 2 end)
      where c.id % (case when c.kind = 'company' then 9 else 89 end) = 0 and not is_supplier and archived_at is null and discount_services = 0
        and not exists (select from events e where e.client_id = c.id and e.kind = 'client.changed' and e.details::text like '%discount_services%')
    ),
    priced as (update clients set price_type_services_id = chosen.price, version = chosen.version from chosen where clients.id = chosen.id)
    insert into events (client_id, kind, employee_id, at, version, details)
    select id, 'client.changed', by, active_at, version, jsonb_build_object('changes', jsonb_build_array(jsonb_build_object('field', 'discount_services', 'old', 0, 'new', jsonb_build_object('id', price, 'name', name, 'mark_up', mark_up))))
    from chosen order by id`)
}
