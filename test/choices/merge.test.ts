import t from 'tap'
import { cast, type Cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'

const feedOf = async ({ db }: Pick<Cast, 'db'>, id: number) => db('events').where({ client_id: id }).whereNot({ kind: 'client.created' }).orderBy('id').select('kind', 'version', 'details', 'employee_id')
const tagsOf = async ({ db }: Pick<Cast, 'db'>, id: number) => db('client_tags').join('tags', 'tags.id', 'tag_id').where({ client_id: id }).orderBy('name').pluck('name')

t.test('many tags become one: counted before, on each client once, found by its name, in each feed', async t => {
  const made = await cast(t)
  const { as, anna, db } = made
  const one = await addClient(db, anna, { surname: 'Nowak', tags: ['vip', 'Rowery'] })
  const both = await addClient(db, anna, { surname: 'Wójcik', tags: ['vip', 'V.I.P.', 'Bardzo ważny'] })
  const gone = await addClient(db, anna, { surname: 'Dawna', tags: ['V.I.P.'], archived: true })
  await addClient(db, anna, { surname: 'Kolejna', tags: ['vip'] })
  const other = await addClient(db, anna, { surname: 'Inna', tags: ['Rowery'] })
  const ids = new Map<string, number>((await db('tags').select('name', 'id')).map(tag => [tag.name, tag.id]))
  const [vip, dotted, important] = ['vip', 'V.I.P.', 'Bardzo ważny'].map(name => ids.get(name)!)
  const before = await db('clients').where({ id: one }).first('active_at', 'version')

  const page = await as(anna).get(`/settings/tags/merge?id=${vip}&id=${dotted}&id=${important}`)
  t.match(page.body, /4 clients · Archived among them: 1\..*1 of them has more than one of these/s)
  t.match(page.body, /can&#39;t be undone/)
  const form = formOf(page.body, '/settings/tags/merge')
  t.equal(form.into, String(vip), 'the one on most clients is proposed')

  t.match((await as(anna).post('/settings/tags/merge', { ...form, into: '' })).body, /Choose which one stays/)
  t.equal((await as(anna).post('/settings/tags/merge', form)).status, 303)
  t.same(await tagsOf(made, one), ['Rowery', 'vip'])
  t.same(await tagsOf(made, both), ['vip'])
  t.same(await tagsOf(made, gone), ['vip'])
  t.equal((await db('tags')).length, 2)
  t.same(await feedOf(made, one), [], 'who had it already has nothing to be told')
  t.match(await feedOf(made, both), [{ kind: 'tag.merged', version: 2, employee_id: anna.id, details: { tags: [{ name: 'Bardzo ważny' }, { name: 'V.I.P.' }], into: { id: vip, name: 'vip' } } }])
  t.same((await feedOf(made, gone)).map(event => event.kind), ['client.archived', 'tag.merged'])
  t.same(await feedOf(made, other), [])
  t.same(await db('clients').where({ id: one }).first('active_at', 'version'), before)
  t.equal((await db('clients').where({ id: both }).first()).search_names.trim(), 'wojcik vip')
  t.match((await as(anna).get(`/clients/${both}`)).body, /Tags merged.*Bardzo ważny.*V\.I\.P\..*vip/s)
  t.match(await db('audit_entries').where({ kind: 'lists.tags' }).first(), { subject_name: 'vip', details: { changes: [{ field: 'merged', new: 'Bardzo ważny, V.I.P.' }] } })
})

t.test('merging what somebody merged meanwhile says so, and shows what is left', async t => {
  const { as, anna, db } = await cast(t)
  const rows = await db('tags').insert(['a', 'b', 'c'].map(name => ({ name }))).returning('id')
  const [a, b, c] = rows.map(row => row.id)
  await db('tags').where({ id: c }).delete()
  const answer = await as(anna).post('/settings/tags/merge', { id: [a, b, c], into: a })
  t.equal(answer.status, 422)
  t.match(answer.body, /one of those you ticked is gone/)
  t.equal((await db('tags')).length, 2)
  t.match((await as(anna).get(`/settings/tags/merge?id=${a}`)).body, /Tick at least two/)
  t.equal((await as(anna).post('/settings/tags/merge')).status, 422)
})

t.test('campaigns, locations, price types and phone types: whoever had one has the other', async t => {
  const made = await cast(t)
  const { as, anna, marek, db } = made
  const pair = async (table: string, rest: object = {}) => (await db(table).insert(['Old', 'New'].map(name => ({ name, ...rest }))).returning('id')).map(row => row.id) as [number, number]
  const [campaign, place, price, type] = [await pair('campaigns'), await pair('locations'), await pair('price_types', { mark_up: 15 }), await pair('phone_types')]
  const id = await addClient(db, anna, { surname: 'Nowak', phones: ['600 123 456', '601 234 567'], campaign_id: campaign[0], location_id: place[0], discount_services: `price:${price[0]}`, discount_products: `price:${price[0]}` })
  await db('client_phones').update({ type_id: type[0] })
  await db('client_phones').where({ position: 1 }).update({ removed_at: db.fn.now() })
  await db('employee_locations').insert([{ employee_id: anna.id, location_id: place[0] }, { employee_id: marek.id, location_id: place[0] }, { employee_id: marek.id, location_id: place[1] }])
  const search = (await db('clients').where({ id }).first()).search_contacts

  for (const [url, [from, to]] of [['/settings/marketing', campaign], ['/settings/locations', place], ['/settings/price-types', price], ['/settings/phone-types', type]] as const) {
    t.match((await as(anna).get(`${url}/merge?id=${from}&id=${to}`)).body, url.endsWith('phone-types') ? /1 phone</ : /1 client</)
    t.equal((await as(anna).post(`${url}/merge`, { id: [from, to], into: to })).status, 303, url)
  }
  const client = await db('clients').where({ id }).first()
  t.match(client, { campaign_id: campaign[1], location_id: place[1], price_type_services_id: price[1], price_type_products_id: price[1], search_contacts: search, version: 5 })
  t.same(await db('client_phones').pluck('type_id'), [type[1], type[1]], 'the phone that was taken off too')
  t.same((await db('employee_locations').orderBy('employee_id').select('employee_id', 'location_id')), [{ employee_id: anna.id, location_id: place[1] }, { employee_id: marek.id, location_id: place[1] }])
  t.match(await feedOf(made, id), [
    { kind: 'client.changed', version: 2, details: { changes: [{ field: 'campaign_id', old: { id: campaign[0], name: 'Old' }, new: { id: campaign[1], name: 'New' } }] } },
    { kind: 'client.changed', version: 3, details: { changes: [{ field: 'location_id', old: { name: 'Old' }, new: { name: 'New' } }] } },
    { kind: 'client.changed', version: 4, details: { changes: [{ field: 'discount_services', old: { name: 'Old', mark_up: 15 }, new: { name: 'New' } }, { field: 'discount_products' }] } },
    { kind: 'phone.changed', version: 5, details: { phone: { display: '+48 600 123 456', type: { name: 'New' } }, changes: [{ field: 'type', old: { name: 'Old' }, new: { name: 'New' } }] } }
  ])
  t.equal((await feedOf(made, id)).length, 4)
  for (const table of ['campaigns', 'locations', 'price_types']) t.equal((await db(table)).length, 1)
})

t.test('deleting what is in use asks where its records go: another, or none', async t => {
  const made = await cast(t)
  const { as, anna, db } = made
  const [radio, leaflets] = (await db('campaigns').insert([{ name: 'Radio' }, { name: 'Leaflets' }]).returning('id')).map(row => row.id)
  const one = await addClient(db, anna, { surname: 'Nowak', campaign_id: radio, tags: ['vip', 'Rowery'] })
  const page = await as(anna).get(`/settings/marketing/${radio}`)
  t.match(page.body, /1 client.*What shall they have instead\?.*Leaflets/s)
  const post = (id: number, body: object, fragment = false) => as(anna).post(`/settings/marketing/${id}/delete`, body as Record<string, unknown>, { fragment })
  t.match((await post(radio, {})).body, /role="alert".*Say what they shall have instead/s, 'somebody got it since the page was shown')
  t.match((await post(radio, { instead: 'other', other: '' })).error('other'), /Choose what they shall have/)
  for (const other of [4711, radio]) t.match((await post(radio, { instead: 'other', other }, true)).error('other'), /no such one/)
  t.equal((await db('campaigns')).length, 2)
  t.equal((await post(radio, { instead: 'other', other: leaflets })).status, 303)
  t.equal((await db('clients').where({ id: one }).first()).campaign_id, leaflets)
  t.equal((await post(leaflets, { instead: 'none', other: '' })).status, 303)
  t.equal((await db('clients').where({ id: one }).first()).campaign_id, null)
  t.match((await feedOf(made, one)).map(event => event.details.changes[0]), [{ old: { name: 'Radio' }, new: { name: 'Leaflets' } }, { old: { name: 'Leaflets' }, new: null }])

  const vip = (await db('tags').where({ name: 'vip' }).first()).id
  const url = `/settings/tags/${vip}`
  t.match((await as(anna).post(`${url}/delete`, { instead: 'other', tag: 'No such' })).error('tag'), /no such one/)
  t.equal((await as(anna).post(`${url}/delete`, { instead: 'other', tag: 'rowery' })).status, 303, 'by its name, whatever its case')
  t.same(await tagsOf(made, one), ['Rowery'])
  const rowery = (await db('tags').first()).id
  t.equal((await as(anna).post(`/settings/tags/${rowery}/delete`, { instead: 'none' })).status, 303)
  t.same(await tagsOf(made, one), [])
  t.match((await feedOf(made, one)).at(-1), { kind: 'tag.removed', details: { tag: { name: 'Rowery' } } })
  t.equal((await db('clients').where({ id: one }).first()).search_names.trim(), 'nowak')

  const [own] = await db('phone_types').insert({ name: 'Faks' }).returning('id')
  const two = await addClient(db, anna, { surname: 'Inna', phones: ['600 123 456'] })
  await db('client_phones').update({ type_id: own.id, removed_at: db.fn.now() })
  t.equal((await as(anna).post(`/settings/phone-types/${own.id}/delete`)).status, 303, 'a phone that was taken off holds nothing up')
  t.same(await feedOf(made, two), [])
})

t.test('a client saved with a campaign while it is deleted keeps it', async t => {
  const { as, anna, db } = await cast(t)
  const [{ id }] = await db('campaigns').insert({ name: 'Radio' }).returning('id')
  const saving = await db.transaction()
  await saving('clients').insert({ kind: 'person', first_name: 'Íñigo', campaign_id: id })
  const deleting = as(anna).post(`/settings/marketing/${id}/delete`)
  await new Promise(resolve => setTimeout(resolve, 100))
  await saving.commit()
  t.equal((await deleting).status, 422)
  t.equal((await db('campaigns')).length, 1)
})

t.test('a discount is a percentage or a price type, and changes as one', async t => {
  const made = await cast(t)
  const { as, anna, sofia, db } = made
  const [{ id: price }] = await db('price_types').insert({ name: 'Wholesale', mark_up: 15 }).returning('id')
  const id = await addClient(db, anna, { surname: 'Nowak', discount_services: 10 })
  const at = `/clients/${id}/parts/discounts`
  const stored = () => db('clients').where({ id }).first('discount_services', 'price_type_services_id', 'discount_products', 'price_type_products_id')
  const before = formOf((await as(anna).get(`/clients/${id}`)).body, `/clients/${id}`)
  t.equal(before['discount_services.price'], '')

  t.equal((await as(anna).post(at, { discount_services: '10', 'discount_services.price': price, discount_products: '5', 'discount_products.price': '' })).status, 303)
  t.match(await stored(), { discount_services: '0.00', price_type_services_id: price, discount_products: '5.00', price_type_products_id: null })
  t.match((await feedOf(made, id)).at(-1), { details: { changes: [{ field: 'discount_services', old: 10, new: { id: price, name: 'Wholesale', mark_up: 15 } }, { field: 'discount_products', old: 0, new: 5 }] } })
  const profile = (await as(anna).get(`/clients/${id}`)).body
  t.match(profile, /Discount on services <del>10%<\/del> → <ins>Wholesale \(\+15%\)<\/ins>/)
  t.match(profile, /selected>Wholesale \(\+15%\)/)

  const clash = await as(anna).post(`/clients/${id}`, { ...before, discount_services: '20' })
  t.equal(clash.status, 409, 'the other window is asked')
  t.match(clash.body, /<b>Wholesale \(\+15%\)<\/b>.*<b>20%<\/b>/s)
  t.equal((await as(anna).post(`/clients/${id}`, { ...formOf(clash.body, `/clients/${id}`), discount_services: '20', 'discount_services.price': '', 'resolve.discount_services': 'mine' })).status, 303)
  t.match(await stored(), { discount_services: '20.00', price_type_services_id: null, discount_products: '5.00' })

  for (const gone of ['4711', 'x', '-1']) {
    const refused = await as(anna).post(at, { discount_services: '', 'discount_services.price': gone, discount_products: '5' }, { fragment: true })
    t.equal(refused.status, 422, gone)
    t.match(refused.error('discount_services'), /Choose one/)
  }
  t.equal((await as(sofia).post(at, { 'discount_services.price': price })).status, 403)
  t.match(await stored(), { discount_services: '20.00', price_type_services_id: null })
  await t.rejects(db('clients').where({ id }).update({ price_type_services_id: price }), /clients_one_discount_services/, 'never both')
})
