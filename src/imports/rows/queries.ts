import type { Db } from '../../database/knex.js'
import type { Viewer } from '../../web/viewer.js'
import { differences, EMAILS_OF, OWN_OF, PHONES_OF, toldBy } from '../matching/differences.js'
import { toldField, toldValue } from '../writing/update.js'
import type { Import, ShownRow, Verdict } from '../import.js'
import { isCellError } from '../reading/clean.js'
import type { Problem } from '../rules.js'

export const ROWS_PAGE = 50

/** A page of the rows of an import: of one verdict, or, as "kept", those that an undo left; after a row or before one. What its viewer may not see has no name. */
export async function listRows (db: Db, viewer: Viewer, id: number, show: Verdict | 'kept' | null, { after, before }: { after: number | null, before: number | null }): Promise<{ rows: ShownRow[], after: number | null, before: number | null }> {
  const found: ShownRow[] = await db('import_rows as r').leftJoin('clients as c', join => {
    join.on('c.id', 'r.client_id').andOn(db.raw('case when c.is_supplier then ?::boolean else ?::boolean end', [viewer.can('suppliers.view'), viewer.can('clients.view')]))
  }).where('r.import_id', id).modify(query => {
    if (show === 'kept') query.whereNotNull('r.kept')
    else if (show) query.where('r.verdict', show)
    if (before) query.where('r.row', '<', before)
    else query.where('r.row', '>', after ?? 0)
  }).orderBy('r.row', before ? 'desc' : 'asc').limit(ROWS_PAGE + 1)
    .select('r.row', 'r.verdict', 'r.twin', 'r.restores', 'r.why', 'r.cells', 'r.kept', 'c.id as client_id', 'c.name as client',
      db.raw("coalesce(nullif(btrim(concat_ws(' ', r.company_name, r.first_name, r.surname)), ''), c.name, '') as name"), db.raw("coalesce(r.phones->0->>'display', r.emails->0->>'address') as contact"))
  const isMore = found.length > ROWS_PAGE
  const rows = before ? found.slice(0, ROWS_PAGE).toReversed() : found.slice(0, ROWS_PAGE)
  return { rows, after: rows.length > 0 && (before || isMore) ? rows.at(-1)!.row : null, before: rows.length > 0 && (before ? isMore : after) ? rows[0]!.row : null }
}

/** What a row makes or changes, as the feed tells of it. */
export interface ToldRow {
  row: number
  changes: { field: string, old: unknown, new: unknown }[]
  phones: { display: string }[]
  emails: { address: string }[]
  tags: { name: string }[]
  consents: { channel: string, address: string, given: boolean }[]
}

// A campaign that is only to be made has no number yet, and a choice no words but those of the file.
const news = `case when f.new = '-1' then jsonb_build_object('name', case f.field when 'campaign_id' then r.campaign else r.location end) else ${toldField('f.new')} end`
const NAMED = "coalesce(jsonb_agg(jsonb_build_object('en', v.option) order by v.position) filter (where v.option is not null), '[]')"
const has = `jsonb_agg(jsonb_strip_nulls(to_jsonb(v) - 'field_id' - 'option') order by v.position) filter (where v.option is null) as has, ${NAMED} as made`
const words = `case d.kind when 'several_choices' then coalesce(${toldValue('s.has')}, '[]') || s.made when 'one_choice' then coalesce(${toldValue('s.has')}, s.made->0) else ${toldValue('s.has')} end`
const own = (old: string) => `jsonb_build_object('field', 'own.' || d.key, 'own', jsonb_build_object('kind', d.kind, 'labels', d.labels), 'old', ${old}, 'new', ${words})`

