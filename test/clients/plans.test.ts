import pg from 'pg'
import t from 'tap'
import { listClients } from '../../src/clients/list/queries.js'
import { columnsWith } from '../../src/clients/list/columns.js'
import { readClientFilter } from '../../src/clients/list/filter.js'
import { findClient } from '../../src/clients/queries.js'
import { listAgreeing, listConsents } from '../../src/clients/consents/queries.js'
import { countDuplicates, listDuplicates } from '../../src/clients/duplicates/queries.js'
import { listFeed } from '../../src/feed/queries.js'
import { findMatches } from '../../src/clients/uniqueness/queries.js'
import { listOwnFields } from '../../src/form-editor/shape.js'
import type { Db } from '../../src/database/knex.js'
import { parsed } from '../../src/list-views/address.js'
import { BUILT_IN_ROLES, type Right } from '../../src/rights.js'
import { makeViewer } from '../../src/web/viewer.js'
import { findDueNow } from '../../src/tasks/due/queries.js'
import { listDoneLately, listOpenTasks, listTasks } from '../../src/tasks/list/queries.js'
import { testApp } from '../support/app.js'
import { addFields, type DescribedField } from '../support/fields.js'

interface Node { 'Node Type': string, 'Relation Name'?: string, 'Plan Rows': number, 'Plans'?: Node[] }
type Asked = { sql: string, bindings: unknown[] }

const FILLED = ['clients', 'client_phones', 'client_emails', 'client_tags', 'client_values', 'consents', 'events', 'tasks']

/** 14,000 clients as a shop of ten years has them: some tags and campaigns on many, some on few. What triggers keep is made once, at the end. */
async function fill (db: Db): Promise<void> {
  for (const table of FILLED) await db.raw(`alter table ${table} disable trigger user`)
  await db.raw("insert into campaigns (name) select 'Kampania ' || n from generate_series(1, 12) n")
  await db.raw("insert into locations (name) select 'Lokal ' || n from generate_series(1, 3) n")
  await db.raw("insert into tags (name) select 'Etykieta ' || n from generate_series(1, 20) n")
  await db.raw(`
    insert into clients (kind, first_name, surname, company_name, is_supplier, is_conflicted, campaign_id, location_id, created_at, active_at, archived_at)
    select case when n % 10 = 0 then 'company' else 'person' end,
      (array['Łukasz', 'Zofia', 'José', 'Inês', 'João', 'María', 'Antônio'])[1 + n % 7], (array['Nowak', 'Wójcik', 'García', 'Gonçalves', 'Núñez'])[1 + n * 7 % 5] || md5(n::text),
      case when n % 10 = 0 then 'Firma ' || n else '' end, n % 97 = 0, n % 89 = 0,
      case when n % 4 = 0 then 1 + floor(sqrt(n % 144)) end, case when n % 3 > 0 then 1 + n % 3 end,
      now() - n * interval '4 hours', now() - (n * 7919 % 14000) * interval '1 hour', case when n % 31 = 0 then now() end
    from generate_series(1, 14000) n`)
  await db.raw(`
    insert into client_phones (client_id, type_id, typed, e164, display, digits)
    select id, (select min(id) from phone_types), number, '+48' || number, '+48 ' || number, '48' || number
    from clients, lateral (select (600000000 + id * 10007)::text as number) n`)
  await db.raw("insert into client_emails (client_id, address) select id, 'k' || md5(id::text) || '@poczta.example' from clients where id % 2 = 0")
  await db.raw('insert into client_tags (client_id, tag_id) select c.id, g.id from clients c join tags g on c.id % (g.id * g.id + 1) = 0')
  await db.raw("insert into events (client_id, kind, details) select id, 'client.created', '{}' from clients, generate_series(1, 2)")
  await db.raw("insert into employees (name, email, role_id, language) select 'Kim ' || n, n || '@clientela.example', (select min(id) from roles), 'pl' from generate_series(1, 5) n")
  await db.raw("insert into consents (client_id, phone_id, channel, address, given, source) select client_id, id, 'sms', display, n = 1, 'form' from client_phones, generate_series(1, 2) n")
  await db.raw(`
    insert into tasks (client_id, what, due_on, assignee_id, created_by, done_at, done_by)
    select c.id, 'Call', date '2026-01-01' + (c.id % 500)::int, w.id, w.id, case when c.id % 3 > 0 then now() - c.id * interval '1 hour' end, case when c.id % 3 > 0 then w.id end
    from clients c join lateral (select min(id) + c.id % 5 as id from employees) w on true`)
  await fillOwn(db)
  for (const table of FILLED) await db.raw(`analyze ${table}`)
  // As whoever writes many does: of all at once each costs twice as much.
  for (let from = 0; from < 14_000; from += 2000) await db.raw('select index_clients(array(select id from clients where id > ? and id <= ?))', [from, from + 2000])
  await db.raw("insert into duplicate_groups (id, score, reasons, size) select id, 1 + id % 99, '{phone}', 2 from clients where id % 4 = 1")
  await db.raw('insert into duplicate_members (client_id, group_id) select id + n, id from duplicate_groups, generate_series(0, 1) n')
  for (const table of FILLED) await db.raw(`alter table ${table} enable trigger user`)
  // Counts are read from an index alone where a vacuum has been.
  for (const table of [...FILLED, 'client_words', 'tags', 'campaigns', 'locations', 'employees', 'duplicate_groups', 'duplicate_members']) await db.raw(`vacuum (analyze) ${table}`)
}

