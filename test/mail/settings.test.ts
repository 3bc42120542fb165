import t from 'tap'
import { readConfig } from '../../src/config.js'
import { secondApp } from '../support/app.js'
import { cast } from '../support/cast.js'
import { smtpServer, useServer } from '../support/smtp.js'
import { says } from '../support/words.js'

const user = { name: 'desk', password: 'pa ss"wörd' }

t.test('a server is set, and its password is sealed, kept and never shown', async t => {
  const { as, anna, db } = await cast(t)
  const server = await smtpServer(t, { user })
  const admin = as(anna)
  t.match((await admin.get('/settings/mail')).body, 'value="http://localhost:3000"', 'the address it was opened at is proposed')
  const signed = { username: user.name, password: user.password }
  t.same([(await useServer(admin, server.port, signed)).status], [303])
  const row = await db('mail_settings').first()
  t.notMatch(JSON.stringify(row), user.password)
  const page = await admin.get('/settings/mail')
  t.notMatch(page.body, /wörd/)
  t.ok(says(page.body, 'mail.password_kept'))

  const test = await admin.post('/settings/mail/test', { to: 'anna@poczta.example' })
  t.equal(test.status, 200)
  t.match(test.body, '250 queued as 1', 'what the server said')
  t.match(server.mails[0], { to: ['anna@poczta.example'] })
  t.equal((await useServer(admin, server.port, { username: user.name, sender_name: 'Desk' })).status, 303)
  t.equal((await admin.post('/settings/mail/test', { to: 'anna@poczta.example' })).status, 200, 'the password is kept')
  const elsewhere = await useServer(admin, server.port, { username: user.name, host: 'localhost' })
  t.equal(elsewhere.status, 422)
  t.ok(says(elsewhere.body, 'mail.password_again'), 'but goes to no other server')

  const audit = await db('audit_entries').where({ kind: 'settings.mail' }).orderBy('id')
  t.equal(audit.length, 2)
  t.match(JSON.stringify(audit[0].details), 'mail_password')
  t.notMatch(JSON.stringify(audit), row.password_sealed)
})

t.test('a test tells what is wrong in the server\'s own words', async t => {
  const { as, anna, db, url } = await cast(t)
  const admin = as(anna)
  const to = { to: 'anna@poczta.example' }
  const locked = await smtpServer(t, { user, refuse: () => '550 5.1.1 No such user here' })
  await useServer(admin, locked.port, { username: 'desk', password: 'wrong' })
  const refused = await admin.post('/settings/mail/test', to)
  t.equal(refused.status, 422)
  t.ok(says(refused.body, 'mail.problems.auth'))
  t.match(refused.body, /535 .*Wrong user or password/)
  await useServer(admin, locked.port, { username: 'desk', password: user.password })
  t.match((await admin.post('/settings/mail/test', to)).body, '550 5.1.1 No such user here')

  const otherKey = await secondApp(t, { db, url }, { env: { SECRET_KEY: 'another key, as long as it has to be' } })
  t.ok(says((await as(anna, otherKey).post('/settings/mail/test', to)).body, 'mail.problems.sealed'))

  const secure = await smtpServer(t, { tls: true })
  await useServer(admin, secure.port, { security: 'starttls' })
  const untrusted = await admin.post('/settings/mail/test', to)
  t.ok(says(untrusted.body, 'mail.problems.tls'))
  t.match(untrusted.body, /certificate/)
  t.same(secure.mails, [])
  await useServer(admin, secure.port, { security: 'tls' })
  t.ok(says((await admin.post('/settings/mail/test', to)).body, 'mail.problems.tls'), 'TLS where the server speaks none')
  await secure.close()
  t.ok(says((await admin.post('/settings/mail/test', to)).body, 'mail.problems.unreachable'))
  const bad = await admin.post('/settings/mail/test', { to: 'anna@' })
  t.same([bad.status, Boolean(bad.error('to'))], [422, true])
})

t.test('a form that is not right names the fields and keeps what was typed', async t => {
  const { as, anna, db } = await cast(t)
  const admin = as(anna)
  const empty = await admin.post('/settings/mail', { sends: 'yes', security: 'tls', version: 0 })
  t.equal(empty.status, 422)
  for (const field of ['host', 'port', 'sender_address', 'public_url']) t.ok(empty.error(field), field)
  const bad = await useServer(admin, 70_000, { host: 'smtp example', sender_address: 'desk@', public_url: 'https://a.example/path', security: 'x', password: 'typed', username: 'u' })
  for (const field of ['host', 'port', 'sender_address', 'public_url', 'security']) t.ok(bad.error(field), field)
  t.ok(bad.error('password'), 'a password has to be typed again')
  t.match(bad.body, 'value="smtp example"')
  t.notMatch(bad.body, 'typed"')
  for (const public_url of ['javascript:alert(1)', 'https://user:word@a.example', 'https://', 'ftp://a.example', 'https://a.example/?x=1']) t.ok((await useServer(admin, 25, { public_url })).error('public_url'), public_url)
  t.same(await db('mail_settings'), [])
  t.equal((await useServer(admin, 25, { public_url: 'Desk.Example.com/' })).status, 303)
  t.match(await db('mail_settings').first(), { public_url: 'https://desk.example.com' })
})

t.test('of two who save at once the second is asked', async t => {
  const { as, anna, olga } = await cast(t)
  await useServer(as(anna), 2525)
  const late = await useServer(as(olga), 2526, { version: 0 })
  t.equal(late.status, 422)
  t.ok(says(late.body, 'settings.changed_meanwhile'))
  t.match(late.body, 'value="2526"')
  t.match(late.body, 'name="version" value="1"', 'saved again, it replaces')
})

t.test('it is for who manages settings', async t => {
  const { as, marek } = await cast(t)
  for (const path of ['/settings/mail', '/settings/test-mailbox', '/settings/test-mailbox/1']) {
    t.equal((await as(marek).get(path)).status, 403, path)
    t.equal((await as(null).get(path)).status, 303, path)
  }
  for (const path of ['/settings/mail', '/settings/mail/test', '/settings/mail/sent/1/again', '/settings/test-mailbox/empty']) t.equal((await as(marek).post(path)).status, 403, path)
})

t.test('PUBLIC_URL of the environment', async t => {
  const { as, anna, db, url } = await cast(t)
  const app = await secondApp(t, { db, url }, { env: { PUBLIC_URL: 'https://desk.example.com/' } })
  t.equal(await app.publicUrl(), 'https://desk.example.com')
  t.match((await as(anna, app).get('/settings/mail')).body, /value="https:\/\/desk\.example\.com"[^>]*readonly/)
  for (const [name, value] of [['PUBLIC_URL', 'desk'], ['PUBLIC_URL', 'https://a.example/path']] as const) t.throws(() => readConfig({ [name]: value }), { message: new RegExp(`^${name}: has to be`) }, value)
})