/** Of rows that would change their clients, what. Asks the clients as they are now, by what the writing itself asks. */
export async function tellChanges (db: Db, { id, columns, rules }: Pick<Import, 'id' | 'columns' | 'rules'>, rows: number[]): Promise<ToldRow[]> {
  const told = toldBy(columns)
  const { ctes } = differences(rules.existing, told)
  const list = (is: boolean, of: string) => is ? `coalesce((select jsonb_agg(${of} x where x.row = r.row), '[]')` : "'[]'::jsonb"
  const { rows: found } = await db.raw(`
    with rows as materialized (select * from import_rows where import_id = :id and row = any (:rows::int[])), ${ctes.join(',')}
    select r.row,
      coalesce((select jsonb_agg(jsonb_build_object('field', f.field, 'old', ${toldField('f.old')}, 'new', ${news})) from new_fields f where f.row = r.row), '[]')
      || ${told.own ? `coalesce((select jsonb_agg(${own(toldValue('n.had'))} order by d.id) from new_values n join fields d on d.id = n.field_id cross join lateral (select ${has} from ${OWN_OF} where v.field_id = n.field_id) s where n.row = r.row), '[]')` : "'[]'"} as changes,
      ${list(told.phones, "jsonb_build_object('display', x.display)) from new_phones")} as phones, ${list(told.emails, "jsonb_build_object('address', x.address)) from new_emails")} as emails,
      ${list(told.tags, "jsonb_build_object('name', x.name)) from new_tags")} as tags, ${list(told.consents, "jsonb_build_object('channel', x.channel, 'address', x.address, 'given', x.given)) from switched")} as consents
    from rows r`, { id, rows })
  return found
}

/** Of rows that make a client, what of it beside the name. */
export async function tellNew (db: Db, id: number, rows: number[]): Promise<ToldRow[]> {
  const { rows: found } = await db.raw(`
    select r.row,
      coalesce((select jsonb_agg(jsonb_build_object('channel', k.channel, 'address', k.address, 'given', true)) from (
        select k.channel, p.display as address from ${PHONES_OF} cross join lateral (values ('whatsapp', p.whatsapp), ('viber', p.viber), ('sms', p.sms)) k (channel, said) where k.said
        union all select 'email', m.address from ${EMAILS_OF} where m.agrees
      ) k), '[]') as consents,
      coalesce((select jsonb_agg(jsonb_build_object('field', f.field, 'old', null, 'new', ${news})) from (values
        ('is_supplier', case when r.is_supplier then to_jsonb(true) end), ('is_conflicted', case when r.is_conflicted then to_jsonb(true) end), ('conflict_reason', to_jsonb(r.conflict_reason)), ('address', to_jsonb(r.address)), ('language', to_jsonb(r.language)),
        ('campaign_id', to_jsonb(coalesce(r.campaign_id, case when r.campaign is not null then -1 end))), ('location_id', to_jsonb(coalesce(r.location_id, case when r.location is not null then -1 end))),
        ('discount_services', coalesce(to_jsonb('price:' || r.price_type_services_id), to_jsonb(r.discount_services))), ('discount_products', coalesce(to_jsonb('price:' || r.price_type_products_id), to_jsonb(r.discount_products))), ('note', to_jsonb(r.note))
      ) f (field, new) where f.new is not null), '[]')
      || coalesce((select jsonb_agg(${own("'null'::jsonb")} order by d.id) from (select v.field_id, ${has} from ${OWN_OF} group by v.field_id) s join fields d on d.id = s.field_id), '[]') as changes,
      coalesce((select jsonb_agg(jsonb_build_object('display', p.display) order by p.place) from ${PHONES_OF}), '[]') as phones,
      coalesce((select jsonb_agg(jsonb_build_object('address', m.address) order by m.place) from ${EMAILS_OF}), '[]') as emails,
      coalesce((select jsonb_agg(jsonb_build_object('name', coalesce(t.name, n.name))) from unnest(r.tags) n (name) left join tags t on t.name_key = fold(n.name)), '[]') as tags
    from import_rows r where r.import_id = :id and r.row = any (:rows::int[])`, { id, rows })
  return found
}

/** What rows that are written did to their clients, as the feed has kept it. */
export async function tellWritten (db: Db, id: number, rows: number[]): Promise<ToldRow[]> {
  const { rows: found } = await db.raw(`
    select r.row, e.details->'changes' as changes, coalesce(e.details->'phones', '[]') as phones, coalesce(e.details->'emails', '[]') as emails, coalesce(e.details->'tags', '[]') as tags, coalesce(e.details->'consents', '[]') as consents
    from import_rows r join events e on e.client_id = r.client_id and e.kind = 'client.imported' and e.details->'import'->>'id' = :id::text and (e.details->>'row')::int = r.row
    where r.import_id = :id and r.row = any (:rows::int[])`, { id, rows })
  return found
}

