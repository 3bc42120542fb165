import type { Knex } from 'knex'
import type { Db } from '../../src/database/knex.js'
import { giveOwnValues } from './fields.js'
import { loadNames, type Flavour, type Names } from './names.js'
import type { Shop } from './shop.js'
import { analyse, keepIds, TABLES } from './write.js'

const CHUNK = 100_000

/** Whose names and numbers: where they live, how many of each hundred, and how their mobile numbers go (seven digits follow the beginning). */
const KINDS = [
  { flavour: 'pl', branch: 0, share: 50, code: '48', begins: ['50', '51', '53', '57', '60', '66', '69', '72', '78', '88'], digits: '(...)(...)(...)', display: '\\1 \\2 \\3', host: 'poczta.example' },
  { flavour: 'es', branch: 1, share: 28, code: '34', begins: ['60', '61', '63', '65', '66', '68', '69'], digits: '(...)(..)(..)(..)', display: '\\1 \\2 \\3 \\4', host: 'correo.example' },
  { flavour: 'pt_PT', branch: 2, share: 15, code: '351', begins: ['91', '92', '93', '96'], digits: '(...)(...)(...)', display: '\\1 \\2 \\3', host: 'correio.example' },
  { flavour: 'pt_BR', branch: 2, share: 7, code: '55', begins: ['1197', '1198', '1199', '2198', '3199'], digits: '(..)(.....)(....)', display: '\\1 \\2 \\3', host: 'caixa.example' }
] as const satisfies { flavour: Flavour, [name: string]: unknown }[]

const STREETS: Record<(typeof KINDS)[number]['flavour'], string> = { pl: 'ul. *', es: 'C/ *', pt_PT: 'Rua *', pt_BR: 'Rua *' }

/**
 * Adds clients `from` to `to` by statements over sets, a hundred thousand at a time: names and places of the faker's, a phone or two, e-mails, tags, what they agreed
 * to and how they came. Inside a transaction on a database that nobody uses yet: indexes and references are taken away and made again behind the load.
 */
export async function addManyClients (trx: Knex, shop: Shop, { from, to, log }: { from: number, to: number, log?: (message: string) => void }): Promise<void> {
  await layOut(trx, shop)
  const tables = [...TABLES, 'client_values', 'client_words']
  const again = await strip(trx, tables)
  for (let first = from; first <= to; first += CHUNK) {
    const last = Math.min(first + CHUNK - 1, to)
    const run = (sql: string) => trx.raw(sql.replaceAll(':first', String(first)).replaceAll(':last', String(last)))
    await trx.raw('truncate demo_clients')
    for (const sql of STATEMENTS) await run(sql)
    await giveOwnValues(trx, { from: first, to: last }, 'demo_clients')
    await run(KEEP)
    await run('insert into client_words (client_id, marks, word, name, contact, archived, supplier) select * from words_of_clients(array(select id from demo_clients))')
    log?.(`${last} of ${to} clients`)
  }
  log?.('indexes ...')
  for (const sql of again) await trx.raw(sql)
  await keepIds(trx)
  await analyse(trx)
}

// Everything that is picked from, a row for each kind of people, and the dice: the same number always falls the same way.
async function layOut (trx: Db, { branches, calendar, staff, campaigns, tags, phoneTypes }: Shop): Promise<void> {
  const kinds = await Promise.all(KINDS.map(async (kind, n) => {
    const names = await loadNames(kind.flavour)
    return { kind: n, ...kind, ...poolsOf(names, STREETS[kind.flavour]), location: branches[kind.branch]!.location.id, staff: staff.filter(one => !one.until && one.locations.includes(branches[kind.branch]!.location.id)).map(({ id }) => id) }
  }))
  await trx.raw(`
    create temporary table demo_kinds on commit drop as
    select kind, share, sum(share) over (order by kind) - share as above, sum(share) over (order by kind) as upto, code, begins, digits, display, host, location, staff,
      ${LISTS.map(list => `cardinality(${list}) as ${list}`).join(', ')}
    from json_to_recordset(?) as k(kind int, share int, code text, begins text[], digits text, display text, host text, location bigint, staff bigint[], ${LISTS.map(list => `${list} text[]`).join(', ')})`, [JSON.stringify(kinds)])
  // A long array would be unpacked anew for each name that is picked from it.
  await trx.raw(`
    create temporary table demo_words (kind int, list text, place int, word text, primary key (kind, list, place)) on commit drop`)
  await trx.raw(`
    insert into demo_words
    select (k.of ->> 'kind')::int, list, place - 1, word from json_array_elements(?) as k(of), unnest(?::text[]) list, json_array_elements_text(k.of -> list) with ordinality as w(word, place)`, [JSON.stringify(kinds), [...LISTS]])
  await trx.raw('analyze demo_words')
  await trx.raw(`
    create temporary table demo_shop on commit drop as
    select ?::timestamptz as start, ?::timestamptz as finish, ?::bigint[] as campaigns, ?::bigint[] as tags, ?::bigint as mobile, ?::bigint as work`,
  [new Date(calendar.start), new Date(calendar.end), campaigns.map(({ id }) => id), tags.map(({ id }) => id), phoneTypes.find(({ key }) => key === 'mobile')!.id, phoneTypes.find(({ key }) => key === 'work')!.id])
  await trx.raw('create temporary table demo_clients (like clients including defaults including generated, primary key (id)) on commit drop')
  await trx.raw('create function pg_temp.dice(n bigint, throw bigint, sides bigint) returns int language sql immutable parallel safe as $$ select ((hashint8extended(n, throw) & 9007199254740991) % sides)::int $$')
  await trx.raw('create function pg_temp.of(list anyarray, n bigint, throw bigint) returns anyelement language sql immutable parallel safe as $$ select list[1 + ((hashint8extended(n, throw) & 9007199254740991) % cardinality(list))] $$')
}

