import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { DueClock } from '../../src/tasks/due/clock.js'
import { findDueNow } from '../../src/tasks/due/queries.js'
import { dayOf, instantOf, localOf } from '../../src/web/zone.js'
import type { Viewer } from '../../src/web/viewer.js'
import { secondApp } from '../support/app.js'
import { cast, type Person } from '../support/cast.js'
import { addClient } from '../support/clients.js'

const ZONE = 'Europe/Warsaw'
const noon = instantOf('2026-06-10T12:00', ZONE)
const after = (minutes: number) => new Date(noon.getTime() + minutes * 60_000)

async function shop (t: Test) {
  const made = await cast(t)
  const { db, anna, sofia, marek } = made
  const client = await addClient(db, anna, { first_name: 'Zofia' })
  const add = async (who: Person, due_on: string, due_time: string | null = null, what = 'Call'): Promise<number> =>
    (await db('tasks').insert({ client_id: client, what, due_on, due_time, assignee_id: who.id, created_by: anna.id }).returning('id'))[0].id
  const eyesOf = (who: Person) => ({ id: who.id, organisation: { timeZone: ZONE }, can: () => true }) as unknown as Viewer
  return { ...made, client, add, eyesOf, sofia, marek }
}

t.test('what is due is counted at a moment of the organisation\'s clock, and told of for an hour', async t => {
  const { db, add, eyesOf, sofia, marek } = await shop(t)
  const look = (now: Date) => findDueNow(db, eyesOf(sofia), now)
  t.same(await look(noon), { count: 0, overdue: false, notices: [] })
  await add(sofia, '2026-06-11', '00:00')
  await add(marek, '2026-06-09')
  await add(sofia, '2026-06-10')
  const id = await add(sofia, '2026-06-10', '12:30', 'Ring <her>')
  t.same(await look(after(29)), { count: 2, overdue: false, notices: [] })
  t.match(await look(after(30)), { count: 2, overdue: true, notices: [{ id, what: 'Ring <her>', time: '12:30', card: { name: 'Zofia' } }] })
  t.same((await look(after(89))).notices.length, 1)
  t.same(await look(after(90)), { count: 2, overdue: true, notices: [] }, 'no longer than an hour')
  await db('tasks').where({ id }).update({ noticed_at: new Date() })
  t.same((await look(after(31))).notices, [], 'nor once it was put away')
  await db('tasks').where({ id }).update({ done_by: sofia.id, done_at: new Date() })
  t.same(await look(after(31)), { count: 1, overdue: false, notices: [] })
  t.match(await look(after(12 * 60)), { count: 2, overdue: true }, 'midnight makes tomorrow today')
})

t.test('each process tells its own open pages of what comes due, by its clock', async t => {
  const { db, app, add, anna, sofia, marek } = await shop(t)
  const heard: string[] = []
  const stop = [anna, sofia].map(({ id, name }) => app.live.subscribe(`employee:${id}`, () => heard.push(name)))
  const clock = new DueClock(db, app.live, error => { throw error }, noon)
  await add(sofia, '2026-06-10', '12:01')
  await add(marek, '2026-06-10', '12:01')
  await add(anna, '2026-06-10', '12:02')
  for (let waited = 0; heard.length < 2 && waited < 5000; waited += 10) await wait(10)
  t.same(heard.splice(0).sort(), [anna.name, sofia.name], 'of a new task by the database')
  const at = async (minutes: number) => { await clock.look(after(minutes)); return heard.splice(0) }
  t.same(await at(0.9), [])
  t.same(await at(1), [sofia.name])
  t.same(await at(1.5), [])
  t.same(await at(2), [anna.name])
  t.same((await at(12 * 60)).sort(), [anna.name, sofia.name], 'a new day is everybody\'s')
  for (const end of stop) end()
  t.same(app.live.topics('employee:'), [])
  t.same(await at(24 * 60), [])
})

t.test('a page hears of a task that another process gives its viewer, and shows it', async t => {
  const { app, db, url, as, sofia, anna, client, marek } = await shop(t)
  const other = await secondApp(t, { db, url })
  const ear = await listen(t, other, as(sofia).cookie, '/live?seen=0-0')
  const day = dayOf(new Date(), ZONE)
  await as(anna, app).post(`/clients/${client}/tasks`, { what: 'Call', due_on: day, assignee: sofia.id })
  await ear.until(/event: tasks/)
  t.match((await as(sofia).get('/tasks/due', { fragment: true })).body, /hx-target="#tasks-count"[^]*1 task for today[^]*hx-target="#due"/)
  t.match(await as(sofia).get('/tasks/due'), { status: 303, location: '/tasks' })
  await (await listen(t, other, as(sofia).cookie, '/live?seen=0-0')).until(/event: tasks/)
  const { id } = (await db('tasks').first('id'))!
  const given = await listen(t, app, as(sofia).cookie, '/live?seen=1-0')
  t.notMatch(given.text(), /event: tasks/)
  await db('tasks').where({ id }).update({ assignee_id: marek.id })
  await given.until(/event: tasks/)
  t.equal((await as(null).get('/live')).status, 303)
})

t.test('a notice stands on every page until it is put away by its own', async t => {
  const { db, as, sofia, anna, client, add } = await shop(t)
  const [day = '', time = ''] = localOf(new Date(Date.now() - 60_000), ZONE).split('T')
  const id = await add(sofia, day, time, 'Ring <her>')
  const { body } = await as(sofia).get(`/clients/${client}`)
  t.match(body, new RegExp(`id="due"[^]*Due at ${time}:[^]*Ring &lt;her&gt;[^]*action="/tasks/${id}/noticed"`))
  t.notMatch((await as(anna).get('/clients')).body, /due-note/)
  t.equal((await as(anna).post(`/tasks/${id}/noticed`)).status, 403)
  t.match(await as(sofia).post(`/tasks/${id}/noticed`, { back: '/clients' }), { status: 303, location: '/clients' })
  t.notMatch((await as(sofia).get('/clients')).body, /due-note/)
  await db('tasks').where({ id }).update({ noticed_at: null })
  t.match(await as(sofia).post(`/tasks/${id}/noticed`, {}, { fragment: true }), { status: 204, headers: { 'hx-trigger': 'tasks' } })
  t.notMatch((await as(sofia).get('/clients')).body, /due-note/)
})

async function listen (t: Test, app: FastifyInstance, cookie: string, path: string) {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' })
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const response = await fetch(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}${path}`, { headers: { cookie }, signal: abort.signal })
  let text = ''
  void (async () => { for await (const chunk of response.body!) text += new TextDecoder().decode(chunk) })().catch(() => {})
  return {
    text: () => text,
    until: async (said: RegExp) => {
      for (let waited = 0; !said.test(text); waited += 10) {
        if (waited > 5000) throw new Error(`${said} was not heard: ${text}`)
        await wait(10)
      }
    }
  }
}
