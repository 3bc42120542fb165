import type { Knex } from 'knex'

/*
 * Forms of types of lead can be shaped. The items of those that are there stand as the page has shown them until now: nobody could
 * move them before.
 *
 * The number of a lead that was deleted for good is kept, so that none is ever given it again.
 */
export async function up (db: Knex): Promise<void> {
  await arrange(db, ['contact', 'phones', 'campaign', 'location', 'manager', 'due', 'urgent', 'comment'])
  await db.raw('create table deleted_lead_numbers (number text primary key)')
  await db.raw("update roles set rights = array(select unnest(rights) union select 'leads.delete' order by 1) where key in ('admin', 'owner')")
}

async function arrange (db: Knex, items: string[]): Promise<void> {
  await db.raw(`
    update form_items i set position = o.place - 1
    from unnest(?::text[]) with ordinality as o(system, place), forms f where f.id = i.form_id and f.subject = 'lead' and i.system = o.system`, [items])
}

export async function down (db: Knex): Promise<void> {
  await db.raw("update roles set rights = array_remove(rights, 'leads.delete')")
  await db.raw('drop table deleted_lead_numbers')
  await arrange(db, ['contact', 'phones', 'campaign', 'comment', 'due', 'urgent', 'location', 'manager'])
}
