import t from 'tap'
import { listFates } from '../../src/messages/ledger.js'
import { queueMessage } from '../../src/messages/queue.js'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { attached, bounce, imapServer, letter, PNG } from '../support/imap.js'
import { addMailbox, listenTo } from '../support/mailboxes.js'
import { until } from '../support/until.js'

const shop = await cast(t)
const { app, db, url, as, anna, marek, sofia } = shop
const server = await imapServer(t)
const client = await addClient(db, anna, { first_name: 'Zofia', emails: [{ address: 'zofia@example.com', agrees: true }] })
const emailId: number = (await db('client_emails').where({ client_id: client }).first('id')).id
server.deliver(letter({ id: 'old@example.com', text: 'long ago' }), new Date(Date.now() - 3600_000))
const mailbox = await addMailbox(as(anna), server, { makes_leads: '1' })
listenTo(t, app, url)
await until(() => server.idling === 1)

/** A letter of ours to Zofia that has left. */
async function sent (to: { emailId: number } | { address: string } = { emailId }, more = {}) {
  const id = await queueMessage(db, marek, { channel: 'email', clientId: client, to, subject: 'Pralka', text: 'Gotowa', cause: 'hand', ...more })
  await db('messages').where({ id }).update({ state: 'sent', sent_at: db.fn.now() })
  return { id, messageId: (await db('messages').where({ id }).first('message_id')).message_id as string }
}

/** Delivers a letter and waits until it was taken. Gives the message that was made of it, if any was. */
async function take (raw: string | Buffer) {
  const { uid } = server.deliver(raw)
  const newest = (await db('messages').max('id as id').first())?.id ?? 0
  await until(async () => (await db('mailboxes').where({ id: mailbox }).first('last_uid')).last_uid >= uid)
  return db('messages').where('id', '>', newest).where({ direction: 'in' }).first()
}

t.test('a letter is in its client\'s conversation as soon as it comes, and none that came before', async t => {
  t.match((await as(anna).get(`/settings/mailboxes/${mailbox}`)).body, /Listening since/)
  const message = await take(letter({ id: 'new@example.com', text: 'Czy pralka gotowa? łąka' }))
  t.match(message, { client_id: client, direction: 'in', state: 'received', address: 'zofia@example.com', address_name: 'Zofia Zielińska', subject: 'Pralka', body_text: 'Czy pralka gotowa? łąka', message_id: 'new@example.com', gateway: `imap:${mailbox}`, is_auto: false })
  t.equal((await db('messages').count({ count: '*' }).first())!.count, 1, 'the old one is left alone')
  t.match(await db('conversations').first(), { client_id: client, unread: 1 })
  t.match((await as(anna).get(`/clients/${client}/conversation`)).body, /Czy pralka gotowa/)
  t.same([...server.letters[1]!.flags], [], 'nothing is changed there')
  const masked = await as(sofia).get(`/messages/${message.id}`)
  t.match([masked.status, masked.body], [200, /Czy pralka gotowa/])
  t.notMatch(masked.body, 'zofia@example.com', 'nor does its ledger name the sender to who may not read addresses')
})

t.test('an answer joins the conversation of what it answers, from whatever address; the same letter is received once', async t => {
  const ours = await sent()
  const answer = letter({ from: 'Jan <jan@elsewhere.example>', id: 'answer@elsewhere.example', head: `In-Reply-To: <${ours.messageId}>\nReferences: <first@x> <${ours.messageId}>`, text: 'Dziękuję' })
  t.match(await take(answer), { client_id: client, address: 'jan@elsewhere.example', in_reply_to: ours.messageId, reference_ids: ['first@x', ours.messageId] })
  t.equal(await take(answer), undefined, 'delivered twice')
  t.equal(await take(answer.replace('Jan <jan', 'J <JAN')), undefined)
  t.match(await take(letter({ id: 'answer@elsewhere.example', text: 'another\'s letter of the same id' })), { client_id: client })
  t.equal(await take(letter({ from: 'Naprawa <office@naprawa.example>', id: ours.messageId })), undefined, 'our own')
  t.equal(await take(letter({ from: `Desk <${server.user}>`, id: 'copy@naprawa.example' })), undefined, 'from the mailbox itself')
  t.match(await take(letter({ from: `Form <${server.user}>`, head: 'Reply-To: Zofia <zofia@example.com>', id: 'form@naprawa.example' })), { client_id: client, address: 'zofia@example.com' }, 'a form on the company\'s page')
})

