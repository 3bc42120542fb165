import pg from 'pg'
import t from 'tap'
import type { Db } from '../../src/database/knex.js'
import { readLeadFilter } from '../../src/leads/list/filter.js'
import { countBadges, listLeads, whatCameDue } from '../../src/leads/list/queries.js'
import { parsed } from '../../src/list-views/address.js'
import { RIGHTS, type Right } from '../../src/rights.js'
import { makeViewer } from '../../src/web/viewer.js'
import { testApp } from '../support/app.js'

const COUNT = 8000

/** Leads of some years, one in twenty of them open, the newest most of all; without what triggers tell. */
async function fill (db: Db): Promise<void> {
  await db.raw('alter table leads disable trigger user')
  await db.raw("insert into campaigns (name) select 'Kampania ' || n from generate_series(1, 12) n")
  await db.raw("insert into locations (name) select 'Lokal ' || n from generate_series(1, 6) n")
  await db.raw("insert into employees (name, email, role_id, language) select 'Kim ' || n, n || '@clientela.example', (select min(id) from roles), 'pl' from generate_series(1, 20) n")
  await db.raw('insert into employee_locations (employee_id, location_id) select (select min(id) from employees), min(id) + 2 from locations')
  await db.raw(`
    insert into leads (number, type_id, status_id, contact_name, campaign_id, location_id, manager_id, created_at, status_since, due_at, urgent, status_late_at, closed_at, archived_at)
    select 'L-' || lpad(n::text, 7, '0'), (select id from lead_types order by id offset (n % 7 = 0)::int limit 1), s.id,
      (array['Łukasz', 'Zofia', 'José', 'Inês', 'João', 'María', 'Antônio'])[1 + n % 7] || ' ' || md5(n::text), (select min(id) from campaigns) + floor(sqrt(n % 144))::int, case when n % 5 > 0 then (select min(id) from locations) + n % 6 end, (select min(id) from employees) + n % 20,
      now() - (:count - n) * interval '10 minutes', now() - (:count - n) * interval '9 minutes', case when n % 4 > 0 then now() - (:count - n - 300) * interval '10 minutes' end, not closed and n % 50 = 3,
      case when not closed and n % 3 = 0 then now() - (:count - n - 600) * interval '10 minutes' end, case when closed then now() - (:count - n) * interval '8 minutes' end, case when n % 90 = 0 then now() end
    from generate_series(1, :count) n cross join lateral (select n % 20 > 0 and n < :count * .98 as closed) c
    cross join lateral (select id from lead_statuses where (group_key in ('won', 'lost')) = closed order by id offset n % (case when closed then 5 else 3 end) limit 1) s`, { count: COUNT })
  await db.raw("insert into lead_phones (lead_id, typed, e164, display, digits) select id, typed, '+48' || typed, '+48 ' || typed, '48' || typed from leads, lateral (select (600000000 + id * 10007 % 99999999)::text as typed) n")
  await db.raw('insert into lead_moves (lead_id, to_id) select id, status_id from leads')
  await db.raw('alter table leads enable trigger user')
  for (const table of ['leads', 'lead_phones', 'lead_moves', 'lead_statuses', 'lead_types', 'employees']) await db.raw(`vacuum (analyze) ${table}`)
}

const viewerWith = (rights: readonly Right[], id: number) => makeViewer({
  id, name: 'Anna', email: 'anna@clientela.example', language: 'pl', roleId: 1, roleKey: null, rights,
  organisation: { name: 'Naprawa', country: 'PL', currency: 'PLN', timeZone: 'Europe/Warsaw', language: 'pl', phoneUniqueness: 'warn', emailUniqueness: 'warn', fileMegabytes: 50, fileCount: 20, fileKinds: [], logo: null },
  formVersions: {}
})

t.test('no list of leads reads all of them', async t => {
  const { db, url } = await testApp(t)
  await fill(db)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())
  const me = (await db('employees').min('id as id').first())!.id as number
  const [campaign, location] = await Promise.all(['campaigns', 'locations'].map(async table => (await db(table).min('id as id').first())!.id as number))

  let asked: { sql: string, bindings: unknown[] }[] = []
  db.on('query', ({ sql, bindings }) => { asked.push({ sql, bindings }) })
  const check = async (name: string, ask: () => Promise<unknown>) => {
    asked = []
    await ask()
    // A count stops at a thousand: where it meets so many soon, it may begin to read.
    for (const { sql, bindings } of asked.filter(({ sql }) => !sql.startsWith('select count(*)'))) {
      const { rows } = await client.query(`explain ${sql}`, bindings)
      const lines = rows.map(row => row['QUERY PLAN'] as string)
      t.same(lines.filter(line => /Seq Scan on lead(s|_phones|_moves)\b/.test(line)), [], `${name}: ${sql.slice(0, 30)}`, { lines, sql })
    }
    t.ok(asked.length > 0, name)
  }
  const middle = COUNT / 2
  for (const [whose, viewer] of [['all', viewerWith(RIGHTS, me)], ['own', viewerWith(['leads.view_own'], me)], ['those of a location', viewerWith(['leads.view_own', 'leads.view_locations'], me)]] as const) {
    const list = (query: string) => check(`${whose}: ${query}`, () => listLeads(db, viewer, readLeadFilter(parsed(query))))
    await check(`badges of ${whose}`, () => countBadges(db, viewer))
    for (const query of ['', 'show=urgent', 'show=new', 'show=mine', 'show=overdue', 'show=late', 'show=pending', 'show=all', 'show=archived', 'sort=due', 'sort=due&order=desc', 'sort=since', 'show=all&sort=due', 'show=all&sort=since&order=desc', 'group=lost', `campaign=${campaign + 3}`, `show=all&campaign=${campaign}`,
      `show=all&location=${location + 1}`, 'show=all&location=none', `show=all&manager=${me + 3}`, 'created_from=2026-01-01&created_to=2026-01-02&show=all', 'closed_from=2026-01-01&closed_to=2026-01-02', 'due_to=2026-01-01',
      'q=0004711', 'q=zofia', 'q=zofia a1b2', 'q=a1b2', 'q=612345', `after=${middle}`, `show=all&before=${middle}&sort=due`]) await list(query)
  }
  await check('what came due', () => whatCameDue(db, new Date()))
})
