import t from 'tap'
import { queueMail } from '../../src/mail/outbox/queries.js'
import { queueMessages } from '../../src/messages/queue.js'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { runJobs } from '../support/jobs.js'
import { says } from '../support/words.js'

t.test('what is caught is shown as its reader would see it, in a frame that can do nothing', async t => {
  const { as, anna, sofia, db } = await cast(t)
  const page = await as(anna).get('/settings/test-mailbox')
  t.ok(says(page.body, 'mail.test_mailbox_empty'))
  t.equal((await as(anna).post('/settings/mail/test', { to: 'anna@poczta.example' })).location, '/settings/test-mailbox')
  await queueMail(db, { kind: 'password_reset', employeeId: sofia.id, to: { address: sofia.email, name: sofia.name }, subject: 'For Sofia <b>', text: 'Look: https://desk.example/x?a=1&b=2 <script>', html: '<html><head></head><body><script>alert(1)</script><a href="https://desk.example/x">x</a></body></html>' })
  const [test, reset] = (await db('mails').orderBy('id').select('id')).map(({ id }) => `/settings/test-mailbox/${id}`)
  const list = await as(anna).get('/settings/test-mailbox')
  t.match(list.body, 'For Sofia &lt;b&gt;')
  t.match(list.body, test!)
  t.match((await as(anna).get(test!)).body, /A test from Naprawa &amp; Co/)

  const letter = await as(anna).get(reset!)
  t.match(letter.body, '<a href="https://desk.example/x?a=1&amp;b=2">https://desk.example/x?a=1&amp;b=2</a> &lt;script&gt;')
  t.match(letter.body, `<iframe src="${reset}/html" sandbox="allow-popups`)
  const html = await as(anna).get(`${reset}/html`)
  t.match(html.headers['content-security-policy'], /default-src 'none'.*sandbox allow-popups/)
  t.notMatch(html.headers['content-security-policy'], /script/)
  t.equal(html.headers['x-frame-options'], 'SAMEORIGIN')
  t.match(html.body, '<head><base target="_blank">')
  for (const id of ['0', 'x', '999999']) for (const path of [`/settings/test-mailbox/${id}`, `/settings/test-mailbox/${id}/html`]) t.equal((await as(anna).get(path)).status, 404, path)

  t.equal((await as(anna).post('/settings/test-mailbox/empty')).status, 303)
  t.same(await db('mails'), [])
  const told = async () => db('audit_entries').where({ kind: 'settings.mailbox_emptied' }).select('employee_id', 'details')
  t.same(await told(), [{ employee_id: anna.id, details: { changes: [{ field: 'mails', old: 2, new: 0 }] } }])
  await as(anna).post('/settings/test-mailbox/empty')
  t.equal((await told()).length, 1, 'an empty one is not emptied')
})

t.test('a mail for somebody with more rights stays closed: its link is as good as a password', async t => {
  const { as, anna, olga, sofia, db } = await cast(t)
  await queueMail(db, { kind: 'password_reset', employeeId: olga.id, to: { address: olga.email }, subject: 'For Olga', text: 'the secret link', html: 'the secret link' })
  await queueMail(db, { kind: 'password_reset', employeeId: sofia.id, to: { address: sofia.email }, subject: 'For Sofia', text: 'the secret link', html: 'the secret link' })
  const [forOlga, forSofia] = (await db('mails').orderBy('id').select('id')).map(({ id }) => `/settings/test-mailbox/${id}`)
  const closed = await as(anna).get(forOlga!)
  t.equal(closed.status, 200)
  t.ok(says(closed.body, 'mail.hidden'))
  t.notMatch(closed.body, 'the secret link')
  t.equal((await as(anna).get(`${forOlga}/html`)).status, 404)
  t.match((await as(anna).get(forSofia!)).body, 'the secret link')
  for (const path of [forOlga, forSofia]) t.match((await as(olga).get(path!)).body, 'the secret link')
})

t.test('what was written to clients is there too, on whatever channel, for who may read messages', async t => {
  const { app, as, anna, nuno, db } = await cast(t)
  const id = await addClient(db, anna, { first_name: 'Zofia', phones: [{ number: '600 123 456', on: ['sms'] }], emails: [{ address: 'zofia@poczta.example', agrees: true }] })
  const [phone, email] = [(await db('client_phones').first('id')).id, (await db('client_emails').first('id')).id]
  const ids = await queueMessages(db, anna, [
    { channel: 'email', clientId: id, to: { emailId: email }, subject: 'News <b>', text: 'words (https://naprawa.example/book).', html: '<p>words</p>', cause: 'many' },
    { channel: 'sms', clientId: id, to: { phoneId: phone }, text: 'Your bicycle is ready', cause: 'hand' }
  ])
  const [letter, sms] = ids.map(id => `/settings/test-mailbox/messages/${id}`)
  t.equal((await as(anna).get(letter!)).status, 404, 'it waits still')
  await runJobs(app)
  t.match((await as(anna).get('/settings/test-mailbox?of=clients')).body, new RegExp(`${sms}">Your bicycle is ready[^]*${letter}">News &lt;b&gt;`))
  t.match((await as(anna).get(letter!)).body, `<iframe src="${letter}/html" sandbox="allow-popups`)
  t.match((await as(anna).get(letter!)).body, 'href="https://naprawa.example/book"', 'without what ends the sentence')
  const html = await as(anna).get(`${letter}/html`)
  t.match(html.headers['content-security-policy'], /sandbox allow-popups/)
  t.match(html.body, /<p>words<\/p>[^]*\/unsubscribe\//)
  t.match((await as(anna).get(sms!)).body, /bubble[^]*Your bicycle is ready/)
  t.equal((await as(anna).get(`${sms}/html`)).status, 404)
  await db('roles').where({ id: nuno.roleId }).update({ rights: ['settings.manage', 'clients.view'] })
  for (const path of ['/settings/test-mailbox?of=clients', letter!, `${letter}/html`]) t.equal((await as(nuno).get(path)).status, 403, path)
})

t.test('it pages by key', async t => {
  const { as, anna, db } = await cast(t)
  for (let n = 1; n <= 52; n++) await queueMail(db, { kind: 'test', to: { address: 'a@poczta.example' }, subject: `Mail number ${n}.`, text: '', html: '' })
  const first = await as(anna).get('/settings/test-mailbox')
  t.match(first.body, 'Mail number 52.')
  t.notMatch(first.body, 'Mail number 2.')
  const next = /href="(\/settings\/test-mailbox\?before=\d+)"/.exec(first.body)![1]!
  const second = await as(anna).get(next)
  t.match(second.body, 'Mail number 2.')
  t.notMatch(second.body, 'Mail number 3.')
})
