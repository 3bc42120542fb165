import type { Db } from '../../database/knex.js'
import type { Shape } from '../../form-editor/definition.js'
import type { Viewer } from '../../web/viewer.js'
import type { Rules } from '../rules.js'
import { differences, EMAILS_OF, OWN_OF, PHONES_OF, toldBy } from './differences.js'

/** What rows are compared by, the surest first: a client's number, a unique id, a phone, an e-mail. */
const RANKS = { id: 1, own: 2, phone: 3, email: 4 } as const
const ROUNDS_OF_TWINS = 20

export interface Matching {
  id: number
  columns: (string | null)[]
  rules: Rules
  viewer: Viewer
  shape: Shape
  /** The rows come right from the check: those that make a client unless they are about one have their verdict and number. */
  isChecked?: boolean
}

/**
 * Says of each row that isn't written yet and isn't wrong in itself what becomes of it: whom it makes or is about, and why it is
 * skipped or wrong. Rows about one client, be it one that only the file has, follow each other in rounds. May be repeated when the clients
 * have changed. In a transaction of its own.
 */
export async function matchRows (trx: Db, { id, columns, rules, viewer, shape, isChecked = false }: Matching): Promise<void> {
  const unique = shape.fields.filter(({ kind, removed }) => kind === 'unique_id' && !removed)
  const ranks = [...rules.match.includes('id') ? [RANKS.id] : [], ...rules.match.includes('phone') ? [RANKS.phone] : [], ...rules.match.includes('email') ? [RANKS.email] : []]
  const matchFields = unique.filter(({ key }) => rules.match.includes(`own.${key}`)).map(field => field.id)
  const { phoneUniqueness, emailUniqueness } = viewer.organisation
  const held = [RANKS.own, ...phoneUniqueness === 'refuse' ? [RANKS.phone] : [], ...emailUniqueness === 'refuse' ? [RANKS.email] : []]
  const bindings = { id, ranks, matchFields, held, unique: unique.map(field => field.id), existing: rules.existing, restores: rules.restores, clients: viewer.can('clients.view'), suppliers: viewer.can('suppliers.view') }
  const run = (sql: string) => trx.raw(sql, bindings)

  await trx.raw("set local work_mem = '48MB'")
  await trx.raw('set local jit = off')
  // What is written stays behind: all else begins a round of its own.
  const { rows: [at] } = await run('select round, row from imports where id = :id for update')
  const base = Number(at.row === 0 ? at.round : at.round + 1)
  await run(`update imports set round = ${base}, row = 0, seen_event = (select coalesce(max(id), 0) from events) where id = :id`)
  if (!isChecked) await run(`
    update import_rows set round = ${base}, verdict = case when why->0->>'key' like 'imports.reasons.%' and (why->0->'found') is null then 'skip' end, restores = false, twin = null, why = case when (why->0->'found') is null then why end
    where import_id = :id and verdict is not null and (round, row) > (${Number(at.round)}, ${Number(at.row)})`)
  const open = `r.import_id = :id and r.why is null and r.round >= ${base}`

  await run(`
    create temp table match_keys on commit drop as
    select r.row, ${RANKS.id}::smallint as rank, null::bigint as field_id, null::text as key, r.ref from import_rows r where ${open} and r.ref is not null
    union all
    select distinct r.row, ${RANKS.own}, v.field_id, unique_key(v.text_value), null::bigint from import_rows r cross join ${OWN_OF} where ${open} and r.own is not null and v.field_id = any (:unique::bigint[])
    union all
    select r.row, ${RANKS.phone}, null, p.e164, null from import_rows r cross join ${PHONES_OF} where ${open} and r.phones is not null and p.e164 is not null
    union all
    select r.row, ${RANKS.email}, null, lower(m.address), null from import_rows r cross join ${EMAILS_OF} where ${open} and r.emails is not null`)
  await trx.raw('analyze match_keys')
  await run(`
    create temp table match_hits on commit drop as
    with hits as (
      select k.row, k.rank, k.field_id, c.id as client_id from match_keys k join clients c on c.id = k.ref where k.rank = ${RANKS.id}
      union all
      select k.row, k.rank, k.field_id, v.client_id from match_keys k join client_values v on v.field_id = k.field_id and v.unique_key = k.key where k.rank = ${RANKS.own}
      union all
      select k.row, k.rank, null, p.client_id from match_keys k join client_phones p on p.e164 = k.key and p.removed_at is null where k.rank = ${RANKS.phone}
      union all
      select k.row, k.rank, null, e.client_id from match_keys k join client_emails e on e.address_key = k.key and e.removed_at is null where k.rank = ${RANKS.email}
    )
    select h.*, c.archived_at is not null as archived, case when c.is_supplier then :suppliers::boolean else :clients::boolean end as visible,
      (h.rank = any (:ranks::smallint[]) or h.field_id = any (:matchFields::bigint[])) as counts from hits h join clients c on c.id = h.client_id`)
  await run(`
    create temp table match_found on commit drop as
    select row, min(rank) as rank, case
        when bool_or(rank = ${RANKS.id}) then min(client_id) filter (where rank = ${RANKS.id})
        when count(distinct client_id) filter (where rank = ${RANKS.own}) = 1 then min(client_id) filter (where rank = ${RANKS.own})
        when count(distinct client_id) filter (where not archived) = 1 then min(client_id) filter (where not archived)
        when count(distinct client_id) filter (where not archived) = 0 then max(client_id)
      end as client_id, array_agg(distinct client_id) as clients
    from match_hits where counts group by row`)
  await labelTwins(run)
  await trx.raw('analyze match_hits, match_found, match_labels')
  await judge(run, base, open)
  await refuseHeld(run, base)
  await findSame(trx, id, base, columns, rules)
  for (const table of ['match_keys', 'match_hits', 'match_found', 'match_labels', 'match_shared']) await trx.raw(`drop table ${table}`)
}

