import t from 'tap'
import type { SendFate } from '../../src/messages/fate.js'
import { listFates, settleByReport } from '../../src/messages/ledger.js'
import { queueMessage, queueMessages, type NewMessage } from '../../src/messages/queue.js'
import { receiveMessage } from '../../src/messages/receiving/receive.js'
import { cast, type Answer } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { fakeGateway } from '../support/gateway.js'
import { runJobs } from '../support/jobs.js'

/** What the next page will say. */
const flashOf = ({ headers }: Answer): string => JSON.parse(Buffer.from(/clientela_flash=([^.]+)/.exec(String(headers['set-cookie']))![1]!, 'base64').toString()).key

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, anna } = made
  const id = await addClient(db, anna, { first_name: 'Zofia', phones: [{ number: '600 123 456', on: ['sms', 'whatsapp'] }], emails: [{ address: 'zofia@poczta.example', agrees: true }] })
  const phone: number = (await db('client_phones').where({ client_id: id }).first('id')).id
  const email: number = (await db('client_emails').where({ client_id: id }).first('id')).id
  const sms = (more: Partial<NewMessage> = {}): NewMessage => ({ channel: 'sms', clientId: id, to: { phoneId: phone }, text: 'Your bicycle is ready.', cause: 'hand', ...more })
  const states = async () => (await db('messages').orderBy('id')).map(row => row.state as string)
  /** Lets what waits for its time be due now. */
  const hurry = async () => {
    await db('messages').where({ state: 'due' }).update({ due_at: db.fn.now() })
    await db.raw('update graphile_worker._private_jobs set run_at = now()')
    await runJobs(made.app)
  }
  return { ...made, id, phone, email, sms, states, hurry }
}

t.test('a message is queued with its cause, sent once, and its ledger tells all of it', async t => {
  const { app, db, sms, marek, as, id, states } = await shop(t)
  const gateway = fakeGateway(t, app, 'sms')
  await db.transaction(async trx => { await queueMessage(trx, marek, sms()); throw new Error('the cause was not kept') }).catch(() => {})
  const message = await db.transaction(trx => queueMessage(trx, marek, sms()))
  await runJobs(app)
  await runJobs(app)
  t.match(gateway.given, [{ id: message, address: '+48600123456', text: 'Your bicycle is ready.', clientId: id }])
  t.equal(gateway.given.length, 1)
  t.same(await states(), ['sent'])
  t.match(await listFates(db, message), [{ state: 'due', by: 'Marek Nowak', details: { cause: 'hand' } }, { state: 'sent', details: { gateway: 'fake', providerId: `p-${message}`, said: 'ok', attempt: 1 } }])

  t.equal(await settleByReport(db, 'fake', `p-${message}`, 'read'), message)
  await settleByReport(db, 'fake', `p-${message}`, 'delivered')
  await settleByReport(db, 'fake', `p-${message}`, 'read')
  t.equal(await settleByReport(db, 'fake', 'p-0', 'read'), null)
  t.same((await listFates(db, message)).map(({ state }) => state), ['due', 'sent', 'read'], 'reports come late and twice')

  t.match((await as(marek).get(`/clients/${id}`)).body, /Your bicycle is ready\.[^]*Read/)
  const page = await as(marek).get(`/messages/${message}`)
  t.match(page.body, /\+48 600 123 456[^]*written by hand · Marek Nowak[^]*its number there/)
})

