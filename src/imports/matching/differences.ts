import type { Existing } from '../rules.js'

/** What a file tells of, beside what every client has: only that is compared. */
export interface Told { phones: boolean, emails: boolean, tags: boolean, own: boolean, consents: boolean }

/** What the columns of an import tell of. */
export const toldBy = (columns: readonly (string | null)[]): Told => {
  const has = (...starts: string[]) => columns.some(name => name !== null && starts.some(start => name === start || name.startsWith(`${start}.`) || name.startsWith(`${start}:`)))
  return { phones: has('phone'), emails: has('email'), tags: has('tag'), own: has('own'), consents: has('consent') }
}

const FULL_NAME = "case r.kind when 'company' then r.company_name else btrim(coalesce(r.first_name, '') || ' ' || coalesce(r.surname, '')) end"
const DISCOUNT = (row: string, of: string) => `coalesce(to_jsonb('price:' || ${row}.price_type_${of}_id), to_jsonb(${row}.discount_${of}))`

// A field, what it is, what the row says of it (null: nothing), and whether it is empty. One that is only to be made is -1 until then.
const FIELDS = `
  ('first_name', to_jsonb(c.first_name), case when c.kind = 'person' and r.kind = 'person' and c.name <> ${FULL_NAME} then to_jsonb(r.first_name) end, c.first_name = ''),
  ('surname', to_jsonb(c.surname), case when c.kind = 'person' and r.kind = 'person' and c.name <> ${FULL_NAME} then to_jsonb(r.surname) end, c.surname = ''),
  ('company_name', to_jsonb(c.company_name), case when c.kind = 'company' and r.kind = 'company' then to_jsonb(r.company_name) end, c.company_name = ''),
  ('is_supplier', to_jsonb(c.is_supplier), to_jsonb(r.is_supplier), not c.is_supplier),
  ('is_conflicted', to_jsonb(c.is_conflicted), to_jsonb(r.is_conflicted), not c.is_conflicted),
  ('conflict_reason', to_jsonb(c.conflict_reason), to_jsonb(r.conflict_reason), c.conflict_reason = ''),
  ('address', to_jsonb(c.address), to_jsonb(r.address), c.address = ''),
  ('language', to_jsonb(c.language), to_jsonb(r.language), c.language = ''),
  ('campaign_id', to_jsonb(c.campaign_id), to_jsonb(coalesce(r.campaign_id, case when r.campaign is not null then -1 end)), c.campaign_id is null),
  ('location_id', to_jsonb(c.location_id), to_jsonb(coalesce(r.location_id, case when r.location is not null then -1 end)), c.location_id is null),
  ('discount_services', ${DISCOUNT('c', 'services')}, ${DISCOUNT('r', 'services')}, c.discount_services = 0 and c.price_type_services_id is null),
  ('discount_products', ${DISCOUNT('c', 'products')}, ${DISCOUNT('r', 'products')}, c.discount_products = 0 and c.price_type_products_id is null),
  ('note', to_jsonb(c.note), to_jsonb(r.note), c.note = '')`

export const PHONES_OF = `lateral rows from (jsonb_to_recordset(r.phones) as (type_id bigint, typed text, e164 text, display text, digits text, whatsapp boolean, viber boolean, sms boolean, whole text)) with ordinality as p (type_id, typed, e164, display, digits, whatsapp, viber, sms, whole, place)`
export const EMAILS_OF = `lateral rows from (jsonb_to_recordset(r.emails) as (address text, agrees boolean)) with ordinality as m (address, agrees, place)`
export const OWN_OF = `lateral jsonb_to_recordset(r.own) as v (field_id bigint, position smallint, text_value text, number_value numeric, day_value date, moment_value timestamptz, option_id bigint, option text)`

// A value of an own field as text, to tell whether two are one.
const valueKey = (of: string, made = '') => `coalesce(${of}.text_value, trim_scale(${of}.number_value)::text, ${of}.day_value::text, ${of}.moment_value::text, ${of}.option_id::text${made})`
// What was typed alike is one, though an import has found a country in it that the form hasn't.
const HAS_PHONE = 'o.client_id = r.client_id and o.removed_at is null and (o.e164 = p.e164 or o.typed = p.typed or o.typed = p.whole)'

