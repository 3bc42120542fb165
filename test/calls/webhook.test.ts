import { createHmac } from 'node:crypto'
import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { addLead } from '../support/leads.js'
import { callOf, SECRET, setWebhook, tellOf } from '../support/calls.js'

const shared = await cast(t)
const { app, db, as, anna, marek, sofia, nuno } = shared
await setWebhook(shared)
const tell = (message: object, headers?: Record<string, string>, url?: string) => tellOf(app, message, headers, url)
await db('employees').where({ id: sofia.id }).update({ extension: '101' })

t.test('a call comes in, is answered and ends, and its client is known by number', async t => {
  const joao = await addClient(db, anna, { first_name: 'João', surname: 'Conceição', phones: ['+351 211 234 567'] })
  t.equal(await tell({ call_id: 'a1', state: 'ringing', caller: '00351 211234567', called: '+48 71 321 45 67' }), 204)
  t.match(await callOf(db, 'a1'), { adapter: 'webhook', direction: 'in', state: 'ringing', e164: '+351211234567', display: '+351 21 123 4567', client_id: joao, employee_id: null, ended_at: null })
  t.equal(await tell({ call_id: 'a1', state: 'answered', extension: '101' }), 204)
  t.match(await callOf(db, 'a1'), { state: 'answered', employee_id: sofia.id })
  t.equal(await tell({ call_id: 'a1', state: 'ended', duration: 83 }), 204)
  t.match(await callOf(db, 'a1'), { state: 'ended', seconds: 83, recording_url: null })
  // The recording is there later, and the feed tells of the same call still.
  t.equal(await tell({ call_id: 'a1', state: 'ended', recording: 'https://records.example/a1.mp3' }), 204)
  const events = await db('events').where({ client_id: joao, kind: 'call' })
  t.match(events, [{ employee_id: sofia.id, details: { direction: 'in', state: 'ended', seconds: 83, recording: true } }])
  const { body } = await as(anna).get(`/clients/${joao}?feed=calls`)
  t.match(body, /Incoming call · <span class="num">1:23<\/span>/)
  t.match((await as(sofia).get('/calls')).body, /João Conceição/)
  const { id } = await callOf(db, 'a1')
  t.match(await as(sofia).get(`/calls/${id}/recording`), { status: 303, location: 'https://records.example/a1.mp3', headers: { 'referrer-policy': 'no-referrer' } })
  t.equal((await as(nuno).get(`/calls/${id}/recording`)).status, 403)
  t.equal((await as(sofia).get('/calls/999999/recording')).status, 404)
  t.equal((await as(null).get('/calls')).status, 303)
})

t.test('messages that are not the telephony’s are refused, and say nothing of it', async t => {
  t.equal(await tell({ call_id: 'x', state: 'ringing', caller: '1' }, {}), 401)
  t.equal(await tell({ call_id: 'x', state: 'ringing', caller: '1' }, { 'x-secret': `${SECRET}.` }), 401)
  t.equal(await tell({ call_id: 'x', state: 'ringing', caller: '1' }, {}, `/hooks/calls/webhook/${encodeURIComponent(SECRET)}`), 401, 'the settings say: in a header')
  t.equal(await tell({ call_id: 'x' }, {}, '/hooks/calls/simulator'), 401)
  t.equal((await app.inject({ method: 'POST', url: '/hooks/calls/webhook', headers: { 'content-type': 'text/plain', 'x-secret': SECRET }, payload: 'hello' })).statusCode, 415)
  t.equal((await app.inject({ method: 'POST', url: '/hooks/calls/webhook', headers: { 'content-type': 'application/json', 'x-secret': SECRET }, payload: '{"call_id":' })).statusCode, 400)
  t.equal((await app.inject({ method: 'POST', url: '/hooks/calls/webhook', headers: { 'content-type': 'application/json', 'x-secret': SECRET }, payload: JSON.stringify({ call_id: 'x'.repeat(70_000) }) })).statusCode, 413)
  for (const body of [null, [], 'text', 7, {}, { call_id: '' }, { call_id: 'x' }, { call_id: 'x', state: 'dancing' }, { call_id: { id: 1 }, state: 'ringing' }, { call_id: 'a\u0000b', state: 'ringing' }, { call_id: 'x'.repeat(201), state: 'ringing' }]) {
    t.equal(await tell(body as object), 422, JSON.stringify(body)?.slice(0, 60))
  }
  t.equal(await callOf(db, 'x'), undefined)
  t.equal((await as(anna).post('/leads', {}, { headers: { 'content-type': 'application/json' } })).status, 415, 'JSON is taken by nothing else')
})

t.test('replays, reports out of order and unknown calls', async t => {
  const states = async (id: string, ...reports: Record<string, unknown>[]) => {
    for (const report of reports) t.equal(await tell({ call_id: id, caller: '600 700 800', ...report }), 204)
    return (await callOf(db, id))?.state
  }
  t.equal(await states('r1', { state: 'ringing' }, { state: 'ringing' }, { state: 'ended' }, { state: 'ringing' }, { state: 'ended' }), 'missed', 'nobody had answered')
  t.equal(await states('r2', { state: 'ended', duration: 12 }, { state: 'ringing' }, { state: 'answered' }), 'ended')
  t.equal(await states('r3', { state: 'missed' }, { state: 'answered', extension: '101' }), 'ended', 'the end came before the answer')
  t.equal(await states('r4', { state: 'ringing' }, { state: 'answered' }, { state: 'busy' }), 'ended')
  t.equal(await states('r5', { state: 'ended', caller: '' }), undefined, 'the end of nothing we know')
  t.equal(await states('r6', { state: 'ringing', direction: 'out', called: '601 000 000' }), 'ringing')
  t.match(await callOf(db, 'r6'), { direction: 'out', display: '+48 601 000 000', ours: '600 700 800' })
})

