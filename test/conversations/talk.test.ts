import t from 'tap'
import { listFates } from '../../src/messages/ledger.js'
import { queueMessage } from '../../src/messages/queue.js'
import { receiveMessage, type Incoming } from '../../src/messages/receiving/receive.js'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { runJobs } from '../support/jobs.js'

const made = await cast(t)
const { app, db, as, anna, marek, sofia, nuno } = made

let n = 0
const receive = (incoming: Partial<Incoming> & { from: string, text: string }) => db.transaction(trx => receiveMessage(trx, { channel: 'sms', gateway: 'test', providerId: `r${++n}`, ...incoming }))
const zofia = (number: string) => addClient(db, anna, { first_name: 'Zofia', surname: `Wójcik ${number}`, phones: [{ number, on: ['sms', 'whatsapp'] }], emails: [{ address: `z${number.replace(/\s/g, '')}@poczta.example`, agrees: true }] })
const talkOf = async (client: number) => (await db('conversations').where({ client_id: client }).first())!
const last = async (client: number) => (await db('messages').where({ client_id: client }).orderBy('id', 'desc').first())!

t.test('a conversation is read both ways in the order of its messages, by those who may', async t => {
  const id = await zofia('600 100 001'), path = `/clients/${id}/conversation`
  t.match((await as(marek).get(path)).body, /Nothing has been written yet/)
  await receive({ from: '+48600100001', text: 'Is my <b>bicycle</b> ready?' })
  await queueMessage(db, anna, { channel: 'whatsapp', clientId: id, to: { phoneId: (await db('client_phones').where({ client_id: id }).first()).id }, text: 'It is.', cause: 'hand' })
  const page = await as(marek).get(path)
  t.equal(page.status, 200)
  t.match(page.body, /Is my &lt;b&gt;bicycle&lt;\/b&gt; ready\?[^]*It is\./)
  t.match(page.body, /aria-current="page">Conversation/)
  t.match((await as(marek).get(`/clients/${id}`)).body, /1 unread message/, 'the other tab says so')
  const now = await as(marek).get(`${path}/now?from=1`, { fragment: true })
  t.match(now.body, /id="newest-said"/)
  t.notMatch(now.body, /<main/)
  t.equal((await as(marek).get(`${path}/now?from=1`)).location, path)

  // Sofia reads, without the number and without a form; Nuno doesn't; nobody reads a supplier's who may not see suppliers.
  const masked = await as(sofia).get(path)
  t.match(masked.body, /It is\./)
  t.notMatch(masked.body, /\+48 ?600|id="reply"/)
  t.equal((await as(nuno).get(path)).status, 403)
  t.match((await as(null).get(path)).location, /sign-in/)
  for (const wrong of ['999999', '0', 'x']) t.equal((await as(marek).get(`/clients/${wrong}/conversation`)).status, 404)
  const supplier = await addClient(db, anna, { company_name: 'Części', is_supplier: true, phones: ['600 100 009'] })
  await receive({ from: '+48600100009', text: 'A price list' })
  t.equal((await as(sofia).get(`/clients/${supplier}/conversation`)).status, 404)
  t.equal((await as(sofia).get(`/conversations/${(await talkOf(supplier)).id}`)).status, 404)
  t.equal((await as(marek).get(`/conversations/${(await talkOf(supplier)).id}`)).location, `/clients/${supplier}/conversation`)
})

