import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { root } from '../../src/paths.js'
import { testDatabase } from '../support/database.js'

t.test('npm run migrate and npm run create-owner do as the README says', async t => {
  const { db, url } = await testDatabase(t, { empty: true })
  const npm = async (...args: string[]) => (await promisify(execFile)('npm', ['run', '--silent', ...args], { cwd: root, env: { ...process.env, DATABASE_URL: url } })).stdout
  t.match(await npm('migrate'), /brought up to date by \d+ migrations/)
  await db('organisation').insert({ id: 1, name: 'Naprawa & Co', country: 'PL', currency: 'PLN', time_zone: 'Europe/Warsaw', language: 'pl' })
  t.match(await npm('create-owner', '--', '--name', 'Łucja Żak', '--email', 'lucja@clientela.example', '--password', 'nine lives and one'), /^Łucja Żak is an owner now/)
  t.equal((await db('employees').where({ email: 'lucja@clientela.example' })).length, 1)
})
