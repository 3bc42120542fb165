import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { formOf } from '../support/clients.js'
import { callOf, setWebhook, tellOf } from '../support/calls.js'

const shared = await cast(t)
const { app, db, as, anna, marek, sofia } = shared
await setWebhook(shared)
const tell = (message: object) => tellOf(app, message)
const idsIn = (body: string) => [...body.matchAll(/<time class="num quiet" datetime="([^"]+)"/g)].length

t.test('the log is narrowed and paged by its address', async t => {
  const jan = await addClient(db, anna, { first_name: 'Jan', surname: 'Mróz', phones: ['600 111 000'] })
  const row = (n: number, more: object = {}) => ({ adapter: 'webhook', provider_id: `p${n}`, direction: 'in', state: 'ended', e164: `+4860011${String(n).padStart(4, '0')}`, display: `+48 600 11${n}`, digits: `4860011${String(n).padStart(4, '0')}`, started_at: new Date(Date.UTC(2026, 4, 1, 12, n)), ended_at: new Date(), ...more })
  await db('calls').insert([...Array.from({ length: 60 }, (_, n) => row(n + 1)), row(100, { state: 'missed' }), row(101, { direction: 'out', employee_id: marek.id, client_id: jan })])
  const first = (await as(anna).get('/calls')).body
  t.equal(idsIn(first), 50)
  const next = /href="([^"]+)" rel="next"/.exec(first)![1]!
  const second = (await as(anna).get(next)).body
  t.equal(idsIn(second), 12)
  t.equal(idsIn((await as(anna).get(/href="([^"]+)" rel="prev"/.exec(second)![1]!)).body), 50)
  for (const [query, count] of [['direction=out', 1], ['direction=missed', 1], [`employee=${marek.id}`, 1], ['day=2026-05-01', 50], ['day=2026-05-02', 0], ['q=600+110+015', 1], ['q=0015', 1], ['q=nobody', 0], ['day=soon', 50], ['after=x&employee=-1', 50]] as const) {
    t.equal(idsIn((await as(anna).get(`/calls?${query}`)).body), count, query)
  }
  t.match((await as(anna).get('/calls?day=soon')).body, /id="day-error"/)
  t.match((await as(anna).get('/calls?direction=out')).body, /Jan Mróz[^]*Marek Nowak/)
  t.equal(idsIn((await as(sofia).get('/calls?q=0015')).body), 0, 'who sees numbers masked finds none by its parts')
  t.equal(idsIn((await as(sofia).get('/calls?q=600+110+015')).body), 1)
  t.notMatch((await as(sofia).get('/calls')).body, /600 ?110|48600/)
  t.match((await as(anna).get('/calls', { fragment: true })).body, /^<section id="call-log">/)
})

t.test('a lead and a client are made from a call, also of a number that one may not read', async t => {
  await tell({ call_id: 'k1', state: 'ringing', caller: '603 000 111' })
  const { id } = await callOf(db, 'k1')
  t.match((await as(anna).get(`/leads/new?call=${id}`)).body, /value="\+48 603 000 111"/)
  const form = (await as(sofia).get(`/leads/new?call=${id}`)).body
  t.match(form, /\+48 ••• ••• •11 rang/)
  t.notMatch(form, /603 ?000/)
  const typed = { ...formOf(form, '/leads'), contact_name: '' }
  const refused = await as(sofia).post('/leads', { ...typed, due_on: 'soon' })
  t.equal(refused.status, 422)
  t.notMatch(refused.body, /603 ?000/)
  t.match(refused.body, new RegExp(`name="call" value="${id}"`))
  t.equal((await as(sofia).post('/leads', typed)).status, 303)
  const { lead_id: lead } = await callOf(db, 'k1')
  t.match(await db('lead_phones').where({ lead_id: lead }), [{ e164: '+48603000111' }])
  await tell({ call_id: 'k1', state: 'ended', duration: 5 })
  t.match(await db('events').where({ lead_id: lead, kind: 'call' }), [{ details: { call: id } }], 'told once it is over')

  await tell({ call_id: 'k2', state: 'missed', caller: '603 000 222' })
  await tell({ call_id: 'k3', state: 'missed', caller: '603 000 222' })
  const call = (await callOf(db, 'k2')).id
  t.match((await as(anna).get(`/clients/new?call=${call}`)).body, /value="\+48 603 000 222"/)
  const page = (await as(sofia).get(`/clients/new?call=${call}`)).body
  t.notMatch(page, /603 ?000/)
  const made = await as(sofia).post('/clients', { ...formOf(page, '/clients'), first_name: 'Iga' })
  t.equal(made.status, 303)
  const client = Number(made.location!.split('/').at(-1))
  t.match(await db('client_phones').where({ client_id: client }), [{ e164: '+48603000222' }])
  t.equal((await callOf(db, 'k3')).client_id, client, 'so is the other call of that number')
  t.match((await as(sofia).get(made.location!)).body, /Missed call/)
  await db('roles').where({ id: sofia.roleId }).update({ rights: db.raw("array_remove(rights, 'calls.view')") })
  t.notMatch((await as(sofia).get(`/leads/new?call=${call}`)).body, /rang/)
})

t.test('the simulator rings, answers, records and misses by the same way in', async t => {
  t.equal((await as(marek).get('/settings/telephony/simulator')).status, 403)
  await db('employees').where({ id: anna.id }).update({ extension: '102' })
  const URL = '/settings/telephony/simulator'
  t.equal((await as(anna).post(URL, { number: '604 999 888' })).location, URL)
  const call = await db('calls').where({ adapter: 'simulator' }).first()
  t.match(call, { state: 'ringing', e164: '+48604999888' })
  t.equal((await as(anna).post(`${URL}/${call.id}`, { state: 'exploded' })).status, 422)
  t.equal((await as(anna).post(`${URL}/999999`, { state: 'ended' })).status, 404)
  await as(anna).post(`${URL}/${call.id}`, { state: 'answered', employee: anna.id })
  t.match((await as(anna).get(URL)).body, /talking/)
  await as(anna).post(`${URL}/${call.id}`, { state: 'ended', recorded: 'on' })
  t.match(await db('calls').where({ id: call.id }).first(), { state: 'ended', employee_id: anna.id })
  t.equal((await as(anna).get(`/calls/${call.id}/recording`)).location, '/calls/sample.wav')
  const sound = await as(anna).get('/calls/sample.wav')
  t.match(sound, { status: 200, headers: { 'content-type': 'audio/wav' } })
  t.match(sound.body, /^RIFF/)
  await as(anna).post(URL, { number: '' })
  t.match((await as(anna).get('/clients')).body, /Number withheld/)
  t.equal((await as(anna).post(URL, { number: 'x'.repeat(61) })).status, 422)
})

t.test('a client’s calls go with them', async t => {
  const { clients, erase } = { clients: await addClient(db, anna, { first_name: 'Ola', phones: ['605 000 001'] }), erase: (await import('../../src/clients/erasing/erase.js')).eraseClients }
  await tell({ call_id: 'e1', state: 'missed', caller: '605 000 001' })
  await db.transaction(trx => erase(trx, { id: anna.id }, [clients], 'request'))
  t.match(await callOf(db, 'e1'), { client_id: null, e164: null, display: '', digits: '', state: 'missed' })
})
