import t from 'tap'
import { readReportFilter } from '../../src/reports/leads/filter.js'
import { cast } from '../support/cast.js'

const { db, as, anna, marek, sofia, nuno } = await cast(t)
const statuses = Object.fromEntries((await db('lead_statuses').select('key', 'id')).map(({ key, id }) => [key, id])) as Record<string, number>
const type: number = (await db('lead_types').first('id'))!.id
const [radio] = await db('campaigns').insert({ name: '=Radio' }).returning('id')

/** A lead of a moment that went through statuses, each for so many hours. */
async function make (number: string, created: string, stays: [status: string, hours: number][], more: Record<string, unknown> = {}): Promise<void> {
  let at = Date.parse(created)
  const moves = stays.map(([status, hours], n) => {
    const move = { to_id: statuses[status], from_id: n === 0 ? null : statuses[stays[n - 1]![0]], at: new Date(at) }
    at += hours * 3_600_000
    return move
  })
  const last = moves.at(-1)!, closed = ['successful_order', 'expensive'].includes(stays.at(-1)![0])
  const [{ id }] = await db('leads').insert({ number, type_id: type, status_id: last.to_id, status_since: last.at, created_at: new Date(created), closed_at: closed ? last.at : null, ...more }).returning('id')
  await db('lead_moves').insert(moves.map(move => ({ ...move, lead_id: id })))
}
await make('A-1', '2026-03-02T09:00:00Z', [['new_lead', 2], ['in_work', 10], ['successful_order', 0]], { manager_id: sofia.id, campaign_id: radio.id })
await make('A-2', '2026-03-10T09:00:00Z', [['new_lead', 4], ['in_work', 30], ['waiting', 5], ['in_work', 20], ['expensive', 0]], { manager_id: marek.id })
await make('A-3', '2026-03-31T21:30:00Z', [['new_lead', 6], ['expensive', 0]], { manager_id: marek.id, campaign_id: radio.id })
await make('A-4', '2026-03-31T22:30:00Z', [['new_lead', 6], ['expensive', 0]], { manager_id: marek.id }) // April in Warsaw
await make('A-5', '2026-03-05T09:00:00Z', [['new_lead', 1]], { archived_at: new Date() })
const MARCH = 'from=2026-03-01&to=2026-03-31'
const cells = (body: string) => [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) => [...row!.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell]) => cell!.replace(/<[^>]*>/g, '').trim())).filter(row => row.length > 0)

t.test('how many came into each status, how long they stayed, and how many were won, in the organisation\'s days', async t => {
  const { body } = await as(anna).get(`/reports/leads?${MARCH}&by=manager`)
  t.same(cells(body), [
    ['New lead', '3', '4 h', '4 h'], ['In work', '2', '20 h', '20 h'], ['Waiting', '1', '5 h', '5 h'], ['Successful order', '1', '—', '—'], ['Expensive', '2', '—', '—'],
    ['Marek Nowak', '2', '0', '0', '2', '0%', '1 d 8 h'], ['Sofia Ramos', '1', '0', '1', '0', '100%', '12 h']
  ])
  t.match(body, /<svg class="bars"[^]*<title>New lead: 3<\/title>/)
  t.match(body, '33.3%')
  t.same(cells((await as(anna).get(`/reports/leads?${MARCH}&campaign=${radio.id}&by=type`)).body).at(-1), ['Lead', '2', '0', '1', '1', '50%', '9 h'])
  t.same(cells((await as(anna).get('/reports/leads?from=2026-03-01&to=2026-04-30&by=month')).body).slice(-2).map(row => row.slice(0, 2)), [['2026-03', '3'], ['2026-04', '1']])
  t.match(cells((await as(anna).get(`/reports/leads?${MARCH}&when=closed&by=campaign`)).body).slice(-2).map(row => row.slice(0, 2)), [['=Radio', '1'], ['not specified', '1']])
  t.match((await as(anna).get('/reports/leads?from=2001-01-01&to=2001-02-01')).body, /No leads in these days/)
  t.match((await as(anna).get(`/reports/leads?${MARCH}`, { fragment: true })).body, /^\s*<section id="report"/)
})

t.test('it counts what its reader may see, and is a right', async t => {
  t.equal((await as(sofia).get('/reports/leads')).status, 403)
  await db('roles').where({ id: sofia.roleId }).update({ rights: db.raw("array_append(rights, 'reports.view')") })
  t.same(cells((await as(sofia).get(`/reports/leads?${MARCH}&by=manager`)).body).at(-1), ['Sofia Ramos', '1', '0', '1', '0', '100%', '12 h'])
  await db('roles').where({ id: nuno.roleId }).update({ rights: ['reports.view'] })
  t.match((await as(nuno).get(`/reports/leads?${MARCH}`)).body, /No leads in these days/)
})

t.test('it is exported as it is shown, and calculates nothing', async t => {
  const csv = await as(anna).get(`/reports/leads.csv?${MARCH}&by=campaign`)
  t.match(csv.headers, { 'content-type': /text\/csv/, 'content-disposition': 'attachment; filename="leads-2026-03-01-2026-03-31.csv"' })
  t.match(csv.body, /Status,Leads,"Median, h","Mean, h"\r\nNew lead,3,4,4\r\n/)
  t.match(csv.body, /\r\n'=Radio,2,0,1,1,50,9\r\n/)
  const xlsx = await as(anna).get(`/reports/leads.xlsx?${MARCH}`)
  t.match(xlsx.headers['content-type'], /spreadsheetml/)
  t.equal(xlsx.body.slice(0, 2), 'PK')
})

t.test('an address that makes no sense shows the last three months, and no more than three years', async t => {
  const now = new Date('2026-11-22T23:30:00Z')
  t.match(readReportFilter({}, 'Europe/Warsaw', now), { from: '2026-08-26', to: '2026-11-23', by: 'month', when: 'created' })
  t.match(readReportFilter({ from: '2026-11-05', to: '2026-11-01', by: 'x', type: 'y' }, 'UTC', now), { from: '2026-11-01', to: '2026-11-05', by: 'month', type: null })
  t.match(readReportFilter({ from: '0001-01-01', to: '99999-01-01' }, 'UTC', now), { to: '2026-11-22' })
  t.match(readReportFilter({ from: '2010-01-01', to: '2026-01-01' }, 'UTC', now), { from: '2022-12-31' })
  t.equal((await as(anna).get('/reports/leads?from=x&to=2026-02-31&by=%00&campaign=-1')).status, 200)
})
