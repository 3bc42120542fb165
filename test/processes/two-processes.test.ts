import { createServer, connect } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Live } from '../../src/web/live.js'
import { testDatabase } from '../support/database.js'
import { addClientBy, HttpVisitor, openStream, OWNER, setUpCompany } from '../support/http.js'
import { startServer } from '../support/server-process.js'
import { until } from '../support/until.js'

t.test('two processes on one database are one application', async t => {
  const { url } = await testDatabase(t)
  const [one, two] = await Promise.all([1, 2].map(() => startServer(t, { env: { DATABASE_URL: url } })))
  const here = await setUpCompany(one!.address)
  const there = here.at(two!.address)
  const client = await addClientBy(here, 'Inês')
  t.equal((await there.get(client)).status, 200, 'a session of one is valid at the other')

  const stream = await openStream(t, there, `${client}/live?after=1000000`)
  t.equal((await here.post(`${client}/comments`, { body: 'Told over there' })).status, 303)
  await until(() => stream.events.length > 0, 'the comment arrives')
  t.match(stream.events, [/^new \d+$/])

  const guess = (base: string, password: string) => new HttpVisitor(base).post('/sign-in', { email: OWNER.email, password })
  for (let tries = 1; tries <= 6; tries++) t.equal((await guess(one!.address, `wrong ${tries}`)).status, 422)
  const slowed = await guess(two!.address, OWNER.password)
  t.equal(slowed.status, 429, 'wrong tries at one count at the other')
  t.ok(Number(slowed.headers.get('retry-after')) > 0)

  t.equal((await here.post('/sign-out', {})).status, 303)
  t.match(await there.get(client), { status: 303, location: /^\/sign-in/ }, 'and so does a sign-out')
})

t.test('the connection of the live events comes back after some tries, and there is only one', async t => {
  const { db, url } = await testDatabase(t)
  const door = await openDoor(t, url)
  const warned: string[] = []
  const live = new Live(door.url, error => warned.push(error.message))
  t.teardown(() => live.close())
  const told: unknown[] = []
  live.subscribe('client:1', event => told.push(event))
  const connections = async () => Number((await db('pg_stat_activity').where({ application_name: 'clientela live' }).whereRaw('datname = current_database()').count('*').first())!.count)

  await live.open()
  t.same(told, ['resync'])
  door.shut()
  await until(() => door.refused >= 2, 'it tries again')
  door.open()
  await until(() => told.length > 1, 'it comes back')
  await sleep(1500) // as long as a second one would take
  t.equal(await connections(), 1)
  await db.raw("select pg_notify('clientela', ?)", [JSON.stringify({ topic: 'client:1', event: 7, is_new: true })])
  await until(() => told.length > 2, 'the event arrives')
  await sleep(100)
  t.same(told, ['resync', 'resync', { topic: 'client:1', event: 7, is_new: true }])
  t.ok(warned.length > 0, 'it has been said')
})

/** A way to the database that can be shut, for who is connected too. */
async function openDoor (t: { teardown (fn: () => unknown): void }, url: string) {
  const { hostname, port } = new URL(url)
  const ends = new Set<() => void>()
  const door = { url: '', refused: 0, isOpen: true, open: () => { door.isOpen = true }, shut: () => { door.isOpen = false; for (const end of ends) end() } }
  const server = createServer(inside => {
    if (!door.isOpen) { door.refused++; inside.destroy(); return }
    const outside = connect(Number(port), hostname)
    const end = () => { inside.destroy(); outside.destroy(); ends.delete(end) }
    ends.add(end)
    for (const socket of [inside, outside]) socket.on('error', end).on('close', end)
    inside.pipe(outside).pipe(inside)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { door.shut(); server.close() })
  const through = new URL(url)
  through.port = String((server.address() as { port: number }).port)
  through.hostname = '127.0.0.1'
  door.url = through.href
  return door
}
