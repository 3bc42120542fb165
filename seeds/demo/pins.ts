import type { Db } from '../../src/database/knex.js'

const TOWNS: [name: string, latitude: number, longitude: number][] = [['Wrocław', 51.11, 17.03], ['Sevilla', 37.39, -5.98], ['Lisboa', 38.72, -9.14]]
const EACH = 12

/** Puts the pins of a few clients of each town on the map by hand, as a courier would have asked for it. */
export async function putPins (db: Db): Promise<void> {
  await db.raw(`
    with town as (select * from unnest(?::text[], ?::numeric[], ?::numeric[]) as t (name, latitude, longitude)),
    chosen as (
      select c.id, c.created_by, c.active_at, c.version, c.address,
        (t.latitude + (c.id * 37 % 100 - 50) / 5000.0)::numeric(8, 6) as latitude, (t.longitude + (c.id * 61 % 100 - 50) / 4000.0)::numeric(9, 6) as longitude
      from town t cross join lateral (select * from clients where archived_at is null and address like '%' || t.name order by id limit ?) c
    ),
    told as (
      insert into events (client_id, kind, employee_id, at, version, details)
      select id, 'place.changed', created_by, active_at, version + 1,
        jsonb_build_object('old', null, 'new', jsonb_build_object('latitude', latitude, 'longitude', longitude, 'source', 'hand', 'address', address))
      from chosen
    )
    update clients c set latitude = h.latitude, longitude = h.longitude, place_source = 'hand', place_address = h.address, version = c.version + 1
    from chosen h where h.id = c.id`, [TOWNS.map(([name]) => name), TOWNS.map(([, latitude]) => latitude), TOWNS.map(([, , longitude]) => longitude), EACH])
}