t.test('a GET changes nothing: unread is what nobody has looked at, until a page says it was', async t => {
  const id = await zofia('600 100 002')
  await receive({ from: '+48600100002', text: 'one' })
  const { id: first } = await receive({ from: '+48600100002', text: 'two' })
  const talk = await talkOf(id), at = `/conversations/${talk.id}`
  t.match((await as(marek).get(`/clients/${id}/conversation`)).body, new RegExp(`hx-post="${at}/seen"[^>]*up_to":"${first}"`))
  t.equal((await talkOf(id)).unread, 2)
  await receive({ from: '+48600100002', text: 'three' })
  t.match((await as(sofia).post(`${at}/seen`, { up_to: first }, { fragment: true })).body, /#talk-unread[^]*1 unread message/, 'the tab counts anew')
  t.equal((await talkOf(id)).unread, 1, 'what came in meanwhile stays unread')
  t.equal((await as(marek).post(`${at}/seen`, { up_to: (await last(id)).id })).location, `/clients/${id}/conversation`)
  t.equal((await talkOf(id)).unread, 0)
  t.equal((await as(nuno).post(`${at}/seen`, { up_to: 1 })).status, 403)

  t.equal((await as(sofia).post(`${at}/unread`)).location, '/inbox')
  t.equal((await talkOf(id)).unread, 1)
  await as(marek).post(`/clients/${id}/conversation`, { to: `sms:${(await db('client_phones').where({ client_id: id }).first()).id}`, body: 'Yes' })
  t.equal((await talkOf(id)).unread, 0, 'who answers has read')
})

t.test('an answer goes first by the way the last words came, where its box is on, and can be taken back before it leaves', async t => {
  const id = await zofia('600 100 003'), path = `/clients/${id}/conversation`
  const { id: phone } = await db('client_phones').where({ client_id: id }).first()
  await receive({ from: '+48600100003', channel: 'sms', text: 'Hello' })
  const page = await as(marek).get(path)
  const form = formOf(page.body, path)
  t.equal(form.to, `sms:${phone}`)
  t.same([...page.body.matchAll(/<option value="(\w+):\d+" data-channel/g)].map(([, channel]) => channel), ['sms', 'whatsapp', 'email'], 'and no Viber')
  t.match(page.body, /caught in the test mailbox/)
  t.match(page.body, /data-parts="reply-parts"[^]*id="reply-parts"[^>]*>0 parts, 160 /, 'an SMS is counted as one types')
  await queueMessage(db, marek, { channel: 'whatsapp', clientId: id, to: { phoneId: phone }, text: 'Hello', cause: 'hand' })
  t.equal(formOf((await as(marek).get(path)).body, path).to, `sms:${phone}`, 'what we said by another way since is no matter')
  await db('messages').where({ client_id: id, direction: 'out' }).delete()

  for (const [body, field, words] of [[{ ...form, body: ' ' }, 'body', /Write something/], [{ ...form, to: `viber:${phone}`, body: 'kept words' }, 'to', /any more/], [{ ...form, to: `email:${(await db('client_emails').where({ client_id: id }).first()).id}`, subject: '', body: 'kept words' }, 'subject', /subject/]] as const) {
    for (const fragment of [false, true]) {
      const refused = await as(marek).post(path, body, { fragment })
      t.equal(refused.status, 422)
      t.match(refused.error(field), words)
      if (body.body !== ' ') t.match(refused.body, /kept words<\/textarea>/)
    }
  }
  t.equal(await db('messages').where({ client_id: id, direction: 'out' }).first(), undefined, 'nothing half saved')
  t.equal((await as(sofia).post(path, { ...form, body: 'No' })).status, 403)

  const sent = { ...form, body: 'It is ready.' }
  t.equal((await as(marek).post(path, sent)).location, path)
  await as(marek).post(path, sent)
  t.equal((await db('messages').where({ client_id: id, direction: 'out' })).length, 1, 'once, however often the form is sent')
  await runJobs(app)
  const message = await last(id)
  t.same([message.state, message.channel, message.body_text, message.employee_id, message.cause], ['due', 'sms', 'It is ready.', marek.id, 'hand'], 'it waits to be taken back')
  t.ok(message.due_at.getTime() - Date.now() > 5000)
  const undo = `/conversations/${message.conversation_id}/messages/${message.id}/undo`
  t.match((await as(marek).get(path)).body, new RegExp(`action="${undo}"`))
  t.notMatch((await as(anna).get(path)).body, new RegExp(`action="${undo}"`))
  t.equal((await as(anna).post(undo)).status, 403, 'by who wrote it')
  const back = await as(marek).post(undo)
  t.equal(back.location, `${path}?draft=${message.id}`)
  t.match((await as(marek).get(back.location!)).body, /It is ready\.<\/textarea>/, 'what was taken back is there to go on with')
  t.same((await listFates(db, message.id)).map(({ state }) => state), ['due', 'canceled'])
  t.equal((await as(marek).post(undo)).location, path, 'and once')

  // As a fragment the form comes back empty, with what was said.
  const answer = await as(marek).post(path, { to: `whatsapp:${phone}`, body: 'Come by.' }, { fragment: true })
  t.equal(answer.status, 200)
  t.match(answer.body, /name="body"[^>]*><\/textarea>[^]*hx-target="#newest-said"[^]*Come by\./)

  await as(anna).post(`/clients/${id}/archive`)
  t.notMatch((await as(marek).get(path)).body, /id="reply"/)
  const late = await as(marek).post(path, { to: `whatsapp:${phone}`, body: 'Words for later.' })
  t.equal(late.status, 422)
  t.match(late.body, /Words for later\.<\/textarea>/, 'what was being written to somebody who was put away meanwhile stays')
  const long = await as(marek).post(path, { ...sent, body: 'ab'.repeat(800) })
  t.equal(long.status, 422)
  await as(anna).post(`/clients/${id}/restore`)
  const none = await addClient(db, anna, { first_name: 'Ela', phones: ['600 100 004'] })
  await receive({ from: '+48600100004', text: 'Hello' })
  t.match((await as(marek).get(`/clients/${none}/conversation`)).body, /agreed to no channel/)
})

t.test('an e-mail is answered in its thread', async t => {
  const id = await zofia('600 100 005'), path = `/clients/${id}/conversation`
  await receive({ from: 'Z600100005@poczta.example', channel: 'email', subject: 'My bicycle', text: 'Is it ready?', html: '<p>Is it <script>alert(1)</script>ready?</p>', messageId: 'b@poczta.example', references: ['a@clientela.example'] })
  const page = await as(marek).get(path), form = formOf(page.body, path)
  t.match(form, { to: /^email:/, subject: 'Re: My bicycle' })
  await as(marek).post(path, { ...form, body: 'Yes.' })
  const { channel, subject, in_reply_to: inReplyTo, reference_ids: references, message_id: messageId } = await last(id)
  t.same({ channel, subject, inReplyTo, references }, { channel: 'email', subject: 'Re: My bicycle', inReplyTo: 'b@poczta.example', references: ['a@clientela.example', 'b@poczta.example'] })
  t.match(messageId, /@/)

  // A letter without an id of its own begins no thread, but has a subject.
  const { conversationId } = await receive({ from: 'nobody@poczta.example', channel: 'email', subject: 'A question', text: 'Hello' })
  const plain = formOf((await as(marek).get(`/conversations/${conversationId}`)).body, `/conversations/${conversationId}`)
  t.equal(plain.subject, 'Re: A question')
  await as(marek).post(`/conversations/${conversationId}`, { ...plain, body: 'Yes?' })
  t.match(await db('messages').where({ conversation_id: conversationId, direction: 'out' }).first(), { in_reply_to: null, reference_ids: [] })

  // It is signed as a letter is, and who takes it back goes on with what they typed alone.
  await as(anna).post('/settings/mail/letters', { signature: 'Bicycle **repairs**', per_minute: '60', attachment_mb: '2', version: '0' })
  const again = formOf((await as(marek).get(path)).body, path)
  await as(marek).post(path, { ...again, body: 'Come by.' })
  const signed = await last(id)
  t.equal(signed.body_text, 'Come by.\n\n-- \nBicycle repairs')
  t.match(signed.body_html, /Come by\.[^]*Bicycle <strong>repairs/)
  const draft = await as(marek).post(`/conversations/${signed.conversation_id}/messages/${signed.id}/undo`)
  t.equal(formOf((await as(marek).get(draft.location!)).body, path).body, 'Come by.')
  await db('mail_settings').delete()

  // As it was sent, in a frame that runs nothing and fetches nothing.
  const [, frame] = /iframe src="([^"]*)"/.exec(page.body)!
  const html = await as(sofia).get(frame!)
  t.equal(html.status, 200)
  t.match(String(html.headers['content-security-policy']), /default-src 'none'.*sandbox allow-popups/)
  t.notMatch(String(html.headers['content-security-policy']), /allow-scripts|https?:/)
  t.equal((await as(nuno).get(frame!)).status, 403)
  t.equal((await as(marek).get(frame!.replace(/messages\/\d+/, 'messages/1'))).status, 404)
  await receive({ from: '+48600100005', text: 'Thanks' })
  t.equal((await as(marek).get(`/conversations/${(await talkOf(id)).id}/messages/${(await last(id)).id}/html`)).status, 404, 'that one has none')
})

