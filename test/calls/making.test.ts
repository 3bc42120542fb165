import t from 'tap'
import { isSigned } from '../../src/calls/adapters/twilio.js'
import { AriListener } from '../../src/calls/adapters/ari.js'
import { DEFAULT_ARI } from '../../src/calls/adapters/ari-config.js'
import type { Report } from '../../src/calls/call.js'
import { takeReport } from '../../src/calls/taking.js'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { callOf, setWebhook, tellOf } from '../support/calls.js'
import { asterisk, standIn, twilioPosts } from '../support/telephony.js'
import { until } from '../support/until.js'

const shared = await cast(t)
const { app, db, as, anna, sofia, nuno } = shared
const ela = await addClient(db, anna, { first_name: 'Ela', phones: ['600 700 800'] })
const phone = (await db('client_phones').where({ client_id: ela }).first('id')).id
const supplier = await addClient(db, anna, { company_name: 'Hurt', is_supplier: true, phones: ['61 855 12 34'] })
const last = () => db('calls').orderBy('id', 'desc').first()
const TOKEN = 'twilio token'
const ACCOUNT = `AC${'0'.repeat(32)}`

t.test('a press on a number, before there is a telephony, and before one has a telephone', async t => {
  t.match((await as(anna).get(`/clients/${ela}`)).body, /href="tel:\+48600700800"/)
  t.notMatch((await as(sofia).get(`/clients/${ela}`)).body, /tel:/, 'a link would tell the number')
  t.equal((await as(sofia).post('/calls', { phone })).location, '/account/telephone')
  t.equal((await as(sofia).post('/account/telephone', { extension: 'down the hall' })).status, 422)
  t.match((await as(sofia).post('/account/telephone', { extension: '+48 71 000 (101)' })).location, '/account/telephone')
  t.equal((await db('employees').where({ id: sofia.id }).first()).extension, '+4871000101')
  t.match((await as(sofia).get('/account')).body, /\+4871000101/)
  t.equal((await as(sofia).post('/calls', { phone })).status, 303)
  t.equal(await last(), undefined, 'no telephony is set')
  t.equal((await as(nuno).post('/calls', { phone })).status, 403)
  t.equal((await as(sofia).post('/calls', { phone: '99999' })).status, 404)
  t.equal((await as(sofia).post('/calls', { phone: (await db('client_phones').where({ client_id: supplier }).first('id')).id })).status, 404, 'who isn’t hers to see')
  t.equal((await as(sofia).post('/calls', {})).status, 404)
  t.match(await as(anna).post(`/settings/employees/${nuno.id}/telephone`, { extension: '104' }), { status: 303 })
  t.equal((await as(sofia).get(`/settings/employees/${nuno.id}/telephone`)).status, 403)
})

t.test('any telephone system with an address for it: a masked number is called without being shown', async t => {
  const pbx = await standIn(t, { status: 200, body: 'ok' })
  await setWebhook(shared, { call_url: `${pbx.url}/dial?from={from}&to={to}` })
  const page = (await as(sofia).get(`/clients/${ela}`)).body
  t.match(page, new RegExp(`name="phone" value="${phone}" formaction="/calls"`))
  t.notMatch(page, /600 ?700/)
  const answer = await as(sofia).post('/calls', { phone, 'phones.0.number': 'the rest of the form' }, { fragment: true })
  t.match(answer, { status: 200 })
  t.match(answer.body, /Pick up: your telephone is ringing[^]*\+48 ••• ••• •00/)
  t.match(pbx.asked, [{ method: 'POST', path: '/dial' }])
  t.equal(pbx.asked[0]!.query.get('to'), '+48600700800')
  t.equal(pbx.asked[0]!.query.get('from'), '+4871000101')
  const call = await last()
  t.match(call, { direction: 'out', state: 'calling', employee_id: sofia.id, client_id: ela })
  await as(sofia).post('/calls', { phone })
  t.equal(pbx.asked.length, 1, 'a second press means the same call')
  for (const [state, says] of [['ringing', /Ringing…/], ['answered', /Answered/]] as const) {
    t.equal(await tellOf(app, { call_id: call.provider_id, state }), 204)
    t.match((await as(sofia).get('/calls/now', { fragment: true })).body, says)
  }
  t.notMatch((await as(anna).get('/calls/now', { fragment: true })).body, /call-card/, 'it is hers alone')
  await tellOf(app, { call_id: call.provider_id, state: 'ended', duration: '1:05' })
  t.match(await last(), { state: 'ended', seconds: 65, employee_id: sofia.id })
  t.match(await db('events').where({ client_id: ela, kind: 'call' }), [{ employee_id: sofia.id, details: { direction: 'out', state: 'ended', seconds: 65 } }])

  pbx.answer = { status: 500, body: 'no lines' }
  t.match((await as(sofia).post('/calls', { phone }, { fragment: true })).body, /The telephony refused the call/)
  t.match(await last(), { state: 'failed', why: 'refused' })
  t.match((await as(sofia).get('/calls')).body, /The telephony refused the call/)
})

