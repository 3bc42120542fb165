import t from 'tap'
import { testDatabase } from '../support/database.js'
import { setUpCompany } from '../support/http.js'
import { startServer } from '../support/server-process.js'
import { until } from '../support/until.js'

t.test('the program is killed while it changes thousands of clients: the next start goes on, and does nothing twice', async t => {
  const { db, url } = await testDatabase(t)
  const first = await startServer(t, { env: { DATABASE_URL: url } })
  const owner = await setUpCompany(first.address)
  await db.raw("insert into clients (kind, first_name) select 'person', 'Klient ' || n from generate_series(1, 9000) n")
  const { location } = await owner.post('/clients/actions', { do: 'add_tags', of: 'matching', in: '', tag: 'Once' })
  const state = () => db('client_actions').first('state', 'done', 'changed')
  await until(async () => (await state()).done > 0, 'it begins')
  await first.stop('SIGKILL')
  const { done } = await state()
  t.ok(done < 9000, `killed after ${done}`)

  const second = await startServer(t, { env: { DATABASE_URL: url } })
  await until(async () => (await state()).state === 'done', 'it goes on', 60)
  t.match(await state(), { done: 9000, changed: 9000 })
  const { rows: [{ events, clients, tagged }] } = await db.raw("select count(*) as events, count(distinct client_id) as clients, (select count(*) from client_tags) as tagged from events where kind = 'tag.added'")
  t.same([events, clients, tagged], [9000, 9000, 9000])
  t.match((await owner.at(second.address).get(location)).body, /9,000 clients changed/)
})
