import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import t from 'tap'
import { inRoot } from '../../src/paths.js'
import { testDatabase } from '../support/database.js'

t.test('brings a database up to date, and says what it did', async t => {
  const { db, url } = await testDatabase(t, { empty: true })
  const migrate = () => promisify(execFile)(process.execPath, [inRoot('dist', 'scripts', 'migrate.js')], { env: { ...process.env, DATABASE_URL: url } })
  const first = await migrate()
  const names = readdirSync(inRoot('migrations')).map(name => name.replace('.ts', '')).sort()
  t.match(first.stdout, /^The database clientela_test_\w+ on [^@]+: brought up to date by \d+ migrations\.\n/)
  t.same(first.stdout.trim().split('\n').slice(1).map(line => line.trim()), names)
  t.ok(await db('installation').first(), 'the reference rows are there')

  t.match((await migrate()).stdout, /up to date already, nothing to do\.\n$/)
})

t.test('a wrong setting is said in one line', async t => {
  const failed = await promisify(execFile)(process.execPath, [inRoot('dist', 'scripts', 'migrate.js')], { env: { ...process.env, PORT: 'x' } }).catch(error => error)
  t.equal(failed.code, 1)
  t.match(failed.stderr, /^Configuration: PORT: [^\n]*\n$/)
})
