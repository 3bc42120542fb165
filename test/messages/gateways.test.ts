import t from 'tap'
import { openGateway } from '../../src/messages/gateways/open.js'
import { listFates } from '../../src/messages/ledger.js'
import { queueMessage, type NewMessage } from '../../src/messages/queue.js'
import type { Outgoing } from '../../src/messages/sending/gateway.js'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { runJobs } from '../support/jobs.js'
import { infobipAnswer, startProvider, twilioAnswer, type ProviderAnswer } from '../support/providers.js'
import { says } from '../support/words.js'

const message = (more: Partial<Outgoing> = {}): Outgoing => ({
  id: 7, cause: 'hand', channel: 'sms', address: '+48600123456', addressName: '', clientId: 1, emailId: null, subject: null, text: 'Gotowe: "rower"\n50% & ś', html: null, key: '11111111-2222-4333-8444-555555555555',
  messageId: null, inReplyTo: null, references: [], attempts: 1, attachments: [], ...more
})
const reference = '7-11111111-2222-4333-8444-555555555555'
const HOOK = 'https://desk.example.com/hooks/messages/x'

const gateway = (t: Pick<Tap, 'teardown'>, adapter: string, settings: Record<string, string>, secrets: Record<string, string>, limits = {}, sender = '+48221234567') => {
  const made = openGateway({ id: 3, adapter, name: 'g', settings, secrets: null, hook: 'x', version: 1, retired_at: null }, { secrets, sender, perMinute: null, hookUrl: HOOK, limits })
  t.teardown(() => made.close())
  return made
}
type Tap = Parameters<typeof startProvider>[0]

t.test('Twilio is asked as its API wants it, and its answers are read by their codes', async t => {
  const provider = await startProvider(t, twilioAnswer('token'))
  const settings = { account_sid: 'AC1', api_url: provider.origin }
  const twilio = gateway(t, 'twilio', settings, { auth_token: 'token' })
  t.match(await twilio.send(message()), { state: 'sent', said: 'queued', providerId: /^SM0+1$/ })
  t.equal(twilio.isIdempotent, false)
  const form = new URLSearchParams(provider.asked[0]!.body)
  t.same(Object.fromEntries(form), { To: '+48600123456', From: '+48221234567', Body: message().text, StatusCallback: `${HOOK}?m=${reference}` })
  await twilio.send(message({ channel: 'whatsapp' }))
  t.match(Object.fromEntries(new URLSearchParams(provider.asked[1]!.body)), { To: 'whatsapp:+48600123456', From: 'whatsapp:+48221234567' })
  t.match(await twilio.send(message({ address: '+0' })), { state: 'failed', problem: 'bad_address', said: /21211/ })
  t.equal(twilio.isDown, false)
  const wrong = gateway(t, 'twilio', settings, { auth_token: 'other' })
  t.match(await wrong.send(message()), { state: 'later', problem: 'auth', said: /20003 Authenticate/ })
  t.equal(wrong.isDown, true)
  const errors: [ProviderAnswer, object][] = [
    [{ status: 429, json: { code: 20429, message: 'Too many requests' } }, { state: 'later', problem: 'busy' }],
    [{ status: 503, text: 'down' }, { state: 'later', problem: 'busy' }],
    [{ status: 504, text: 'gone' }, { state: 'uncertain', problem: 'lost' }],
    [{ status: 402, text: '' }, { state: 'later', problem: 'no_credit' }],
    [{ status: 400, json: { code: 21610, message: 'Attempt to send to unsubscribed recipient' } }, { state: 'failed', problem: 'refused', said: /21610/ }],
    [{ status: 201, text: 'no JSON' }, { state: 'uncertain' }],
    [{ status: 307, text: '', headers: { location: 'http://elsewhere.example/' } }, { state: 'later', problem: 'other' }],
    [{ status: 201, text: 'x'.repeat(300_000) }, { state: 'uncertain', problem: 'lost' }]
  ]
  for (const [answer, fate] of errors) {
    provider.answer = () => answer
    t.match(await twilio.send(message()), fate, JSON.stringify(fate))
  }
})

