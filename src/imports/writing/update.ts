import type { Db } from '../../database/knex.js'
import { differences, OWN_OF, type Told } from '../matching/differences.js'
import type { Existing } from '../rules.js'
import type { Batch } from './batch.js'
import { keepConsents } from './consents.js'
import { insertValues } from './values.js'

// The feed has to read right after a campaign was renamed, so it keeps the name of that day.
/** A field's value as the feed keeps it, of SQL that gives it as JSON. */
export const toldField = (of: string) => `case
  when f.field = 'campaign_id' then (select jsonb_build_object('id', id, 'name', name) from campaigns where id = (${of})::bigint)
  when f.field = 'location_id' then (select jsonb_build_object('id', id, 'name', name) from locations where id = (${of})::bigint)
  when f.field like 'discount%' and jsonb_typeof(${of}) = 'string' then (select jsonb_build_object('id', id, 'name', name, 'mark_up', mark_up) from price_types where id = substr(${of} #>> '{}', 7)::bigint)
  else ${of} end`

// What a field of the company's own holds, in words that stay true: choices by their labels.
/** An own field's value as the feed keeps it, of SQL that gives its rows as JSON. */
export const toldValue = (rows: string) => `case
  when d.kind = 'several_choices' then (select jsonb_agg(o.labels order by o.position, o.id) from jsonb_array_elements(${rows}) e join field_options o on o.id = (e->>'option_id')::bigint)
  when d.kind = 'one_choice' then (select o.labels from field_options o where o.id = (${rows}->0->>'option_id')::bigint)
  when d.kind = 'yes_no' then to_jsonb((${rows}->0->>'number_value')::numeric = 1)
  else coalesce(${rows}->0->'text_value', ${rows}->0->'number_value', ${rows}->0->'day_value', ${rows}->0->'moment_value') end`

/**
 * Writes what a batch's rows change in the clients they are about, each client at most once, with one entry of the feed for each row that
 * changes anything. The entry keeps what was there before: by it the import is undone. Returns how many clients were changed.
 */
export async function updateBatch (trx: Db, batch: Batch, existing: Existing, told: Told): Promise<number> {
  const selection = "r.import_id = :id and r.round = :round and r.row between :from and :to and r.verdict in ('update', 'same')"
  const { rowCount: locked } = await trx.raw(`select from clients where id in (select r.client_id from import_rows r where ${selection}) order by id for no key update`, { ...batch })
  if (locked === 0) return 0
  const { ctes, names } = differences(existing, told)
  const { rowCount } = await trx.raw(`
    with rows as materialized (select r.* from import_rows r where ${selection}), ${[...ctes, ...written(told)].join(',')},
    changed as (select row, client_id from rows where restores union ${names.map(name => `select row, client_id from ${name}`).join(' union ')}),
    news as (select client_id, jsonb_object_agg(field, new) as new from new_fields group by client_id),
    touched as (
      update clients c set version = c.version + 1, active_at = now(), archived_at = case when r.restores then null else c.archived_at end,
        first_name = coalesce(n.new->>'first_name', c.first_name), surname = coalesce(n.new->>'surname', c.surname), company_name = coalesce(n.new->>'company_name', c.company_name),
        is_supplier = coalesce((n.new->>'is_supplier')::boolean, c.is_supplier), is_conflicted = coalesce((n.new->>'is_conflicted')::boolean, c.is_conflicted),
        conflict_reason = case when n.new->>'is_conflicted' = 'false' then '' else coalesce(n.new->>'conflict_reason', c.conflict_reason) end, address = coalesce(n.new->>'address', c.address), language = coalesce(n.new->>'language', c.language),
        campaign_id = coalesce((n.new->>'campaign_id')::bigint, c.campaign_id), location_id = coalesce((n.new->>'location_id')::bigint, c.location_id), note = coalesce(n.new->>'note', c.note),
        ${['services', 'products'].map(of => `discount_${of} = case when n.new->'discount_${of}' is null then c.discount_${of} else coalesce(r.discount_${of}, 0) end, price_type_${of}_id = case when n.new->'discount_${of}' is null then c.price_type_${of}_id else r.price_type_${of}_id end`).join(', ')}
      from changed x join rows r on r.row = x.row left join news n on n.client_id = x.client_id where c.id = x.client_id returning c.id, c.version
    )
    insert into events (client_id, kind, employee_id, version, details)
    select t.id, 'client.imported', :by, t.version, jsonb_build_object('import', jsonb_build_object('id', :id::bigint, 'name', :name::text), 'row', r.row, 'restored', r.restores,
      'changes', ${changes(told)}) || ${lists(told)}
    from touched t join rows r on r.client_id = t.id order by t.id`, { ...batch })
  return rowCount
}

