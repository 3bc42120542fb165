import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/database/embedded.js'
import { openDatabase, type Db } from '../../src/database/knex.js'
import { migrateToLatest } from '../../src/database/migrate.js'
import { keepRows } from './kept.js'

/** The Postgres of one run. `env` is what `testDatabase` reads in the test files. */
export interface TestServer { env: Record<string, string>, stop: () => Promise<void> }

/**
 * Starts the run's Postgres and makes its migrated template, from which every test copies its own database.
 * With TEST_DATABASE_URL nothing is started: that server's user needs CREATEDB, and only databases of this run are touched.
 */
export async function startTestServer (): Promise<TestServer> {
  const server = process.env.TEST_DATABASE_URL ? given(process.env.TEST_DATABASE_URL) : await own()
  const template = `clientela_test_${randomBytes(4).toString('hex')}`
  const stop = () => server.stop(template)
  try {
    await makeTemplate(server.url, template)
    const kept = await makeKeptTemplate(server.url, template)
    return { env: { ...server.env, CLIENTELA_TEST_SERVER: server.url, CLIENTELA_TEST_TEMPLATE: template, ...(kept && { CLIENTELA_TEST_KEPT: kept }) }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The same server, another database. */
export function databaseUrl (serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Runs one statement that can't stand in a transaction, such as CREATE DATABASE. */
export async function administer (serverUrl: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}

// The tests get their temporary folder beside the cluster, so that what a killed one leaves behind goes with the run.
async function own () {
  const folder = await mkdtemp(join(await roomiest(), 'clientela-test-'))
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 10 }) // a dying browser may still write
  try {
    const TMPDIR = join(folder, 'tmp')
    await mkdir(TMPDIR)
    await chmod(folder, 0o755)
    await chmod(TMPDIR, 0o1777) // as /tmp itself: root's Postgres runs as another user
    const server = await startEmbeddedPostgres({ directory: join(folder, 'data'), durable: false, settings: { max_connections: '300' } })
    await hurryPasswords(server.url)
    await keepQuiet(server.url)
    return { url: server.url, env: { TMPDIR }, stop: async () => { await server.stop(); await remove() } }
  } catch (error) {
    await remove()
    throw error
  }
}

// A run makes thousands of connections, and SCRAM's 4096 rounds for each are a good part of its time.
async function hurryPasswords (url: string): Promise<void> {
  const password = decodeURIComponent(new URL(url).password)
  await administer(url, `set scram_iterations = 1; alter role current_user password ${pg.escapeLiteral(password)}`)
}

// Databases that live for a second need no cleaning, and nothing here is big enough for two processes.
async function keepQuiet (url: string): Promise<void> {
  for (const setting of ['autovacuum = off', 'max_parallel_workers_per_gather = 0', 'max_parallel_maintenance_workers = 0']) await administer(url, `alter system set ${setting}`)
  await administer(url, 'select pg_reload_conf()')
}

// A database is copied in 20 ms in memory, and in 80 to 400 ms on a disk.
async function roomiest (): Promise<string> {
  const shared = await statfs('/dev/shm').catch(() => null)
  const isRoomy = shared !== null && shared.bavail * shared.bsize > 4 * 1024 ** 3
  return isRoomy && !process.env.TMPDIR ? '/dev/shm' : tmpdir()
}

function given (url: string) {
  return {
    url,
    env: {},
    async stop (template: string) {
      const { rows } = await administer(url, `select datname from pg_database where starts_with(datname, '${template}')`)
      for (const { datname } of rows) await administer(url, `drop database if exists ${datname} with (force)`)
    }
  }
}

async function makeTemplate (serverUrl: string, name: string): Promise<void> {
  await administer(serverUrl, `create database ${name}`)
  await fillTemplate(serverUrl, name, migrateToLatest)
}

/** Makes a second template, whose databases can be put back to how they were. Returns its name; undefined where the user is no superuser, which that takes. */
async function makeKeptTemplate (serverUrl: string, template: string): Promise<string | undefined> {
  const { rows: [{ rolsuper }] } = await administer(serverUrl, 'select rolsuper from pg_roles where rolname = current_user')
  if (!rolsuper) return undefined
  const name = `${template}_kept`
  await administer(serverUrl, `create database ${name} template ${template}`)
  await fillTemplate(serverUrl, name, keepRows)
  return name
}

async function fillTemplate (serverUrl: string, name: string, fill: (db: Db) => Promise<unknown>): Promise<void> {
  const db = openDatabase(databaseUrl(serverUrl, name))
  try {
    await fill(db)
  } finally {
    await db.destroy()
  }
  // A database somebody is connected to can't be copied; this keeps everybody out.
  await administer(serverUrl, `alter database ${name} with allow_connections false`)
}