t.test('what never left is tried again, what may have been taken is not', async t => {
  const provider = await startProvider(t, () => response => { response.destroy() })
  const settings = { account_sid: 'AC1', api_url: provider.origin }
  const cut = gateway(t, 'twilio', settings, { auth_token: 'token' })
  t.match(await cut.send(message()), { state: 'uncertain', problem: 'lost' })
  provider.answer = () => () => {}
  const hangs = gateway(t, 'twilio', settings, { auth_token: 'token' }, { whole: 150 })
  t.match(await hangs.send(message()), { state: 'uncertain', problem: 'timeout' })
  const http = { url: `${provider.origin}/send`, method: 'POST', body_kind: 'json', body: '{"to":"{{to}}"}', key_header: 'Idempotency-Key' }
  const minds = gateway(t, 'http', http, {}, { whole: 150 })
  t.equal(minds.isIdempotent, true)
  t.match(await minds.send(message()), { state: 'later', problem: 'timeout' })
  await provider.close()
  t.match(await cut.send(message()), { state: 'later', problem: 'unreachable' })
  const nowhere = gateway(t, 'twilio', { account_sid: 'AC1', api_url: 'http://nowhere.invalid' }, { auth_token: 'token' })
  t.match(await nowhere.send(message()), { state: 'later', problem: 'unknown_host' })
})

t.test('Infobip: each channel by its own API, with an id of ours and an address for the report that is signed', async t => {
  const provider = await startProvider(t, infobipAnswer('key'))
  const infobip = gateway(t, 'infobip', { base_url: provider.origin, hook_user: '' }, { api_key: 'key' }, {}, 'Naprawa')
  for (const channel of ['sms', 'whatsapp', 'viber'] as const) t.match(await infobip.send(message({ channel })), { state: 'sent', providerId: reference })
  t.same(provider.asked.map(({ path }) => path), ['/sms/3/messages', '/whatsapp/1/message/text', '/viber/2/messages'])
  const [sms, whatsapp, viber] = provider.asked.map(({ body }) => JSON.parse(body))
  t.match(sms, { messages: [{ sender: 'Naprawa', destinations: [{ to: '48600123456', messageId: reference }], content: { text: message().text }, webhooks: { delivery: { url: new RegExp(`^https://desk.example.com/hooks/messages/x\\?m=${reference}&s=[\\w-]{43}$`) } } }] })
  t.match(whatsapp, { to: '48600123456', messageId: reference, content: { text: message().text }, notifyUrl: String })
  t.match(viber, { messages: [{ content: { type: 'TEXT' }, webhooks: { seen: { url: String } } }] })
  t.match(await infobip.send(message({ address: '+000' })), { state: 'failed', problem: 'bad_address', said: /REJECTED_INVALID_DESTINATION/ })
  const credits = { groupId: 5, groupName: 'REJECTED', id: 12, name: 'REJECTED_NOT_ENOUGH_CREDITS', description: 'Not enough credits' }
  provider.answer = () => ({ status: 200, json: { messages: [{ messageId: reference, status: credits }] } })
  t.match(await infobip.send(message()), { state: 'later', problem: 'no_credit' })
  provider.answer = () => ({ status: 200, json: { messages: [{ messageId: reference, status: { ...credits, id: 23, name: 'REJECTED_DUPLICATE_MESSAGE_ID' } }] } })
  t.match(await infobip.send(message()), { state: 'sent' }, 'the first of the same id was taken')
  provider.answer = infobipAnswer('another')
  t.match(await infobip.send(message()), { state: 'later', problem: 'auth', said: /UNAUTHORIZED Invalid login details/ })
})