t.test('Twilio: signatures, a call that comes in, and one that is made', async t => {
  t.ok(isSigned('12345', 'https://example.com/myapp.php?foo=1&bar=2', { Digits: '1234', To: '+18005551212', From: '+14158675310', Caller: '+14158675310', CallSid: 'CA1234567890ABCDE' }, 'L/OH5YylLD5NRKLltdqwSvS0BnU='), 'the example of Twilio’s own documentation')
  const api = await standIn(t, { status: 201, body: '{"sid":"CA42"}' })
  await setWebhook(shared, { adapter: 'twilio', secret_twilio: TOKEN, account: ACCOUNT, number: '+48 71 321 45 67', rings: '', api: api.url })
  const post = (path: string, params: Record<string, string>, signature?: string) => twilioPosts(app, TOKEN, path, params, signature)
  t.equal((await post('incoming', { CallSid: 'CA1', From: '+48600700800', To: '+48713214567' }, 'forged')).status, 403)
  t.equal((await tellOf(app, { call_id: 'w', state: 'ringing', caller: '1' })), 404, 'nobody listens to the other one any more')
  const twiml = await post('incoming', { CallSid: 'CA1', From: '+48600700800', To: '+48713214567', CallStatus: 'ringing' })
  t.match(twiml.body, /<Dial answerOnBridge="true"[^>]*action="[^"]*\/hooks\/calls\/twilio\/dialed"><Number [^>]*answered\?at=%2B4871000101">\+4871000101<\/Number><\/Dial>/)
  t.match(await callOf(db, 'CA1'), { state: 'ringing', client_id: ela, ours: '+48713214567' })
  await post('answered?at=%2B4871000101', { CallSid: 'CAleg', ParentCallSid: 'CA1', CallStatus: 'in-progress', From: '+48600700800', To: '+4871000101' })
  t.match(await callOf(db, 'CA1'), { state: 'answered', employee_id: sofia.id })
  await post('dialed', { CallSid: 'CA1', DialCallStatus: 'completed', DialCallDuration: '33', RecordingUrl: 'https://api.twilio.com/r/1', From: '+48600700800' })
  await post('status', { CallSid: 'CA1', CallStatus: 'completed', From: '+48600700800' })
  t.match(await callOf(db, 'CA1'), { state: 'ended', seconds: 33, recording_url: 'https://api.twilio.com/r/1' })
  await post('incoming', { CallSid: 'CA2', From: '+266696687', To: '+48713214567' })
  await post('status', { CallSid: 'CA2', CallStatus: 'no-answer', From: '+266696687' })
  t.match(await callOf(db, 'CA2'), { state: 'missed', display: '' })

  t.match((await as(sofia).post('/calls', { phone }, { fragment: true })).body, /Pick up/)
  const [asked] = api.asked
  t.match(asked, { method: 'POST', path: `/2010-04-01/Accounts/${ACCOUNT}/Calls.json`, headers: { authorization: `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}` } })
  const sent = new URLSearchParams(asked!.body), call = await callOf(db, 'CA42')
  t.match([sent.get('To'), sent.get('From'), sent.get('Url')], ['+4871000101', '+48713214567', `${await app.publicUrl()}/hooks/calls/twilio/outgoing/${call.id}`], 'who calls is rung first')
  const then = await post(`outgoing/${call.id}`, { CallSid: 'CA42', CallStatus: 'in-progress' })
  t.match(then.body, /callerId="\+48713214567"[^]*>\+48600700800<\/Number>/)
  t.match((await post('outgoing/99999', { CallSid: 'CA42' })).body, /<Hangup\/>/)
  await post(`theirs/${call.id}`, { CallSid: 'CAl', ParentCallSid: 'CA42', CallStatus: 'ringing' })
  t.match(await callOf(db, 'CA42'), { state: 'ringing' })
  await post(`done/${call.id}`, { CallSid: 'CA42', DialCallStatus: 'busy' })
  await post(`ours/${call.id}`, { CallSid: 'CA42', CallStatus: 'completed' })
  t.match(await callOf(db, 'CA42'), { state: 'busy' })
  t.match((await as(sofia).get('/calls/now', { fragment: true })).body, /The line is busy/)
  api.answer = { status: 401, body: '{"message":"Authenticate"}' }
  await db('calls').where({ provider_id: 'CA42' }).update({ started_at: '2026-01-01' })
  t.match((await as(sofia).post('/calls', { phone }, { fragment: true })).body, /The telephony refused/)
})

