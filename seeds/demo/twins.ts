import type { Db } from '../../src/database/knex.js'

/** Lets some clients be there twice, as they are in every shop: a neighbour in the list has the same name and address, or the same number. */
export async function makeTwins (db: Db): Promise<void> {
  await db.raw(`
    update clients b set first_name = a.first_name, surname = initcap(fold(a.surname)), address = a.address
    from clients a where a.id = b.id - 1 and b.id % 450 = 7 and a.kind = 'person' and b.kind = 'person' and a.archived_at is null and b.archived_at is null and a.address ~ '[0-9]' and b.place_source is null`)
  await db.raw(`
    update client_phones p set typed = o.typed, e164 = o.e164, display = o.display, digits = o.digits
    from clients b cross join lateral (select * from client_phones where client_id = b.id - 1 and removed_at is null and e164 is not null order by position, id limit 1) o
    where b.id % 700 in (3, 7) and p.id = (select id from client_phones f where f.client_id = b.id and f.removed_at is null and not (f.sms or f.viber or f.whatsapp) order by position, id limit 1)`)
  // The demo writes clients without triggers; all of them are to be looked at.
  await db.raw('insert into duplicate_changes (client_id) select id from clients order by id')
}
