import t from 'tap'
import { cast, type Person } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { reshape } from '../support/fields.js'
import { runJobs } from '../support/jobs.js'
import { addLead } from '../support/leads.js'
import { says, words } from '../support/words.js'

const { app, db, as, anna, marek, olga, sofia, nuno } = await cast(t)
const [phone, second] = ['+48 512 000 333', '+48 512 000 334']
const first = await addLead(db, { contact_name: 'Piotr', manager: sofia, phones: [phone] })
const other = await addLead(db, { contact_name: 'Piotr Lis', manager: marek, phones: [phone, second] })
const nameless = await addLead(db, { manager: sofia, phones: ['+48 600 700 800'] })
const odd = await addLead(db, { contact_name: 'Ola', manager: anna })
await db('lead_phones').insert({ lead_id: odd.id, typed: '555-12', e164: null, display: '555-12', digits: '55512' })
await addLead(db, { contact_name: 'Ewa' })
await addLead(db, { contact_name: 'Away', phones: ['+48 511 111 111'], archived_at: db.fn.now() })
const maria = await addClient(db, anna, { first_name: 'María', phones: ['+48 600 700 800'] })
await addLead(db, { contact_name: 'Linked', client_id: maria, phones: ['+48 700 000 000'] })

const get = async (who: Person, query = '') => (await as(who).get(`/leads/people${query}`)).body
const known = (body: string) => [...body.matchAll(/<span class="grow"><b>([^<]*)<\/b>[^]*?<span class="num">([^<]*)<\/span> · (\d+) leads?/g)].map(([, name, phone, leads]) => `${name} ${phone} ${leads}`)
const idOf = async (lead: { id: number }) => (await db('lead_phones').where({ lead_id: lead.id }).orderBy('id').first('id'))!.id as number

t.test('each number once, by its last lead, as one may see them', async t => {
  const body = await get(anna)
  t.same(known(body), ['Ola 555-12 1', 'unknown +48 600 700 800 1', `Piotr Lis ${phone} 2`])
  t.match(body, /also Piotr</)
  t.match(body, new RegExp(`href="/leads/${other.id}"`))
  t.match(body, /Link to María/)
  t.same(known(await get(sofia)), ['unknown +48 ••• ••• •00 1', 'Piotr +48 ••• ••• •33 1'], 'hers, masked')
  for (const [query, wanted] of [['lis', 1], ['512000', 1], ['555', 1], ['maria', 0], ['zzz', 0]] as const) t.equal(known(await get(anna, `?q=${query}`)).length, wanted, query)
  t.equal(known(await get(sofia, '?q=512000')).length, 0, 'nobody feels their way to a number')
  const fragment = await as(anna).get('/leads/people?q=lis', { fragment: true })
  t.match(fragment.body, /^\s*<section id="people"/)
  t.equal(fragment.headers['hx-replace-url'], '/leads/people?q=lis')
  t.same(known(await get(anna, `?after=${nameless.id}`)), [`Piotr Lis ${phone} 2`], 'goes on behind a lead')
  t.equal((await as(nuno).get('/leads/people')).status, 403)
  await db('roles').where({ id: nuno.roleId }).update({ rights: ['leads.view_all', 'leads.edit'] })
  t.equal((await as(nuno).get('/leads/people')).status, 403, 'who is a client is told to those alone who see clients')
  for (const path of ['client', 'link']) t.equal((await as(nuno).post(`/leads/people/${path}`, { phone: await idOf(first), client: maria })).status, 403)
  t.equal((await as(null).get('/leads/people')).status, 303)
})

t.test('one press makes a client of somebody, with every number and all the leads one may see', async t => {
  t.equal((await as(anna).post('/leads/people/client', { phone: '999' })).status, 404)
  t.equal((await as(sofia).post('/leads/people/client', { phone: await idOf(odd) })).status, 404, 'not hers')
  const asked = (await as(anna).post('/leads/people/client', { phone: await idOf(nameless) })).location!
  t.equal(asked, `/clients/new?known=${await idOf(nameless)}`, 'who has no name is given one in the form')
  t.not((await as(anna).get(asked)).error('first_name'), '')
  const { location } = await as(anna).post('/leads/people/client', { phone: await idOf(first) })
  const id = Number(location!.split('/').at(-1))
  t.match(await db('clients').where({ id }).first(), { first_name: 'Piotr', surname: 'Lis' })
  t.same(await db('client_phones').where({ client_id: id }).orderBy('position').pluck('display'), [phone, second])
  t.same(await db('leads').where({ client_id: id }).orderBy('id').pluck('id'), [first.id, other.id])
  t.equal((await db('events').whereIn('lead_id', [first.id, other.id]).where({ kind: 'lead.linked' })).length, 2)
  t.same(known(await get(anna)), ['Ola 555-12 1', 'unknown +48 600 700 800 1'])
  t.equal((await as(anna).post('/leads/people/client', { phone: await idOf(first) })).status, 404, 'once')

  t.equal((await as(anna).post('/leads/people/link', { phone: await idOf(nameless), client: maria })).location, '/leads/people')
  t.equal((await db('leads').where({ id: nameless.id }).first('client_id')).client_id, maria)
})