t.test('an answer begins with a template, filled in for the client', async t => {
  const id = await zofia('600 100 008'), path = `/clients/${id}/conversation`
  const made = await as(anna).post('/settings/templates', { name: 'Ready', channel: 'sms', whose: 'all', 'body.en': '{{client.first_name}}, it is ready.' })
  t.equal(made.status, 303)
  const { id: template } = await db('templates').where({ name: 'Ready' }).first()
  await receive({ from: 'z600100008@poczta.example', channel: 'email', subject: 'Hello', text: 'Hello', messageId: 'c@poczta.example' })
  const form = formOf((await as(marek).get(path)).body, path)
  for (const fragment of [false, true]) {
    const filled = await as(marek).post(path, { ...form, body: 'typed', template, fill: '1' }, { fragment })
    t.equal(filled.status, 200)
    t.match(formOf(filled.body, path), { to: /^sms:/, body: 'Zofia, it is ready.', template_id: String(template) })
  }
  t.match(formOf((await as(marek).post(path, { ...form, body: 'typed', template: '', fill: '1' })).body, path), { to: form.to, body: 'typed' })
  await as(marek).post(path, { ...form, to: `sms:${(await db('client_phones').where({ client_id: id }).first()).id}`, body: 'Zofia, it is ready.', template_id: template })
  t.match(await last(id), { template_id: template, channel: 'sms' })
})

