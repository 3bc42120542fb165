import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NetworkInterfaceInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { addressesOf } from '../../src/serve.js'
import { addClientBy, openStream, setUpCompany, type HttpVisitor } from '../support/http.js'
import { dataFolder, failedStart, run, runs, startServer } from '../support/server-process.js'
import { until } from '../support/until.js'

// One folder for all: each test goes on with what the one before left.
const directory = dataFolder(t)
let owner: HttpVisitor
let client: string

t.test('SIGTERM while the first start is still making its database: nothing is left running', async t => {
  const server = run(t, { directory })
  const postgres = await until(server.postgres, 'Postgres began')
  const { code, stderr, seconds } = await server.stop()
  t.equal(code, 0)
  t.equal(stderr, '')
  t.ok(seconds < 20, `after ${seconds} s`)
  t.notOk(runs(postgres), 'Postgres has ended')
})

t.test('starts, says where and with which code, answers, and is the only one on its folder', async t => {
  const server = await startServer(t, { directory })
  t.match(server.stdout(), /^Clientela is open at http:\/\/127\.0\.0\.1:\d+\n/)
  for (const path of ['/setup', '/healthz', '/readyz']) t.equal((await fetch(server.address + path)).status, 200, path)
  owner = await setUpCompany(server.address)
  client = await addClientBy(owner, 'Zofia')
  t.match(server.stdout(), /\nOpened from another machine, the first page asks for this code: \S+\n$/)

  t.match(await failedStart(t, { directory }), new RegExp(`^1: .*already running on .*\\(process ${server.child.pid}\\).*\\n$`))
  t.equal((await fetch(`${server.address}/readyz`)).status, 200)
  t.equal((await server.stop()).code, 0)
})

t.test('which addresses of this machine are said to others', async t => {
  const card = (address: string, internal = false) => ({ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as NetworkInterfaceInfo
  const cards = { lo: [card('127.0.0.1', true), card('::1', true)], eth0: [card('fe80::1'), card('2001:db8::7'), card('192.0.2.7')], wlan0: [card('198.51.100.7')], many: ['1', '2', '3'].map(n => card(`203.0.113.${n}`)) }
  t.same(addressesOf('0.0.0.0', cards), ['192.0.2.7', '198.51.100.7', '203.0.113.1', '203.0.113.2'])
  t.same(addressesOf('::', { eth0: cards.eth0 }), ['192.0.2.7', '2001:db8::7'])
  for (const host of ['127.0.0.1', 'localhost', '192.0.2.7', '::1']) t.same(addressesOf(host, cards), [])
})

t.test('open to other machines it says under which addresses, and logs once that it listens; SIGTERM while a form is being sent and a feed is open: the form is answered and the feed ended', async t => {
  const server = await startServer(t, { directory, env: { HOST: '0.0.0.0', LOG_LEVEL: 'info' } })
  const port = server.address.split(':').at(-1)
  const mine = addressesOf('0.0.0.0').map(host => `http://${host}:${port}`)
  t.equal(server.address, `http://localhost:${port}`)
  if (mine.length > 0) await until(() => server.stdout().includes(`\nFrom other machines: ${mine.join(' ')}\n`), 'it said its addresses')
  for (const address of mine) t.equal((await fetch(`${address}/healthz`)).status, 200, address)
  await fetch(`${server.address}/sign-in`)
  await until(() => server.stdout().includes('"msg":"answered"'), 'requests are logged')
  t.equal(server.stdout().match(/"msg":"listening"/g)?.length, 1)

  const postgres = server.postgres()
  const visitor = owner.at(server.address)
  const stream = await openStream(t, visitor, `${client}/live`)
  const slow = await visitor.postSlowly(`${client}/comments`, { body: 'Sent slowly' })

  const stopped = server.stop('SIGTERM')
  await t.resolves(stream.ended, 'the feed ends')
  await t.rejects(visitor.get('/healthz'), 'nobody new is served')
  t.equal(await slow.finish(), 303)
  const { code, seconds, stderr } = await stopped
  t.equal(code, 0)
  t.equal(stderr, '')
  t.ok(seconds < 5, `after ${seconds} s`)
  t.notOk(runs(postgres), 'Postgres has ended')
})

t.test('SIGINT while a query waits for its turn: it is answered, and what it wrote is kept', async t => {
  const server = await startServer(t, { directory })
  const postgres = server.postgres()
  const visitor = owner.at(server.address)
  t.match((await visitor.get(client)).body, 'Sent slowly')

  const free = await lockClients(t)
  const waiting = visitor.post(`${client}/comments`, { body: 'Had to wait' })
  await sleep(300)
  const stopped = server.stop('SIGINT')
  await sleep(700)
  t.ok(runs(server.child.pid!), 'it waits for the answer')
  await free()
  t.equal((await waiting).status, 303)
  const { code, seconds, stderr } = await stopped
  t.equal(code, 0)
  t.equal(stderr, '')
  t.ok(seconds < 5, `after ${seconds} s`)
  t.notOk(runs(postgres), 'Postgres has ended')
})

t.test('SIGTERM to npm stops the server it started, and Postgres', async t => {
  // Without the scripts around `start`: the compiler has run.
  const server = await startServer(t, { directory, command: ['npm', 'start', '--ignore-scripts'] })
  const [postgres, app] = [server.postgres(), Number.parseInt(readFileSync(join(directory, 'clientela.pid'), 'utf8'))]
  t.not(app, server.child.pid)
  t.match((await owner.at(server.address).get(client)).body, 'Had to wait')
  await server.stop('SIGTERM')
  await until(() => !runs(app) && !runs(postgres), 'both ended', 5)
  t.pass('the server and Postgres have ended')
})

/** Keeps every client from being changed until the function it gives is called. */
async function lockClients (t: Pick<Test, 'teardown'>): Promise<() => Promise<unknown>> {
  const password = readFileSync(join(directory, 'postgres.password'), 'utf8').trim()
  const port = Number(readFileSync(join(directory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[3])
  const connection = new pg.Client({ host: '127.0.0.1', port, user: 'clientela', password, database: 'clientela' })
  connection.on('error', () => {})
  t.teardown(() => connection.end())
  await connection.connect()
  await connection.query('begin; lock table clients, events in exclusive mode')
  return () => connection.query('commit')
}
