import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient, addClients, formOf } from '../support/clients.js'
import { says, words } from '../support/words.js'

// Each test makes clients of its own and looks at nothing but them.
const shared = await cast(t)

t.test('the profile shows everything the client has', async t => {
  const { as, anna, db } = shared
  const { lukasz, joao, hurt, ela } = await addClients(db, anna)
  const { body } = await as(anna).get(`/clients/${lukasz}`)
  t.match(body, /<h1>Łukasz Żółkiewski/)
  t.match(formOf(body, `/clients/${lukasz}`), {
    kind: 'person', first_name: 'Łukasz', surname: 'Żółkiewski', 'phones.0.number': '+48 600 123 456', 'phones.0.whatsapp': 'on', 'emails.0.address': 'lukasz@poczta.example', 'emails.0.agrees': 'on'
  })
  t.match(body, /href="\/clients\?tag=\d+">VIP</)
  t.match(body, /hx-sse:connect="\/clients\/\d+\/live\?after=\d+&amp;seen=[\d-]+&news=[\d-]+&calls=[\d-]*&inbox=\d+"/)
  t.match((await as(anna).get(`/clients/${joao}`)).body, /Conflicted: Refuses to pay/)
  t.match((await as(anna).get(`/clients/${hurt}`)).body, /aria-label="Supplier"/)
  t.ok(says((await as(anna).get(`/clients/${ela}`)).body, 'phones.not_valid'), 'a number that is none is kept with a warning')
})

t.test('one that isn\'t there, or couldn\'t be, is not found', async t => {
  const { as, anna, db } = await cast(t)
  await addClient(db, anna, { first_name: 'Ela' })
  for (const id of ['424242', '0', '-1', 'abc', '1e0', '1.0', '01', '%00', '1%20', '99999999999999999999999', "1'--", '1/'.repeat(2), '..%2f1', '__proto__']) {
    t.equal((await as(anna).get(`/clients/${id}`)).status, 404, id)
  }
  for (const path of ['', '/parts/note', '/phones', '/phones/1', '/phones/1/remove', '/emails', '/emails/1/restore', '/tags', '/tags/1/remove', '/archive', '/restore', '/comments', '/feed/1', '/feed/1/delete']) {
    for (const id of ['424242', 'abc', '99999999999999999999999']) t.equal((await as(anna).post(`/clients/${id}${path}`, { body: 'x', tag: 'x', ...(path.startsWith('/phones') && { phone_rows: 0, 'phones.0.number': '600 123 456', 'phones.0.type': 1 }) })).status, 404, `${id}${path}`)
  }
  for (const path of ['/parts/nonsense', '/parts/constructor', '/parts/toString', '/phones/424242/remove', '/phones/abc/remove', '/phones/1/restore', '/emails/7/remove', '/feed/abc', '/feed/424242/delete']) t.equal((await as(anna).post(`/clients/1${path}`, { body: 'x' })).status, 404, path)
  for (const path of ['/feed/424242', '/feed/abc/edit', '/nothing']) t.equal((await as(anna).get(`/clients/1${path}`)).status, 404, path)
})