const LISTS = ['women', 'men', 'womens_surnames', 'surnames', 'companies', 'suppliers', 'streets', 'cities'] as const

function poolsOf ({ women, men, womensSurnames, surnames, companies, suppliers, cities }: Names, street: string): Record<(typeof LISTS)[number], string[]> {
  return { women, men, womens_surnames: womensSurnames, surnames, companies, suppliers, cities, streets: women.map(name => street.replace('*', name)) }
}

/** SQL for a word of a list of the client's kind. */
const picked = (list: (typeof LISTS)[number], toss: number): string => `(select word from demo_words w where w.kind = k.kind and w.list = '${list}' and w.place = pg_temp.dice(n, ${toss}, k.${list}))`

const COLUMNS = 'id, kind, first_name, surname, company_name, is_supplier, is_conflicted, conflict_reason, address, campaign_id, location_id, discount_services, note, version, created_at, created_by, active_at, archived_at'

const STATEMENTS = [
  `insert into demo_clients (${COLUMNS})
  select n, case when company then 'company' else 'person' end,
    case when company then '' when woman then ${picked('women', 3)} else ${picked('men', 3)} end,
    case when company then '' else (case when woman then ${picked('womens_surnames', 4)} else ${picked('surnames', 4)} end) || case when k.kind > 0 and pg_temp.dice(n, 5, 2) = 0 then ' ' || ${picked('surnames', 6)} else '' end end,
    case when company then replace(case when supplier then ${picked('suppliers', 7)} else ${picked('companies', 7)} end, '*', ${picked('surnames', 4)}) else '' end,
    supplier, conflicted, case when conflicted then 'Did not pay' else '' end,
    case when pg_temp.dice(n, 8, 100) < 55 then ${picked('streets', 9)} || ' ' || 1 + pg_temp.dice(n, 10, 148) || ', ' || ${picked('cities', 11)} else '' end,
    case when not supplier and pg_temp.dice(n, 12, 100) < 70 then s.campaigns[1 + floor(cardinality(s.campaigns) * power(pg_temp.dice(n, 13, 1000) / 1000.0, 2))::int] end,
    case when pg_temp.dice(n, 14, 100) < 96 then k.location end, case pg_temp.dice(n, 15, 20) when 0 then 5 when 1 then 10 else 0 end,
    case when pg_temp.dice(n, 16, 100) < 20 then 'Prefers to be called in the afternoon.' else '' end, 1, at, pg_temp.of(k.staff, n, 17), at,
    case when pg_temp.dice(n, 18, 1000) < 23 then s.finish end
  from demo_shop s, generate_series(:first::bigint, :last::bigint) n
  join demo_kinds k on pg_temp.dice(n, 1, 100) >= k.above and pg_temp.dice(n, 1, 100) < k.upto
  cross join lateral (select pg_temp.dice(n, 2, 100) < 4 as supplier, pg_temp.dice(n, 19, 2) = 0 as woman, pg_temp.dice(n, 20, 1000) < 20 as conflicted,
    date_trunc('day', s.start + (s.finish - s.start) * (n::float8 / (:last::float8 + 1))) + interval '8 hours' + pg_temp.dice(n, 21, 32400) * interval '1 second' as at) one
  cross join lateral (select pg_temp.dice(n, 22, 100) < (case when supplier then 90 else 12 end) as company) which`,

  `insert into client_phones (id, client_id, position, type_id, typed, e164, display, digits, whatsapp)
  overriding system value
  select 4 * n + place, n, place, case when c.kind = 'company' then s.work else s.mobile end, case when pg_temp.dice(n, 31 + place, 3) = 0 then national else shown.display end, '+' || k.code || national, shown.display, k.code || national,
    place = 0 and pg_temp.dice(n, 39, 5) = 0
  from demo_shop s, demo_clients c
  join demo_kinds k on pg_temp.dice(c.id, 1, 100) >= k.above and pg_temp.dice(c.id, 1, 100) < k.upto
  cross join lateral (select c.id as n) client
  cross join generate_series(0, case when pg_temp.dice(n, 30, 100) < 60 then 0 when pg_temp.dice(n, 30, 100) < 92 then 1 else 2 end) place
  cross join lateral (select pg_temp.of(k.begins, n, 40 + place) || lpad(pg_temp.dice(n, 50 + place, 10000000)::text, 7, '0') as national) number
  cross join lateral (select '+' || k.code || ' ' || regexp_replace(national, k.digits, k.display) as display) shown
  where c.id between :first and :last`,

  `insert into client_emails (id, client_id, position, address, agrees)
  overriding system value
  select 2 * n, n, 0, trim('.' from regexp_replace(c.name_key, '[^a-z0-9]+', '.', 'g')) || n % 1000 || '@' || k.host, pg_temp.dice(n, 61, 10) < 3
  from demo_clients c
  join demo_kinds k on pg_temp.dice(c.id, 1, 100) >= k.above and pg_temp.dice(c.id, 1, 100) < k.upto
  cross join lateral (select c.id as n) client
  where c.id between :first and :last and pg_temp.dice(n, 60, 100) < 55`,

  `insert into client_tags (client_id, tag_id)
  select distinct n, s.tags[1 + floor(cardinality(s.tags) * power(pg_temp.dice(n, 71 + place, 1000) / 1000.0, 2))::int]
  from demo_shop s, generate_series(:first::bigint, :last::bigint) n cross join generate_series(1, case when pg_temp.dice(n, 70, 100) < 50 then 0 when pg_temp.dice(n, 70, 100) < 85 then 1 else 2 end) place`,

  `insert into consents (id, client_id, phone_id, channel, address, given, at, employee_id, source, how)
  overriding system value
  select p.id * 2, c.id, p.id, 'whatsapp', p.display, true, c.created_at, c.created_by, 'form', 'in_person'
  from client_phones p join demo_clients c on c.id = p.client_id where p.whatsapp and p.client_id between :first and :last`,

  `insert into consents (id, client_id, email_id, channel, address, given, at, employee_id, source, how)
  overriding system value
  select e.id * 8 + 1, c.id, e.id, 'email', e.address, true, c.created_at, c.created_by, 'form', 'in_person'
  from client_emails e join demo_clients c on c.id = e.client_id where e.agrees and e.client_id between :first and :last`,

  `insert into events (id, client_id, kind, employee_id, at, version, details)
  overriding system value
  select n * 10, n, 'client.created', created_by, created_at, 1, '{"source":"form"}' from (select *, id as n from demo_clients where id between :first and :last) c`,

  `insert into events (id, client_id, kind, employee_id, at, version, details)
  overriding system value
  select id * 10 + 1, id, 'client.archived', created_by, archived_at, 2, '{}' from demo_clients where archived_at is not null and id between :first and :last`
]

