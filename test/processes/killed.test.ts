import t from 'tap'
import { addClientBy, openStream, setUpCompany, type HttpVisitor } from '../support/http.js'
import { dataFolder, runs, startServer } from '../support/server-process.js'
import { until } from '../support/until.js'

// One folder for all: each test goes on with what the one before left.
const directory = dataFolder(t)
let owner: HttpVisitor
let client: string

t.test('the program is killed: the next start has everything, and people are still signed in', async t => {
  const first = await startServer(t, { directory })
  owner = await setUpCompany(first.address)
  client = await addClientBy(owner, 'Łukasz')
  t.equal((await owner.post(`${client}/comments`, { body: 'Committed a moment before' })).status, 303)
  const orphan = first.postgres()
  t.equal((await first.stop('SIGKILL')).signal, 'SIGKILL')
  t.ok(runs(orphan), 'Postgres outlives it')

  const second = await startServer(t, { directory })
  t.notOk(runs(orphan), 'the orphan has ended')
  const page = await owner.at(second.address).get(client)
  t.equal(page.status, 200)
  t.match(page.body, 'Łukasz')
  t.match(page.body, 'Committed a moment before')
  t.equal((await second.stop()).code, 0)
})

t.test('Postgres is killed: pages come back with everything, and so do live events, each told once', async t => {
  const server = await startServer(t, { directory })
  const visitor = owner.at(server.address)
  const stream = await openStream(t, visitor, `${client}/live?after=1000000`)
  t.equal((await visitor.post(`${client}/comments`, { body: 'Before' })).status, 303)
  await until(() => stream.events.length === 1, 'the comment arrives')

  const killed = server.postgres()
  process.kill(killed, 'SIGKILL')
  const begun = Date.now()
  const page = await until(async () => {
    const answer = await visitor.get(client).catch(() => undefined) // a connection may break off; a server that is gone never answers again
    return answer?.status === 200 ? answer : undefined
  }, 'the page comes back')
  t.ok(Date.now() - begun < 10_000, `after ${Date.now() - begun} ms`)
  t.match(page.body, 'Before')
  t.not(server.postgres(), killed)

  await until(() => stream.events.length > 1, 'the feed is told to look again')
  t.equal(stream.events[1], 'new')
  t.equal((await visitor.post(`${client}/comments`, { body: 'After' })).status, 303)
  const told = () => stream.events.filter(event => /^new \d+$/.test(event))
  await until(() => told().length > 1, 'the comment arrives')
  t.match((await visitor.get(client)).body, 'After')
  t.equal(told().length, 2, 'each was told once')
  // The queue's library prints where workers were that had only just begun: all but that is ours.
  const ours = server.stderr().replace(/^Trace: (?:error: terminating connection|Error: Client has encountered a connection error|Error: Connection terminated).*\n(?:[ }].*\n)*/gm, '')
  t.match(ours, /^Postgres ended by itself \(.*SIGKILL.*\): starting it again\n$/)
  t.equal((await server.stop()).code, 0)
})
