import pg from 'pg'
import t from 'tap'
import { CARDS, columnsOf, isFolded } from '../../src/leads/board/column.js'
import { readCards, readColumns } from '../../src/leads/board/queries.js'
import { readLeadFilter } from '../../src/leads/list/filter.js'
import { listOwnFields } from '../../src/form-editor/shape.js'
import { BOARD, boardFilter, TABLE } from '../../src/leads/list/look.js'
import { countBadges, listLeads, whatCameDue } from '../../src/leads/list/queries.js'
import { listPeople } from '../../src/leads/people/queries.js'
import { listStatuses } from '../../src/leads/statuses.js'
import { findNeighbour } from '../../src/leads/steps/place.js'
import { parsed } from '../../src/list-views/address.js'
import { RIGHTS, type Right } from '../../src/rights.js'
import { makeViewer } from '../../src/web/viewer.js'
import { testApp } from '../support/app.js'
import { addFields } from '../support/fields.js'
import { makeManyLeads } from '../support/many-leads.js'

const COUNT = 12_000

const viewerWith = (rights: readonly Right[], id: number) => makeViewer({
  id, name: 'Anna', email: 'anna@clientela.example', language: 'pl', roleId: 1, roleKey: null, rights,
  organisation: { name: 'Naprawa', country: 'PL', currency: 'PLN', timeZone: 'Europe/Warsaw', language: 'pl', phoneUniqueness: 'warn', emailUniqueness: 'warn', fileMegabytes: 50, fileCount: 20, fileKinds: [], logo: null },
  locationIds: [],
  formVersions: {}
})

t.test('no list of leads reads all of them', async t => {
  const { db, url } = await testApp(t)
  await makeManyLeads(db, { count: COUNT, open: COUNT * 0.07 })
  const fields = await addFields(db, { price: { kind: 'number' }, bought: { kind: 'date' }, device: { kind: 'short_text' }, colour: { kind: 'one_choice', choices: ['Red', 'Blue'] } }, 'lead')
  await db.raw('alter table lead_values disable trigger user')
  for (const [field, column, value] of [['price', 'number_value', 'id * 7919 % 1000'], ['bought', 'day_value', "date '2020-01-01' + (id * 7919 % 2000)::int"], ['device', 'text_value', 'md5(id::text)'], ['colour', 'option_id', `(array[${fields.colour.options.map(({ id }) => id)}])[1 + id % 2]`]] as const) {
    await db.raw(`insert into lead_values (lead_id, field_id, ${column}) select id, ?, ${value} from leads where id % 3 > 0`, [fields[field].id])
  }
  await db.raw('alter table lead_values enable trigger user')
  await db.raw('vacuum (analyze) lead_values')
  const own = await listOwnFields(db, 'lead')
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
      t.same(lines.filter(line => /Seq Scan on lead(s|_phones|_moves|_values)\b/.test(line)), [], `${name}: ${sql.slice(0, 30)}`, { lines, sql })
    }
    t.ok(asked.length > 0, name)
  }
  const middle = COUNT / 2
  const viewers = [['all', viewerWith(RIGHTS, me)], ['own', viewerWith(['leads.view_own'], me)], ['those of a location', viewerWith(['leads.view_own', 'leads.view_locations'], me)]] as const
  for (const [whose, viewer] of viewers) {
    const list = (query: string) => check(`${whose}: ${query}`, () => listLeads(db, viewer, readLeadFilter(parsed(query), { fields: own })))
    await check(`badges of ${whose}`, () => countBadges(db, viewer))
    for (const query of ['', 'show=urgent', 'show=new', 'show=mine', 'show=overdue', 'show=late', 'show=pending', 'show=all', 'show=archived', 'sort=due', 'sort=due&order=desc', 'sort=since', 'show=all&sort=due', 'show=all&sort=since&order=desc', 'group=lost', `campaign=${campaign + 3}`, `show=all&campaign=${campaign}`,
      `show=all&location=${location + 1}`, 'show=all&location=none', `show=all&manager=${me + 3}`, 'created_from=2026-01-01&created_to=2026-01-02&show=all', 'closed_from=2026-01-01&closed_to=2026-01-02', 'due_to=2026-01-01',
      'q=0004711', 'q=zofia', 'q=zofia a1b2', 'q=a1b2', 'q=612345', `after=${middle}`, `show=all&before=${middle}&sort=due`]) await list(query)
    for (const { key } of own) for (const query of ['', 'order=desc', 'show=all', 'show=mine', `after=${middle}`, `show=all&after=${middle}`, `show=all&before=${middle}`, `show=all&after=${middle - middle % 3}`, 'show=urgent&q=zofia']) await list(`sort=own.${key}&${query}`)
  }
  const statuses = await listStatuses(db)
  for (const [whose, viewer] of viewers) {
    for (const query of ['', 'show=urgent', 'show=mine', 'show=overdue', 'show=late', 'sort=due', `campaign=${campaign}`, `manager=${me + 3}`, `location=${location + 1}`, 'group=lost', 'q=zofia a1b2']) {
      const filter = boardFilter(parsed(query))
      const columns = columnsOf(statuses, filter)
      await check(`the board of ${whose}: ${query}`, () => readColumns(db, viewer, filter, columns.map(status => ({ status, cards: isFolded(status, columns) ? 0 : CARDS }))))
    }
    const later = { ...readLeadFilter({}), after: middle }
    for (const status of statuses) await check(`more of a column of ${whose}`, () => readCards(db, viewer, later, status))
    for (const [at, column, query] of [[TABLE, null, 'show=mine'], [TABLE, null, 'sort=due'], [BOARD, statuses[1]!.id, '']] as const) {
      await check(`the next of ${whose}`, () => findNeighbour(db, viewer, { at, query: parsed(query), column }, middle, 'after'))
    }
  }
  for (const [whose, viewer] of viewers) for (const q of ['', 'zofia', '612345']) await check(`people known to who sees ${whose}: ${q}`, () => listPeople(db, viewer, { q, after: null }))
  await check('what came due', () => whatCameDue(db, new Date()))
})
