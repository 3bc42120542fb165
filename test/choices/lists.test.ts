import t from 'tap'
import type { Db } from '../../src/database/knex.js'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'

interface Known { table: string, url: string, values: (name: string) => Record<string, string> }

const LISTS: Known[] = [
  { table: 'campaigns', url: '/settings/marketing', values: name => ({ name, starts_on: '', ends_on: '' }) },
  { table: 'locations', url: '/settings/locations', values: name => ({ name }) },
  { table: 'phone_types', url: '/settings/phone-types', values: name => ({ name }) },
  { table: 'tags', url: '/settings/tags', values: name => ({ name, colour: 'red' }) },
  { table: 'price_types', url: '/settings/price-types', values: name => ({ name, mark_up: '15' }) }
]

const names = (body: string) => [...body.matchAll(/class="name"[^>]*>([^<]*)</g)].map(([, name]) => name)

t.test('each list is added to, renamed, retired, brought back and deleted in one manner', async t => {
  const { as, anna, db } = await cast(t)
  for (const { table, url, values } of LISTS) {
    const own = () => db(table).modify(query => { if (table === 'phone_types') query.whereNull('key') })
    if (table !== 'phone_types') t.match((await as(anna).get(url)).body, /class="card empty"/, url)
    t.equal((await as(anna).get(`${url}/new`)).status, 200)
    t.match(await as(anna).post(url, values('  Łódź   Główna ')), { status: 303, location: url })
    const [{ id, name }] = await own()
    t.equal(name, 'Łódź Główna')
    t.match((await as(anna).get(url)).body, /Łódź Główna/)

    const nameless = await as(anna).post(url, values(' '))
    t.equal(nameless.status, 422)
    t.match(nameless.error('name'), /Fill this in/)
    const taken = await as(anna).post(url, values('LODZ glowna'), { fragment: true })
    t.equal(taken.status, 422)
    t.match(taken.error('name'), /already/)
    t.match(taken.body, /value="LODZ glowna"/)
    t.notMatch(taken.body, /<html/)
    t.match((await as(anna).post(url, values('ż'.repeat(300)))).error('name'), /Too long/)
    t.equal((await own()).length, 1)

    const form = await as(anna).get(`${url}/${id}`)
    t.match(form.body, /value="Łódź Główna"/)
    t.equal((await as(anna).post(`${url}/${id}`, { ...formOf(form.body, `${url}/${id}`), name: 'Rynek' })).status, 303)
    t.match(await own(), [{ name: 'Rynek' }])
    const stale = await as(anna).post(`${url}/${id}`, { ...formOf(form.body, `${url}/${id}`), name: 'Wrocław' })
    t.equal(stale.status, 409, 'the second of two windows is told')
    t.match(stale.error('name'), /“Rynek”/)
    t.match(stale.body, /value="Wrocław"/)
    t.equal((await as(anna).post(`${url}/${id}`, formOf(stale.body, `${url}/${id}`))).status, 303, 'and may insist')
    t.match(await own(), [{ name: 'Wrocław' }])

    const retired = await as(anna).post(`${url}/${id}/retire`)
    t.equal(retired.status, 303)
    const flash = String(retired.headers['set-cookie']).split(';')[0]
    t.match((await as(anna).get(url, { headers: { cookie: `${as(anna).cookie}; ${flash}` } })).body, `action="${url}/${id}/restore"`)
    t.not((await own())[0].retired_at, null)
    t.equal((await as(anna).post(`${url}/${id}/restore`)).status, 303)
    t.equal((await own())[0].retired_at, null)

    t.match((await as(anna).get(`${url}/${id}`)).body, /Nobody has it/)
    t.equal((await as(anna).post(`${url}/${id}/delete`)).status, 303)
    t.equal((await own()).length, 0)
  }
  const told = await db('audit_entries').orderBy('id').pluck('kind')
  for (const { table } of LISTS) t.equal(told.filter(kind => kind === `lists.${table}`).length, 6, 'each change is in the audit log')
})