t.test('saving the whole form writes what differs, each with old and new', async t => {
  const { as, anna, db } = shared
  const id = await addClient(db, anna, { first_name: 'Inês', surname: 'Gonçalves', phones: ['+351 912 345 678'], emails: ['ines@correio.example'], discount_services: 10, note: 'old' })
  const [campaign] = await db('campaigns').insert({ name: 'Cartaz' }).returning('id')
  const [location] = await db('locations').insert({ name: 'Porto' }).returning('id')
  const form = formOf((await as(anna).get(`/clients/${id}`)).body, `/clients/${id}`)
  const answer = await as(anna).post(`/clients/${id}`, { ...form, surname: 'Gonçalves Silva', discount_services: '7,5', campaign_id: campaign.id, location_id: location.id, is_supplier: 'on', note: '' })
  t.same([answer.status, answer.location], [303, `/clients/${id}`])
  t.match(await db('clients').where({ id }).first(), { first_name: 'Inês', surname: 'Gonçalves Silva', name: 'Inês Gonçalves Silva', discount_services: '7.50', campaign_id: campaign.id, is_supplier: true, note: '' })
  const events = await db('events').where({ client_id: id }).whereNot({ kind: 'client.created' })
  t.equal(events.length, 1, 'one entry for all of it')
  t.same(events[0].details.changes, [
    { field: 'surname', old: 'Gonçalves', new: 'Gonçalves Silva' },
    { field: 'is_supplier', old: false, new: true },
    { field: 'campaign_id', old: null, new: { id: campaign.id, name: 'Cartaz' } },
    { field: 'location_id', old: null, new: { id: location.id, name: 'Porto' } },
    { field: 'discount_services', old: 10, new: 7.5 },
    { field: 'note', old: 'old', new: '' }
  ])
  const { body } = await as(anna).get(`/clients/${id}`)
  t.match(body, /<del>10\s?%<\/del> → <ins>7\.5\s?%<\/ins>/)
  t.match(body, /<ins>Cartaz<\/ins>/)
})

t.test('saving what is there already writes nothing, whole or in parts', async t => {
  const { as, anna, sofia, db } = shared
  const id = await addClient(db, anna, { first_name: 'Inês', surname: 'Gonçalves', phones: [{ number: '+351 912 345 678', on: ['sms'] }, '12345'], emails: [{ address: 'ines@correio.example', agrees: true }], tags: ['VIP'], discount_services: 12.5, is_conflicted: true, conflict_reason: 'x', note: 'two\nlines' })
  const before = await db('clients').where({ id }).first()
  for (const who of [anna, sofia]) {
    const form = formOf((await as(who).get(`/clients/${id}`)).body, `/clients/${id}`)
    t.equal((await as(who).post(`/clients/${id}`, form)).status, 303)
    // A browser sends the lines of a textarea with CR and LF.
    t.equal((await as(who).post(`/clients/${id}`, { ...form, note: 'two\r\nlines' })).status, 303)
    for (const part of ['identity', 'conflicted', 'address', 'campaign', 'location', 'note']) t.equal((await as(who).post(`/clients/${id}/parts/${part}`, { ...form }, { fragment: true })).status, 200, part)
    for (const row of [0, 1]) t.equal((await as(who).post(`/clients/${id}/phones/${form[`phones.${row}.id`]}`, { ...form, row }, { fragment: true })).status, 200)
    t.equal((await as(who).post(`/clients/${id}/emails/${form['emails.0.id']}`, { ...form, row: 0 }, { fragment: true })).status, 200)
  }
  t.same(await db('clients').where({ id }).first(), before)
  t.equal((await db('events').where({ client_id: id })).length, 1)
  t.equal((await db('consents').where({ client_id: id })).length, 2)
})

t.test('a field that the form didn\'t have is left as it is', async t => {
  const { as, anna, db } = shared
  const id = await addClient(db, anna, { first_name: 'Inês', note: 'stays', address: 'Rua 1', is_conflicted: true, conflict_reason: 'x', phones: ['+351 912 345 678'] })
  t.equal((await as(anna).post(`/clients/${id}`, { kind: 'person', first_name: 'Inês', surname: 'Gonçalves', address: '' })).status, 303)
  t.match(await db('clients').where({ id }).first(), { surname: 'Gonçalves', note: 'stays', address: '', is_conflicted: true, conflict_reason: 'x' })
  t.equal((await db('client_phones').where({ client_id: id }).whereNull('removed_at')).length, 1)
})

