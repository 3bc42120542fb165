import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { buildApp } from '../../src/app.js'
import { readConfig } from '../../src/config.js'
import type { Db } from '../../src/database/knex.js'
import type { LogStream } from '../../src/web/logging.js'
import { folderOf, testDatabase } from './database.js'

/** Seals secrets in tests. */
export const TEST_KEY = 'a key for tests, of thirty-two letters'

export interface TestApp { app: FastifyInstance, db: Db, url: string }

/** The whole application on a database of the test's own, with a company unless `organisation` is false. Closed when `t` ends. */
export async function testApp (t: Pick<Test, 'teardown'>, { organisation = true, kept = false } = {}): Promise<TestApp> {
  const { db, url } = await testDatabase(t, { kept })
  if (organisation) await addOrganisation(db)
  const app = await secondApp(t, { db, url })
  return { app, db, url }
}

export const addOrganisation = async (db: Db): Promise<void> => {
  await db('organisation').insert({ id: 1, name: 'Naprawa & Co', country: 'PL', currency: 'PLN', time_zone: 'Europe/Warsaw', language: 'en' })
}

export interface AppChanges { env?: Record<string, string>, logTo?: LogStream, heartbeat?: number }

/** One more process's worth of application on the same database; with `env` for its configuration, its log to `logTo`, and `heartbeat` milliseconds between two looks at a live stream. */
export async function secondApp (t: Pick<Test, 'teardown'>, { db, url }: { db: Db, url: string }, { env = {}, ...options }: AppChanges = {}): Promise<FastifyInstance> {
  const { secret } = await db('installation').first('secret')
  const app = await buildApp({ config: readConfig({ LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent', SECRET_KEY: TEST_KEY, DATA_DIR: folderOf(url), ...env }), db, databaseUrl: url, secret, ...options })
  t.teardown(() => app.close()) // also one that fails to get ready: what it has opened would keep the process alive
  await app.ready()
  return app
}