t.test('an order of one\'s own, which the choices follow', async t => {
  const { as, anna, sofia, db } = await cast(t)
  await db('campaigns').insert(['Delta', 'Bravo', 'Alfa', 'Charlie'].map(name => ({ name })))
  const order = async () => names((await as(anna).get('/settings/marketing')).body).map(name => name![0]).join('')
  const idOf = async (name: string) => (await db('campaigns').where({ name }).first('id')).id
  const send = (body: object) => as(anna).post('/settings/marketing/order', body as Record<string, unknown>)
  t.equal(await order(), 'ABCD', 'by name at first')
  t.equal((await send({ up: await idOf('Charlie') })).location, '/settings/marketing')
  t.equal(await order(), 'ACBD')
  await send({ down: await idOf('Alfa') })
  t.equal(await order(), 'CABD')
  await send({ up: await idOf('Charlie') })
  await send({ down: await idOf('Delta') })
  t.equal(await order(), 'CABD', 'the first and the last stay')
  await send({ moved: await idOf('Delta'), ahead_of: await idOf('Alfa') })
  t.equal(await order(), 'CDAB')
  await send({ moved: await idOf('Charlie'), behind: await idOf('Bravo') })
  t.equal(await order(), 'DABC')
  await send({ moved: await idOf('Delta'), behind: 4711 })
  t.equal(await order(), 'DABC', 'what it should stand behind is gone')
  t.same([...(await as(sofia).get('/clients/new')).body.matchAll(/<option value="\d+">(Alfa|Bravo|Charlie|Delta)</g)].map(([, name]) => name![0]).join(''), 'DABC')

  await db('campaigns').insert({ name: 'Aa' })
  t.equal(await order(), 'DABCA', 'a new one stands at the end')
  const fragment = await as(anna).post('/settings/marketing/order', { sort: 'name' }, { fragment: true })
  t.notMatch(fragment.body, /<html/)
  t.same(names(fragment.body), ['Aa', 'Alfa', 'Bravo', 'Charlie', 'Delta'])
  for (const body of [{}, { up: 'x' }, { moved: '1' }]) t.equal((await send(body)).status, 404)
})

t.test('a retired one is offered to nobody but those who have it', async t => {
  const { as, anna, db } = await cast(t)
  const [campaign] = await db('campaigns').insert({ name: 'Zeszłoroczna' }).returning('id')
  const [place] = await db('locations').insert({ name: 'Stary lokal' }).returning('id')
  const [price] = await db('price_types').insert({ name: 'Dawna cena', mark_up: 5 }).returning('id')
  const [type] = await db('phone_types').insert({ name: 'Faks' }).returning('id')
  const id = await addClient(db, anna, { surname: 'Nowak', tags: ['Dawny'], phones: ['600 123 456'], campaign_id: campaign.id, location_id: place.id, discount_services: `price:${price.id}` })
  await db('client_phones').update({ type_id: type.id })
  await db('employee_locations').insert({ employee_id: anna.id, location_id: place.id })
  for (const table of LISTS.map(list => list.table)) await db(table).modify(query => { if (table === 'phone_types') query.whereNull('key') }).update({ retired_at: db.fn.now() })

  const said = ['Zeszłoroczna', 'Stary lokal', 'Dawna cena', 'Faks']
  const [fresh, has] = [(await as(anna).get('/clients/new')).body, (await as(anna).get(`/clients/${id}`)).body]
  for (const name of said) {
    t.notMatch(fresh, new RegExp(`<option[^>]*>${name}`), name)
    t.match(has, new RegExp(`<option value="\\d+" selected>${name}`), name)
  }
  t.notMatch((await as(anna).get('/tags?tag=daw')).body, /Dawny/, 'nor suggested')
  t.equal((await as(anna).post(`/clients/${id}`, { ...formOf(has, `/clients/${id}`), note: 'New' })).status, 303)
  t.match(await db('clients').where({ id }).first(), { note: 'New', campaign_id: campaign.id, location_id: place.id, price_type_services_id: price.id, discount_services: '0.00' })
  t.notMatch((await as(anna).get('/settings/employees/new')).body, /Stary lokal/)
  t.match((await as(anna).get(`/settings/employees/${anna.id}`)).body, /Stary lokal/)
})

