import { NO_USE, type Count, type NamedChoice, type Use } from '../../choices/choice.js'
import type { Db } from '../../database/knex.js'
import type { Actor } from '../feed/record.js'

/*
 * What clients have of the company's lists, for the pages of these lists: how many have one, and giving them another. All in sets,
 * because a tag may be on 100,000 clients; each client's feed tells of it, but nobody counts as active for it.
 */

/** Where clients have them: a column of theirs. */
type Column = 'campaign_id' | 'location_id'
const PRICES = ['services', 'products'] as const

/** How far a count goes where it can't be read off an index. */
const CAP = 1000

/** How many clients have each of these campaigns or locations, without the archived. */
export async function countClientsBy (db: Db, column: Column, ids: readonly number[]): Promise<Map<number, Count>> {
  // One by one, so that each count stays within its part of an index; grouping them all would read the whole of clients.
  const { rows } = await db.raw('select choice.id, (select count(*) from clients where ?? = choice.id and archived_at is null) as count from unnest(?::bigint[]) choice (id)', [column, [...ids]])
  return counted(rows)
}

/** How many clients have each of these tags, without the archived, up to a thousand. */
export async function countTagged (db: Db, ids: readonly number[]): Promise<Map<number, Count>> {
  const { rows } = await db.raw(`
    select tag.id, (select count(*) from (
      select from client_tags join clients on clients.id = client_id where tag_id = tag.id and archived_at is null limit ?
    ) counted) as count from unnest(?::bigint[]) tag (id)`, [CAP + 1, [...ids]])
  return counted(rows)
}

/** How many phones have each of these types. */
export async function countPhones (db: Db, ids: readonly number[]): Promise<Map<number, Count>> {
  const { rows } = await db.raw('select type_id as id, count(*) from client_phones where type_id = any (?::bigint[]) and removed_at is null group by type_id', [[...ids]])
  return counted(rows)
}

/** How many clients have each of these price types, for services or for products, without the archived. */
export async function countPriced (db: Db, ids: readonly number[]): Promise<Map<number, Count>> {
  const { rows } = await db.raw(`
    select price.id, count(distinct clients.id) from unnest(?::bigint[]) price (id)
    join clients on price.id in (price_type_services_id, price_type_products_id) and archived_at is null
    where price_type_services_id is not null or price_type_products_id is not null group by price.id`, [[...ids]])
  return counted(rows)
}

const counted = (rows: { id: number, count: number }[]) => new Map(rows.map(({ id, count }) => [id, { count: Math.min(count, capOf(count)), more: count > capOf(count) }]))
const capOf = (count: number) => count === CAP + 1 ? CAP : count

/** Everyone who has any of these campaigns or locations, the archived too. */
export const findUseOf = (db: Db, column: Column, ids: readonly number[]): Promise<Use> => use(db, `select id, ${column} as choice from clients where ${column} = any (:ids) and archived_at is null
  union all select id, ${column} from clients where ${column} = any (:ids) and archived_at is not null`, ids)

/** Everyone who has any of these tags, the archived too. */
export const findTagged = (db: Db, ids: readonly number[]): Promise<Use> => use(db, 'select client_id as id, tag_id as choice from client_tags where tag_id = any (:ids)', ids)

/** Everyone who has any of these price types, for services or for products, the archived too. */
export const findPriced = (db: Db, ids: readonly number[]): Promise<Use> => use(db, PRICES.map(of => `select id, price_type_${of}_id as choice from clients where price_type_${of}_id = any (:ids)`).join(' union '), ids)

async function use (db: Db, having: string, ids: readonly number[]): Promise<Use> {
  const { rows: [row] } = await db.raw(`
    with having_one as materialized (${having}), per_client as (select id, count(distinct choice) as choices from having_one group by id)
    select (select count(*) from per_client) as clients,
      (select count(*) from per_client where choices > 1) as several,
      (select count(*) from clients join per_client using (id) where archived_at is not null) as archived,
      (select json_agg(json_build_array(choice, count)) from (select choice, count(*) from having_one group by choice) of_each) as each`, { ids: [...ids] })
  return { ...NO_USE, clients: row.clients, several: row.several, archived: row.archived, each: new Map(row.each ?? []) }
}

/** The phones that have any of these types. Those that were taken off a client don't count: they take whatever the others take. */
export async function findPhonesOf (db: Db, ids: readonly number[]): Promise<Use> {
  const { rows } = await db.raw('select type_id, count(*) from client_phones where type_id = any (?::bigint[]) and removed_at is null group by type_id', [[...ids]])
  const each = new Map<number, number>(rows.map((row: { type_id: number, count: number }) => [row.type_id, row.count]))
  return { ...NO_USE, phones: [...each.values()].reduce((sum, count) => sum + count, 0), each }
}

/** Gives phones that were taken off their clients the first type on offer instead of these. */
export async function releasePhoneTypes (trx: Db, ids: readonly number[]): Promise<void> {
  await trx.raw(`
    update client_phones set type_id = (select id from phone_types where retired_at is null and id <> all (:ids) order by position nulls last, name_key, id limit 1)
    where type_id = any (:ids) and removed_at is not null`, { ids: [...ids] })
}

// In the order of their ids: two who do this at once don't wait for each other for ever.
const LOCK = 'order by id for no key update'