/** By what rows are about the clients that were found for them: the name of a target. */
export async function knownBy (db: Db, { id, rules: { match } }: Pick<Import, 'id' | 'rules'>, rows: number[]): Promise<Map<number, string>> {
  const keys = match.filter(name => name.startsWith('own.')).map(name => name.slice('own.'.length))
  const ways = [
    ...match.includes('id') ? ["when r.ref = r.client_id then 'id'"] : [],
    ...keys.length > 0 ? [`when r.own is not null and exists (select from ${OWN_OF} join client_values h on h.client_id = r.client_id and h.field_id = v.field_id and h.unique_key = unique_key(v.text_value)) then (select 'own.' || d.key from ${OWN_OF} join fields d on d.id = v.field_id where d.key = any (:keys::text[]) limit 1)`] : [],
    ...match.includes('phone') ? [`when exists (select from ${PHONES_OF} join client_phones o on o.client_id = r.client_id and o.removed_at is null and o.e164 = p.e164) then 'phone'`] : [],
    ...match.includes('email') ? [`when exists (select from ${EMAILS_OF} join client_emails o on o.client_id = r.client_id and o.removed_at is null and o.address_key = lower(m.address)) then 'email'`] : []
  ]
  if (ways.length === 0 || rows.length === 0) return new Map()
  const { rows: found } = await db.raw(`select r.row, case ${ways.join(' ')} end as by from import_rows r where r.import_id = :id and r.row = any (:rows::int[]) and r.client_id is not null`, { id, rows, ...keys.length > 0 && { keys } })
  return new Map(found.filter((one: { by: string | null }) => one.by).map((one: { row: number, by: string }) => [one.row, one.by]))
}

/** How many rows are wrong for one reason. */
export interface ErrorSum { problem: Problem, rows: number }

// So many rows are looked at to tell what is wrong with most; so many reasons are told.
export const MOST_SUMMED = 10_000
export const MOST_REASONS = 8

/**
 * What is wrong with the first so many wrong rows, the most frequent reason first, and how many reasons there are. Rows that name different
 * things ("Facebook", "Radio") are told apart; of the rest one stands for all.
 */
export async function sumErrors (db: Db, id: number): Promise<{ sums: ErrorSum[], reasons: number }> {
  const { rows } = await db.raw(`
    select w.column, w.field, w.key, (array_agg(w.values))[1] as values, count(*)::int as count, count(*) over ()::int as reasons
    from (select why from import_rows where import_id = :id and verdict = 'error' and why is not null order by row limit :most) e cross join lateral jsonb_to_recordset(e.why) w ("column" int, field text, key text, values jsonb)
    group by w.column, w.field, w.key, w.values->>'name' order by count desc, 1, 3 limit :reasons`, { id, most: MOST_SUMMED, reasons: MOST_REASONS })
  return {
    reasons: rows[0]?.reasons ?? 0,
    sums: rows.map(({ column, field, key, values, count }: { column: number | null, field: string | null, key: string, values: Record<string, unknown> | null, count: number }): ErrorSum =>
      ({ rows: count, problem: { key, ...(column !== null && { column }), ...(field !== null && { field }), ...(values && { values }) } }))
  }
}

/** How many rows come in without what a column has of one of a spreadsheet's errors ("#REF!"). */
export interface Emptied { column: number, name: string, rows: number }

/** The errors of a spreadsheet that are left out of the rows that come in, by their columns. */
export async function sumEmptied (db: Db, { id, columns }: Pick<Import, 'id' | 'columns'>): Promise<Emptied[]> {
  const { rows } = await db.raw(`
    select (c.place - 1)::int as column, c.cell as name, count(*)::int as rows
    from import_rows r cross join lateral unnest(r.cells) with ordinality c (cell, place)
    where r.import_id = :id and r.cells is not null and r.verdict in ('create', 'update', 'same') and c.cell like '#%' group by 1, 2 order by 3 desc, 1, 2`, { id })
  return rows.filter((one: Emptied) => isEmptied(one.name, one.column, columns))
}

/** Whether a cell of a column that is imported is a spreadsheet's error. */
export const isEmptied = (cell: string, column: number, columns: readonly (string | null)[]): boolean => isCellError(cell) && (columns[column] ?? null) !== null