t.test('any other over HTTP: what is filled in stays one value, and the answer is read where the settings say', async t => {
  const provider = await startProvider(t, () => ({ status: 200, json: { messages: [{ id: 9001, state: 'queued' }] } }))
  const base = { url: `${provider.origin}/send?from={{from}}`, method: 'POST', headers: 'Authorization: Bearer {{secret}}\nX-Evil: {{from}}', id_path: 'messages.0.id', state_path: 'messages.0.state', state_ok: 'QUEUED, sent', key_header: 'Idempotency-Key' }
  const text = 'a" , "to": "+1\r\n& {{secret}} ś \ud800'
  const json = gateway(t, 'http', { ...base, body_kind: 'json', body: '{"to": "{{to}}", "text": "{{text}}", "key": "{{ key }}"}' }, { secret: 's3cret' }, {}, 'Desk & Co\r\nX-Other: 1')
  t.match(await json.send(message({ text })), { state: 'sent', providerId: '9001' })
  const [asked] = provider.asked
  t.same(JSON.parse(asked!.body), { to: '+48600123456', text: text.replace('\ud800', '\ufffd'), key: reference })
  t.match(asked!.headers, { authorization: 'Bearer s3cret', 'x-evil': 'Desk & CoX-Other: 1', 'idempotency-key': reference, 'content-type': 'application/json' })
  t.equal(asked!.headers['x-other'], undefined)
  t.equal(asked!.query.get('from'), 'Desk & Co\r\nX-Other: 1')
  const form = gateway(t, 'http', { ...base, body_kind: 'form', body: 'to={{to_digits}}&text={{text}}' }, {})
  await form.send(message())
  t.same(Object.fromEntries(new URLSearchParams(provider.asked[1]!.body)), { to: '48600123456', text: message().text })
  const get = gateway(t, 'http', { ...base, url: `${provider.origin}/send?to={{to}}&text={{text}}`, method: 'GET' }, {})
  await get.send(message())
  t.equal(provider.asked[2]!.query.get('text'), message().text)
  provider.answer = () => ({ status: 200, json: { messages: [{ state: 'blocked' }], error: 'not allowed' } })
  t.match(await gateway(t, 'http', { ...base, said_path: 'error', body_kind: 'plain', body: '{{text}}' }, {}).send(message()), { state: 'failed', problem: 'refused', said: 'not allowed' })
  provider.answer = () => ({ status: 200, text: 'OK 12' })
  t.match(await gateway(t, 'http', { ...base, state_path: '', state_ok: 'ok' }, {}).send(message()), { state: 'sent' })
})