t.test('of many messages one job sends all; what comes meanwhile, and what was left undone, has its own', async t => {
  const { app, db, sms, marek, states } = await shop(t)
  const gateway = fakeGateway(t, app, 'sms')
  const sent: SendFate = { state: 'sent', said: 'ok' }
  gateway.answer = async () => {
    if (gateway.given.length === 1) await queueMessage(db, marek, sms())
    return sent
  }
  for (let n = 0; n < 20; n++) await queueMessage(db, marek, sms())
  await queueMessage(db, marek, sms({ dueAt: new Date(Date.now() + 60_000) }))
  await runJobs(app)
  t.equal(gateway.given.length, 21)
  t.equal(gateway.opened, 2, 'by the job of the first, and that of the one that came meanwhile')
  t.same((await states()).filter(state => state !== 'sent'), ['due'])
  const waiting = async () => (await db('graphile_worker.jobs').where({ task_identifier: 'messages.send' })).length
  t.equal(await waiting(), 1, 'that of the one whose time has not come')

  for (let n = 0; n < 3; n++) await queueMessage(db, marek, sms())
  gateway.answer = () => { throw new Error('a mistake of ours') }
  await runJobs(app).catch(() => {})
  t.equal(gateway.given.length, 24, 'each has still its job when one fails')
})

t.test('nothing leaves where the box is off in the moment of sending, and the ledger names the rule', async t => {
  const { app, db, sms, marek, phone, states, as } = await shop(t)
  const gateway = fakeGateway(t, app, 'sms')
  const message = await queueMessage(db, marek, sms())
  await queueMessage(db, marek, sms({ channel: 'viber' }))
  await queueMessage(db, marek, sms({ to: { address: '+48600123456' } }))
  await db('client_phones').where({ id: phone }).update({ removed_at: db.fn.now() })
  await runJobs(app)
  t.same(gateway.given, [])
  t.same(await states(), ['refused', 'refused', 'refused'])
  t.match(await listFates(db, message), [{}, { state: 'refused', details: { problem: 'removed' } }])
  t.match((await as(marek).get(`/messages/${message}`)).body, /Not sent: the number or address was removed/)
})

t.test('nothing leaves to a client who was put away meanwhile, and what was taken back twice was taken back', async t => {
  const { app, db, sms, marek, anna, as, id, states } = await shop(t)
  const gateway = fakeGateway(t, app, 'sms')
  const [message, back] = await queueMessages(db, marek, [sms(), sms({ dueAt: new Date(Date.now() + 60_000) })])
  await as(anna).post(`/clients/${id}/archive`)
  await runJobs(app)
  t.same(gateway.given, [])
  t.match(await listFates(db, message!), [{}, { state: 'refused', details: { problem: 'archived' } }])
  for (let n = 0; n < 2; n++) t.equal(flashOf(await as(marek).post(`/messages/${back}/cancel`)), 'messages.canceled')
  t.same(await states(), ['refused', 'canceled'])
})

t.test('what fails for now is tried again, ever later, and given up at last; somebody may send it again', async t => {
  const { app, db, sms, marek, states, hurry, as } = await shop(t)
  const gateway = fakeGateway(t, app, 'sms')
  gateway.answer = () => ({ state: 'later', problem: 'busy', said: 'slow down' })
  const message = await queueMessage(db, marek, sms())
  const key = (await db('messages').first('key')).key
  await runJobs(app)
  t.same(await states(), ['due'])
  const [row] = await db('messages')
  t.ok(row.due_at > Date.now() + 30_000, 'not at once')
  await hurry()
  t.ok((await db('messages').first('due_at')).due_at - row.due_at > 200_000, 'the second wait is longer')
  await db('messages').update({ attempts: 8 })
  await hurry()
  t.same(await states(), ['failed'])
  t.ok(gateway.given.every(given => given.key === key), 'every try is the same message to the gateway')
  t.match((await as(marek).get('/messages/failed')).body, /Failed: the gateway asks to try later/)

  gateway.answer = () => ({ state: 'sent', said: '' })
  const again = await as(marek).post(`/messages/${message}/again`)
  t.equal(again.location, `/messages/${message}`)
  await runJobs(app)
  t.same(await states(), ['sent'])
  t.not(gateway.given.at(-1)!.key, key, 'sent anew by hand it is another')
  const late = await as(marek).post(`/messages/${message}/again`)
  t.match([late.location, flashOf(late)], [`/messages/${message}`, 'messages.not_again'], 'what was sent is not sent again, and whoever presses twice is told')
  t.same(await states(), ['sent'])
  for (const wrong of ['999999', 'x']) t.equal((await as(marek).post(`/messages/${wrong}/again`)).status, 404)
})