/** The channels of which a row says something, and the boxes there are; `box` is the row of phones, `said` the row's word. */
const SAID = "(values ('whatsapp', o.whatsapp, p.whatsapp), ('viber', o.viber, p.viber), ('sms', o.sms, p.sms)) k (channel, box, said)"
// Of one that a client has twice, either says that it agrees: which of them, a file can't tell.
const AGREES_ANYWAY = {
  phone_id: "exists (select from client_phones x where x.client_id = o.client_id and x.removed_at is null and x.e164 = o.e164 and case k.channel when 'whatsapp' then x.whatsapp when 'viber' then x.viber else x.sms end)",
  email_id: 'exists (select from client_emails x where x.client_id = o.client_id and x.removed_at is null and x.address_key = o.address_key and x.agrees)'
}
// An old file never overrules a client who has withdrawn since.
const withdrew = (of: string, channel: string) => `exists (select from consents w where w.${of} = o.id and w.channel = ${channel} and not w.given)`

/**
 * CTEs that compare the rows of a CTE `rows` (import_rows as they are, with the client each is about) with what those clients have now:
 * `new_fields`, and `new_phones`, `new_emails`, `new_tags`, `new_values`, `switched`, as far as the file tells of such. Writing and the dry run
 * share them, so that one does what the other said. An import of an own export finds nothing.
 */
export function differences (existing: Existing, told: Told): { ctes: string[], names: string[] } {
  const overwrite = existing === 'overwrite'
  const ctes = [`
    new_fields as materialized (
      select r.row, r.client_id, f.field, f.old, f.new from rows r join clients c on c.id = r.client_id cross join lateral (values ${FIELDS}) f (field, old, new, empty)
      where f.new is not null and f.new is distinct from f.old ${overwrite ? '' : 'and f.empty'}
    )`]
  if (told.phones) ctes.push(`new_phones as materialized (select r.row, r.client_id, p.* from rows r cross join ${PHONES_OF} where not exists (select from client_phones o where ${HAS_PHONE}))`)
  if (told.emails) ctes.push(`new_emails as materialized (select r.row, r.client_id, m.* from rows r cross join ${EMAILS_OF} where not exists (select from client_emails o where o.client_id = r.client_id and o.removed_at is null and o.address_key = lower(m.address)))`)
  if (told.tags) {
    ctes.push(`
    new_tags as materialized (
      select distinct r.row, r.client_id, t.id, coalesce(t.name, n.name) as name from rows r cross join lateral unnest(r.tags) n (name) left join tags t on t.name_key = fold(n.name)
      where not exists (select from client_tags h where h.client_id = r.client_id and h.tag_id = t.id)
    )`)
  }
  if (told.own) {
    ctes.push(`
    said_values as materialized (select r.row, r.client_id, v.field_id, array_agg(${valueKey('v', ", 'new ' || v.option")} order by ${valueKey('v', ", 'new ' || v.option")}) as keys from rows r cross join ${OWN_OF} group by 1, 2, 3),
    new_values as materialized (
      select s.row, s.client_id, s.field_id, h.had from said_values s
      left join lateral (
        select array_agg(${valueKey('h')} order by ${valueKey('h')}) as keys,
          jsonb_agg(jsonb_strip_nulls(jsonb_build_object('position', h.position, 'text_value', h.text_value, 'number_value', h.number_value, 'day_value', h.day_value, 'moment_value', h.moment_value, 'option_id', h.option_id)) order by h.position) as had
        from client_values h where h.client_id = s.client_id and h.field_id = s.field_id
      ) h on true
      where h.keys is distinct from s.keys ${overwrite ? '' : 'and h.keys is null'}
    )`)
  }
  if (told.consents) {
    const switches = (of: keyof typeof AGREES_ANYWAY, channel: string) => `k.said is not null and k.said <> k.box and (k.said and not ${withdrew(of, channel)} and not ${AGREES_ANYWAY[of]}${overwrite ? ' or not k.said' : ''})`
    ctes.push(`
    switched as materialized (
      select r.row, r.client_id, o.id as phone_id, null::bigint as email_id, k.channel, o.display as address, k.said as given
      from rows r cross join ${PHONES_OF} join client_phones o on ${HAS_PHONE} cross join lateral ${SAID} where ${switches('phone_id', 'k.channel')}
      union all
      select r.row, r.client_id, null, o.id, 'email', o.address, k.said
      from rows r cross join ${EMAILS_OF} join client_emails o on o.client_id = r.client_id and o.removed_at is null and o.address_key = lower(m.address)
      cross join lateral (values (o.agrees, m.agrees)) k (box, said) where ${switches('email_id', "'email'")}
    )`)
  }
  const names = ['new_fields', ...told.phones ? ['new_phones'] : [], ...told.emails ? ['new_emails'] : [], ...told.tags ? ['new_tags'] : [], ...told.own ? ['new_values'] : [], ...told.consents ? ['switched'] : []]
  return { ctes, names }
}
