import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { readConfig } from '../../src/config.js'
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

t.test('what is no address of a Postgres is said in one line that names an example, and not said again', async t => {
  t.equal(await failedStart(t, { env: { DATABASE_URL: 'nonsense' } }), "1: Configuration: DATABASE_URL: isn't the address of a Postgres, such as postgres://clientela:secret@localhost:5432/clientela\n")
  const host = '127.0.0.1'
  for (const address of ['localhost', 'localhost:5432/shop', 'mysql://user@host/shop', `http://${host}/shop`, 'postgres', 'postgres:', 'postgres:shop', 'postgres:/shop', 'postgres://', 'postgres:///', 'postgres://user@', 'postgres://user@/', 'postgres://user:se#cret@host/shop', 'postgres://host:99999/shop', 'socket:shop', 'file:///shop', 'host=localhost dbname=shop']) {
    t.throws(() => readConfig({ DATABASE_URL: address }), { message: /^DATABASE_URL: isn't the address of a Postgres, such as postgres:\/\/\S+$/ }, address)
  }
  for (const address of ['postgres://host/shop', 'postgresql://user:secret@host:5433/shop?sslmode=require', 'POSTGRES://host', 'postgres://user@/shop?host=/run/postgresql', 'postgres://user:p%40ss@/shop?host=/tmp/a', 'postgres:///shop?host=/tmp', 'postgres://?host=/tmp', 'postgres:///shop', 'postgres://%2Frun%2Fpostgresql/shop', 'postgres://[::1]:5432/shop', 'socket:/run/postgresql?db=shop', 'socket://user@/run?db=shop', '/run/postgresql shop']) {
    t.equal(readConfig({ DATABASE_URL: address }).databaseUrl, address)
  }
  t.equal(readConfig({ DATABASE_URL: ' ' }).databaseUrl, undefined)
})

t.test('a database that nobody answers for is said in one line', async t => {
  for (const host of ['127.0.0.1', 'localhost']) {
    t.match(await failedStart(t, { env: { DATABASE_URL: `postgres://nobody@${host}:1/none` } }), /^1: DATABASE_URL: .+\n$/, host)
  }
})