t.test('a part saves itself, as a fragment and as a page', async t => {
  const { as, sofia, db } = shared
  const id = await addClient(db, sofia, { first_name: 'João', note: 'old' })
  const fragment = await as(sofia).post(`/clients/${id}/parts/note`, { note: 'Likes <b>tea</b>' }, { fragment: true })
  t.equal(fragment.status, 200)
  t.notMatch(fragment.body, /<html|<b>tea/)
  t.match(fragment.body, /Likes &lt;b&gt;tea/)
  t.match(fragment.body, /class="flag-good saved"/)
  t.match(fragment.body, /hx-target="#heading"/)
  const page = await as(sofia).post(`/clients/${id}/parts/note`, { note: 'plain' })
  t.same([page.status, page.location], [303, `/clients/${id}`])
  t.equal((await db('clients').where({ id }).first()).note, 'plain')

  // Other fields that come along are not this part's to write.
  await as(sofia).post(`/clients/${id}/parts/note`, { note: 'plain', first_name: 'Jorge', is_conflicted: 'on', phone_rows: 0, 'phones.0.number': '600 123 456', 'phones.0.type': 1 })
  t.match(await db('clients').where({ id }).first(), { first_name: 'João', is_conflicted: false })
  t.equal((await db('client_phones').where({ client_id: id })).length, 0)
})

t.test('a discount is a number from 0 to 100', async t => {
  const { as, anna, db } = shared
  const id = await addClient(db, anna, { first_name: 'João' })
  const post = (value: string, fragment = true) => as(anna).post(`/clients/${id}/parts/discounts`, { discount_services: value, discount_products: '0' }, { fragment })
  for (const [typed, stored] of [['7,5', '7.50'], ['7.25 %', '7.25'], [' 100% ', '100.00'], ['0', '0.00'], ['+12', '12.00'], ['0,004', '0.00'], ['99.995', '100.00'], ['', '0.00'], ['007', '7.00']] as const) {
    t.equal((await post(typed)).status, 200, typed)
    t.equal((await db('clients').where({ id }).first()).discount_services, stored, typed)
  }
  for (const [typed, key] of [['abc', 'number'], ['-1', 'range'], ['-0,01', 'range'], ['100.01', 'range'], ['101', 'range'], ['1e1', 'number'], ['7,5,5', 'number'], ['1 000', 'number'], ['NaN', 'number'], ['Infinity', 'number'], ['０', 'number'], ['99999999999999999', 'range']] as const) {
    for (const fragment of [true, false]) {
      const answer = await post(typed, fragment)
      t.equal(answer.status, 422, typed)
      t.equal(answer.error('discount_services'), words(`clients.discount_${key}`), typed)
      t.match(answer.body, `value="${typed}"`, 'what was typed stays')
    }
  }
  t.equal((await db('clients').where({ id }).first()).discount_services, '7.00')
  t.equal((await post('9'.repeat(10_000))).error('discount_services'), words('form.too_long', { length: 10_000, max: 20 }))
})

t.test('bad input in any field is said beside it, and nothing is half saved', async t => {
  const { as, anna, db } = shared
  const id = await addClient(db, anna, { first_name: 'João', phones: ['600 123 456'], emails: ['joao@correio.example'] })
  const form = formOf((await as(anna).get(`/clients/${id}`)).body, `/clients/${id}`)
  const before = JSON.stringify([await db('clients').where({ id }), await db('client_phones').where({ client_id: id }), await db('client_emails').where({ client_id: id })])
  const long = 'ż'.repeat(10_000)
  for (const [name, value, key] of [
    ['first_name', long, 'form.too_long'], ['surname', `a${'\0'}b`, 'form.control_characters'], ['address', long, 'form.too_long'], ['note', long + long, 'form.too_long'], ['note', '\u0007', 'form.control_characters'],
    ['campaign_id', '424242', 'form.choose'], ['campaign_id', 'abc', 'form.choose'], ['location_id', '424242', 'form.choose'], ['location_id', '-1', 'form.choose'], ['discount_products', 'abc', 'clients.discount_number'],
    ['phones.0.number', long, 'form.too_long'], ['phones.0.number', `600${'\0'}`, 'form.control_characters'], ['phones.0.number', '', 'phones.empty'], ['phones.0.number', 'brak', 'phones.no_digits'], ['phones.0.type', '', 'form.choose'], ['phones.0.type', '424242', 'form.choose'],
    ['emails.0.address', '', 'emails.empty'], ['emails.0.address', 'joao@', 'form.email'], ['emails.0.address', 'joao@localhost', 'form.email'], ['emails.0.address', 'joao correio.example', 'form.email'], ['emails.0.address', `${'a'.repeat(250)}@b.example`, 'form.too_long']
  ] as const) {
    const page = await as(anna).post(`/clients/${id}`, { ...form, address: 'Changed too', [name]: value, ...(name === 'first_name' && { surname: 'x' }) })
    t.equal(page.status, 422, name)
    t.ok(page.error(name).startsWith(words(key, { length: 0, max: 0 }).split('0')[0]!), `${name}: ${page.error(name)}`)
    if (name !== 'address') t.match(page.body, /value="Changed too"/)
  }
  t.equal(JSON.stringify([await db('clients').where({ id }), await db('client_phones').where({ client_id: id }), await db('client_emails').where({ client_id: id })]), before)
  t.equal((await db('events').where({ client_id: id })).length, 1)
})

