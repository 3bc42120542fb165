import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { Live } from '../../src/web/live.js'
import { secondApp } from '../support/app.js'
import { cast, type Person } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { until } from '../support/until.js'

/** What a browser's EventSource hears: the names of the events, in order, and whether the stream has ended. */
interface Ear { status: number, headers: Headers, heard: string[], raw: () => string, ended: () => boolean, until: (count: number) => Promise<string[]>, untilHeard: (name: string) => Promise<void>, untilEnd: () => Promise<void>, stop: () => void }

/** Two processes on one database, with a client, and ears on either. */
async function shop (t: Test) {
  const made = await cast(t)
  const { db, url, anna } = made
  const id = await addClient(db, anna, { first_name: 'Zofia' })
  const other = await secondApp(t, { db, url }, { heartbeat: 50 })
  const newest = async () => (await db('events').where({ client_id: id }).max('id as id').first())!.id as number
  const listen = async (app: FastifyInstance, who: Person, { client = id, after, headers = {} }: { client?: number, after?: number, headers?: Record<string, string> } = {}): Promise<Ear> => {
    if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const abort = new AbortController()
    t.teardown(() => abort.abort())
    const response = await fetch(`http://127.0.0.1:${port}/clients/${client}/live?after=${after ?? await newest()}`, { headers: { cookie: made.as(who).cookie, ...headers }, signal: abort.signal, redirect: 'manual' })
    let text = ''
    let ended = false
    const heard: string[] = []
    const reading = (async () => {
      const decoder = new TextDecoder()
      for await (const chunk of response.body!) {
        text += decoder.decode(chunk, { stream: true })
        heard.splice(0, Infinity, ...[...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name!))
      }
    })().catch(() => {}).finally(() => { ended = true })
    const within = async (what: string, isDone: () => boolean) => {
      for (let waited = 0; !isDone(); waited += 10) {
        if (waited > 30_000) throw new Error(`${what} did not happen; heard ${heard.join(', ') || 'nothing'}`)
        await wait(10)
      }
    }
    return {
      status: response.status, headers: response.headers, heard, raw: () => text, ended: () => ended,
      until: async count => { await within(`event ${count}`, () => heard.length >= count); return heard },
      untilHeard: name => within(name, () => heard.includes(name)),
      untilEnd: async () => { await within('the end', () => ended); await reading },
      stop: () => abort.abort()
    }
  }
  const says = (who: Person, body: string, client = id) => made.as(who).post(`/clients/${client}/comments`, { body })
  return { ...made, id, other, listen, says }
}

t.test('what is written through one process is heard at the other, without its content', async t => {
  const { app, other, anna, sofia, listen, says, as, id, db } = await shop(t)
  const [here, there] = [await listen(app, anna), await listen(other, sofia)]
  t.same([there.status, there.headers.get('content-type'), there.headers.get('cache-control'), there.headers.get('x-content-type-options')], [200, 'text/event-stream', 'no-store', 'nosniff'])
  await says(anna, 'a secret word')
  for (const ear of [here, there]) await ear.untilHeard('new')
  const { id: event } = (await db('events').where({ kind: 'comment' }).first('id'))!
  await as(anna).post(`/clients/${id}/feed/${event}`, { body: 'another secret' })
  for (const ear of [here, there]) {
    await ear.untilHeard(`changed-${event}`)
    t.same([...new Set(ear.heard)], ['new', `changed-${event}`]) // one that came while it was asked what was missed may be told twice
  }
  t.match(there.raw(), new RegExp(`id: ${event}\nevent: new\ndata: ${event}\n\n`))
  t.notMatch(there.raw(), /secret/)
})

t.test('every change of a client is heard, and no other client\'s', async t => {
  const { as, other, anna, sofia, listen, says, id, db } = await shop(t)
  const ear = await listen(other, sofia)
  await says(anna, 'elsewhere', await addClient(db, anna, { first_name: 'Inna' }))
  await as(anna).post(`/clients/${id}/parts/note`, { note: 'x' })
  await as(anna).post(`/clients/${id}/phones`, { phone_rows: 0, 'phones.0.number': '600 123 456', 'phones.0.type': 1 })
  await as(anna).post(`/clients/${id}/tags`, { tag: 'VIP' })
  await as(anna).post(`/clients/${id}/archive`)
  // By their numbers: one that came while the ear was asked what it had missed may be told twice.
  const numbers = () => [...ear.raw().matchAll(/^id: (\d+)$/gm)].map(([, event]) => Number(event))
  await until(() => numbers().length >= 4)
  await wait(100)
  t.same(numbers(), await db('events').where({ client_id: id }).whereNot({ kind: 'client.created' }).orderBy('id').pluck('id'))
  t.notOk(ear.heard.some(name => name !== 'new'))
})