const KINDS = ['short_text', 'number', 'date', 'date_time', 'yes_no', 'one_choice', 'several_choices', 'unique_id', 'long_text', 'link'] as const

/** Fifty own fields, five of each kind: the first of a kind every second client has, the others one in four to one in ten. Those that no list is asked for nobody has. */
async function fillOwn (db: Db): Promise<void> {
  await addFields(db, Object.fromEntries(Array.from({ length: 50 }, (_, n): [string, DescribedField] => {
    const kind = KINDS[n % KINDS.length]!
    return [`${kind}_${Math.floor(n / KINDS.length)}`, { kind, choices: kind.includes('choice') ? ['a', 'b', 'c', 'd', 'e'] : [] }]
  })))
  await db.raw(`
    insert into client_values (client_id, field_id, text_value, number_value, day_value, moment_value, option_id, unique_key)
    select c.id, f.id,
      case when f.kind in ('short_text', 'long_text', 'unique_id', 'link') then 'Żubr ' || md5(c.id::text) end,
      case f.kind when 'number' then c.id % 997 when 'yes_no' then c.id % 2 end,
      case f.kind when 'date' then date '2026-01-01' - (c.id % 3000)::int end, case f.kind when 'date_time' then timestamptz '2026-01-01' - c.id * interval '1 hour' end,
      case when f.kind in ('one_choice', 'several_choices') then (select id from field_options o where o.field_id = f.id order by position offset floor(sqrt(c.id % 25)) limit 1) end,
      case f.kind when 'unique_id' then unique_key('Żubr ' || md5(c.id::text)) end
    from fields f join clients c on c.id % (2 + 2 * right(f.key, 1)::int) = 0 and f.key ~ '(_[04]|number_.|date_.|one_choice_.|yes_no_1|text_1|id_2|choices_2)$'`)
}

const viewerWith = (rights: readonly Right[]) => makeViewer({
  id: 1, name: 'Anna', email: 'anna@clientela.example', language: 'pl', roleId: 1, roleKey: null, rights,
  organisation: { name: 'Naprawa', country: 'PL', currency: 'PLN', timeZone: 'Europe/Warsaw', language: 'pl', phoneUniqueness: 'warn', emailUniqueness: 'warn', fileMegabytes: 50, fileCount: 20, fileKinds: [], logo: null },
  locationIds: [],
  formVersions: {}
})

const EVERYTHING = viewerWith(BUILT_IN_ROLES.owner)
const NO_SUPPLIERS = viewerWith(['clients.view', 'contacts.view_full'])
const MASKED = viewerWith(['clients.view', 'suppliers.view'])

// What may have thousands of rows: none of it is ever read through to show one page.
const BIG = ['duplicate_groups', 'duplicate_members', 'client_words', 'tasks', 'client_values', 'clients', 'client_phones', 'client_emails', 'client_tags', 'events', 'consents']

const INSIDE = "(search_names || ' ' || search_contacts) like $1"