t.test('attachments become files of the client, and what isn\'t kept is named', async t => {
  const message = await take(attached('Zdjęcie', [['rower łąka.png', 'image/png', PNG], ['../../etc/run.exe', 'application/octet-stream', Buffer.from('MZ\0\0')], ['pusty.txt', 'text/plain', Buffer.alloc(0)], ['lista.txt', 'text/plain', Buffer.from('jeden')]]))
  t.match(message, { client_id: client, body_text: 'Zdjęcie', body_html: /<b>Zdj/ })
  const files = await db('message_files as x').join('files as f', 'f.id', 'x.file_id').where('x.message_id', message.id).orderBy('position').select('f.*')
  t.match(files, [{ name: 'rower łąka.png', type: 'image/png', client_id: client, event_id: message.event_id, employee_id: null, width: 1 }, { name: 'lista.txt', type: 'text/plain' }])
  t.match(message.left_out, [{ name: 'run.exe', error: { key: 'mailboxes.left.kind' } }])
  const page = (await as(marek).get(`/clients/${client}`)).body
  t.match(page, 'lista.txt')
  t.match((await as(marek).get(`/messages/${message.id}`)).body, /run\.exe/)
  t.equal((await as(marek).get(`/clients/${client}/files/${files[1].token}/lista.txt`)).body, 'jeden')
})

t.test('a letter that comes back says so of the one that left', async t => {
  const gone = await sent(), slow = await sent(), nameless = await sent({ address: 'only@once.example' })
  t.equal(await take(bounce({ to: 'zofia@example.com', status: '5.1.1', action: 'failed', said: '550 5.1.1 No such user here', original: gone.messageId })), undefined)
  t.match(await db('messages').where({ id: gone.id }).first(), { state: 'bounced', problem: 'bad_address', said: '550 5.1.1 No such user here' })
  await take(bounce({ to: 'zofia@example.com', status: '4.4.1', action: 'delayed', said: '451 4.4.1 try later', original: slow.messageId }))
  t.match(await db('messages').where({ id: slow.id }).first(), { state: 'sent', problem: null })
  t.match((await listFates(db, slow.id)).at(-1), { state: 'sent', details: { problem: 'delayed', said: '451 4.4.1 try later' } })
  await take(bounce({ to: 'only@once.example', status: '5.2.2', action: 'failed', said: 'x' }))
  t.match(await db('messages').where({ id: nameless.id }).first(), { state: 'bounced', problem: 'mailbox_full' }, 'by its address, where the report names no letter')
  await take(bounce({ to: 'nobody@of.ours', status: '5.1.1', action: 'failed', said: 'x', original: 'not@ours' }))
  t.match((await as(marek).get(`/messages/${gone.id}`)).body, /No such user here/)
})

t.test('an automatic answer is shown as one, waits for nobody and starts no lead', async t => {
  await db('conversations').update({ unread: 0 })
  const away = await take(letter({ subject: 'Away', head: 'Auto-Submitted: auto-replied', id: 'away@example.com' }))
  t.match(away, { client_id: client, is_auto: true })
  for (const head of ['Precedence: auto_reply', 'X-Autoreply: yes', 'X-Auto-Response-Suppress: All', 'Return-Path: <>', 'List-Id: <news.example.com>']) {
    t.match(await take(letter({ from: `robot@${head.length}.example`, head })), { is_auto: true, client_id: null }, head)
  }
  t.match(await take(letter({ head: 'Auto-Submitted: no\nX-Auto-Response-Suppress: DR, RN, NRN', id: 'human@example.com' })), { is_auto: false })
  t.match(await db('conversations').where({ client_id: client }).first('unread'), { unread: 1 }, 'only the human one')
  t.same(await db('leads').pluck('id'), [])
  t.match((await as(marek).get(`/clients/${client}/conversation`)).body, /Automatic reply/)
})