t.test('Asterisk: its events are heard, it rings who calls, and the connection comes back', async t => {
  const pbx = await asterisk(t, { user: 'clientela', password: 'ari password' })
  const config = { ...DEFAULT_ARI, url: pbx.url, user: 'clientela' }
  const errors: Error[] = []
  const listener = new AriListener(config, 'ari password', (report: Report) => takeReport(db, 'ari', report), error => errors.push(error), { first: 20, longest: 40 })
  t.teardown(() => listener.close())
  listener.open()
  await pbx.connected()
  t.equal(pbx.apps[0], '/ari/events?app=clientela&subscribeAll=true')
  const channel = (id: string, more: object = {}) => ({ id, name: `PJSIP/trunk-${id}`, caller: { number: '600700800' }, dialplan: { context: 'from-trunk', exten: '713214567' }, ...more })
  pbx.tell('no JSON')
  pbx.tell({ type: 'ChannelCreated', channel: channel('1.1') })
  pbx.tell({ type: 'ChannelCreated', channel: channel('1.2', { dialplan: { context: 'from-internal' } }) })
  await until(async () => (await callOf(db, '1.1'))?.state === 'ringing')
  t.match(await callOf(db, '1.1'), { client_id: ela, ours: '713214567' })
  await db('employees').where({ id: sofia.id }).update({ extension: '101' })
  pbx.tell({ type: 'Dial', caller: channel('1.1'), peer: channel('1.3', { name: 'PJSIP/102-0000002b' }), dialstatus: 'NOANSWER' })
  pbx.drop()
  await until(() => pbx.apps.length === 2)
  await pbx.connected()
  pbx.tell({ type: 'Dial', caller: channel('1.1'), peer: channel('1.4', { name: 'PJSIP/101-0000002a' }), dialstatus: 'ANSWER' })
  await until(async () => (await callOf(db, '1.1')).state === 'answered')
  t.equal((await callOf(db, '1.1')).employee_id, sofia.id)
  pbx.tell({ type: 'ChannelDestroyed', channel: channel('1.1') })
  await until(async () => (await callOf(db, '1.1')).state === 'ended')
  t.equal(await callOf(db, '1.2'), undefined, 'a call in the house is nobody’s business')
  t.match(errors, [{ message: /JSON/ }])

  await setWebhook(shared, { adapter: 'ari', secret_ari: 'ari password', url: pbx.url, user: 'clientela', app: 'clientela', incoming: 'from-trunk', endpoint: 'PJSIP/{extension}', outgoing: 'from-internal' })
  t.match((await as(sofia).post('/calls', { phone }, { fragment: true })).body, /Pick up/)
  const call = await last()
  t.same(Object.fromEntries(pbx.asked[0]!.query), { endpoint: 'PJSIP/101', extension: '+48600700800', context: 'from-internal', priority: '1', callerId: '+48600700800', timeout: '30', channelId: call.provider_id })
  pbx.tell({ type: 'ChannelStateChange', channel: { id: call.provider_id, state: 'Up' } })
  await until(async () => (await last()).state === 'ringing')
  pbx.tell({ type: 'Dial', caller: { id: call.provider_id }, peer: channel('9'), dialstatus: 'BUSY' })
  pbx.tell({ type: 'ChannelDestroyed', channel: { id: call.provider_id } })
  await until(async () => (await last()).state === 'busy')
})

