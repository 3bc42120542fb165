import t from 'tap'
import { cast } from '../support/cast.js'
import { secondApp } from '../support/app.js'
import { imapServer, letter } from '../support/imap.js'
import { addMailbox, mailboxBody } from '../support/mailboxes.js'
import { says } from '../support/words.js'

const shop = await cast(t)
const { db, url, as, anna, marek, nuno } = shop
const admin = as(anna)

t.test('a mailbox is added, and its password is sealed, kept and never shown', async t => {
  const server = await imapServer(t, { password: 'pa ss"wörd' })
  server.deliver(letter({}))
  t.ok(says((await admin.get('/settings/mailboxes')).body, 'mailboxes.none'))
  t.match((await admin.get('/settings')).body, '/settings/mailboxes')
  const id = await addMailbox(admin, server)
  const row = await db('mailboxes').where({ id }).first()
  t.match(row, { host: '127.0.0.1', port: server.port, security: 'none', folder: 'INBOX', is_on: true, marks_seen: false, makes_leads: false })
  t.notMatch(JSON.stringify(row), 'wörd')
  const page = await admin.get(`/settings/mailboxes/${id}`)
  t.notMatch(page.body, 'wörd')
  t.ok(says(page.body, 'mail.password_kept'))
  const test = await admin.post(`/settings/mailboxes/${id}/test`)
  t.same([test.status, /INBOX has 1 e-mail\./.test(test.body)], [200, true])

  const save = (more: object) => admin.post(`/settings/mailboxes/${id}`, mailboxBody(server, { password: '', ...more }))
  t.equal((await save({ version: 1, name: 'Desk' })).status, 303)
  t.equal((await admin.post(`/settings/mailboxes/${id}/test`)).status, 200, 'the password is kept')
  const elsewhere = await save({ version: 2, host: 'localhost' })
  t.equal(elsewhere.status, 422)
  t.ok(says(elsewhere.body, 'mail.password_again'), 'but goes to no other server')
  const late = await save({ version: 1 })
  t.equal(late.status, 409)
  t.ok(says(late.body, 'settings.changed_meanwhile'))

  const audit = await db('audit_entries').where({ kind: 'settings.mailbox' }).orderBy('id')
  t.match(audit, [{ subject_name: 'Reception' }, { subject_name: 'Desk', details: { changes: [{ field: 'name', old: 'Reception', new: 'Desk' }] } }])
  t.notMatch(JSON.stringify(audit), row.password_sealed)
  t.match((await admin.get('/settings/audit')).body, /Mailbox whose e-mails are taken/)
  t.equal((await admin.post(`/settings/mailboxes/${id}/remove`)).status, 303)
  t.same(await db('mailboxes').pluck('id'), [])
})

t.test('a test says clearly what is wrong', async t => {
  const server = await imapServer(t)
  const id = await addMailbox(admin, server)
  let version = 1
  const tried = async (more: object) => {
    const saved = await admin.post(`/settings/mailboxes/${id}`, mailboxBody(server, { ...more, version: version++ }))
    if (saved.status !== 303) throw new Error(`${saved.status}`)
    const { status, body } = await admin.post(`/settings/mailboxes/${id}/test`)
    t.equal(status, 422)
    return body
  }
  const wrong = await tried({ password: 'wrong' })
  t.ok(says(wrong, 'mailboxes.problems.auth'))
  t.match(wrong, /Invalid credentials/)
  const folder = await tried({ folder: 'Leads' })
  t.ok(says(folder, 'mailboxes.problems.no_folder'))
  t.match(folder, /INBOX, Sent/)
  t.ok(says(await tried({ host: 'no-such-host.invalid' }), 'mailboxes.problems.unknown_host'))
  t.ok(says(await tried({ security: 'starttls' }), 'mailboxes.problems.tls'), 'no STARTTLS offered')
  t.ok(says(await tried({ security: 'tls' }), 'mailboxes.problems.tls'), 'TLS where the server speaks none')
  await server.close()
  t.ok(says(await tried({}), 'mailboxes.problems.unreachable'))

  const otherKey = await secondApp(t, { db, url }, { env: { SECRET_KEY: 'another key, as long as it has to be' } })
  t.ok(says((await as(anna, otherKey).post(`/settings/mailboxes/${id}/test`)).body, 'mailboxes.problems.sealed'))
})

t.test('bad input is refused beside its field, and what was typed stays', async t => {
  const bad = await admin.post('/settings/mailboxes', { name: '', host: 'not a host', port: '99999', security: 'x', username: '', password: 'secret', folder: 'INBOX' })
  t.equal(bad.status, 422)
  for (const name of ['name', 'host', 'port', 'security', 'username', 'password']) t.ok(bad.error(name), name)
  t.match(bad.body, 'value="not a host"')
  t.ok(says(bad.body, 'mailboxes.host_wrong'))
  t.notMatch(bad.body, 'secret"')
  const blank = await admin.post('/settings/mailboxes', {})
  for (const name of ['name', 'host', 'username', 'password']) t.ok(blank.error(name), `${name}, told with all the others`)
  const empty = await admin.post('/settings/mailboxes', { name: 'A', host: 'imap.example.com', port: '993', security: 'tls', username: 'a', password: '' })
  t.same([empty.status, Boolean(empty.error('password'))], [422, true])
})

t.test('who may not see the settings of mail sees none of it', async t => {
  const server = await imapServer(t)
  const id = await addMailbox(admin, server)
  for (const path of ['', '/new', `/${id}`]) {
    t.equal((await as(marek).get(`/settings/mailboxes${path}`)).status, 403, path)
    t.equal((await as(null).get(`/settings/mailboxes${path}`)).status, 303, path)
  }
  for (const path of ['', `/${id}`, `/${id}/test`, `/${id}/remove`]) t.equal((await as(nuno).post(`/settings/mailboxes${path}`, mailboxBody(server))).status, 403, path)
  for (const wrong of ['999999', 'x']) {
    t.equal((await admin.get(`/settings/mailboxes/${wrong}`)).status, 404)
    for (const path of ['', '/test', '/remove']) t.equal((await admin.post(`/settings/mailboxes/${wrong}${path}`, mailboxBody(server))).status, 404, path)
  }
  const state = await admin.get(`/settings/mailboxes/${id}/now`, { fragment: true })
  t.match(state.body, /^\s*<section class="card sheet" id="stands"/)
  t.match((await admin.get('/settings/mailboxes/now', { fragment: true })).body, /id="mailboxes"/)
  t.equal((await admin.get('/settings/mailboxes/now')).location, '/settings/mailboxes')
})