t.test('a long conversation is read upwards, a page at a time', async t => {
  const id = await zofia('600 100 006'), path = `/clients/${id}/conversation`
  const { conversationId } = await receive({ from: '+48600100006', text: 'said 0' })
  await db.raw("insert into messages (conversation_id, client_id, direction, channel, state, address, cause, body_text) select ?, ?, 'in', 'sms', 'received', '+48600100006', 'incoming', 'said ' || n from generate_series(1, 69) n", [conversationId, id])
  const read: string[] = []
  let at: string | undefined = path
  for (let pages = 0; at && pages < 5; pages++) {
    const { body } = await as(marek).get(at, { fragment: pages > 0 })
    read.unshift(...[...body.matchAll(/message-text">(said \d+)</g)].map(([, said]) => said!))
    at = /hx-get="([^"]*\?before=[\d-]+)"/.exec(body)?.[1]
  }
  t.same(read, Array.from({ length: 70 }, (_, n) => `said ${n}`))
  const older = await as(marek).get(`${path}?before=${(await last(id)).id - 40}`)
  t.match(older.body, /Newest messages[^]*id="reply"/, 'without JavaScript it is a page of its own')
})

t.test('calls stand between the messages, by their times, for who may see calls', async t => {
  const id = await zofia('600 100 010'), path = `/clients/${id}/conversation`
  const call = async (minutes: number, more: object = {}) => {
    const [{ id: made }] = await db('calls').insert({
      adapter: 'webhook', provider_id: `talk-${++n}`, direction: 'in', state: 'missed', e164: '+48600100010', display: '+48 600 100 010', digits: '48600100010', client_id: id, started_at: db.raw(`now() - interval '${minutes} minutes'`), ended_at: db.fn.now(), ...more
    }).returning('id')
    return made
  }
  const order = (body: string) => [...body.matchAll(/<li class="talk-(?:call|said)[^"]*" id="([cm]\d+)"/g)].map(([, one]) => one)
  const first = await call(50)
  t.same(order((await as(marek).get(path)).body), [`c${first}`], 'also where nothing has been written')
  const { id: said } = await receive({ from: '+48600100010', text: 'You did not answer' })
  await db('messages').where({ id: said }).update({ created_at: db.raw("now() - interval '40 minutes'") })
  const second = await call(30, { direction: 'out', state: 'ended', seconds: 75, employee_id: anna.id, recording_url: 'https://calls.example/1.mp3' })
  await call(20, { state: 'ringing', ended_at: null })
  const { body } = await as(marek).get(path)
  t.same(order(body), [`c${first}`, `m${said}`, `c${second}`])
  t.match(body, new RegExp(`Outgoing call[^]*1:15[^]*/calls/${second}/recording[^]*Anna Kowalska`))
  const { body: now } = await as(marek).get(`${path}/now?from=${said}-${second}`, { fragment: true })
  t.same(order(now), [`m${said}`, `c${second}`])
  t.match(now, /before=\d+-\d+/, 'and there is an earlier one')
  await db('roles').where({ id: marek.roleId }).update({ rights: db.raw("array_remove(rights, 'calls.view')") })
  t.same(order((await as(marek).get(path)).body), [`m${said}`])
  await db('roles').where({ id: marek.roleId }).update({ rights: db.raw("rights || array['calls.view']") })

  // Read upwards none is left out, and none comes twice.
  for (let minutes = 100; minutes < 140; minutes++) await call(minutes)
  const seen: string[] = []
  for (let at: string | undefined = path, pages = 0; at && pages < 5; pages++) {
    const page: string = (await as(marek).get(at, { fragment: pages > 0 })).body
    seen.push(...order(page) as string[])
    at = /hx-get="([^"]*\?before=[\d-]+)"/.exec(page)?.[1]
  }
  t.equal(seen.length, 43)
  t.equal(new Set(seen).size, 43)

  const { conversationId } = await receive({ from: '+48600100011', text: 'Hello' })
  const theirs = await call(1, { client_id: null, e164: '+48600100011' })
  t.match(order((await as(marek).get(`/conversations/${conversationId}`)).body), [`c${theirs}`, /^m/], 'and those of a stranger')
})

