import type { Db } from '../../database/knex.js'
import { insertConsents } from '../writing/consents.js'
import { insertValues } from '../writing/values.js'

/** A stretch of written rows that is taken back at once. */
export interface UndoBatch { id: number, name: string, by: number, round: number, from: number, to: number }

interface Place { round: number, row: number }

/**
 * The written rows before a place, the last round first. Within a round they are read from the end by their key: whoever asks does so again for
 * each stretch, and must not be answered by going through all that is left.
 */
export async function findUndo (trx: Db, { id, round, row, before, size }: Place & { id: number, before: Place, size: number }): Promise<Omit<UndoBatch, 'name' | 'by' | 'id'> & { rows: number } | null> {
  const written = "r.import_id = :id and r.verdict in ('create', 'update')"
  const { rows: [found] } = await trx.raw(`
    select min(row) as "from", max(row) as "to", count(*)::int as rows from (
      select r.row from import_rows r where ${written} and r.round = :last and r.row < :end order by r.row desc limit :size
    ) next`, { id, last: before.round, end: before.round === round ? Math.min(before.row, row + 1) : before.row, size })
  if (found.rows > 0) return { round: before.round, ...found }
  const { rows: [{ last }] } = await trx.raw(`select max(r.round) as last from import_rows r where ${written} and r.round < :before and (r.round, r.row) <= (:round, :row)`, { id, round, row, before: before.round })
  return last === null ? null : findUndo(trx, { id, round, row, before: { round: last, row: AFTER_ALL }, size })
}

/** A row's number that no file comes to. */
export const AFTER_ALL = 2_147_483_647

const OURS = "x.details->'import'->>'id' = :id::text"

/**
 * Archives the clients that rows of a stretch made. One to whom anything else has happened since stays, and its row says so. Returns how
 * many were archived and kept.
 */
export async function undoCreated (trx: Db, batch: UndoBatch): Promise<{ done: number, kept: number }> {
  const { rows: [row] } = await trx.raw(`
    with rows as materialized (
      select r.row, r.client_id, exists (select from events x where x.client_id = r.client_id and (${OURS}) is not true) as touched, c.archived_at
      from import_rows r join clients c on c.id = r.client_id where r.import_id = :id and r.round = :round and r.row between :from and :to and r.verdict = 'create' order by c.id for no key update of c
    ),
    kept as (update import_rows r set kept = '["client"]' from rows where r.import_id = :id and r.row = rows.row and rows.touched and rows.archived_at is null returning r.row),
    archived as (update clients c set archived_at = now(), version = c.version + 1, active_at = now() from rows where c.id = rows.client_id and not rows.touched and rows.archived_at is null returning c.id, c.version),
    told as (
      insert into events (client_id, kind, employee_id, version, details)
      select id, 'client.import_undone', :by, version, jsonb_build_object('import', jsonb_build_object('id', :id::bigint, 'name', :name::text), 'archived', true, 'changes', '[]'::jsonb, 'kept', '[]'::jsonb) from archived order by id returning 1
    )
    select (select count(*) from told) as done, (select count(*) from kept) as kept`, { ...batch })
  return { done: Number(row.done), kept: Number(row.kept) }
}

/** Names the rows of a stretch whose clients were merged into others since: they stay what they are. Returns how many. */
export async function keepMerged (trx: Db, batch: UndoBatch): Promise<number> {
  const { rowCount } = await trx.raw(`
    update import_rows r set kept = '["merged"]' where r.import_id = :id and r.round = :round and r.row between :from and :to and r.verdict in ('create', 'update')
      and exists (select from client_merge_clients k where k.client_id = r.client_id) and not exists (select from clients c where c.id = r.client_id)`, { ...batch })
  return rowCount
}

// What a field is now and was, as values rather than words: a campaign's number, "price:7".
const raw = (of: string) => `case when jsonb_typeof(${of}) = 'object' then case when f.field like 'discount%' then to_jsonb('price:' || (${of}->>'id')) else ${of}->'id' end when jsonb_typeof(${of}) = 'null' then null else ${of} end`
const DISCOUNT = (of: string) => `coalesce(to_jsonb('price:' || c.price_type_${of}_id), to_jsonb(c.discount_${of}))`

/**
 * Puts back, field by field, what rows of a stretch changed in clients there were: each only as long as it is what the import wrote. What
 * was changed since stays, and the row names it.
 */