t.test('a page that is behind when it begins to listen is told at once', async t => {
  const { other, anna, sofia, listen, says } = await shop(t)
  const before = await listen(other, sofia)
  await says(anna, 'meanwhile')
  await before.until(1)
  t.same([...await (await listen(other, sofia, { after: 1 })).until(1)], ['new'])
  t.same([...await (await listen(other, sofia, { headers: { 'last-event-id': '1' } })).until(5)].sort(), ['calls', 'new', 'notifications', 'tasks', 'unread'], 'and one that comes back')
  const upToDate = await listen(other, sofia)
  await wait(150)
  t.same(upToDate.heard, [])
})

t.test('the stream ends when the right is taken away, the session ends or the employee goes', async t => {
  const { as, other, anna, sofia, marek, nuno, olga, listen, db } = await shop(t)
  const ears = { sofia: await listen(other, sofia), marek: await listen(other, marek), anna: await listen(other, anna), olga: await listen(other, olga) }
  await wait(150)
  t.same(Object.values(ears).map(ear => ear.ended()), [false, false, false, false], 'they live on with their rights')
  t.match(ears.sofia.raw(), /^: /m, 'a heartbeat, so that a proxy leaves it open')

  await db('employees').where({ id: sofia.id }).update({ role_id: nuno.roleId })
  await ears.sofia.untilEnd()
  await as(marek).post('/sign-out')
  await ears.marek.untilEnd()
  await db('employees').where({ id: anna.id }).update({ deactivated_at: new Date() })
  await ears.anna.untilEnd()
  await wait(100)
  t.notOk(ears.olga.ended())
})

t.test('it ends too when the client becomes a supplier whom one may not see', async t => {
  const { other, as, anna, sofia, listen, id } = await shop(t)
  const ear = await listen(other, sofia)
  await as(anna).post(`/clients/${id}/parts/supplier`, { is_supplier: 'on' })
  await ear.untilEnd()
})

t.test('it is for those who may see the client', async t => {
  const { other, nuno, sofia, anna, listen, db } = await shop(t)
  t.equal((await listen(other, nuno)).status, 403)
  t.equal((await listen(other, sofia, { client: 424242 })).status, 404)
  t.equal((await listen(other, sofia, { client: await addClient(db, anna, { company_name: 'Hurt', is_supplier: true }) })).status, 404)
  t.equal((await listen(other, sofia, { headers: { cookie: '' } })).status, 303)
})

t.test('when the listening connection is lost, it is made again, and the pages are told to look', async t => {
  const { other, anna, sofia, listen, says, db } = await shop(t)
  const ear = await listen(other, sofia)
  const killed = await db.raw("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'clientela live' and datname = current_database()")
  t.equal(killed.rows.length, 2)
  await says(anna, 'while nobody listened')
  await ear.untilHeard('tasks')
  t.equal(ear.heard[0], 'new') // twice, if the comment came while it began to listen again
  const before = ear.heard.length
  await says(anna, 'after')
  t.ok(await until(() => ear.heard.includes('new', before)))
  await wait(300)
  const { rows } = await db.raw("select pid from pg_stat_activity where application_name = 'clientela live' and datname = current_database()")
  t.equal(rows.length, 2, 'one connection a process')
})

t.test('a database that is away is asked ever more rarely, by one at a time', async t => {
  let asked = 0
  const server = createServer(socket => { asked++; socket.on('error', () => {}); socket.destroy() }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await new Promise(resolve => server.once('listening', resolve))
  const live = new Live(`postgres://x@127.0.0.1:${(server.address() as AddressInfo).port}/x`, () => {})
  t.teardown(() => live.close())
  await live.open(50)
  await wait(1000)
  t.ok(asked >= 4 && asked <= 6, `at 0, 50, 150, 350 and 750 ms: ${asked} times`)
  await live.close()
  const before = asked
  await wait(1000)
  t.equal(asked, before, 'and not at all when it is closed')
})

t.test('an application that closes ends its streams at once, and one that left is forgotten', async t => {
  const { app, other, anna, sofia, listen } = await shop(t)
  const [ear, gone] = [await listen(other, sofia), await listen(app, anna)]
  gone.stop()
  const listeners = () => ['client:', 'employee:'].flatMap(of => app.live.topics(of)).length
  for (let waited = 0; listeners() > 0 && waited < 2000; waited += 10) await wait(10)
  t.equal(listeners(), 0)
  const start = Date.now()
  await other.close()
  await ear.untilEnd()
  t.ok(Date.now() - start < 2000)
})