t.test('a process that was killed: uncertain and not repeated, or tried again where the gateway knows a second try', async t => {
  const { app, db, sms, marek, states } = await shop(t)
  const [sms_, whatsapp] = [fakeGateway(t, app, 'sms'), fakeGateway(t, app, 'whatsapp', { isIdempotent: true })]
  const ids = await queueMessages(db, marek, [sms(), sms(), sms({ channel: 'whatsapp' })])
  await db('messages').whereIn('id', [ids[0]!, ids[2]!]).update({ state: 'sending', attempts: 1, taken_at: db.fn.now() })
  const key = (await db('messages').where({ id: ids[2]! }).first('key')).key
  await runJobs(app)
  t.same(await states(), ['uncertain', 'sent', 'sent'])
  t.same(sms_.given.map(({ id }) => id), [ids[1]])
  t.match(whatsapp.given, [{ id: ids[2], key }])
  t.match((await listFates(db, ids[0]!)).at(-1), { state: 'uncertain', details: { problem: 'stopped' } })
})

t.test('a gateway that is down is left alone for a while, and what waits goes by itself', async t => {
  const { app, db, sms, marek, states, hurry } = await shop(t)
  const gateway = fakeGateway(t, app, 'sms')
  gateway.answer = () => { gateway.isDown = true; return { state: 'later', problem: 'unreachable', said: 'ECONNREFUSED' } }
  await queueMessages(db, marek, [sms(), sms(), sms()])
  await runJobs(app)
  t.equal(gateway.given.length, 1)
  gateway.answer = () => ({ state: 'sent', said: '' })
  gateway.isDown = false
  await hurry()
  t.same(await states(), ['sent', 'sent', 'sent'])
})

t.test('no more leave in a minute than the limit says, and who waits goes before the many', async t => {
  const { app, db, sms, marek } = await shop(t)
  const gateway = fakeGateway(t, app, 'sms', { perMinute: 2 })
  const many = await queueMessages(db, marek, [sms({ cause: 'many' }), sms({ cause: 'many' })])
  const rule = await queueMessage(db, marek, sms({ cause: 'automation' }))
  const hand = await queueMessage(db, marek, sms())
  await runJobs(app)
  t.same(gateway.given.map(({ id }) => id), [hand, rule])
  const next = (await db.raw('select run_at from graphile_worker.jobs order by run_at desc limit 1')).rows[0].run_at
  t.ok(next > Date.now() + 30_000, 'the next go in a minute')
  await db('messages').whereNotNull('sent_at').update({ sent_at: db.raw("now() - interval '2 minutes'") })
  await db.raw('update graphile_worker._private_jobs set run_at = now()')
  await runJobs(app)
  t.same(gateway.given.slice(2).map(({ id }) => id), many)
})

t.test('without a gateway the test mailbox catches it; what has not left can be taken back', async t => {
  const { app, db, sms, marek, sofia, nuno, as, states, id } = await shop(t)
  const later = new Date(Date.now() + 10_000)
  const [taken] = await queueMessages(db, marek, [sms({ dueAt: later }), sms()])
  await runJobs(app)
  t.same(await states(), ['due', 'caught'])
  t.equal((await as(sofia).post(`/messages/${taken}/cancel`)).status, 403)
  t.equal((await as(marek).post(`/messages/${taken}/cancel`)).location, `/clients/${id}/text?back=${taken}`)
  t.same(await states(), ['canceled', 'caught'])
  await as(marek).post(`/messages/${taken}/cancel`)
  t.match(await listFates(db, taken!), [{ state: 'due', details: { until: String } }, { state: 'canceled', by: 'Marek Nowak' }])
  t.equal((await as(nuno).get(`/messages/${taken}`)).status, 403)
  t.equal((await as(null).get(`/messages/${taken}`)).status, 303)
  for (const wrong of ['999999', 'x']) t.equal((await as(marek).get(`/messages/${wrong}`)).status, 404)
  t.notMatch((await as(sofia).get(`/messages/${taken}`)).body, /600123456/, 'masked for who may not see numbers')
  await db('clients').where({ id }).update({ is_supplier: true })
  t.equal((await as(sofia).get(`/messages/${taken}`)).status, 404, "of a client that isn't theirs to see")
})

