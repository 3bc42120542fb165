import type { Knex } from 'knex'

// The lists that a company keeps for itself: all in one manner, with an order of their own and a day on which one was retired.
const LISTS = ['phone_types', 'tags', 'campaigns', 'locations']

export async function up (db: Knex): Promise<void> {
  await db.raw('alter table phone_types alter column position drop not null, alter column position drop default')
  await db.raw('update phone_types set position = null where position >= 100')

  for (const table of LISTS) {
    await db.raw(`alter table ${table} add column retired_at timestamptz`)
    // null until somebody puts the list in an order: behind those that have a place, by name
    if (table !== 'phone_types') await db.raw(`alter table ${table} add column position int`)
    if (table === 'tags') continue
    // Names are one whatever their accents too: of two that were different until now the later gets a number.
    await db.raw(`
      update ${table} t set name = t.name || ' (' || twin.n || ')'
      from (select id, row_number() over (partition by fold(name) order by id) as n from ${table} where name is not null) twin
      where twin.id = t.id and twin.n > 1`)
    await db.raw(`drop index ${table}_name`)
    await db.raw(`alter table ${table} add column name_key text generated always as (fold(name)) stored`)
    await db.raw(`create unique index ${table}_name on ${table} (name_key)`)
  }
  await db.raw('update campaigns set retired_at = now() where not active')
  await db.raw('alter table campaigns drop column active')

  await db.raw(`
    create table price_types (
      id bigint generated always as identity primary key,
      name text not null check (name <> ''),
      name_key text generated always as (fold(name)) stored,
      mark_up numeric(7, 2) not null check (mark_up > -100),   -- on cost, per cent; below 0 is less than cost
      position int,
      retired_at timestamptz,
      created_at timestamptz not null default now()
    )`)
  await db.raw('create unique index price_types_name on price_types (name_key)')

  // A discount is a percentage or a price type.
  for (const of of ['services', 'products']) {
    await db.raw(`
      alter table clients
        add column price_type_${of}_id bigint references price_types,
        add constraint clients_one_discount_${of} check (price_type_${of}_id is null or discount_${of} = 0)`)
    await db.raw(`create index clients_by_price_${of} on clients (price_type_${of}_id, id) where price_type_${of}_id is not null`)
  }
  await db.raw('create index client_phones_type on client_phones (type_id, client_id)')

  // A search text that stays as it is isn't written again: another type of phone, or one tag for another, on 100,000 clients.
  await db.raw('create trigger search_unchanged before update of search_names, search_contacts on clients for each row execute function suppress_redundant_updates_trigger()')
}

export async function down (db: Knex): Promise<void> {
  await db.raw('drop trigger search_unchanged on clients')
  await db.raw('drop index client_phones_type')
  await db.raw('alter table clients drop column price_type_services_id, drop column price_type_products_id')
  await db.raw('drop table price_types')
  await db.raw('alter table campaigns add column active boolean not null default true')
  await db.raw('update campaigns set active = false where retired_at is not null')
  for (const table of LISTS) {
    await db.raw(`alter table ${table} drop column retired_at`)
    if (table !== 'phone_types') await db.raw(`alter table ${table} drop column position`)
    if (table === 'tags') continue
    await db.raw(`alter table ${table} drop column name_key`)
    await db.raw(`create unique index ${table}_name on ${table} (lower(name))`)
  }
  await db.raw('update phone_types set position = 100 where position is null')
  await db.raw('alter table phone_types alter column position set not null, alter column position set default 0')
}
