import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { Db } from '../../src/database/knex.js'
import { makeOwner, readArguments, Refusal } from '../../src/installation/owner-command.js'
import { inRoot } from '../../src/paths.js'
import { isPassword } from '../../src/sign-in/password.js'
import { testDatabase } from '../support/database.js'

const anna = ['--name', 'Anna Kowalska', '--email', 'anna@naprawa.example']

t.test('adds an owner, with the password given or piped in', async t => {
  const { db, run } = await shop(t)
  const given = await run([...anna, '--password', 'nine lives and one'])
  t.match(given, { code: 0, out: /^Anna Kowalska is an owner now\. Sign in as anna@naprawa\.example\.\n$/, err: '' })
  const employee = await find(db, 'anna@naprawa.example')
  t.match(employee, { name: 'Anna Kowalska', role: 'owner', language: 'pl' })
  t.ok(await isPassword(employee.password_hash, 'nine lives and one'))

  const piped = await run(['--name', 'Olga', '--email', 'olga@naprawa.example'], 'żółta łódź podwodna\r\n')
  t.equal(piped.code, 0)
  t.ok(await isPassword((await find(db, 'olga@naprawa.example')).password_hash, 'żółta łódź podwodna'))
})

t.test('an e-mail that is taken is left alone, and reset when asked', async t => {
  const { db, run } = await shop(t)
  const role = await db('roles').where({ key: 'specialist' }).first('id')
  const [{ id }] = await db('employees').insert({ name: 'Sofia', email: 'sofia@naprawa.example', role_id: role.id, language: 'es', deactivated_at: db.fn.now() }).returning('id')
  await db.raw("insert into sessions (id, employee_id, idle_until, expires_at) values ('x', ?, now() + interval '1 hour', now() + interval '1 hour')", [id])
  await db('two_steps').insert({ employee_id: id, secret: 'on a telephone that is lost', confirmed_at: db.fn.now() })

  const refused = await run(['--name', 'Anna', '--email', 'SOFIA@naprawa.example', '--password', 'nine lives and one'])
  t.match(refused, { code: 1, out: '', err: /^SOFIA@naprawa\.example belongs to Sofia already\..*--reset --email SOFIA@naprawa\.example\n$/ })
  t.match(await find(db, 'sofia@naprawa.example'), { name: 'Sofia', role: 'specialist', password_hash: null })

  const reset = await run(['--reset', '--email', 'SOFIA@naprawa.example'], 'nine lives and one')
  t.match(reset, { code: 0, out: /^Sofia is an owner with a new password/, err: '' })
  const sofia = await find(db, 'sofia@naprawa.example')
  t.match(sofia, { id, name: 'Sofia', role: 'owner', language: 'es', deactivated_at: null })
  t.ok(await isPassword(sofia.password_hash, 'nine lives and one'))
  t.equal((await db('sessions')).length, 0)
  t.equal((await db('two_steps')).length, 0, 'nor is a code asked for')
  t.match(await db('audit_entries'), [{ kind: 'employees.owner_reset', employee_id: null, subject_id: id }])

  t.match(await run(['--reset', '--email', 'nobody@naprawa.example', '--password', 'nine lives and one']), { code: 1, err: /^No employee has the e-mail.*--reset\.\n$/ })
})

t.test('what is wrong is said in one line, and nothing is changed', async t => {
  const { db, run } = await shop(t)
  const wrong: [args: string[], said: RegExp][] = [
    [[], /^--email is missing: npm run create-owner/],
    [['--email', 'anna@naprawa.example', '--password', 'nine lives and one'], /^--name is missing: npm run create-owner/],
    [['--name', 'Anna', '--email', 'anna'], /^--email: This isn't an e-mail address/],
    [['--nmae', 'Anna'], /^Unknown option '--nmae'\. It goes like this: npm run create-owner/],
    [['Anna'], /^Unexpected argument 'Anna'/],
    [[...anna, '--password', 'short'], /^The password: Too short: 10 characters at least/],
    [[...anna, '--password', 'password123'], /^The password: Everybody tries this/],
    [anna, /^No password$/]
  ]
  for (const [args, said] of wrong) {
    const refusal: Error = await (async () => makeOwner(db, readArguments(args), async () => { throw new Refusal('No password') }))().catch(error => error)
    t.ok(refusal instanceof Refusal, args.join(' '))
    t.match(refusal.message, said)
    t.notMatch(refusal.message, /\n/)
  }
  const { code, out, err } = await run(anna, '')
  t.match({ code, out }, { code: 1, out: '' })
  t.match(err, /^No password: .*\n$/)
  t.equal((await db('employees')).length, 0)
})

t.test('without a company it leads to the first page', async t => {
  const { db } = await shop(t, { organisation: false })
  await t.rejects(makeOwner(db, readArguments([...anna, '--password', 'nine lives and one']), async () => ''), { message: /^There is no company yet: run npm start and open its first page/ })
  t.equal((await db('employees')).length, 0)
})

t.test('a database that is not there is said in one line', async t => {
  const { run } = await shop(t)
  const { code, err } = await run([...anna, '--password', 'nine lives and one'], undefined, 'postgres://nobody@127.0.0.1:1/none')
  t.equal(code, 1)
  t.match(err, /^DATABASE_URL: .*\n$/)
})

async function shop (t: Parameters<typeof testDatabase>[0], { organisation = true } = {}) {
  const { db, url } = await testDatabase(t)
  if (organisation) await db('organisation').insert({ id: 1, name: 'Naprawa & Co', country: 'PL', currency: 'PLN', time_zone: 'Europe/Warsaw', language: 'pl' })
  const run = async (args: string[], input = '', databaseUrl = url) => {
    const child = spawn(process.execPath, [inRoot('dist', 'scripts', 'create-owner.js'), ...args], { env: { ...process.env, DATABASE_URL: databaseUrl } })
    child.stdin.on('error', () => {}) // it may end without reading
    child.stdin.end(input)
    const code = new Promise<number | null>(resolve => child.once('close', resolve))
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { code: await code, out, err }
  }
  return { db, run }
}

const find = async (db: Db, email: string) => db('employees').join('roles', 'roles.id', 'role_id').where({ email }).first('employees.*', 'roles.key as role')