t.test('the uniqueness rule holds', async t => {
  await db('organisation').update({ phone_uniqueness: 'refuse' })
  const hidden = await addClient(db, anna, { company_name: 'Części Hurt', is_supplier: true, phones: ['+48 511 222 333'] })
  const lead = await addLead(db, { contact_name: 'Hurtownik', manager: sofia, phones: ['+48 511 222 333'] })
  await runJobs(app)
  const refused = await as(sofia).post('/leads/people/client', { phone: await idOf(lead) })
  t.equal(refused.status, 422)
  t.notMatch(refused.body, /Części/)
  t.match(refused.body, /Another client has this number/)
  t.equal((await as(sofia).post('/leads/people/link', { phone: await idOf(lead), client: hidden })).status, 404)
  await db('organisation').update({ phone_uniqueness: 'warn' })
})

t.test('a client\'s page shows their leads, and a lead\'s page the others of its client, to those who may see them', async t => {
  const waiting = await addLead(db, { status: 'waiting', client_id: maria, manager: marek, urgent: true })
  const body = (await as(anna).get(`/clients/${maria}`)).body
  const shown = (body: string) => [...(/<section class="of-client"[^]*?<\/section>/.exec(body)?.[0] ?? '').matchAll(/class="num" href="\/leads\/(\d+)"/g)].map(([, id]) => Number(id))
  t.ok(shown(body).includes(waiting.id) && shown(body).includes(nameless.id))
  t.match(body, new RegExp(`href="/leads/new\\?client=${maria}"`))
  t.same(shown((await as(sofia).get(`/clients/${maria}`)).body), [nameless.id], 'hers alone')
  t.notMatch((await as(anna).get(`/leads/${waiting.id}`)).body, new RegExp(`class="num" href="/leads/${waiting.id}"`), 'not itself')
  t.ok(shown((await as(anna).get(`/leads/${waiting.id}`)).body).includes(nameless.id))
  t.match((await as(anna).get(`/leads/new?client=${maria}`)).body, new RegExp(`name="client_id" value="${maria}"`))
  const { location } = await as(anna).post('/leads', { type_id: (await db('lead_types').first('id'))!.id, client_id: maria, comment: 'Once more' })
  t.equal((await db('leads').where({ id: location!.split('/').at(-1) }).first('client_id')).client_id, maria)
  const all = (await as(anna).get(`/leads?show=all&client=${maria}`)).body
  t.equal([...all.matchAll(/class="no"/g)].length, 4)
  t.match(all, /Of one client/)
  await db('clients').where({ id: maria }).update({ is_supplier: true })
  t.equal([...(await as(sofia).get(`/leads?show=all&client=${maria}`)).body.matchAll(/class="no"/g)].length, 0, 'whose they are isn\'t told to who may not see that')
})

