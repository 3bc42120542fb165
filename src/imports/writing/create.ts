import type { Db } from '../../database/knex.js'
import type { Told } from '../matching/differences.js'
import { EMAILS_OF, OWN_OF, PHONES_OF } from '../matching/differences.js'
import type { Batch } from './batch.js'

/**
 * Creates the clients of a batch's rows that make one, with all they have and the feed's entry: one statement, so that what triggers keep
 * (the search, uniqueness, consents) is kept once a batch and sees everything. Returns how many.
 */
export async function createBatch (trx: Db, batch: Batch, told: Told): Promise<number> {
  const ctes = [`
    rows as materialized (select r.* from import_rows r where r.import_id = :id and r.round = :round and r.row between :from and :to and r.verdict = 'create'),
    made as (
      insert into clients (id, kind, first_name, surname, company_name, is_supplier, is_conflicted, conflict_reason, address, campaign_id, location_id,
        discount_services, price_type_services_id, discount_products, price_type_products_id, note, created_by) overriding system value
      select client_id, kind, coalesce(first_name, ''), coalesce(surname, ''), coalesce(company_name, ''), coalesce(is_supplier, false), coalesce(is_conflicted, false), coalesce(conflict_reason, ''), coalesce(address, ''), campaign_id, location_id,
        coalesce(discount_services, 0), price_type_services_id, coalesce(discount_products, 0), price_type_products_id, coalesce(note, ''), :by
      from rows order by row
    )`]
  const consents: string[] = []
  if (told.phones) {
    ctes.push(`
    phones as (
      insert into client_phones (client_id, position, type_id, typed, e164, display, digits, whatsapp, viber, sms)
      select r.client_id, p.place - 1, p.type_id, p.typed, p.e164, p.display, p.digits, coalesce(p.whatsapp, false), coalesce(p.viber, false), coalesce(p.sms, false)
      from rows r cross join ${PHONES_OF} where r.phones is not null order by r.row, p.place returning id, client_id, display, whatsapp, viber, sms
    )`)
    consents.push("select client_id, id as phone_id, null::bigint as email_id, k.channel, display as address from phones cross join lateral (values ('whatsapp', whatsapp), ('viber', viber), ('sms', sms)) k (channel, box) where k.box")
  }
  if (told.emails) {
    ctes.push(`
    emails as (
      insert into client_emails (client_id, position, address, agrees)
      select r.client_id, m.place - 1, m.address, coalesce(m.agrees, false) from rows r cross join ${EMAILS_OF} where r.emails is not null order by r.row, m.place returning id, client_id, address, agrees
    )`)
    consents.push("select client_id, null, id, 'email', address from emails where agrees")
  }
  if (told.tags) ctes.push('tagged as (insert into client_tags (client_id, tag_id) select distinct r.client_id, t.id from rows r cross join lateral unnest(r.tags) n (name) join tags t on t.name_key = fold(n.name))')
  if (told.own) ctes.push(`valued as (${insertValues(`rows r cross join ${OWN_OF}`, 'r.own is not null')})`)
  if (told.consents) {
    ctes.push(`
    agreed as (
      insert into consents (client_id, phone_id, email_id, channel, address, given, employee_id, source, source_name, how)
      select client_id, phone_id, email_id, channel, address, true, :by, 'import', :name, :how from (${consents.join(' union all ')}) boxes returning id, client_id
    ),
    noted as (${noteConsents})`)
  }
  const { rowCount } = await trx.raw(`
    with ${ctes.join(',')}
    insert into events (client_id, kind, employee_id, version, details)
    select client_id, 'client.created', :by, 1, jsonb_build_object('source', 'import', 'import', jsonb_build_object('id', :id::bigint, 'name', :name::text), 'row', row) from rows order by row`, { ...batch })
  return rowCount
}

/** Where a consent can be looked up, as the person said it of all. */
export const noteConsents = "insert into consent_notes (consent_id, how, note, employee_id) select id, :how, :note, :by from agreed where :note <> ''"

/** Writes the values of own fields that a selection of rows `r` with values `v` has. */
export const insertValues = (from: string, where: string): string => `
  insert into client_values (client_id, field_id, position, text_value, number_value, day_value, moment_value, option_id, unique_key)
  select r.client_id, v.field_id, v.position, v.text_value, v.number_value, v.day_value, v.moment_value, v.option_id, case when f.kind = 'unique_id' then unique_key(v.text_value) end
  from ${from} join fields f on f.id = v.field_id where ${where}`
