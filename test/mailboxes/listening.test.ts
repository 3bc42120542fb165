import t, { type Test } from 'tap'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { attached, imapServer, letter, type ImapOptions } from '../support/imap.js'
import { addMailbox, listenTo } from '../support/mailboxes.js'
import { until } from '../support/until.js'

const shop = await cast(t)
const { app, db, url, as, anna, marek } = shop
const client = await addClient(db, anna, { first_name: 'Zofia', emails: ['zofia@example.com'] })

/** A server and its mailbox, which are gone after the test, as is what came from there. */
async function mailbox (t: Test, options: ImapOptions = {}, more = {}) {
  const server = await imapServer(t, options)
  const id = await addMailbox(as(anna), server, more)
  t.teardown(() => Promise.all([db('mailboxes').delete(), db('messages').delete()]))
  return { server, id, state: () => db('mailboxes').where({ id }).first(), ids: () => db('messages').orderBy('id').pluck('message_id') as Promise<string[]> }
}

t.test('what came while nobody listened is taken, once, also when all letters were numbered anew', async t => {
  const { server, id, ids } = await mailbox(t)
  const first = listenTo(t, app, url)
  await until(() => server.idling === 1)
  await first.close()
  await until(() => server.connections === 0) // closing ends it
  for (const id of ['a@x', 'b@x']) server.deliver(letter({ id }))
  server.deliver(letter({ text: 'without an id' }))
  const second = listenTo(t, app, url)
  await until(async () => (await ids()).length === 3)
  await second.close()
  server.renumber()
  server.deliver(letter({ id: 'c@x' }))
  listenTo(t, app, url)
  await until(async () => (await ids()).includes('c@x'))
  t.same(await ids(), ['a@x', 'b@x', null, 'c@x'])
  t.match(await db('mailboxes').where({ id }).first(), { uid_validity: server.uidValidity, last_uid: server.letters.at(-1)!.uid })
})

t.test('of several processes one listens; when it is gone, another goes on', async t => {
  const { server, ids } = await mailbox(t)
  const [one, two] = [listenTo(t, app, url), listenTo(t, app, url)]
  await until(() => server.idling === 1)
  server.deliver(letter({ id: 'once@x' }))
  await until(async () => (await ids()).length === 1)
  t.ok(server.connections < 2)
  // As when its process is killed: nobody lets go of anything.
  await db.raw("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'clientela mailboxes' and datname = current_database() and pid in (select pid from pg_locks where locktype = 'advisory')")
  await one.close()
  server.deliver(letter({ id: 'after@x' }))
  await until(async () => (await ids()).length === 2 && server.connections === 1)
  await two.close()
  t.same(await ids(), ['once@x', 'after@x'])
})

t.test('a letter that comes between two questions to the server, or before it is listened to, is taken at once', async t => {
  const names = ['first@x', 'second@x', 'third@x', 'fourth@x']
  const waiting = names.map(id => letter({ id }))
  const { server, ids } = await mailbox(t, { onAnswered: command => { if (command === 'UID SEARCH' && waiting[0]) server.deliver(waiting.shift()!) } })
  listenTo(t, app, url)
  await until(async () => (await ids()).length === names.length)
  t.same(await ids(), names)
})

t.test('a connection that breaks off in the middle of a letter is had again, and the letter with it', async t => {
  let limit = Infinity
  const { server, ids, state } = await mailbox(t, { cutAfter: () => limit })
  listenTo(t, app, url)
  await until(() => server.idling === 1)
  limit = 300_000
  server.deliver(attached('big', [['a.bin.txt', 'text/plain', Buffer.alloc(600_000, 'a')]]))
  await until(async () => (await state()).problem !== null)
  t.match((await as(anna).get('/settings/mailboxes')).body, /The connection was lost/)
  t.same(await ids(), [])
  limit = Infinity
  await until(async () => (await ids()).length === 1)
  t.match(await db('files').first(), { name: 'a.bin.txt', size: 600_000, client_id: client })
  server.cut()
  server.deliver(letter({ id: 'then@x' }))
  await until(async () => (await ids()).length === 2)
  t.match(await state(), { problem: null })
})

