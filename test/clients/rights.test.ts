import t from 'tap'
import type { Right } from '../../src/rights.js'
import { cast } from '../support/cast.js'
import { addClients, formOf, listed } from '../support/clients.js'

/** Nuno, whose role has the rights a test gives it. */
async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, nuno, anna } = made
  const ids = await addClients(db, anna)
  const give = async (...rights: Right[]) => { await db('roles').where({ id: nuno.roleId }).update({ rights }) }
  const get = (path: string, fragment = false) => made.as(nuno).get(path, { fragment })
  const post = (path: string, body: Record<string, unknown> = {}, fragment = false) => made.as(nuno).post(path, body, { fragment })
  const phone = (await db('client_phones').where({ client_id: ids.lukasz }).first('id')).id
  const event = (await db('events').where({ client_id: ids.lukasz }).first('id')).id
  return { ...made, ids, give, get, post, phone, event }
}

const person = { kind: 'person', first_name: 'Nowa', surname: 'Osoba' }

t.test('a stranger is sent to sign in, wherever they knock', async t => {
  const { as, ids } = await shop(t)
  for (const path of ['/clients', '/clients/new', `/clients/${ids.lukasz}`, '/clients/424242', `/clients/${ids.lukasz}/feed`, '/clients/check?phones.0.number=600123456', '/tags', '/clients/phone-row', `/clients/${ids.lukasz}/live`]) {
    const page = await as(null).get(path)
    t.same([page.status, page.location], [303, `/sign-in?to=${encodeURIComponent(path)}`], path)
    const fragment = await as(null).get(path, { fragment: true })
    t.equal(fragment.status, 401, path)
    t.match(fragment.headers['hx-retarget'], /#flash$/)
  }
})

t.test('without any right there are no clients', async t => {
  const { get, post, ids, phone, event } = await shop(t)
  const at = `/clients/${ids.lukasz}`
  for (const path of ['/clients', '/clients/new', at, `${at}/feed`, `${at}/feed/${event}`, `${at}/feed/${event}/edit`, '/clients/check?phones.0.number=600123456', '/tags?tag=v', '/tags/chip?tag=v', '/clients/phone-row', '/clients/email-row', `${at}/live`, '/clients/424242']) t.equal((await get(path)).status, 403, path)
  for (const path of ['/clients', at, `${at}/parts/note`, `${at}/archive`, `${at}/restore`, `${at}/phones`, `${at}/phones/${phone}`, `${at}/phones/${phone}/remove`, `${at}/phones/${phone}/restore`, `${at}/emails`, `${at}/emails/1`, `${at}/emails/1/remove`, `${at}/tags`, `${at}/tags/1/remove`, `${at}/comments`, `${at}/feed/${event}`, `${at}/feed/${event}/delete`, `${at}/feed/${event}/restore`, '/clients/phone-types']) {
    const page = await post(path, person)
    t.equal(page.status, 403, path)
    const fragment = await post(path, person, true)
    t.same([fragment.status, fragment.headers['hx-retarget']], [403, '#flash'], path)
    t.notMatch(fragment.body, /<html/)
  }
  t.equal((await get('/')).location, '/account')
})

t.test('without the right to suppliers there are none', async t => {
  const { give, get, post, ids, db } = await shop(t)
  await give('clients.view', 'clients.create', 'clients.edit', 'clients.delete', 'clients.edit_discounts', 'contacts.view_full')
  t.equal(listed((await get('/clients')).body).length, 10)
  for (const query of ['q=hurt', 'show=suppliers', 'q=618551234', 'q=zamowienia', 'show=companies&q=czesci']) t.same(listed((await get(`/clients?${query}`)).body), [], query)
  t.match((await get('/clients')).body, /id="count">\s*10\s*</)
  t.notMatch((await get('/clients')).body, /show=suppliers|value="suppliers"/, 'no button either')
  const at = `/clients/${ids.hurt}`
  for (const path of [at, `${at}/feed`, `${at}/live`, `/clients/phone-row?client=${ids.hurt}`]) t.equal((await get(path)).status, 404, path)
  for (const path of [at, `${at}/parts/note`, `${at}/archive`, `${at}/phones`, `${at}/emails`, `${at}/tags`, `${at}/comments`]) t.equal((await post(path, { ...person, note: 'x', tag: 'x', body: 'x' })).status, 404, path)
  t.notMatch((await get(`/clients/${ids.lukasz}`)).body, /name="is_supplier"/)
  await post(`/clients/${ids.lukasz}`, { ...person, is_supplier: 'on' })
  t.equal((await db('clients').where({ id: ids.lukasz }).first()).is_supplier, false, 'nor may one be made')
  t.equal((await post(`/clients/${ids.lukasz}/parts/supplier`, { is_supplier: 'on' })).status, 403)
})

t.test('with the right to suppliers alone there are only they, and new ones are such', async t => {
  const { give, get, post, ids, db } = await shop(t)
  await give('suppliers.view', 'clients.create', 'clients.edit')
  t.same(listed((await get('/clients')).body), ['Części Hurt S.A.'])
  t.equal((await get(`/clients/${ids.lukasz}`)).status, 404)
  t.equal((await get(`/clients/${ids.hurt}`)).status, 200)
  const made = await post('/clients', person)
  t.match(await db('clients').orderBy('id', 'desc').first(), { is_supplier: true })
  t.equal((await get(made.location!)).status, 200)
})

t.test('who may add clients but not see them makes ordinary ones', async t => {
  const { give, get, post, db } = await shop(t)
  await give('clients.create')
  for (const path of ['/clients/new', '/tags?tag=v', '/tags/chip?tag=v', '/clients/phone-row', '/clients/check?phones.0.number=600123456']) t.equal((await get(path)).status, 200, path)
  const made = await post('/clients', person)
  t.equal(made.status, 303)
  t.match(await db('clients').orderBy('id', 'desc').first(), { is_supplier: false, name: 'Nowa Osoba' })
  t.equal((await get('/clients')).status, 403)
  t.not(made.location?.startsWith('/clients/') && (await get(made.location)).status, 403, 'and is led somewhere they may be')
})

t.test('each right opens its own door, and its button stands only before it', async t => {
  const { give, get, post, ids, phone, db } = await shop(t)
  const at = `/clients/${ids.lukasz}`
  const views = ['clients.view', 'suppliers.view', 'contacts.view_full'] as const

  await give(...views)
  const reading = await get(at)
  t.equal(reading.status, 200)
  t.notMatch(reading.body, /type="submit"[^>]*>\s*Save|hx-post="\/clients\/\d+\/parts|name="add_phone"|\/archive"/)
  t.match(reading.body, /<fieldset [^>]*disabled>/)
  t.notMatch((await get('/clients')).body, /href="\/clients\/new"/)
  for (const path of [at, `${at}/parts/note`, `${at}/phones`, `${at}/phones/${phone}`, `${at}/phones/${phone}/remove`, `${at}/emails`, `${at}/tags`, `${at}/archive`, `${at}/restore`, '/clients', '/clients/phone-types']) t.equal((await post(path, person)).status, 403, path)
  t.equal((await get('/clients/new')).status, 403)
  t.equal((await post(`${at}/comments`, { body: 'I may say something' })).status, 303)

  await give(...views, 'clients.create')
  t.match((await get('/clients')).body, /href="\/clients\/new"/)
  t.equal((await get('/clients/new')).status, 200)
  t.equal((await post(at, person)).status, 403)

  await give(...views, 'clients.edit')
  const editing = await get(at)
  t.match(editing.body, /hx-post="\/clients\/\d+\/parts\/note"/)
  t.notMatch(editing.body, /\/archive"/)
  t.equal((await post(`${at}/parts/note`, { note: 'x' })).status, 303)
  t.equal((await post(`${at}/archive`)).status, 403)
  t.equal((await post('/clients', person)).status, 403)

  t.match(editing.body, /name="discount_services"[^>]*disabled/)
  t.equal((await post(`${at}/parts/discounts`, { discount_services: '50', discount_products: '50' })).status, 403)
  t.equal((await post(at, { ...formOf(editing.body, at), discount_services: '50' })).status, 303)
  t.match(await db('clients').where({ id: ids.lukasz }).first(), { discount_services: '0.00' })
  await give(...views, 'clients.edit', 'clients.edit_discounts')
  t.equal((await post(`${at}/parts/discounts`, { discount_services: '50', discount_products: '5' })).status, 303)
  t.match(await db('clients').where({ id: ids.lukasz }).first(), { discount_services: '50.00' })

  await give(...views, 'clients.delete')
  t.match((await get(at)).body, /action="\/clients\/\d+\/archive"/)
  t.equal((await post(`${at}/archive`)).status, 303)
  t.match((await get(at)).body, /action="\/clients\/\d+\/restore"/)
  t.equal((await post(`${at}/restore`)).status, 303)
  t.equal((await post(`${at}/parts/note`, { note: 'x' })).status, 403)
})

t.test('a change of rights acts at the next request', async t => {
  const { give, get, post, ids, db, nuno, sofia } = await shop(t)
  await give('clients.view', 'clients.edit')
  const at = `/clients/${ids.lukasz}/parts/note`
  t.equal((await post(at, { note: 'a' })).status, 303)
  await give('clients.view')
  t.equal((await post(at, { note: 'b' })).status, 403)
  t.equal((await get('/clients')).status, 200)
  await db('employees').where({ id: nuno.id }).update({ role_id: sofia.roleId })
  t.equal((await post(at, { note: 'c' })).status, 303)
  await db('employees').where({ id: nuno.id }).update({ deactivated_at: new Date() })
  t.match((await get('/clients')).location, /^\/sign-in/)
})