/** Locks the clients that have any of these, in the order in which everybody does it: the client first, then what it has. */
export const holdClientsBy = (trx: Db, column: Column, ids: readonly number[]) => trx.raw(`select from clients where ?? = any (?::bigint[]) ${LOCK}`, [column, [...ids]])
export const holdTagged = (trx: Db, ids: readonly number[]) => trx.raw(`select from clients where id in (select client_id from client_tags where tag_id = any (?::bigint[])) ${LOCK}`, [[...ids]])
export const holdPriced = (trx: Db, ids: readonly number[]) => trx.raw(`select from clients where price_type_services_id = any (:ids) or price_type_products_id = any (:ids) ${LOCK}`, { ids: [...ids] })
export const holdPhonesOf = (trx: Db, ids: readonly number[]) => trx.raw(`select from clients where id in (select client_id from client_phones where type_id = any (?::bigint[])) ${LOCK}`, [[...ids]])

/** Gives the clients that have one of these campaigns or locations another, or none. */
export async function replaceInClients (trx: Db, by: Actor, column: Column, from: readonly NamedChoice[], to: NamedChoice | null): Promise<void> {
  await trx.raw(`
    with had as (select id, ${column} as choice from clients where ${column} = any (:from)),
    changed as (update clients set ${column} = :to, version = version + 1 from had where clients.id = had.id returning clients.id, clients.version, had.choice)
    insert into events (client_id, kind, employee_id, version, details)
    select id, 'client.changed', :by, version, jsonb_build_object('changes', jsonb_build_array(jsonb_build_object('field', '${column}', 'old', :names::jsonb -> choice::text, 'new', :new::jsonb)))
    from changed order by id`, bindings(by, from, to))
}

/** Gives the clients that have one of these price types another, or a percentage of 0; one entry of the feed for services and products. */
export async function replacePrices (trx: Db, by: Actor, from: readonly NamedChoice[], to: NamedChoice | null): Promise<void> {
  const changeOf = (of: string) => `case when ${of} is not null then jsonb_build_array(jsonb_build_object('field', 'discount_${of}', 'old', :names::jsonb -> ${of}::text, 'new', coalesce(:new::jsonb, '0'))) else '[]' end`
  const set = (of: string) => `price_type_${of}_id = case when had.${of} is null then price_type_${of}_id else :to end`
  await trx.raw(`
    with had as (
      select id, ${PRICES.map(of => `case when price_type_${of}_id = any (:from) then price_type_${of}_id end as ${of}`).join(', ')}
      from clients where price_type_services_id = any (:from) or price_type_products_id = any (:from)
    ),
    changed as (update clients set ${PRICES.map(set).join(', ')}, version = version + 1 from had where clients.id = had.id returning clients.id, clients.version, had.services, had.products)
    insert into events (client_id, kind, employee_id, version, details)
    select id, 'client.changed', :by, version, jsonb_build_object('changes', ${PRICES.map(changeOf).join(' || ')}) from changed order by id`, bindings(by, from, to))
}

/** Gives the clients that have one of these tags another in its place, or takes it off them. The triggers keep the search right. */
export async function replaceTags (trx: Db, by: Actor, from: readonly NamedChoice[], to: NamedChoice | null): Promise<void> {
  const given = bindings(by, from, to)
  // In one statement, so that the search text of each client is made once.
  await trx.raw(`
    with gone as (delete from client_tags where tag_id = any (:from) returning client_id, tag_id),
    had as (select client_id, jsonb_agg(:names::jsonb -> tag_id::text order by tag_id) as tags from gone group by client_id),
    ${to ? 'given as (insert into client_tags (client_id, tag_id) select client_id, :to from had on conflict do nothing),' : ''}
    changed as (update clients set version = version + 1 from had where clients.id = client_id returning id, version, tags)
    insert into events (client_id, kind, employee_id, version, details)
    select id, ${to ? "'tag.merged', :by, version, jsonb_build_object('tags', tags, 'into', :new::jsonb)" : "'tag.removed', :by, version, jsonb_build_object('tag', tags -> 0)"} from changed order by id`, given)
}

/** Gives the phones that have one of these types another; those that were taken off a client too, without a word of it. */
export async function replacePhoneTypes (trx: Db, by: Actor, from: readonly NamedChoice[], to: NamedChoice): Promise<void> {
  await trx.raw(`
    with had as (select id, type_id from client_phones where type_id = any (:from)),
    changed as (update client_phones p set type_id = :to from had where p.id = had.id returning p.id, p.client_id, p.display, p.position, p.removed_at, had.type_id),
    steps as (select client_id, count(*) as steps from changed where removed_at is null group by client_id),
    touched as (update clients set version = version + steps from steps where clients.id = client_id returning clients.id, version - steps as version)
    insert into events (client_id, kind, employee_id, version, details)
    select client_id, 'phone.changed', :by, touched.version + row_number() over (partition by client_id order by position, changed.id), jsonb_build_object(
      'phone', jsonb_build_object('id', changed.id, 'display', display, 'type', :new::jsonb),
      'changes', jsonb_build_array(jsonb_build_object('field', 'type', 'old', :names::jsonb -> type_id::text, 'new', :new::jsonb)))
    from changed join touched on touched.id = client_id where removed_at is null order by client_id, position, changed.id`, bindings(by, from, to))
}

const bindings = (by: Actor, from: readonly NamedChoice[], to: NamedChoice | null) => ({
  by: by.id, from: from.map(({ id }) => id), to: to?.id ?? null,
  names: JSON.stringify(Object.fromEntries(from.map(choice => [choice.id, choice]))), new: to && JSON.stringify(to)
})
