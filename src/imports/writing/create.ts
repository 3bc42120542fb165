import type { Db } from '../../database/knex.js'
import type { Told } from '../matching/differences.js'
import { EMAILS_OF, OWN_OF, PHONES_OF } from '../matching/differences.js'
import type { Batch } from './batch.js'
import { keepConsents } from './consents.js'
import { insertValues } from './values.js'

/**
 * Creates the clients of a batch's rows that make one, with all they have, what they are found by inside words, and the feed's entry: one
 * statement, so that a client is written once and not once more for its search text. Returns how many.
 */
export async function createBatch (trx: Db, batch: Batch, told: Told): Promise<number> {
  const texts = textsOf(told)
  const ctes = [
    "rows as materialized (select r.* from import_rows r where r.import_id = :id and r.round = :round and r.row between :from and :to and r.verdict = 'create')",
    ...belongings(told), ...keepConsents(told), ...texts.map(({ name, sql }) => `${name} as (${sql})`),
    `made as (
      insert into clients (id, kind, first_name, surname, company_name, is_supplier, is_conflicted, conflict_reason, address, language, campaign_id, location_id,
        discount_services, price_type_services_id, discount_products, price_type_products_id, note, created_by, search_names, search_contacts) overriding system value
      select r.client_id, r.kind, coalesce(r.first_name, ''), coalesce(r.surname, ''), coalesce(r.company_name, ''), coalesce(r.is_supplier, false), coalesce(r.is_conflicted, false), coalesce(r.conflict_reason, ''), coalesce(r.address, ''), coalesce(r.language, ''), r.campaign_id, r.location_id,
        coalesce(r.discount_services, 0), r.price_type_services_id, coalesce(r.discount_products, 0), r.price_type_products_id, coalesce(r.note, ''), :by,
        fold(concat_ws(' ', coalesce(r.company_name, ''), coalesce(r.first_name, ''), coalesce(r.surname, '')${found('names')})), concat_ws(' ', null::text${found('contacts')})
      from rows r ${texts.map(({ name }) => `left join ${name} on ${name}.client_id = r.client_id`).join(' ')} order by r.row
    )`
  ]
  // Rows of a batch are thousands, which the planner can't know of a selection that is only just made.
  await trx.raw("set local enable_nestloop = off; set local clientela.making = 'on'")
  const { rowCount } = await trx.raw(`
    with ${ctes.join(',\n')}
    insert into events (client_id, kind, employee_id, version, details)
    select client_id, 'client.created', :by, 1, jsonb_build_object('source', 'import', 'import', jsonb_build_object('id', :id::bigint, 'name', :name::text), 'row', row) from rows order by row`, { ...batch })
  await trx.raw("set local enable_nestloop = on; set local clientela.making = ''")
  return rowCount

  function found (where: 'names' | 'contacts'): string {
    return texts.filter(text => text.where === where).map(({ name }) => `, ${name}.words`).join('')
  }
}

/** CTEs that write what belongs to the new clients. */
function belongings (told: Told): string[] {
  return [
    ...told.phones ? [`phones as (
      insert into client_phones (client_id, position, type_id, typed, e164, display, digits, whatsapp, viber, sms)
      select r.client_id, p.place - 1, p.type_id, p.typed, p.e164, p.display, p.digits, coalesce(p.whatsapp, false), coalesce(p.viber, false), coalesce(p.sms, false)
      from rows r cross join ${PHONES_OF} where r.phones is not null order by r.row, p.place returning id, client_id, position, e164, digits, display, whatsapp, viber, sms
    )`] : [],
    ...told.emails ? [`emails as (
      insert into client_emails (client_id, position, address, agrees)
      select r.client_id, m.place - 1, m.address, coalesce(m.agrees, false) from rows r cross join ${EMAILS_OF} where r.emails is not null order by r.row, m.place returning id, client_id, position, address, address_key, agrees
    )`] : [],
    ...told.tags ? [
      'tags_of as materialized (select distinct r.client_id, t.id, t.name, t.name_key from rows r cross join lateral unnest(r.tags) n (name) join tags t on t.name_key = fold(n.name))',
      'tagged as (insert into client_tags (client_id, tag_id) select client_id, id from tags_of)'
    ] : [],
    ...told.own ? [`valued as (${insertValues(`rows r cross join ${OWN_OF}`, 'r.own is not null')} returning client_id, field_id, text_value, unique_key)`] : []
  ]
}

/** What of their belongings clients are searched by, as refresh_client_search() and own_search_text() put it, in the same order. */
function textsOf (told: Told): { name: string, where: 'names' | 'contacts', sql: string }[] {
  return [
    ...told.tags ? [{ name: 'tag_texts', where: 'names' as const, sql: "select client_id, string_agg(name, ' ' order by name_key) as words from tags_of group by client_id" }] : [],
    ...told.own ? [{
      name: 'own_texts', where: 'names' as const,
      sql: `select v.client_id, string_agg(concat_ws(' ', left(v.text_value, 1000), nullif(v.unique_key, fold(v.text_value))), ' ' order by v.field_id) as words
        from valued v join fields f on f.id = v.field_id where v.text_value is not null and f.removed_at is null and f.kind in ('short_text', 'long_text', 'unique_id') group by v.client_id`
    }] : [],
    ...told.phones ? [{ name: 'phone_texts', where: 'contacts' as const, sql: "select client_id, string_agg(concat_ws(' ', digits, nullif(national_digits(e164), digits)), ' ' order by position, id) as words from phones group by client_id" }] : [],
    ...told.emails ? [{ name: 'email_texts', where: 'contacts' as const, sql: "select client_id, string_agg(address_key, ' ' order by position, id) as words from emails group by client_id" }] : []
  ]
}
