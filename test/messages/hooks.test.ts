import t from 'tap'
import { changePhone } from '../../src/clients/phones/queries.js'
import type { Phone } from '../../src/clients/client.js'
import { listFates } from '../../src/messages/ledger.js'
import { queueMessage } from '../../src/messages/queue.js'
import { signature } from '../../src/messages/gateways/same.js'
import { makeSealer } from '../../src/seal.js'
import { SECRETS } from '../../src/messages/gateways/open.js'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { infobipReport, twilioSignature } from '../support/providers.js'

const ORIGIN = 'https://desk.example.com'

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { app, db, anna } = made
  await db('mail_settings').insert({ id: 1, sends: false, public_url: ORIGIN, version: 1 }).onConflict('id').merge()
  const client = await addClient(db, anna, { first_name: 'Zofia', phones: [{ number: '600 123 456', on: ['sms', 'whatsapp'] }] })
  const phoneId: number = (await db('client_phones').where({ client_id: client }).first('id')).id
  const gateway = async (adapter: string, secrets: Record<string, string>, settings = {}) => {
    const [row] = await db('gateways').insert({ adapter, name: adapter, settings: JSON.stringify(settings), secrets: await makeSealer(app.config).seal(JSON.stringify(secrets), SECRETS) }).returning(['id', 'hook'])
    return { id: row.id as number, url: `/hooks/messages/${row.hook}` }
  }
  /** A message that a gateway has taken, or is being given. */
  const sent = async (gatewayId: number, providerId: string | null, state = 'sent') => {
    const id = await queueMessage(db, anna, { channel: 'sms', clientId: client, to: { phoneId }, text: 'Ready', cause: 'hand' })
    await db('messages').where({ id }).update({ state, provider_id: providerId, ...(providerId && { gateway: String(gatewayId) }) })
    return { id, key: (await db('messages').where({ id }).first('key')).key as string }
  }
  const post = async (url: string, payload: string, headers: Record<string, string>) => (await app.inject({ method: 'POST', url, payload, headers })).statusCode
  const states = async (id: number) => (await listFates(db, id)).map(({ state }) => state)
  return { ...made, client, phoneId, gateway, sent, post, states }
}