t.test('what the form of clients asks for beside name and phones is asked for before a client is made of a lead', async t => {
  await reshape(db, { address: { required: true }, phones: { required: true } })
  const lead = await addLead(db, { contact_name: 'Wanda Rutkiewicz', manager: sofia, phones: ['+48 601 222 333', '+48 601 222 334'] })
  const counted = async () => Number((await db('clients').count().first())!.count)
  const before = await counted()
  const { location } = await as(sofia).post(`/leads/${lead.id}/client`)
  t.equal(location, `/clients/new?lead=${lead.id}`)
  t.equal(await counted(), before)
  const page = await as(sofia).get(location!)
  t.match(page.body, /value="Wanda"[^]*value="Rutkiewicz"/)
  t.equal(page.error('address'), words('form.required'))
  t.equal(page.error('phones'), '', 'its phones are there, though she sees them masked')
  t.match(page.body, '+48 ••• ••• •33, +48 ••• ••• •34')
  t.notMatch(page.body, /222 ?33[34]|601 ?222/)
  const form = { ...formOf(page.body, '/clients'), phone_rows: [] }
  t.equal((await as(sofia).post('/clients', form)).status, 422)
  t.equal((await as(sofia).post('/clients', { ...form, address: 'ul. Górska 8' })).location, `/leads/${lead.id}`)
  const client = (await db('leads').where({ id: lead.id }).first('client_id')).client_id
  t.match(await db('clients').where({ id: client }).first(), { first_name: 'Wanda', address: 'ul. Górska 8' })
  t.same(await db('client_phones').where({ client_id: client }).orderBy('position').pluck('e164'), ['+48601222333', '+48601222334'])
  const slower = await as(sofia).post('/clients', { ...form, address: 'ul. Dolna 3', token: '' })
  t.equal(slower.status, 409)
  t.ok(says(slower.body, 'clients.lead_linked', { number: lead.number, name: 'Wanda Rutkiewicz' }), 'says whose it is by now')
  t.match(slower.body, 'ul. Dolna 3', 'what was typed stays')
  t.notMatch(slower.body, /name="lead"/)
  t.equal(await counted(), before + 1, 'of one lead one client')

  const whole = await addLead(db, { contact_name: 'Jerzy', manager: marek, phones: ['+48 601 222 335'] })
  t.match((await as(marek).get((await as(marek).post(`/leads/${whole.id}/client`)).location!)).body, /name="phones\.0\.number" value="\+48 601 222 335"/, 'who sees them may change them')
  t.equal((await as(sofia).get(`/clients/new?lead=${whole.id}`)).status, 404)
  t.equal((await as(sofia).post('/clients', { ...form, lead: whole.id })).status, 404)
  t.equal((await as(nuno).post(`/leads/${whole.id}/client`)).status, 403, 'who may not see clients isn’t told whose it is')

  const put = await addLead(db, { contact_name: 'Halina', manager: marek, phones: ['+48 601 222 337'] })
  const typedOf = { ...formOf((await as(marek).get(`/clients/new?lead=${put.id}`)).body, '/clients'), address: 'ul. Zimna 1' }
  await db('leads').where({ id: put.id }).update({ archived_at: '2026-11-23T09:00:00Z' })
  const archived = await as(marek).post('/clients', typedOf)
  t.equal(archived.status, 403)
  t.ok(says(archived.body, 'clients.lead_archived', { number: put.number }))
  t.match(archived.body, 'ul. Zimna 1', 'what was typed stays')
  const step = await as(marek).post('/clients', { ...typedOf, add_phone: '1' })
  t.equal(step.status, 200)
  t.match(step.body, 'ul. Zimna 1')
  await db('leads').where({ id: put.id }).update({ archived_at: null })
  t.equal((await as(marek).post('/clients', formOf(archived.body, '/clients'))).location, `/leads/${put.id}`, 'and is sent once it is back')

  const gone = await addLead(db, { contact_name: 'Danuta', manager: marek, phones: ['+48 601 222 338'] })
  const ofGone = { ...formOf((await as(marek).get(`/clients/new?lead=${gone.id}`)).body, '/clients'), address: 'ul. Letnia 2' }
  t.equal((await as(olga).post(`/leads/${gone.id}/delete`, { sure: '1' })).status, 303)
  const late = await as(marek).post('/clients', ofGone)
  t.equal(late.status, 410)
  t.match(late.body, new RegExp(`role="alert">[^]*Olga Wójcik[^]*${gone.number}`))
  t.ok(says(late.body, 'clients.without_lead'))
  t.match((await as(marek).post('/clients', formOf(late.body, '/clients'))).location, /^\/clients\/\d+$/, 'becomes a client by itself')
  t.match(await db('clients').where({ address: 'ul. Letnia 2' }), [{ first_name: 'Danuta' }])

  const stranger = await addLead(db, { contact_name: 'Krystyna', manager: sofia, phones: ['+48 601 222 339'] })
  const byPhone = (await db('lead_phones').where({ lead_id: stranger.id }).first('id')).id
  const ofKnown = { ...formOf((await as(marek).get(`/clients/new?known=${byPhone}`)).body, '/clients'), address: 'ul. Jasna 3' }
  await db('leads').where({ id: stranger.id }).update({ client_id: client })
  const taken = await as(marek).post('/clients', ofKnown)
  t.equal(taken.status, 404)
  t.ok(says(taken.body, 'leads.gone.not_there'))
  t.match(taken.body, 'ul. Jasna 3')

  await reshape(db, { address: { required: false }, phones: { required: false } })
  const typed = { type_id: (await db('lead_types').where({ key: 'lead' }).first('id')).id, contact_name: 'Ida Nowa', phone_rows: '0', 'phones.0.number': '601 222 336', with_client: '1' }
  t.match((await as(marek).post('/leads', typed)).location, /^\/leads\/\d+$/)
  t.match(await db('leads').where({ contact_name: 'Ida Nowa' }).first('client_id'), { client_id: Number }, 'a new lead is saved with its client')
  t.match((await as(marek).post('/leads', { ...typed, contact_name: '', comment: 'Rang' })).location, /^\/clients\/new\?lead=\d+$/)
})