t.test('no list reads a whole big table', async t => {
  const { db, url } = await testApp(t)
  await fill(db)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())

  let queries: Asked[] = []
  db.on('query', ({ sql, bindings }: Asked) => { if (/^\s*(select|with)/i.test(sql)) queries.push({ sql, bindings }) })
  const check = async (name: string, ask: () => Promise<unknown>) => {
    queries = []
    await ask()
    for (const { sql, bindings } of queries) {
      const { rows: [row] } = await client.query(`explain (format json) ${sql}`, bindings)
      const scanned = scans(row['QUERY PLAN'][0].Plan)
      t.same(scanned, [], `${name}: ${sql.slice(0, 30)}`, { sql, ...(scanned.length > 0 && { plan: await plan(client, sql, bindings) }) })
    }
    t.ok(queries.length > 0, name)
  }
  const fields = await listOwnFields(db, 'client')
  const list = (query: string, viewer = EVERYTHING) => check(`${query || 'all'}${viewer === EVERYTHING ? '' : viewer === MASKED ? ', masked' : ', no suppliers'}`,
    () => listClients(db, viewer, readClientFilter(parsed(query), fields), { columns: columnsWith(fields).slice(-20), fields }))

  const narrowed = ['', 'show=people', 'show=companies', 'show=suppliers', 'show=conflicted', 'show=archived', 'tag=2', 'tag=18', 'campaign=2', 'campaign=12', 'location=2', 'price=1', 'phone_type=2', 'from=2026-01-01&to=2026-01-31', 'from=2020-01-01', 'q=now', 'q=lukasz nowak', 'q=600', 'q=612+345', 'q=poczta', 'q=kabc']
  for (const [n, narrow] of narrowed.entries()) {
    // An order is as good as its opposite to an index, so half of them will do; and of three orders two.
    for (const [m, sort] of ['name', 'created', 'active'].entries()) if (n === 0 || n % 3 !== m) for (const order of n === 0 ? ['asc', 'desc'] : [(n + m) % 2 ? 'asc' : 'desc']) await list(`${narrow}&sort=${sort}&order=${order}`)
  }
  for (const paged of ['after=9000', 'before=9000', 'after=9000&sort=active', 'after=9000&q=nowak', 'before=9000&show=people&sort=created', 'after=9000&location=2']) await list(paged)
  for (const viewer of [NO_SUPPLIERS, MASKED]) for (const narrow of narrowed) await list(narrow, viewer)
  for (const q of ['q=600123456', 'q=%2B48600123456', 'q=kabc@poczta.example', 'q=%2B48']) for (const viewer of [EVERYTHING, MASKED]) await list(q, viewer)

  const searched = ['q=k', 'q=no', 'q=now', 'q=lukasz nowak', 'q=n lu', 'q=ukasz', 'q=kasz owak', 'q=612345', 'q=600 now', 'q=k@', 'q=jose&tag=18', 'q=no&campaign=12', 'q=now&show=archived', 'q=now&show=suppliers', 'q=ab&location=2', 'q=now&own.one_choice_1=filled']
  for (const [n, q] of searched.entries()) for (const page of ['', n % 2 ? '&after=9000' : '&before=9000']) await list(`${q}${page}`)
  for (const q of ['q=no', 'q=jose n', 'q=ukasz']) for (const viewer of [NO_SUPPLIERS, MASKED]) await list(q, viewer)
  for (const sort of ['name&order=desc', 'created', 'active', 'own.number_1']) for (const q of ['q=no', 'q=jose n', 'q=ukasz']) await list(`${q}&sort=${sort}`)

  const options = (await db('field_options as o').join('fields as f', 'f.id', 'o.field_id').where('f.key', 'one_choice_1').orderBy('position').pluck('o.id'))
  const asked: string[] = [`own.one_choice_1=${options[0]}`, `own.one_choice_1=${options[3]}&own.one_choice_1=${options[4]}`, 'own.one_choice_1=empty', 'own.yes_no_0=yes', 'own.yes_no_4=no', 'own.number_0.from=10&own.number_0.to=12', 'own.number_3.to=500', 'own.date_0.from=2025-12-01', 'own.date_2.how=past', 'own.date_1.how=empty',
    'own.date_time_0.from=2025-12-01T10:00', 'own.unique_id_0=zubr', 'own.unique_id_2=zubrab&own.unique_id_2.how=starts', 'own.short_text_1=abc', 'own.long_text_0=abc', 'own.short_text_0=zubr+ab&own.short_text_0.how=starts', 'own.link_4=abc', 'own.several_choices_2=filled', 'own.number_2.from=100&own.yes_no_1=yes']
  for (const [n, condition] of asked.entries()) await list(`${condition}&sort=${['name', 'active', 'own.number_1', 'own.date_3'][n % 4]}`)
  for (const kind of KINDS.filter(kind => kind !== 'several_choices')) for (const n of [0, 4]) await list(`sort=own.${kind}_${n}&order=${n ? 'asc' : 'desc'}`)
  for (const sort of ['number_0', 'one_choice_2', 'date_4', 'short_text_0']) for (const place of ['after', 'before']) await list(`sort=own.${sort}&${place}=9000`)
  await list('sort=own.number_2&show=people&q=nowak&own.one_choice_0=filled')

  const me = await db('employees').min('id as id').first()
  for (const viewer of [EVERYTHING, NO_SUPPLIERS]) {
    for (const who of [me!.id as number, 'all'] as const) for (const show of ['open', 'done'] as const) for (const after of [null, { at: '2026-03-01T00:00:00', id: 9000 }]) {
      await check(`tasks ${show}`, () => listTasks(db, viewer, { who, show, after }))
    }
    await check('tasks done lately', () => listDoneLately(db, viewer, me!.id))
    await check('what is due', () => findDueNow(db, { ...viewer, id: me!.id }))
    await check('tasks of a client', () => listOpenTasks(db, viewer, { subject: 'client', id: 4711 }))
    await check('what a client agreed to', () => listConsents(db, viewer, 4711, { phone: null, email: null, older: null }))
    await check('older, of one phone', () => listConsents(db, viewer, 4711, { phone: 4711, email: null, older: 9000 }))
    await check('what holds now', () => listAgreeing(db, viewer, 4711))
  }

  await check('the profile', () => findClient(db, EVERYTHING, 4711))
  await check('the feed', () => listFeed(db, EVERYTHING, { subject: 'client', id: 4711 }))
  await check('the feed, narrowed and older', () => listFeed(db, EVERYTHING, { subject: 'client', id: 4711 }, { filter: 'comments', older: 30_000 }))
  for (const viewer of [EVERYTHING, NO_SUPPLIERS]) {
    await check('who has this phone', () => findMatches(db, viewer, 'phone', '+48600123456', 4711))
    for (const client of [null, 4713]) await check('duplicates', () => listDuplicates(db, viewer, { reason: null, least: null, client, after: client ? null : { score: 50, id: 9001 } }))
    await check('duplicates of a client', () => countDuplicates(db, viewer, 4713))
    await check('who has this e-mail', () => findMatches(db, viewer, 'email', 'k@poczta.example', null))
  }

  // By how many are expected it is chosen how they are read.
  for (let part = 100; part < 1000; part += 60) {
    const { rows: [{ found }] } = await client.query(`select count(*)::int as found from clients where ${INSIDE}`, [`%${part}%`])
    const { rows: [row] } = await client.query(`explain (format json) select from clients where ${INSIDE}`, [`%${part}%`])
    const expected = row['QUERY PLAN'][0].Plan['Plan Rows']
    t.ok(found > 40 && Math.max(found / expected, expected / found) < 2, `${part}: ${expected} expected, ${found} there`)
  }
})

/** The big tables that this plan reads through. A count that stops at a thousand may begin to, where so many match that it stops before half of it. */
function scans (node: Node, limit = Infinity): string[] {
  const name = node['Relation Name'] ?? ''
  const isScan = node['Node Type'] === 'Seq Scan' && BIG.includes(name) && node['Plan Rows'] < 2 * limit
  // A nested loop goes on row by row, and stops where the limit above it does.
  const below = node['Node Type'] === 'Limit' ? node['Plan Rows'] : node['Node Type'] === 'Nested Loop' ? limit : Infinity
  return [...isScan ? [name] : [], ...(node.Plans ?? []).flatMap(child => scans(child, below))]
}

async function plan (client: pg.Client, sql: string, bindings: unknown[]): Promise<string[]> {
  const { rows } = await client.query(`explain analyze ${sql}`, bindings)
  return rows.map(row => row['QUERY PLAN'])
}