t.test('numbers as telephones send them', async t => {
  const cases: [caller: unknown, display: string, e164: string | null][] = [
    ['anonymous', '', null], ['', '', null], ['Restricted', '', null], ['+266696687', '', null],
    ['sip:600111222@pbx.example;user=phone', '+48 600 111 222', '+48600111222'], ['"Jan" <tel:+48600111222>', '+48 600 111 222', '+48600111222'],
    [48600111222, '48600111222', null], ['12345', '12345', null], ['x'.repeat(500), 'x'.repeat(60), null], ['600\u0007111222', '+48 600 111 222', '+48600111222'], [{ number: 1 }, '', null]
  ]
  for (const [n, [caller, display, e164]] of cases.entries()) {
    t.equal(await tell({ call_id: `n${n}`, state: 'ringing', caller }), 204)
    const call = await callOf(db, `n${n}`)
    if (typeof caller !== 'number') t.match(call, { display, e164 }, JSON.stringify(caller))
  }
  for (const recording of ['http://records.example/1', 'javascript:alert(1)', 'https://user:secret@records.example/', 'data:text/html,x', 'no address']) {
    await tell({ call_id: 'rec', state: 'ringing', caller: '600 1', recording })
    t.equal((await callOf(db, 'rec')).recording_url, null, recording)
  }
})

t.test('missed calls make a lead when the settings say so, one of each number while it is open', async t => {
  const type = (await db('lead_types').where({ key: 'missed_call' }).first('id')).id
  await setWebhook(shared, { missed_type: type })
  t.teardown(() => setWebhook(shared))
  const leads = () => db('leads').where({ type_id: type }).orderBy('id')
  for (const id of ['m1', 'm1', 'm2']) await tell({ call_id: id, state: 'missed', caller: '602 222 333' })
  const [lead, ...others] = await leads()
  t.same(others, [])
  t.match(await db('lead_phones').where({ lead_id: lead.id }), [{ e164: '+48602222333' }])
  t.equal((await callOf(db, 'm2')).lead_id, lead.id)
  t.equal((await db('events').where({ lead_id: lead.id, kind: 'call' })).length, 2, 'its feed tells of both')
  t.match((await as(anna).get(`/leads/${lead.id}`)).body, /Missed call/)
  await db('leads').where({ id: lead.id }).update({ closed_at: new Date() })
  await tell({ call_id: 'm3', state: 'missed', caller: '602 222 333' })
  await tell({ call_id: 'm4', state: 'missed', caller: 'anonymous' })
  await tell({ call_id: 'm4', state: 'ringing', caller: 'anonymous' })
  t.equal((await leads()).length, 2, 'another once it is closed, none of nobody’s number')
  await Promise.all(['m5', 'm6', 'm7', 'm8'].map(id => tell({ call_id: id, state: 'missed', caller: '603 222 333' })))
  t.equal((await leads()).length, 3, 'of four at one instant one')
  const open = await addLead(db, { manager: marek, phones: ['+48 604 000 111'] })
  await setWebhook(shared)
  await tell({ call_id: 'm9', state: 'missed', caller: '604 000 111' })
  t.equal((await leads()).length, 3, 'none when the settings say so')
  t.equal((await callOf(db, 'm9')).lead_id, open.id, 'whose open lead it is, its feed tells')
})

t.test('a signature of the body, a secret in the address, and other names of fields', async t => {
  t.teardown(() => setWebhook(shared))
  await setWebhook(shared, { check: 'hmac', header: 'X-Signature', field_id: 'call.id', field_state: 'call.status', field_caller: 'call.from.number', field_event: 'event', means_events: 'call.update', means_ringing: 'RINGING, new' })
  const body = JSON.stringify({ event: 'call.update', call: { id: 's1', status: 'New', from: { number: '605 111 222' } } })
  const send = (signature: string, payload = body) => app.inject({ method: 'POST', url: '/hooks/calls/webhook', headers: { 'content-type': 'application/json', 'x-signature': signature }, payload })
  const sign = (text: string) => createHmac('sha256', SECRET).update(text).digest()
  t.equal((await send(`sha256=${sign(body).toString('hex')}`)).statusCode, 204)
  t.equal((await send(sign(body).toString('base64'))).statusCode, 204)
  t.equal((await send(sign(`${body} `).toString('hex'))).statusCode, 401)
  t.match(await callOf(db, 's1'), { e164: '+48605111222', state: 'ringing' })
  const other = JSON.stringify({ event: 'voicemail', call: { id: 's2', status: 'new' } })
  t.equal((await send(sign(other).toString('hex'), other)).statusCode, 204)
  t.equal(await callOf(db, 's2'), undefined, 'another event is none of ours')
  await setWebhook(shared, { check: 'url', header: '' })
  const form = (url: string) => app.inject({ method: 'POST', url, headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'call_id=s3&state=ringing&caller=605%20111%20333' })
  t.equal((await form('/hooks/calls/webhook/wrong')).statusCode, 401)
  t.equal((await form(`/hooks/calls/webhook/${encodeURIComponent(SECRET)}`)).statusCode, 204)
  t.match(await callOf(db, 's3'), { e164: '+48605111333' })
})

t.test('two hundred messages at once are all taken, each call once', async t => {
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => tell({ call_id: `b${n % 100}`, state: n < 100 ? 'ringing' : 'missed', caller: `606 000 ${String(n % 100).padStart(3, '0')}` })))
  t.ok(answers.every(status => status === 204))
  const rows = await db('calls').whereLike('provider_id', 'b%').select('state')
  t.equal(rows.length, 100)
  t.ok(rows.every(({ state }) => state === 'missed'))
})