export async function undoUpdated (trx: Db, batch: UndoBatch): Promise<{ done: number, kept: number }> {
  const selection = "r.import_id = :id and r.round = :round and r.row between :from and :to and r.verdict = 'update'"
  const { rowCount } = await trx.raw(`select from clients where id in (select r.client_id from import_rows r where ${selection}) order by id for no key update`, { ...batch })
  if (rowCount === 0) return { done: 0, kept: 0 }
  const { rows: [row] } = await trx.raw(`
    with rows as materialized (
      select r.row, r.client_id, e.id as event_id, e.details from import_rows r join events e on e.client_id = r.client_id and e.kind = 'client.imported' and e.details->'import'->>'id' = :id::text and (e.details->>'row')::int = r.row where ${selection}
    ),
    changes as materialized (
      select r.row, r.client_id, f.change, f.field, f.place from rows r cross join lateral (select change, change->>'field' as field, place from jsonb_array_elements(r.details->'changes') with ordinality as x (change, place)) f
    ),
    plain as materialized (
      select f.row, f.client_id, f.field, f.change, f.place, ${raw("f.change->'old'")} as was, n.now is not distinct from ${raw("f.change->'new'")} as same
      from changes f join clients c on c.id = f.client_id cross join lateral (values
        ('first_name', to_jsonb(c.first_name)), ('surname', to_jsonb(c.surname)), ('company_name', to_jsonb(c.company_name)), ('is_supplier', to_jsonb(c.is_supplier)), ('is_conflicted', to_jsonb(c.is_conflicted)),
        ('conflict_reason', to_jsonb(c.conflict_reason)), ('address', to_jsonb(c.address)), ('language', to_jsonb(c.language)), ('campaign_id', to_jsonb(c.campaign_id)), ('location_id', to_jsonb(c.location_id)),
        ('discount_services', ${DISCOUNT('services')}), ('discount_products', ${DISCOUNT('products')}), ('note', to_jsonb(c.note))
      ) n (field, now) where n.field = f.field
    ),
    own as materialized (
      select f.row, f.client_id, f.field, f.change, f.place, (f.change->>'field_id')::bigint as field_id, f.change->'had' as had, h.has is not distinct from f.change->'has' as same
      from changes f join fields d on d.id = (f.change->>'field_id')::bigint and d.removed_at is null cross join lateral (
        select jsonb_agg(jsonb_strip_nulls(to_jsonb(v) - 'client_id' - 'field_id' - 'unique_key' - 'sort_text') order by v.position) as has from client_values v where v.client_id = f.client_id and v.field_id = (f.change->>'field_id')::bigint
      ) h where f.change->>'field_id' is not null
    ),
    phones as (
      update client_phones p set removed_at = now() from rows r cross join lateral jsonb_to_recordset(r.details->'phones') as n (id bigint, display text) where p.id = n.id and p.removed_at is null and p.display = n.display returning r.row, p.id
    ),
    emails as (
      update client_emails m set removed_at = now() from rows r cross join lateral jsonb_to_recordset(r.details->'emails') as n (id bigint, address text) where m.id = n.id and m.removed_at is null and m.address = n.address returning r.row, m.id
    ),
    tags as (
      delete from client_tags g using rows r cross join lateral jsonb_to_recordset(r.details->'tags') as n (id bigint) where g.client_id = r.client_id and g.tag_id = n.id returning r.row
    ),
    consents as materialized (
      select r.row, r.client_id, n.* from rows r cross join lateral jsonb_to_recordset(r.details->'consents') as n (phone_id bigint, email_id bigint, channel text, address text, given boolean)
      left join client_phones p on p.id = n.phone_id left join client_emails m on m.id = n.email_id
      where case n.channel when 'whatsapp' then p.whatsapp when 'viber' then p.viber when 'sms' then p.sms else m.agrees end = n.given
    ),
    boxes as (
      update client_phones p set whatsapp = coalesce(k.whatsapp, p.whatsapp), viber = coalesce(k.viber, p.viber), sms = coalesce(k.sms, p.sms)
      from (select phone_id, bool_or(not given) filter (where channel = 'whatsapp') as whatsapp, bool_or(not given) filter (where channel = 'viber') as viber, bool_or(not given) filter (where channel = 'sms') as sms from consents where phone_id is not null group by phone_id) k where p.id = k.phone_id
    ),
    email_boxes as (update client_emails m set agrees = not k.given from consents k where m.id = k.email_id),
    noted as (${insertConsents('select client_id, phone_id, email_id, channel, address, not given as given from consents', "'other'")}),
    dropped as (delete from client_values v using own o where o.same and v.client_id = o.client_id and v.field_id = o.field_id returning v.client_id),
    valued as (${insertValues("own r cross join lateral (select r.field_id, x.* from jsonb_to_recordset(case when jsonb_typeof(r.had) = 'array' then r.had end) as x (position smallint, text_value text, number_value numeric, day_value date, moment_value timestamptz, option_id bigint)) v", 'r.same and (select count(*) from dropped) >= 0')}),
    away as materialized (
      select r.row, r.client_id from rows r join clients c on c.id = r.client_id
      where (r.details->>'restored')::boolean and c.archived_at is null and not exists (select from events x where x.client_id = r.client_id and x.id > r.event_id and (${OURS}) is not true)
    ),
    -- Made once: in the middle of a statement nothing is known of how much there is, and each row would make them anew.
    back as materialized (select client_id, jsonb_object_agg(field, was) as was from plain where same group by client_id),
    taken_back as materialized (
      select row, jsonb_agg(change || jsonb_build_object('old', change->'new', 'new', change->'old') order by place) as list
      from (select row, place, change from plain where same union all select row, place, change - 'had' - 'has' from own where same) p group by row
    ),
    done as (select row from plain where same union select row from own where same union select row from phones union select row from emails union select row from tags union select row from consents union select row from away),
    left_alone as (
      select row, field, place from plain where not same union all select row, field, place from own where not same
      union all select r.row, 'phones', 1000 from rows r cross join lateral jsonb_to_recordset(r.details->'phones') as n (id bigint) where n.id not in (select id from phones)
      union all select r.row, 'emails', 1001 from rows r cross join lateral jsonb_to_recordset(r.details->'emails') as n (id bigint) where n.id not in (select id from emails)
      union all select r.row, 'archived', 1002 from rows r where (r.details->>'restored')::boolean and r.row not in (select row from away)
    ),
    kept as (update import_rows r set kept = k.list from (select row, jsonb_agg(field order by place) as list from (select distinct row, field, place from left_alone) l group by row) k where r.import_id = :id and r.row = k.row returning r.row),
    touched as (
      update clients c set version = c.version + 1, active_at = now(), archived_at = case when r.row in (select row from away) then now() else c.archived_at end,
        first_name = coalesce(b.was->>'first_name', c.first_name), surname = coalesce(b.was->>'surname', c.surname), company_name = coalesce(b.was->>'company_name', c.company_name),
        is_supplier = coalesce((b.was->>'is_supplier')::boolean, c.is_supplier), is_conflicted = coalesce((b.was->>'is_conflicted')::boolean, c.is_conflicted),
        conflict_reason = coalesce(b.was->>'conflict_reason', c.conflict_reason), address = coalesce(b.was->>'address', c.address), language = coalesce(b.was->>'language', c.language), note = coalesce(b.was->>'note', c.note),
        campaign_id = case when jsonb_exists(b.was, 'campaign_id') then (b.was->>'campaign_id')::bigint else c.campaign_id end, location_id = case when jsonb_exists(b.was, 'location_id') then (b.was->>'location_id')::bigint else c.location_id end,
        ${['services', 'products'].map(of => `discount_${of} = case when not jsonb_exists(coalesce(b.was, '{}'), 'discount_${of}') then c.discount_${of} when b.was->>'discount_${of}' like 'price:%' then 0 else (b.was->>'discount_${of}')::numeric end,
        price_type_${of}_id = case when not jsonb_exists(coalesce(b.was, '{}'), 'discount_${of}') then c.price_type_${of}_id when b.was->>'discount_${of}' like 'price:%' then substr(b.was->>'discount_${of}', 7)::bigint end`).join(', ')}
      from rows r left join back b on b.client_id = r.client_id where c.id = r.client_id and r.row in (select row from done) returning c.id, c.version
    ),
    told as (
      insert into events (client_id, kind, employee_id, version, details)
      select t.id, 'client.import_undone', :by, t.version, jsonb_build_object('import', jsonb_build_object('id', :id::bigint, 'name', :name::text), 'archived', r.row in (select row from away),
        'changes', coalesce(b.list, '[]'),
        'phones', coalesce(r.details->'phones', '[]'), 'emails', coalesce(r.details->'emails', '[]'), 'tags', coalesce(r.details->'tags', '[]'))
      from touched t join rows r on r.client_id = t.id left join taken_back b on b.row = r.row order by t.id returning 1
    )
    select (select count(*) from told) as done, (select count(*) from kept) as kept`, { ...batch })
  return { done: Number(row.done), kept: Number(row.kept) }
}