t.test('what comes in stands with the client who has the address, or whom it answers; once', async t => {
  const { db, sms, marek, as, id, email } = await shop(t)
  const from = (more = {}) => db.transaction(trx => receiveMessage(trx, { channel: 'sms', from: '+48600123456', text: 'Thank you!', gateway: '1', providerId: 'a', ...more }))
  const first = await from()
  t.match(first, { clientId: id, isNew: true, isStranger: false })
  t.match(await from(), { id: first.id, isNew: false })
  t.match((await as(marek).get(`/clients/${id}`)).body, /Answer by SMS[^]*Thank you!/)
  t.equal((await db('conversations').first('unread')).unread, 1)
  t.match(await from({ from: '+48700000000', providerId: 'b' }), { clientId: null, isStranger: true })
  const sent = await queueMessage(db, marek, { channel: 'email', clientId: id, to: { emailId: email }, subject: 'Bicycle', text: 'Ready', cause: 'hand' })
  const { message_id: messageId } = await db('messages').where({ id: sent }).first('message_id')
  t.match(await from({ channel: 'email', from: 'Zofia.Private@poczta.example', providerId: 'c', messageId: 'x@y', inReplyTo: messageId }), { clientId: id })
  await queueMessages(db, marek, [sms()])
  t.equal((await db('conversations').where({ client_id: id })).length, 1)
})

t.test('whatever a gateway says or calls a message, what became of it is written down and the others go on', async t => {
  const { app, db, sms, marek, states } = await shop(t)
  const gateway = fakeGateway(t, app, 'sms')
  const cut = `${'x'.repeat(999)}😀`
  const answers: SendFate[] = [
    { state: 'failed', problem: 'refused', said: '550 spam\0' }, { state: 'failed', problem: 'refused', said: cut }, { state: 'sent', said: 'ok', providerId: 'same' },
    { state: 'sent', said: 'ok', providerId: 'same' }, { state: 'sent', said: cut, providerId: 'n\0ul' }, { state: 'sent', said: 'ok', providerId: 'long'.repeat(2000) }
  ]
  gateway.answer = () => answers[gateway.given.length - 1]!
  await queueMessages(db, marek, answers.map(() => sms()))
  await runJobs(app)
  t.same(await states(), ['failed', 'failed', 'sent', 'sent', 'sent', 'sent'])
  t.match((await db('messages').orderBy('id')).map(row => row.provider_id), [null, null, 'same', null, 'nul', /^long/], 'what it calls two of them is the first')
  t.equal(await settleByReport(db, 'fake', 'same', 'failed', { said: `\0${cut}` }), (await db('messages').where({ provider_id: 'same' }).first('id')).id)
})

t.test('whoever writes something of a client makes nobody wait who writes to them: of many, they would wait for each other', async t => {
  const { db, marek, id, sms } = await shop(t)
  await db.transaction(async other => {
    await other.raw('select from clients where id = ? for key share', [id]) // as anything does that names a client
    await db.transaction(async trx => {
      await trx.raw("set local lock_timeout = '5s'")
      await queueMessage(trx, marek, sms())
    })
  })
  t.equal((await db('messages')).length, 1)
})