t.test('the settings keep secrets to themselves', async t => {
  const page = (await as(anna).get('/settings/telephony')).body
  for (const secret of [TOKEN, 'ari password', 'a secret of the telephone system']) {
    t.notMatch(page, secret)
    t.notMatch(JSON.stringify(await db('telephony_settings').first()), secret)
    t.notMatch(JSON.stringify(await db('audit_entries').select('details')), secret)
  }
  const { version } = await db('telephony_settings').first('version')
  const ari = { adapter: 'ari', scheme: 'tel', url: 'http://elsewhere.example:8088', user: 'clientela', app: 'clientela', incoming: 'from-trunk', endpoint: 'PJSIP/{extension}', outgoing: 'x', version }
  const moved = await as(anna).post('/settings/telephony', ari)
  t.equal(moved.status, 422)
  t.match(moved.body, /It was typed for another server/)
  t.match(moved.body, /elsewhere\.example/, 'what was typed stays')
  const wrong = await as(anna).post('/settings/telephony', { ...ari, url: 'ftp://x', endpoint: 'PJSIP/101', incoming: ' , ' })
  t.equal(wrong.status, 422)
  for (const field of ['url', 'endpoint', 'incoming']) t.not(wrong.error(field), '', field)
  t.equal((await as(anna).post('/settings/telephony', { ...ari, adapter: 'twilio', secret_twilio: 'x', account: 'AC1', number: '12', api: 'http://elsewhere.example', rings: '1' })).status, 422)
  t.equal((await as(anna).post('/settings/telephony', { adapter: 'none', scheme: 'tel', version: version - 1 })).status, 409)
  t.equal((await as(anna).post('/settings/telephony', { adapter: 'none', scheme: 'fax', version })).status, 422)
  t.equal((await as(sofia).get('/settings/telephony')).status, 403)
  t.equal((await as(anna).post('/settings/telephony', { adapter: 'none', scheme: 'sip', sip_domain: 'pbx.example', version })).status, 303)
  t.match((await as(anna).get(`/clients/${ela}`)).body, /href="sip:\+48600700800@pbx\.example"/)
  const made = await as(anna).post('/settings/telephony', { adapter: 'webhook', scheme: 'tel', check: 'url', field_id: 'i', field_state: 's', field_caller: 'c', means_ringing: 'r', make_secret: '1', version: version + 1 })
  t.equal(made.status, 303)
  const cookie = [made.headers['set-cookie']].flat().find(one => String(one).startsWith('clientela_flash'))!
  const shown = await as(anna).get('/settings/telephony', { headers: { cookie: `${as(anna).cookie}; ${String(cookie).split(';')[0]}` } })
  const secret = /id="made"[^>]*value="([\w-]{43})"/.exec(shown.body)?.[1]
  t.equal(await tellOf(app, { i: 'q1', s: 'r', c: '600 700 800' }, {}, `/hooks/calls/webhook/${secret}`), 204, 'the new secret is shown once, and works')
})