type Run = (sql: string) => Promise<{ rows: any[], rowCount: number }> | any

/** Rows that share something they are known by get the number of the first of them. */
async function labelTwins (run: Run): Promise<void> {
  await run(`
    create temp table match_shared on commit drop as
    with keys as (
      select row, rank, coalesce(field_id, ref, 0) as place, coalesce(key, '') as key from match_keys where rank = any (:ranks::smallint[]) or field_id = any (:matchFields::bigint[])
      union all select row, 0, client_id, '' from match_found where client_id is not null
    )
    select k.* from keys k join (select rank, place, key from keys group by 1, 2, 3 having count(distinct row) > 1) s using (rank, place, key)`)
  await run('create temp table match_labels on commit drop as select distinct row, row as label from match_shared')
  for (let round = 0; round < ROUNDS_OF_TWINS; round++) {
    const { rowCount } = await run(`
      update match_labels l set label = m.label from (
        select s.row, min(k.label) as label from match_shared s
        join (select rank, place, key, min(label) as label from match_shared join match_labels using (row) group by 1, 2, 3) k using (rank, place, key) group by s.row
      ) m where m.row = l.row and m.label < l.label`)
    if (rowCount === 0) return
  }
}

/** What may be found wrong with a row beside the clients, and why one is skipped: words of the locales. */
export const FOUND_WRONG = ['no_client', 'hidden', 'several', 'taken', 'twice', 'meanwhile'] as const
export const SKIP_REASONS = ['exists', 'archived', 'twin', 'totals', 'header', 'example', 'remark'] as const
const wrong = (what: (typeof FOUND_WRONG)[number], values: string) => found(`imports.wrong.${what}`, values)
const skipped = (reason: (typeof SKIP_REASONS)[number], values: string) => found(keyOf(reason), values)
function keyOf (reason: string): string { return `imports.reasons.${reason}` }

const found = (key: string, values: string) => `jsonb_build_array(jsonb_build_object('found', true, 'key', '${key}', 'values', jsonb_build_object(${values})))`
const NAMED = "'client', c.name, 'id', c.id"