/** CTEs that write what belongs to clients, `client_id` of each. */
function written (told: Told): string[] {
  const ctes: string[] = []
  if (told.phones) {
    ctes.push(`
    phones as (
      insert into client_phones (client_id, position, type_id, typed, e164, display, digits, whatsapp, viber, sms)
      select p.client_id, (select coalesce(max(o.position), -1) from client_phones o where o.client_id = p.client_id) + row_number() over (partition by p.client_id order by p.place), p.type_id, p.typed, p.e164, p.display, p.digits, coalesce(p.whatsapp, false), coalesce(p.viber, false), coalesce(p.sms, false)
      from new_phones p returning id, client_id, display, type_id, whatsapp, viber, sms
    )`)
  }
  if (told.emails) {
    ctes.push(`
    emails as (
      insert into client_emails (client_id, position, address, agrees)
      select m.client_id, (select coalesce(max(o.position), -1) from client_emails o where o.client_id = m.client_id) + row_number() over (partition by m.client_id order by m.place), m.address, coalesce(m.agrees, false)
      from new_emails m returning id, client_id, address, agrees
    )`)
  }
  if (told.tags) ctes.push('tagged as (insert into client_tags (client_id, tag_id) select client_id, id from new_tags where id is not null on conflict do nothing)')
  if (told.own) {
    // What is replaced goes first: the new rows wait for what the deletion returns.
    ctes.push('dropped as (delete from client_values h using new_values n where h.client_id = n.client_id and h.field_id = n.field_id returning h.client_id)')
    ctes.push(`valued as (${insertValues(`rows r join new_values n on n.row = r.row cross join ${OWN_OF}`, 'v.field_id = n.field_id and (select count(*) from dropped) >= 0')})`)
  }
  if (told.consents) {
    if (told.phones) ctes.push("switched_phones as (update client_phones o set whatsapp = coalesce(s.whatsapp, o.whatsapp), viber = coalesce(s.viber, o.viber), sms = coalesce(s.sms, o.sms) from (select phone_id, bool_or(given) filter (where channel = 'whatsapp') as whatsapp, bool_or(given) filter (where channel = 'viber') as viber, bool_or(given) filter (where channel = 'sms') as sms from switched where phone_id is not null group by phone_id) s where o.id = s.phone_id)")
    if (told.emails) ctes.push('switched_emails as (update client_emails o set agrees = s.given from switched s where o.id = s.email_id)')
    ctes.push(...keepConsents(told, ['select client_id, phone_id, email_id, channel, address, given from switched']))
  }
  return ctes
}

/** The changed fields in their order, own ones last. What was there before is kept with those as rows, to be put back. */
function changes (told: Told): string {
  const own = `
    union all
    select 2, d.id, jsonb_build_object('field', 'own.' || d.key, 'own', jsonb_build_object('kind', d.kind, 'labels', d.labels), 'old', ${toldValue('n.had')}, 'new', ${toldValue('s.has')}, 'field_id', d.id, 'had', n.had, 'has', s.has)
    from new_values n join fields d on d.id = n.field_id
    cross join lateral (select jsonb_agg(jsonb_strip_nulls(to_jsonb(v) - 'field_id' - 'option') order by v.position) as has from ${OWN_OF} where v.field_id = n.field_id) s
    where n.row = r.row`
  return `coalesce((select jsonb_agg(one order by part, place) from (
    select 1 as part, 0::bigint as place, jsonb_build_object('field', f.field, 'old', ${toldField('f.old')}, 'new', ${toldField('f.new')}) as one from new_fields f where f.client_id = t.id${told.own ? own : ''}
  ) x), '[]')`
}

/** What was added, as the feed's entry tells of it. */
function lists (told: Told): string {
  const parts = [
    ...told.phones ? ["'phones', (select jsonb_agg(jsonb_build_object('id', p.id, 'display', p.display, 'type', (select jsonb_build_object('id', y.id, 'key', y.key, 'name', y.name) from phone_types y where y.id = p.type_id)) order by p.id) from phones p where p.client_id = t.id)"] : [],
    ...told.emails ? ["'emails', (select jsonb_agg(jsonb_build_object('id', m.id, 'address', m.address) order by m.id) from emails m where m.client_id = t.id)"] : [],
    ...told.tags ? ["'tags', (select jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name) order by g.name) from new_tags g where g.client_id = t.id and g.id is not null)"] : [],
    ...told.consents ? ["'consents', (select jsonb_agg(to_jsonb(s) - 'row' - 'client_id') from switched s where s.client_id = t.id)"] : []
  ]
  return `jsonb_strip_nulls(jsonb_build_object(${parts.join(', ')}))`
}