t.test('a stranger\'s letter begins one lead, and its files wait with it', async t => {
  const message = await take(attached('Szukam roweru', [['plan.txt', 'text/plain', Buffer.from('mapa')]], 'Ewa <ewa@nowa.example>'))
  t.match(message, { client_id: null })
  const conversation = await db('conversations').where({ id: message.conversation_id }).first()
  t.match(conversation, { address: 'ewa@nowa.example', stranger: 'Ewa', unread: 1 })
  t.match(await db('leads').where({ id: conversation.lead_id }).first(), { contact_name: 'Ewa' })
  await take(letter({ from: 'Ewa <ewa@nowa.example>', id: 'second@nowa.example' }))
  t.equal((await db('leads').count({ count: '*' }).first())!.count, 1)
  const { token } = await db('files').where({ message_id: message.id }).first('token')
  const at = `/conversations/${conversation.id}/messages/${message.id}/files/${token}/plan.txt`
  t.match((await as(marek).get(`/conversations/${conversation.id}`)).body, at)
  t.equal((await as(marek).get(at)).body, 'mapa')
  t.equal((await as(shop.nuno).get(at)).status, 403)
  for (const wrong of [at.replace(token, 'x'), at.replace(`/${message.id}/`, '/1/'), at.replace(`/${conversation.id}/`, '/x/')]) t.equal((await as(marek).get(wrong)).status, 404, wrong)
  await as(marek).post(`/conversations/${conversation.id}/client`, { name: 'Ewa Nowa' })
  const file = await db('files').where({ token }).first()
  t.match(file, { message_id: null, name: 'plan.txt' })
  t.match(await db('events').where({ id: file.event_id }).first(), { client_id: file.client_id, kind: 'message.in' }, 'who turns out to be a client has the file in their feed')

  const ours = await sent(undefined, { clientId: undefined, conversationId: (await db('conversations').where({ address: 'robot@15.example' }).first('id')).id, to: { address: 'robot@15.example' } })
  t.match(await take(letter({ from: 'other@address.example', head: `In-Reply-To: <${ours.messageId}>`, id: 'o@address.example' })), { conversation_id: (await db('messages').where({ id: ours.id }).first()).conversation_id }, 'an answer to what we wrote to a stranger')
})

t.test('who answers nothing but STOP gets no more', async t => {
  const box = async () => (await db('client_emails').where({ id: emailId }).first('agrees')).agrees
  const ours = await sent()
  const head = `In-Reply-To: <${ours.messageId}>`
  await take(letter({ id: 'no@example.com', head, text: 'Please stop the washing machine first.' }))
  await take(letter({ id: 'auto@example.com', head: `${head}\nAuto-Submitted: auto-replied`, text: 'STOP' }))
  t.equal(await box(), true)
  await take(letter({ from: 'zofia@private.example', id: 'stop@example.com', head, text: 'Stop.\n\n-- \nZofia\n\nW dniu 22.11.2026 o 10:00, Naprawa pisze:\n> Gotowa\n> STOP by nie otrzymywać' }))
  t.equal(await box(), false, 'also from another address than we wrote to')
  t.match(await db('consents').where({ email_id: emailId }).orderBy('id', 'desc').first(), { channel: 'email', given: false, source: 'stop' })
  await take(letter({ from: 'New <new@person.example>', subject: 'UNSUBSCRIBE', text: '', id: 'uns@person.example' }))
  t.equal((await db('email_stops').count({ count: '*' }).first())!.count, 3)
})

t.test('whatever a letter is made of, its words are taken', async t => {
  const odd = async (raw: string | Buffer, expected: object) => t.match(await take(raw), expected)
  await odd('From: zofia@example.com\nSubject: =?utf-8?B?UHJhbGth?= =?x-unknown?Q?=A3?=\nContent-Type: text/plain; charset=no-such-charset\nMessage-ID: <odd1@example.com>\n\nwords', { subject: /^Pralka/, body_text: 'words' })
  await odd('From: zofia@example.com\nMessage-ID: <odd2@example.com>\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nbroken off', { body_text: 'broken off' })
  await odd(Buffer.concat([Buffer.from('From: zofia@example.com\r\nMessage-ID: <odd3@example.com>\r\n\r\nnul '), Buffer.from([0, 1, 0xff, 0xfe]), Buffer.from('!')]), { body_text: /^nul/ })
  await odd('\n\nno head at all', { address: 'unknown@unknown.invalid', client_id: null, body_text: /no head at all/ })
  await odd('From: zofia@example.com\nMessage-ID: <odd4@example.com>\nContent-Type: text/html\n\n<p>Hello <script>alert(1)</script><b>you</b></p>', { body_text: /Hello.*you/, body_html: /<b>you/ })
  const hostile = await db('messages').where({ message_id: 'odd4@example.com' }).first()
  const frame = await as(marek).get(`/conversations/${hostile.conversation_id}/messages/${hostile.id}/html`)
  t.match(frame.headers['content-security-policy'], /default-src 'none'.*sandbox/)
  await odd(letter({ from: 'Zofia\r\n <zofia@example.com>', subject: `x${'y'.repeat(2000)}`, id: 'odd5@example.com' }), { subject: /^xy{299}$/ })
})
