import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Knex } from 'knex'
import type { Test } from 'tap'
import { root } from '../../src/paths.js'
import { openDatabase } from '../../src/database/knex.js'
import { administer, databaseUrl } from './server.js'

/**
 * A database of the test's own, migrated and holding the reference rows (about 50 ms), or bare with `empty`; with `kept`, `putBack` works on it if it can.
 * Closed and dropped when `t` ends.
 */
export async function testDatabase (t: Pick<Test, 'teardown'>, { empty = false, kept = false } = {}): Promise<{ url: string, db: Knex }> {
  const { CLIENTELA_TEST_SERVER: server, CLIENTELA_TEST_TEMPLATE: template, CLIENTELA_TEST_KEPT: keptTemplate } = process.env
  if (!server || !template) throw new Error(howToRun())

  const name = `${template}_${randomBytes(4).toString('hex')}`
  await createDatabase(server, name, empty ? 'template0' : kept && keptTemplate ? keptTemplate : template)
  const url = databaseUrl(server, name)
  const db = openDatabase(url)
  t.teardown(async () => {
    const isClosed = await Promise.race([db.destroy().then(() => true), wait(5000, false, { ref: false })])
    await administer(server, `drop database ${name} with (force)`)
    await rm(folderOf(url), { recursive: true, force: true })
    if (!isClosed) throw new Error('The test left a connection in use: an open transaction, or a query nobody waited for')
  })
  return { url, db }
}

/** The folder of a test's files: the same for every application on its database. */
export const folderOf = (url: string): string => join(tmpdir(), new URL(url).pathname)

async function createDatabase (server: string, name: string, template: string, attempts = 20): Promise<void> {
  try {
    await administer(server, `create database ${name} template ${template} strategy file_copy`)
  } catch (error) {
    // Postgres refuses a copy while anyone, its own vacuum included, is in the template.
    if ((error as { code?: string }).code !== '55006' || attempts === 1) throw error
    await wait(50 + Math.random() * 100)
    await createDatabase(server, name, template, attempts - 1)
  }
}

function howToRun (): string {
  const file = relative(root, process.argv[1] ?? '').replace(/^dist\//, '').replace(/\.js$/, '.ts')
  return `This test needs the Postgres of a test run. Start it as: npm test -- ${file}`
}