t.test('the reason of a conflict goes with the box', async t => {
  const { as, sofia, db } = shared
  const id = await addClient(db, sofia, { first_name: 'João' })
  await as(sofia).post(`/clients/${id}/parts/conflicted`, { is_conflicted: 'on', conflict_reason: 'Refuses to pay' })
  t.match(await db('clients').where({ id }).first(), { is_conflicted: true, conflict_reason: 'Refuses to pay' })
  t.match((await as(sofia).get(`/clients/${id}`)).body, new RegExp(`${words('feed.marked')} <b>${words('feed.conflicted')}</b>: “Refuses to pay”`))
  await as(sofia).post(`/clients/${id}/parts/conflicted`, { conflict_reason: 'Refuses to pay' })
  t.match(await db('clients').where({ id }).first(), { is_conflicted: false, conflict_reason: '' })
  t.match((await as(sofia).get(`/clients/${id}`)).body, /No longer conflicted: <del>Refuses to pay<\/del>/, 'the feed keeps why they were')
})

t.test('a campaign that has ended stays with the client who came by it', async t => {
  const { as, sofia, db } = shared
  const [campaign] = await db('campaigns').insert({ name: 'Zeszłoroczna', retired_at: db.fn.now() }).returning('id')
  const other = await addClient(db, sofia, { first_name: 'João' })
  const id = await addClient(db, sofia, { first_name: 'João', campaign_id: campaign.id })
  t.match(formOf((await as(sofia).get(`/clients/${id}`)).body, `/clients/${id}`), { campaign_id: String(campaign.id) })
  t.notMatch((await as(sofia).get(`/clients/${other}`)).body, /Zeszłoroczna/)
  await as(sofia).post(`/clients/${id}/parts/note`, { note: 'x' })
  t.equal((await db('clients').where({ id }).first()).campaign_id, campaign.id)
})

t.test('archived and back, each in the feed, and undone by a button', async t => {
  const { as, anna, db } = shared
  const id = await addClient(db, anna, { first_name: 'João' })
  const away = await as(anna).post(`/clients/${id}/archive`)
  t.same([away.status, away.location], [303, `/clients/${id}`])
  t.ok((await db('clients').where({ id }).first()).archived_at)
  const flash = String(away.headers['set-cookie']).split(';')[0]!
  const page = await as(anna).get(`/clients/${id}`, { headers: { cookie: `${as(anna).cookie}; ${flash}` } })
  t.match(page.body, new RegExp(`<form method="post" action="/clients/${id}/restore">`), 'with an undo')
  t.match(page.body, words('clients.archived_pill'))
  await as(anna).post(`/clients/${id}/archive`)
  t.equal((await db('events').where({ client_id: id, kind: 'client.archived' })).length, 1, 'twice is once')
  const back = await as(anna).post(`/clients/${id}/restore`, {}, { fragment: true })
  t.same([back.status, back.headers['hx-redirect']], [200, `/clients/${id}`])
  t.equal((await db('clients').where({ id }).first()).archived_at, null)
  t.same((await db('events').where({ client_id: id }).orderBy('id').select('kind')).map(({ kind }) => kind), ['client.created', 'client.archived', 'client.restored'])
})