// The clients come last, with what the list searches in them: none is written twice.
const KEEP = `
  insert into clients (${COLUMNS}, search_names, search_contacts)
  overriding system value
  select ${COLUMNS.replaceAll(/\w+/g, 'c.$&')},
    fold(concat_ws(' ', c.company_name, c.first_name, c.surname, tags.text, own.text)), concat_ws(' ', phones.text, emails.text)
  from demo_clients c
  left join (select client_id, string_agg(t.name, ' ' order by t.name_key) as text from client_tags ct join tags t on t.id = ct.tag_id where client_id between :first and :last group by client_id) tags on tags.client_id = c.id
  left join (
    select client_id, string_agg(concat_ws(' ', text_value, nullif(unique_key, fold(text_value))), ' ' order by field_id) as text from client_values v join fields f on f.id = v.field_id
    where client_id between :first and :last and text_value is not null and f.kind in ('short_text', 'long_text', 'unique_id') group by client_id
  ) own on own.client_id = c.id
  left join (select client_id, string_agg(concat_ws(' ', digits, nullif(national_digits(e164), digits)), ' ' order by position, id) as text from client_phones where client_id between :first and :last group by client_id) phones on phones.client_id = c.id
  left join (select client_id, string_agg(address_key, ' ' order by position, id) as text from client_emails where client_id between :first and :last group by client_id) emails on emails.client_id = c.id
  order by c.id`

/** Takes indexes, references and triggers off the tables, and gives the statements that put them back. */
async function strip (trx: Db, tables: string[]): Promise<string[]> {
  const { rows: references } = await trx.raw(`
    select conrelid::regclass::text as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition from pg_constraint
    where contype = 'f' and conrelid = any (?::text[]::regclass[])`, [tables])
  const { rows: indexes } = await trx.raw(`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index i
    where indrelid = any (?::text[]::regclass[]) and not exists (select from pg_constraint c where c.conindid = i.indexrelid)`, [tables])
  for (const { table, name } of references) await trx.raw(`alter table ${table} drop constraint ${name}`)
  for (const { name } of indexes) await trx.raw(`drop index ${name}`)
  for (const table of tables) await trx.raw(`alter table ${table} disable trigger user`)
  return [
    "set local maintenance_work_mem = '128MB'",
    ...indexes.map(({ definition }: { definition: string }) => definition),
    ...references.map(({ table, name, definition }: Record<string, string>) => `alter table ${table} add constraint ${name} ${definition}`),
    ...tables.map(table => `alter table ${table} enable trigger user`)
  ]
}