t.test('built-in phone types are renamed and retired, but never gone', async t => {
  const { as, anna, db } = await cast(t)
  const url = '/settings/phone-types'
  const [mobile, work, home] = await db('phone_types').orderBy('id').pluck('id')
  t.match((await as(anna).get(`${url}/${mobile}`)).body, /Empty, it is “Mobile”/)
  t.equal((await as(anna).post(`${url}/${mobile}`, { name: 'Handy' })).status, 303)
  t.match((await as(anna).get('/clients/new')).body, />Handy</)
  t.match((await as(anna).post(`${url}/${mobile}`, { name: 'Dom' })).error('name'), /built-in/, 'another one is called so in Polish')
  t.match((await as(anna).post(url, { name: 'komórka' })).error('name'), /built-in/)
  t.equal((await as(anna).post(`${url}/${mobile}`, { name: '' })).status, 303)
  t.equal((await db('phone_types').where({ id: mobile }).first()).name, null)
  t.equal((await as(anna).post(`${url}/${mobile}/delete`)).status, 404)
  t.match((await as(anna).get(`${url}/merge?id=${mobile}&id=${work}`)).body, /Built-in types can&#39;t be merged/)
  for (const id of [mobile, work]) t.equal((await as(anna).post(`${url}/${id}/retire`)).status, 303)
  const last = await as(anna).post(`${url}/${home}/retire`)
  t.equal(last.status, 422)
  t.match(last.body, /One has to stay on offer/)
})

t.test('campaigns have dates, price types a mark-up, tags a colour', async t => {
  const { as, anna, db } = await cast(t)
  const backwards = await as(anna).post('/settings/marketing', { name: 'Radio', starts_on: '2026-03-01', ends_on: '2026-02-28' })
  t.match(backwards.error('ends_on'), /before the start/)
  t.match(backwards.body, /value="2026-03-01"/)
  t.match((await as(anna).post('/settings/marketing', { name: 'Radio', starts_on: '2026-02-30' })).error('starts_on'), /isn't a date/)
  for (const [typed, stored] of [['15', '15.00'], ['+7,5 %', '7.50'], ['-10%', '-10.00'], ['−99,99', '-99.99'], ['0', '0.00']]) {
    t.equal((await as(anna).post('/settings/price-types', { name: `Price ${typed}`, mark_up: typed })).status, 303, typed)
    t.equal((await db('price_types').orderBy('id', 'desc').first()).mark_up, stored)
  }
  for (const [typed, said] of [['-100', /above -100/], ['10001', /10,000/], ['abc', /isn't a percentage/], ['', /Fill this in/], ['1e3', /isn't a percentage/]] as const) {
    const refused = await as(anna).post('/settings/price-types', { name: 'Wholesale', mark_up: typed })
    t.equal(refused.status, 422, typed)
    t.match(refused.error('mark_up'), said)
    t.match(refused.body, /value="Wholesale"/)
  }
  t.match((await as(anna).post('/settings/tags', { name: 'VIP', colour: 'pink' })).error('colour'), /Choose one/)
  t.match((await as(anna).get('/settings/price-types')).body, /\+7\.5%/)
})

t.test('a long list is searched and paged by key', async t => {
  const { as, anna, db } = await cast(t)
  await db.raw("insert into tags (name) select 'Tag ' || lpad(n::text, 4, '0') from generate_series(1, 250) n")
  await addClient(db, anna, { surname: 'Nowak', tags: ['Tag 0001'] })
  await addClient(db, anna, { surname: 'Stary', tags: ['Tag 0001'], archived: true })
  const first = await as(anna).get('/settings/tags')
  t.equal(names(first.body).length, 100)
  t.match(first.body, /href="\/clients\?tag=\d+">1</, 'counted as the list that it leads to')
  const next = /href="(\/settings\/tags\?after=\d+)"/.exec(first.body)![1]!
  const second = await as(anna).get(next)
  t.equal(names(second.body)[0], 'Tag 0101')
  t.match(second.body, new RegExp(`action="/settings/tags/\\d+/retire\\${next.slice('/settings/tags'.length)}"`), 'and stays on its page')
  t.same(names((await as(anna).get(/href="(\/settings\/tags\?before=\d+)"/.exec(second.body)![1]!)).body), names(first.body))
  t.same(names((await as(anna).get('/settings/tags?q=TÁG+023')).body), Array.from({ length: 10 }, (_, n) => `Tag 023${n}`))
  t.match((await as(anna).get('/settings/tags?q=%25')).body, /Nothing here/)
  t.equal((await as(anna).get('/settings/tags?after=999999&q[]=x')).status, 200)
})

t.test('there is nothing at a bad id, and it is for those who may', async t => {
  const { as, anna, marek, sofia, db } = await cast(t)
  for (const { table, url, values } of LISTS) {
    const mayMarek = table === 'campaigns'
    for (const id of ['999', '0', 'x', '99999999999999999999']) {
      t.equal((await as(anna).get(`${url}/${id}`)).status, 404)
      for (const path of ['', '/retire', '/restore', '/delete']) t.equal((await as(anna).post(`${url}/${id}${path}`, values('x'))).status, 404, `${url}/${id}${path}`)
    }
    t.equal((await as(sofia).get(url)).status, 403)
    t.equal((await as(sofia).post(url, values('Mine'))).status, 403)
    t.equal((await as(marek).get(url)).status, mayMarek ? 200 : 403)
    t.equal((await as(null).get(url)).status, 303)
    t.equal((await as(null).post(url, values('Mine'))).status, 401)
    t.equal((await db(table as string).modify((query: any) => { if (table === 'phone_types') query.whereNull('key') })).length, 0)
  }
})

t.test('two who add the same name at once make one', async t => {
  const { as, anna, olga, db } = await cast(t)
  const answers = await Promise.all([anna, olga, anna, olga].map(person => as(person).post('/settings/tags', { name: 'VIP', colour: 'red' })))
  t.same(answers.map(answer => answer.status).sort(), [303, 422, 422, 422])
  t.equal((await (db as Db)('tags')).length, 1)
})
