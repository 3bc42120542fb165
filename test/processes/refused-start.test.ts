import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { dataFolder, failedStart } from '../support/server-process.js'

t.test('a port that is in use is said in one line, before a database is made', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const directory = dataFolder(t)
  t.match(await failedStart(t, { directory, env: { PORT: String(port) } }), new RegExp(`^1: Port ${port} is in use: .*PORT=3001 npm start\\n$`))
  t.notOk(existsSync(join(directory, 'postgres')))
})

t.test('a setting that cannot be used is said in one line', async t => {
  t.match(await failedStart(t, { env: { PORT: 'abc' } }), /^1: Configuration: PORT: has to be a whole number from 0 to 65535\n$/)
})

t.test('a database that nobody answers for is said in one line', async t => {
  for (const host of ['127.0.0.1', 'localhost']) {
    t.match(await failedStart(t, { env: { DATABASE_URL: `postgres://nobody@${host}:1/none` } }), /^1: DATABASE_URL: .+\n$/, host)
  }
})