t.test('a gateway is set, its secrets sealed and sent nowhere else, and serves a channel from then on', async t => {
  const { app, db, as, anna, marek } = await cast(t)
  const provider = await startProvider(t, twilioAnswer('to"ken'))
  const admin = as(anna)
  t.equal((await as(marek).get('/settings/gateways')).status, 403)
  t.equal((await as(null).get('/settings/gateways')).status, 303)
  for (const wrong of ['/settings/gateways/999', '/settings/gateways/x', '/settings/gateways/new?adapter=smoke']) t.equal((await admin.get(wrong)).status, 404)
  const empty = await admin.post('/settings/gateways', { adapter: 'twilio', name: '', account_sid: 'AC1', auth_token: 'to"ken', api_url: 'nonsense at all' })
  t.equal(empty.status, 422)
  for (const field of ['name', 'api_url', 'auth_token']) t.ok(empty.error(field), field)
  t.match(empty.body, 'value="AC1"')
  t.notMatch(empty.body, 'to&quot;ken')

  const made = await admin.post('/settings/gateways', { adapter: 'twilio', name: 'Twilio of ours', account_sid: 'AC1', auth_token: 'to"ken', api_url: provider.origin })
  t.match(made.location, /^\/settings\/gateways\/\d+$/)
  const page = await admin.get(made.location!)
  t.notMatch(page.body, /to&quot;ken|to"ken/)
  t.ok(says(page.body, 'gateways.secret_kept'))
  t.notMatch(JSON.stringify(await db('gateways').first()), /to\\*"ken/)
  t.match(page.body, (await db('gateways').first('hook')).hook)

  const test = await admin.post(`${made.location}/test`, { channel: 'sms', sender: '+48221234567', to: '600 123 456' })
  t.equal(test.status, 200)
  t.match(new URLSearchParams(provider.asked[0]!.body).get('Body'), /test from Naprawa/)
  const bad = await admin.post(`${made.location}/test`, { channel: 'viber', sender: '', to: '12' })
  t.equal(bad.status, 422)
  for (const field of ['sender', 'to']) t.ok(bad.error(field), field)

  const kept = { name: 'Twilio', account_sid: 'AC1', auth_token: '', version: 1 }
  const elsewhere = await admin.post(made.location!, { ...kept, api_url: 'http://thief.example' })
  t.equal(elsewhere.status, 422)
  t.ok(elsewhere.error('auth_token'), 'the secret goes to no other server')
  t.equal((await admin.post(made.location!, { ...kept, api_url: provider.origin })).status, 303)
  t.equal((await admin.post(made.location!, { ...kept, name: 'Mine', api_url: provider.origin })).status, 409, 'of two writers the second is told')
  t.equal((await admin.post(`${made.location}/test`, { channel: 'sms', sender: '+48221234567', to: '600 123 456' })).status, 200, 'it was kept')

  const id = made.location!.split('/').at(-1)!
  const was = /name="was" value="([^"]+)"/.exec((await admin.get('/settings/gateways')).body)![1]
  const refused = await admin.post('/settings/gateways/channels', { was, sms_gateway: id, viber_gateway: id, viber_sender: 'N', sms_per_minute: 'fast' })
  t.equal(refused.status, 422)
  for (const field of ['viber_gateway', 'sms_sender', 'sms_per_minute']) t.ok(refused.error(field), field)
  t.equal((await admin.post('/settings/gateways/channels', { was, sms_gateway: id, sms_sender: '+48221234567', sms_per_minute: '60' })).status, 303)
  t.equal((await admin.post('/settings/gateways/channels', { was, sms_gateway: '' })).status, 409)
  t.equal((await admin.post(`${made.location}/retire`)).status, 409, 'it serves')

  const client = await addClient(db, anna, { first_name: 'Zofia', phones: [{ number: '600 123 456', on: ['sms'] }] })
  const phoneId: number = (await db('client_phones').first('id')).id
  const sms: NewMessage = { channel: 'sms', clientId: client, to: { phoneId }, text: 'Ready', cause: 'hand' }
  const sent = await queueMessage(db, anna, sms)
  await runJobs(app)
  t.match(await listFates(db, sent), [{ state: 'due' }, { state: 'sent', details: { gateway: id, providerId: /^SM/ } }])
  t.match((await admin.get(`/messages/${sent}`)).body, />Twilio ·|Twilio/)
  t.equal(new URLSearchParams(provider.asked.at(-1)!.body).get('From'), '+48221234567')

  const audit = await db('audit_entries').where('kind', 'like', 'messages.%').orderBy('id')
  t.same(audit.map(({ kind }) => kind), ['messages.gateway', 'messages.gateway', 'messages.channel'])
  t.notMatch(JSON.stringify(audit), 'ken')
  const now = /name="was" value="([^"]+)"/.exec((await admin.get('/settings/gateways')).body)![1]
  await admin.post('/settings/gateways/channels', { was: now, sms_gateway: '' })
  t.equal((await admin.post(`${made.location}/retire`)).status, 303)
  t.match((await admin.get('/settings/gateways')).body, /1 retired/)
  t.equal((await admin.post(`${made.location}/restore`)).status, 303)
})

t.test('a request that would not work is refused when it is written', async t => {
  const { as, anna } = await cast(t)
  const save = (more: Record<string, string>) => as(anna).post('/settings/gateways', { adapter: 'http', name: 'G', url: 'https://sms.example.com/send', method: 'POST', body_kind: 'json', body: '{"to":"{{to}}","text":"{{text}}"}', hook_check: 'hmac', ...more })
  for (const [field, value] of [
    ['url', 'https://{{to}}.example.com/'], ['url', 'ftp://sms.example.com'], ['url', 'https://me@sms.example.com/'], ['url', 'https://sms.example.com/{{phone}}'],
    ['body', '{"to":"{{to}}","text":{{text}}}'], ['body', '{"to":"{{to}}"}'], ['body', '{"to":"{{number}}","text":"{{text}}"}'],
    ['headers', 'no colon'], ['headers', 'X-Text: {{text}}'], ['key_header', 'Idem potency']
  ] as const) {
    const answer = await save({ [field]: value })
    t.equal(answer.status, 422, value)
    t.ok(answer.error(field), value)
  }
  t.equal((await save({})).status, 303)
})