t.test('a server without IDLE is looked at now and then; letters are marked as read where that is wanted', async t => {
  const { server, ids } = await mailbox(t, { idle: false }, { marks_seen: '1' })
  listenTo(t, app, url, { lookEvery: 50 })
  await until(async () => (await db('mailboxes').first('uid_validity')).uid_validity !== null)
  server.deliver(letter({ id: 'polled@x' }))
  await until(async () => (await ids()).length === 1)
  await until(() => server.letters[0]!.flags.has('\\Seen'))
  t.ok(server.asked.some(line => line.startsWith('SELECT')))
})

t.test('a mailbox that is switched off, changed or removed is left at once', async t => {
  const { server, id, ids } = await mailbox(t)
  listenTo(t, app, url)
  await until(() => server.idling === 1)
  const save = (more: object) => as(anna).post(`/settings/mailboxes/${id}`, { name: 'R', host: '127.0.0.1', port: server.port, security: 'none', username: server.user, password: '', folder: 'INBOX', ...more })
  await save({ version: 1 })
  await until(() => server.connections === 0)
  server.deliver(letter({ id: 'meanwhile@x' }))
  await save({ version: 2, is_on: '1' })
  await until(async () => (await ids()).length === 1)
  await save({ version: 3, is_on: '1', folder: 'Sent' })
  await until(() => server.asked.at(-1) === 'IDLE' && server.asked.some(line => line === 'EXAMINE Sent'))
  await as(anna).post(`/settings/mailboxes/${id}/remove`)
  await until(() => server.connections === 0)
  t.same(await ids(), ['meanwhile@x'], 'what came from it stays, and what was there in another folder is left alone')
})

t.test('a server that hangs, talks nonsense or refuses is tried ever more seldom, and the page says why', async t => {
  for (const [problem, options, more] of [
    ['timeout', { greeting: null }, {}], ['nonsense', { greeting: '* OK hello\r\n* 1 FETCH (BODY {999999999}' }, {}], ['auth', {}, { password: 'wrong' }], ['no_folder', {}, { folder: 'Nowhere' }], ['tls', {}, { security: 'starttls' }]
  ] as [string, ImapOptions, object][]) {
    await t.test(problem, async t => {
      const { server, state } = await mailbox(t, options, more)
      const listeners = listenTo(t, app, url, { timeouts: { connect: 300, greeting: 300, silence: 300 } })
      await until(async () => (await state()).problem !== null)
      const { problem: said, next_try_at: next } = await state()
      t.equal(said, problem)
      t.ok(next > new Date(Date.now() - 1000))
      t.ok(server.connections < 2)
      await listeners.close()
    })
  }
})

t.test('of a letter of 40 MB the words are taken, and the file that is too big is named', async t => {
  const { server, ids } = await mailbox(t)
  listenTo(t, app, url)
  await until(() => server.idling === 1)
  server.deliver(attached('Film w załączniku', [['film.mov', 'video/quicktime', Buffer.alloc(29_000_000, 7)], ['opis.txt', 'text/plain', Buffer.from('opis')]]))
  await until(async () => (await ids()).length === 1)
  const message = await db('messages').first()
  t.match(message, { body_text: 'Film w załączniku', left_out: [{ name: 'film.mov', size: 29_000_000, error: { key: 'mailboxes.left.sum', values: { max: 25 } } }] })
  t.same(await db('message_files as x').join('files as f', 'f.id', 'x.file_id').where('x.message_id', message.id).pluck('name'), ['opis.txt'])
  t.match((await as(marek).get(`/clients/${client}/conversation`)).body, /film\.mov.*29.*MB/s)
})

t.test('a letter that nobody can read is told of, and those behind it are taken', async t => {
  const { server } = await mailbox(t)
  listenTo(t, app, url)
  await until(() => server.idling === 1)
  const bad = server.deliver(letter({ id: 'bad@x' }))
  // A server that sends more than it was asked for, and than anybody should take at once.
  bad.raw = Buffer.concat([bad.raw, Buffer.alloc(1000)])
  server.whole.add(bad.uid)
  bad.raw = Buffer.concat([bad.raw, Buffer.alloc(9 * 1024 * 1024, 'x')])
  server.deliver(letter({ id: 'good@x' }))
  await until(async () => await db('messages').where({ message_id: 'good@x' }).first('id') !== undefined)
  t.match(await db('messages').where({ message_id: 'bad@x' }).first(), { subject: 'Pralka', body_text: '', left_out: [{ error: { key: 'mailboxes.left.unreadable' } }] })
})
