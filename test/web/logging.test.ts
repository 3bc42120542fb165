import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openDatabase, type Db } from '../../src/database/knex.js'
import { secondApp } from '../support/app.js'
import { cast, PASSWORD, type Cast } from '../support/cast.js'

const PRIVATE = /Łęcki|L.cki|%C5%81|zbigniew|600.?123.?456|123 ?45|sofia@|not.this.one|horse|203\.0\.113|clientela=/i
const person = { kind: 'person', first_name: 'Zbigniew', surname: 'Łęcki', 'phones.0.number': '600 123 456', 'phones.0.type': '1', phone_rows: '0', 'emails.0.address': 'zbigniew@poczta.example', email_rows: '0' }
const search = `/clients?q=${encodeURIComponent('Łęcki 600 123 456')}`

type Line = Record<string, unknown>

/** The desk with its log kept, as lines and as the text it is. */
async function logged (t: Test, { db, url, as }: Cast, on: Db = db) {
  const texts: string[] = []
  const app = await secondApp(t, { db: on, url }, { env: { LOG_LEVEL: 'info', TRUST_PROXY: '1' }, logTo: { write: line => { texts.push(line) } } })
  const lines = () => texts.map(text => JSON.parse(text) as Line)
  return { app, texts, lines, as: (who: Parameters<typeof as>[0]) => as(who, app) }
}

t.test('each answer is one line: id, method, the route\'s pattern, status, and nothing about anybody', async t => {
  const desk = await cast(t)
  const { as, lines, texts, app } = await logged(t, desk)
  const { anna, sofia } = desk
  await as(anna).get(search)
  const { location } = await as(anna).post('/clients', person)
  await as(anna).get(`${location}?note=zbigniew`)
  await as(anna).post('/clients', { ...person, 'phones.0.number': '600 123 456 7890 123 45' })
  await as(null).get(search)
  await as(null).post('/clients', person)
  await as(null).post('/sign-in', { email: sofia.email, password: 'not this one' }, { headers: { 'x-forwarded-for': '203.0.113.7' } })
  await as(null).post('/sign-in', { email: sofia.email, password: PASSWORD, to: search })
  await as(anna).get('/zbigniew/600123456')
  t.match(lines().map(({ method, route, status }) => `${String(method)} ${String(route)} ${String(status)}`), [
    'GET /clients 200', 'POST /clients 303', 'GET /clients/:id 200', /POST \/clients (422|303)/, 'GET /clients 303', 'POST /clients 401', 'POST /sign-in 422', 'POST /sign-in 303', 'GET unknown 404'
  ])
  for (const line of lines()) t.match(line, { level: 30, reqId: /^[0-9a-f-]{36}$/, ms: Number, msg: 'answered' })
  t.equal(new Set(lines().map(line => line.reqId)).size, lines().length)
  t.notMatch(texts.join(''), PRIVATE)

  const [file] = /\/assets\/[^"]+/.exec((await desk.as(null).get('/sign-in')).body)!
  const before = texts.length
  await app.inject('/healthz')
  await app.inject('/readyz')
  await app.inject(file)
  t.equal(texts.length, before, 'probes and files would drown the rest')
})

t.test('an id of the request is ours, whatever is sent', async t => {
  const desk = await cast(t)
  const { as, lines, texts } = await logged(t, desk)
  await as(null).get('/sign-in', { headers: { 'x-request-id': 'Łęcki', 'request-id': 'zbigniew', 'user-agent': 'zbigniew', referer: `http://localhost:3000${search}` } })
  t.match(lines()[0], { reqId: /^[0-9a-f-]{36}$/ })
  t.notMatch(texts.join(''), PRIVATE)
})

t.test('a query that fails is logged without what was asked', async t => {
  const desk = await cast(t)
  const { as, lines, texts } = await logged(t, desk)
  const { db, anna } = desk
  await db.raw('alter table clients add constraint nobody check (name is null)')
  await db.raw('alter table employees add constraint no_pole check (name <> \'Zbigniew Łęcki\')')
  const checked = await as(anna).post('/clients', person)
  t.equal(checked.status, 500)
  t.equal((await as(anna).post('/account', { name: 'Zbigniew Łęcki', language: 'en' })).status, 500)
  await db.raw('alter table clients rename to clients_gone')
  t.equal((await as(anna).get(search)).status, 500)
  t.equal((await as(anna).post('/clients', person)).status, 500)

  const failed = lines().filter(line => line.msg === 'request failed')
  t.equal(failed.length, 4)
  for (const line of failed) t.match(line, { level: 50, reqId: /^[0-9a-f-]{36}$/, route: String, err: { code: String, message: /^database error/, stack: /^ {4}at / } })
  t.match(failed[0], { route: '/clients', err: { code: '23514', message: 'database error 23514 on nobody' } })
  t.match(checked.body, failed[0]!.reqId as string, 'the page names the line')
  t.equal(lines().filter(line => line.msg === 'answered' && line.status === 500).length, 4)
  t.notMatch(texts.join(''), PRIVATE)
})

t.test('nor when the connection breaks under it', async t => {
  const desk = await cast(t)
  const { db, url, anna } = desk
  const { port, cut } = await proxyTo(t, url)
  const through = new URL(url)
  through.port = String(port)
  const weak = openDatabase(through.href)
  t.teardown(() => weak.destroy())
  const { as, texts, lines } = await logged(t, desk, weak)
  const lock = await db.transaction()
  await lock.raw('lock table clients')
  const answer = as(anna).get(search)
  await wait(500)
  cut()
  t.equal((await answer).status, 503)
  await lock.rollback()
  t.match(lines().find(line => line.msg === 'request failed'), { route: '/clients', err: { message: /\$1/, stack: /^ {4}at / } }, 'the query with its gaps')
  t.notMatch(texts.join(''), PRIVATE)
})

/** A way to the database that can be cut. */
async function proxyTo (t: Test, url: string) {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  const server = createServer(socket => {
    const there = createConnection(Number(port || 5432), hostname)
    for (const end of [socket, there]) sockets.push(end.on('error', () => {}))
    socket.pipe(there).pipe(socket)
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const cut = () => { for (const socket of sockets) socket.destroy() }
  t.teardown(() => { cut(); server.close() })
  return { port: (server.address() as AddressInfo).port, cut }
}