t.test('somebody minds a conversation until it is done, and what comes in opens it again', async t => {
  const id = await zofia('600 100 007')
  await receive({ from: '+48600100007', text: 'Hello' })
  const talk = await talkOf(id), at = `/conversations/${talk.id}`
  t.equal((await as(marek).post(`${at}/assign`, { assignee: sofia.id })).location, `/clients/${id}/conversation`)
  t.equal((await talkOf(id)).assignee_id, sofia.id)
  const told = async () => (await as(sofia).get('/notifications')).body
  t.match(await told(), /1 unread notification[^]*Zofia Wójcik 600 100 007[^]*Conversation given to you by Marek/)
  const notice = (await db('notifications').where({ conversation_id: talk.id }).first('id'))!.id
  t.equal((await as(anna).post(`/notifications/${notice}/open`)).status, 404, 'nobody else is told')
  t.equal((await as(sofia).post(`/notifications/${notice}/open`)).location, `/clients/${id}/conversation`)
  t.match((await db('notifications').where({ id: notice }).first()).read_at, Date)
  await as(marek).post(`${at}/assign`, { assignee: sofia.id })
  t.equal((await db('notifications').where({ conversation_id: talk.id })).length, 1, 'and once')
  await as(marek).post(`${at}/assign`, { assignee: marek.id })
  t.equal((await db('notifications').where({ conversation_id: talk.id })).length, 1, 'nor is who takes it themselves')
  await as(marek).post(`${at}/assign`, { assignee: sofia.id })
  for (const wrong of [nuno.id, 'x', 999999]) t.equal((await as(marek).post(`${at}/assign`, { assignee: wrong })).status, 404, 'only to those who may read it')
  t.equal((await as(sofia).post(`${at}/assign`, { assignee: '' })).status, 403)
  const supplier = await addClient(db, anna, { company_name: 'Hurt', is_supplier: true, phones: ['600 100 077'] })
  await receive({ from: '+48600100077', text: 'Prices' })
  t.equal((await as(marek).post(`/conversations/${(await talkOf(supplier)).id}/assign`, { assignee: sofia.id })).status, 404, 'who sees no suppliers is given none of theirs')
  const offered = async (client: number) => new RegExp(`name="assignee"[^\\n]*<option value="${sofia.id}"`).test((await as(marek).get(`/clients/${client}/conversation`)).body)
  t.same([await offered(id), await offered(supplier)], [true, false])
  t.equal((await as(marek).post(`${at}/close`)).location, '/inbox')
  t.same([(await talkOf(id)).closed_at !== null, (await talkOf(id)).unread], [true, 0])
  await db('messages').where({ client_id: id }).update({ problem: null })
  t.ok((await talkOf(id)).closed_at)
  await receive({ from: '+48600100007', text: 'One more thing' })
  t.same([(await talkOf(id)).closed_at, (await talkOf(id)).unread], [null, 1])
  await as(marek).post(`${at}/close`)
  t.equal((await as(marek).post(`${at}/reopen`)).location, `/clients/${id}/conversation`)
  t.equal((await talkOf(id)).closed_at, null)
  await as(marek).post(`${at}/assign`, { assignee: '' })
  t.equal((await talkOf(id)).assignee_id, null)
  t.equal((await as(marek).post('/conversations/999999/close')).status, 404)
})
