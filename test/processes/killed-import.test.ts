import t from 'tap'
import { testDatabase } from '../support/database.js'
import { setUpCompany } from '../support/http.js'
import { checkedImport } from '../support/imports.js'
import { startServer } from '../support/server-process.js'
import { until } from '../support/until.js'

const ROWS = 5000

t.test('the program is killed while it writes an import: the next start goes on, each row is written once, and nothing is lost', async t => {
  const { db, url } = await testDatabase(t)
  const first = await startServer(t, { env: { DATABASE_URL: url } })
  const owner = await setUpCompany(first.address)
  const { id: who } = await db('employees').first('id')
  const id = await checkedImport(db, who, 'Klient', 720_000_000, ROWS)
  await owner.post(`/imports/${id}/run`, {})
  const state = () => db('imports').where({ id }).first('state', 'done', 'row', 'counts')
  await until(async () => (await state()).done > 0, 'it begins')
  await first.stop('SIGKILL')

  const second = await startServer(t, { env: { DATABASE_URL: url } })
  const { row } = await state()
  t.ok(row < ROWS, `killed at row ${row}`)
  await until(async () => (await state()).state === 'done', 'it goes on', 60)
  t.match(await state(), { counts: { created: ROWS, updated: 0, error: 0 } })
  const { rows: [counted] } = await db.raw(`
    select count(*) as clients, (select count(*) from client_phones) as phones, (select count(distinct client_id) from client_words) as found,
      (select count(*) from events where kind = 'client.created') as told, (select count(distinct details->>'row') from events where details->'import'->>'id' = ?) as rows from clients`, [String(id)])
  t.same(counted, { clients: ROWS, phones: ROWS, found: ROWS, told: ROWS, rows: ROWS })
  t.match((await owner.at(second.address).get(`/clients?import=${id}&q=nr4999`)).body, /Klient Nr4999/)
})