async function judge (run: Run, base: number, open: string): Promise<void> {
  await run(`
    with special as (
      select r.row, r.lacks, r.ref, case when r.verdict = 'create' then r.client_id end as number, f.client_id, f.clients, f.row is not null and f.client_id is null as several, l.label
      from import_rows r left join match_found f using (row) left join match_labels l using (row)
      where ${open} and (f.row is not null or l.row is not null or (r.ref is not null and ${RANKS.id} = any (:ranks::smallint[])))
    ),
    about as (
      select *, coalesce(client_id, case when label is not null then first_value(client_id) over (partition by label order by client_id is null, row) end) as client from special where not several
    ),
    ranked as (
      select *, row_number() over same as n, first_value(row) over same as first
      from about window same as (partition by coalesce('c' || client, 'r' || coalesce(label, row)) order by client is null and lacks is not null, row)
    ),
    made as (select first, coalesce(number, nextval((select pg_get_serial_sequence('clients', 'id')))) as id from ranked where n = 1 and client is null and lacks is null),
    judged as (
      select k.row, k.n, k.first, coalesce(k.client, m.id) as client_id, c.archived_at is not null and :restores::boolean as restores, case
          when k.ref is not null and k.client is null and ${RANKS.id} = any (:ranks::smallint[]) then ${wrong('no_client', "'id', k.ref")}
          when k.client is not null and not case when c.is_supplier then :suppliers::boolean else :clients::boolean end then ${wrong('hidden', "'row', k.row")}
          when k.client is null and m.id is null then ${lacking('k.lacks')}
          when k.n > 1 and :existing::text = 'skip' then ${skipped('twin', "'row', k.first")}
          when c.archived_at is not null and not :restores::boolean then ${skipped('archived', NAMED)}
          when k.client is not null and :existing::text = 'skip' and c.archived_at is null then ${skipped('exists', NAMED)}
        end as why
      from ranked k left join clients c on c.id = k.client left join made m on m.first = k.first
    ),
    verdicts as (
      select row, n, first, client_id, restores, why, case
          when why is null then case when n = 1 and not exists (select from clients c where c.id = client_id) then 'create' else 'update' end
          when (why->0->>'key') like 'imports.reasons.%' then 'skip' else 'error'
        end as verdict from judged
      union all
      select row, 1, row, null, false, ${wrong('several', "'clients', (select string_agg(c.name || ' (' || c.id || ')', ', ') from (select name, id from clients where id = any (clients) and case when is_supplier then :suppliers::boolean else :clients::boolean end order by id limit 3) c)")}, 'error' from special where several
    )
    update import_rows r set verdict = v.verdict, client_id = v.client_id, restores = v.restores, why = v.why, round = ${base} + least(v.n, 30000) - 1, twin = case when v.n > 1 then v.first end
    from verdicts v where r.import_id = :id and r.row = v.row`)
  await run(`
    update import_rows r set verdict = case when r.lacks is null then 'create' else 'error' end, client_id = case when r.lacks is null then nextval((select pg_get_serial_sequence('clients', 'id'))) end, why = ${lacking('r.lacks')}
    where ${open} and r.verdict is null`)
  await run(`update import_rows set verdict = 'error' where import_id = :id and verdict is null`)
}

// What a new client lacks, marked as found here: with another client beside it the row may be right.
function lacking (lacks: string): string {
  return `(select jsonb_agg(l || '{"found": true}') from jsonb_array_elements(${lacks}) l)`
}

/** Refuses what another client has and mustn't be had twice: numbers and addresses where the company's setting says so, unique ids always. */
async function refuseHeld (run: Run, base: number): Promise<void> {
  await run(`
    with taken as (
      select distinct on (h.row) h.row, h.rank, c.id, c.name, h.visible from match_hits h join import_rows r on r.import_id = :id and r.row = h.row join clients c on c.id = h.client_id
      where h.rank = any (:held::smallint[]) and r.verdict in ('create', 'update') and h.client_id <> r.client_id order by h.row, h.rank
    )
    update import_rows r set verdict = 'error', why = case when t.visible then ${wrong('taken', "'client', t.name, 'id', t.id")} else ${wrong('hidden', "'row', t.row")} end
    from taken t where r.import_id = :id and r.row = t.row`)
  await run(`
    with keyed as (
      select k.row, r.client_id, first_value(r.client_id) over same as holder, first_value(k.row) over same as first
      from match_keys k join import_rows r on r.import_id = :id and r.row = k.row where k.rank = any (:held::smallint[]) and r.verdict in ('create', 'update') and r.round >= ${base}
      window same as (partition by k.rank, k.field_id, k.key order by r.round, k.row)
    )
    update import_rows r set verdict = 'error', why = ${wrong('twice', "'row', k.first")}
    from (select distinct on (row) row, first from keyed where client_id <> holder order by row, first) k where r.import_id = :id and r.row = k.row`)
}

/** Says of rows that would change nothing that they don't. */
async function findSame (trx: Db, id: number, base: number, columns: (string | null)[], rules: Rules): Promise<void> {
  const { ctes, names } = differences(rules.existing, toldBy(columns))
  await trx.raw(`
    with rows as materialized (select * from import_rows where import_id = :id and verdict = 'update' and round = ${base} and not restores), ${ctes.join(',')}
    update import_rows r set verdict = 'same' from rows where r.import_id = :id and r.row = rows.row and rows.row not in (${names.map(name => `select row from ${name}`).join(' union all ')})`, { id })
}