t.test('Twilio tells: signed, whatever the order, also before our own answer was read', async t => {
  const { db, gateway, sent, post, states } = await shop(t)
  const { id, url } = await gateway('twilio', { auth_token: 'token' })
  const tell = (form: Record<string, string>, path = url, token = 'token', at = ORIGIN) =>
    post(path, new URLSearchParams(form).toString(), { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': twilioSignature(token, at + path, form) })
  const message = await sent(id, 'SM1')
  const status = (MessageStatus: string, more = {}) => ({ MessageSid: 'SM1', MessageStatus, To: '+48600123456', ...more })
  t.equal(await tell(status('delivered'), url, 'wrong'), 403)
  t.equal(await post(url, 'MessageSid=SM1&MessageStatus=read', { 'content-type': 'application/x-www-form-urlencoded' }), 403, 'unsigned')
  t.equal(await tell(status('delivered'), url, 'token', 'https://other.example.com'), 403, 'signed for another address')
  t.same(await states(message.id), ['due'])
  for (const state of ['read', 'sent', 'delivered', 'read', 'queued', 'failed']) t.equal(await tell(status(state)), 200, state)
  t.same(await states(message.id), ['due', 'read'])
  t.equal(await tell(status('delivered'), url, 'token', `${ORIGIN}:443`), 200, 'with the port written out')

  const lost = await sent(id, null, 'sending')
  t.equal(await tell({ ...status('delivered'), MessageSid: 'SM2' }, `${url}?m=${lost.id}-${lost.key}`), 200)
  t.same(await states(lost.id), ['due', 'sent', 'delivered'])
  const failed = await sent(id, 'SM3')
  await tell({ ...status('undelivered', { ErrorCode: '30005' }), MessageSid: 'SM3' })
  t.match((await listFates(db, failed.id)).at(-1), { state: 'failed', details: { problem: 'bad_address', said: 'undelivered 30005' } })
  t.equal(await tell({ ...status('delivered'), MessageSid: 'SM9' }), 404, 'not ours, or not yet')
  t.equal(await tell({ ...status('delivered'), MessageSid: 'SM9' }, `${url}?m=${message.id}-00000000-0000-4000-8000-000000000000`), 404)
  t.equal(await tell(status('delivered'), '/hooks/messages/00000000-0000-4000-8000-000000000000'), 404)
  t.equal(await tell(status('delivered'), '/hooks/messages/x'), 404)

  const many = await Promise.all(Array.from({ length: 200 }, (_, n) => tell({ ...status(n % 2 ? 'sent' : 'delivered'), MessageSid: n % 3 ? 'SM2' : 'SM3' })))
  t.same(new Set(many), new Set([200]))
  t.same(await states(failed.id), ['due', 'failed', 'delivered'], 'a network says first it failed, then that it arrived')
})

t.test('what clients write comes in, once, and STOP takes the consent back', async t => {
  const { db, gateway, post, as, marek, anna, client, phoneId } = await shop(t)
  const { url } = await gateway('twilio', { auth_token: 'token' })
  const tell = (form: Record<string, string>) => post(url, new URLSearchParams(form).toString(), { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': twilioSignature('token', ORIGIN + url, form) })
  const write = (Body: string, sid: string, From = '+48600123456', more = {}) => tell({ MessageSid: sid, SmsStatus: 'received', From, To: '+48221234567', Body, NumMedia: '0', ...more })
  const other = await addClient(db, anna, { first_name: 'Jan', phones: [{ number: '600 123 456', on: ['sms'] }] })
  t.equal(await write('Dziękuję! <b>', 'IN1'), 200)
  await write('Dziękuję! <b>', 'IN1')
  const [{ count }] = await db('messages').where({ direction: 'in' }).count()
  t.equal(Number(count), 1)
  t.match((await as(marek).get(`/clients/${client}`)).body, /Dziękuję! &lt;b&gt;/)
  await write('Stop the presses, I am coming', 'IN2')
  const boxes = async () => (await db('client_phones').orderBy('id')).map(row => [row.sms, row.whatsapp])
  t.same(await boxes(), [[true, true], [true, false]])
  await write(' stop. ', 'IN3')
  t.same(await boxes(), [[false, true], [false, false]], 'of every client who has the number, on that channel')
  t.match(await db('consents').orderBy('id', 'desc').first(), { given: false, channel: 'sms', source: 'stop', employee_id: null })
  t.match((await as(marek).get(`/clients/${other}`)).body, /withdr/i)
  t.match((await as(marek).get(`/clients/${client}/consents`)).body, /a message with STOP/)

  await db.transaction(async trx => {
    const row = await trx('client_phones').where({ id: phoneId }).first()
    await changePhone(trx, { id: anna.id } as never, client, { ...row, type: { id: row.type_id } } as Phone, { ...row, id: phoneId, typeId: row.type_id, newType: '', number: undefined, sms: true, remove: false, was: '' })
  })
  await write(' stop. ', 'IN3')
  t.same((await boxes())[0], [true, true], 'a replay takes nothing back that was given since')
  await write('Wypisz', 'IN4', 'whatsapp:+48600123456', { ProfileName: 'Zosia' })
  t.same((await boxes())[0], [true, false])
  await write('START', 'IN5')
  t.same((await boxes())[0], [true, false], 'START is noted, no more')
})

t.test("a stranger's message begins a lead if the settings say so, one while it is open", async t => {
  const { db, gateway, post, as, anna, marek } = await shop(t)
  const { url } = await gateway('twilio', { auth_token: 'token' })
  const write = (Body: string, MessageSid: string) => {
    const form = { MessageSid, SmsStatus: 'received', From: '+48700111222', To: '+48221234567', Body, ProfileName: 'Ola' }
    return post(url, new URLSearchParams(form).toString(), { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': twilioSignature('token', ORIGIN + url, form) })
  }
  await write('Do you mend scooters?', 'A')
  t.equal((await db('leads')).length, 0, 'off at first')
  t.equal((await as(marek).post('/settings/gateways/strangers', { strangers_make_leads: '1' })).status, 403)
  t.equal((await as(anna).post('/settings/gateways/strangers', { strangers_make_leads: '1' })).status, 303)
  t.equal(await write('And when?', 'B'), 200)
  await write('Hello?', 'C')
  await write('STOP', 'D')
  const leads = await db('leads')
  t.match(leads, [{ contact_name: 'Ola', comment: 'And when?', created_by: null, manager_id: null }])
  t.equal(leads.length, 1)
  t.match((await as(marek).get(`/leads/${leads[0].id}`)).body, /from a message by SMS/)
  const [lost] = await db('lead_statuses').where({ group_key: 'lost' })
  await db('leads').update({ status_id: lost.id })
  await write('One more thing', 'E')
  t.equal((await db('leads')).length, 2)
})

t.test('Infobip tells by the address it was given for one message, or signed for all', async t => {
  const { db, gateway, sent, post, states } = await shop(t)
  const { id, url } = await gateway('infobip', { api_key: 'key', hook_password: 'pass' }, { hook_user: 'desk' })
  const message = await sent(id, null, 'sending')
  const reference = `${message.id}-${message.key}`
  const other = await sent(id, 'x')
  const delivered = { groupId: 3, groupName: 'DELIVERED', id: 5, name: 'DELIVERED_TO_HANDSET', description: 'Message delivered to handset' }
  const body = JSON.stringify({ results: [infobipReport(reference, delivered), infobipReport('x', delivered)] })
  const json = { 'content-type': 'application/json' }
  const signed = `${url}?m=${reference}&s=${signature('sha256', 'key', `report of ${reference}`, 'base64url')}`
  t.equal(await post(url, body, json), 403)
  t.equal(await post(signed + 'x', body, json), 403)
  t.equal(await post(signed, body, json), 200)
  t.same(await states(message.id), ['due', 'sent', 'delivered'])
  t.same(await states(other.id), ['due'], 'signed for the first alone')
  const basic = { ...json, authorization: `Basic ${Buffer.from('desk:pass').toString('base64')}` }
  const seen = JSON.stringify({ results: [{ messageId: reference, from: 'x', to: '48600123456', sentAt: '2026-05-20T10:00:00.000+0000', seenAt: '2026-05-20T10:01:00.000+0000' }] })
  t.equal(await post(url, seen, basic), 200)
  t.same((await states(message.id)).at(-1), 'read')
  const unknown = JSON.stringify({ results: [infobipReport('x', { groupId: 2, id: 9, name: 'UNDELIVERABLE_NOT_DELIVERED', description: '' }, { id: 1, name: 'EC_UNKNOWN_SUBSCRIBER', description: 'Unknown subscriber' })] })
  t.equal(await post(url, unknown, { ...json, 'x-hub-signature': `sha256=${signature('sha256', 'pass', unknown, 'hex')}` }), 200)
  t.match((await listFates(db, other.id)).at(-1), { state: 'failed', details: { problem: 'bad_address', said: /EC_UNKNOWN_SUBSCRIBER/ } })
  const came = JSON.stringify({ results: [
    { messageId: 'm1', from: '48600123456', to: '48221234567', text: 'By SMS', cleanText: 'By SMS', keyword: '', receivedAt: '2026-05-20T10:00:00.000+0000', smsCount: 1 },
    { from: '48600123456', to: '48221234567', integrationType: 'WHATSAPP', receivedAt: '2026-05-20T10:00:00.000+0000', messageId: 'm2', message: { type: 'TEXT', text: 'By WhatsApp' }, contact: { name: 'Zosia' } }, null, 7
  ], messageCount: 2, pendingMessageCount: 0 })
  t.equal(await post(url, came, basic), 200)
  t.match(await db('messages').where({ direction: 'in' }).orderBy('id'), [{ channel: 'sms', body_text: 'By SMS', address: '+48600123456' }, { channel: 'whatsapp', body_text: 'By WhatsApp', address_name: 'Zosia' }])
  for (const nonsense of ['', '{', '[]', '{"results":7}', 'x'.repeat(1000)]) t.equal(await post(url, nonsense, basic), 200)
  for (const twice of ['m=1&s=1&s=2', 'm=1&m=2&s=1']) t.equal(await post(`${url}?${twice}`, '{}', json), 403)
  const strange = JSON.stringify({ results: ['a', 'b'].map((sign, n) => ({ messageId: `m\0${sign}`, from: `48600123456\0`, to: '1', receivedAt: '-200000-01-01T00:00:00Z', message: { type: 'TEXT', text: 'a\0\ud83d' }, contact: { name: `Z\0${n}` }, integrationType: 'WHATSAPP' })) })
  t.equal(await post(url, strange, basic), 200, 'what the database would not take is left out')
  t.match((await db('messages').where({ address_name: 'Z1' }))[0], { provider_id: 'mb', address: '+48600123456', body_text: 'a\ufffd' })
  t.equal(await post(url, 'x'.repeat(600_000), basic), 413)
})

t.test('any other tells as its settings say', async t => {
  const { app, gateway, sent, post, states, db } = await shop(t)
  const settings = { hook_check: 'hmac', hook_header: 'X-Signature', report_id_path: 'data.id', report_state_path: 'data.status', delivered_words: 'DELIVRD, ok', failed_words: 'UNDELIV', read_words: '', in_from_path: 'data.from', in_text_path: 'data.text' }
  const { id, url } = await gateway('http', { hook_secret: 'shared' }, settings)
  const tell = (told: object, secret = 'shared', encoding: 'hex' | 'base64' = 'hex') => { const body = JSON.stringify(told); return post(url, body, { 'content-type': 'application/json', 'x-signature': signature('sha256', secret, body, encoding) }) }
  const message = await sent(id, '12')
  t.equal(await tell({ data: { id: '12', status: 'delivrd' } }, 'guess'), 403)
  t.equal(await tell({ data: { id: 12, status: 'delivrd' } }), 200)
  t.equal(await tell({ data: { id: 12, status: 'UNDELIV' } }, 'shared', 'base64'), 200)
  t.same(await states(message.id), ['due', 'delivered'])
  t.equal(await tell({ data: { id: 99, status: 'ok' } }), 404, 'it tells again')
  t.equal(await tell({ data: { id: 'r1', from: '600 123 456', text: 'Hi' } }), 200)
  t.match(await db('messages').where({ direction: 'in' }).first(), { address: '+48600123456', body_text: 'Hi' })
  const named = await sent(id, '13')
  t.equal(await tell({ data: { id: `${named.id}-${named.key}`, status: 'ok' } }), 200, 'by our reference, though it had named an id of its own')
  const unnamed = await sent(id, null)
  await db('messages').where({ id: unnamed.id }).update({ gateway: String(id) })
  t.equal(await tell({ data: { id: `${unnamed.id}-${unnamed.key}`, status: 'ok' } }), 200, 'or none')
  t.same([await states(named.id), await states(unnamed.id)], [['due', 'delivered'], ['due', 'delivered']])
  const refused = await app.inject({ method: 'POST', url, payload: '{}', headers: { 'content-type': 'application/json' } })
  t.same([refused.body, refused.headers['content-type']], ['Signature missing or wrong', 'text/plain'], 'in words for whoever looks at a provider’s console')
  const plain = await gateway('http', { hook_secret: 'shared' }, { ...settings, hook_check: 'secret', report_id_path: 'id', report_state_path: 'state' })
  const second = await sent(plain.id, '77')
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  t.equal(await post(plain.url, 'id=77&state=ok', { ...form, 'x-signature': 'shaRed' }), 403)
  t.equal(await post(plain.url, 'id=77&state=ok', { ...form, 'x-signature': 'shared' }), 200)
  t.same(await states(second.id), ['due', 'delivered'])
  const open = await gateway('http', {}, settings)
  t.equal(await post(open.url, 'id=77&state=ok', form), 403, 'without a secret nobody is believed')
})
