import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { words } from '../support/words.js'

const TOKEN = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff'
const person = { kind: 'person', first_name: 'Zbigniew', surname: 'Łęcki' }

const row = (index: number, number: string, more: Record<string, unknown> = {}) => ({
  [`phones.${index}.number`]: number, [`phones.${index}.type`]: 1, ...Object.fromEntries(Object.entries(more).map(([name, value]) => [`phones.${index}.${name}`, value]))
})

// Tests that hold that nothing was saved share one; those that save have their own.
const untouched = await cast(t)

t.test('the form is empty, for a person, with every box off', async t => {
  const { as, sofia } = untouched
  const page = await as(sofia).get('/clients/new')
  t.equal(page.status, 200)
  const form = formOf(page.body, '/clients')
  t.match(form, { kind: 'person', first_name: '', surname: '', company_name: '', phone_rows: '0', 'phones.0.number': '', email_rows: '0', 'emails.0.address': '', campaign_id: '', note: '' })
  t.match(form.token, /^[0-9a-f-]{36}$/)
  for (const box of ['is_supplier', 'is_conflicted', 'phones.0.whatsapp', 'phones.0.viber', 'phones.0.sms', 'emails.0.agrees']) t.notOk(box in form, box)
})

t.test('without a script a row is added beside an empty one, and tags typed at once are as many', async t => {
  const { as, anna, db } = await cast(t)
  const more = await as(anna).post('/clients', { ...person, phone_rows: '0', ...row(0, ''), email_rows: '0', 'emails.0.address': 'z@poczta.example', add_phone: '' })
  t.match(formOf(more.body, '/clients'), { phone_rows: ['0', '1'], email_rows: '0', 'emails.0.address': 'z@poczta.example' })
  const third = await as(anna).post('/clients', { ...formOf(more.body, '/clients'), add_phone: '' })
  t.match(formOf(third.body, '/clients').phone_rows, ['0', '1', '2'])
  t.equal((await as(anna).post('/clients', { ...person, tag: 'vip, rowery,, VIP ' })).status, 303)
  t.same(await db('client_tags as c').join('tags as t', 't.id', 'c.tag_id').pluck('t.name').then(names => names.sort()), ['VIP', 'rowery'])
})

t.test('whoever was searched for in vain is filled in, as what was typed says', async t => {
  const { as, sofia, marek } = untouched
  const filled = async (q: string, who = marek) => {
    const found = await as(who).get(`/clients?q=${encodeURIComponent(q)}`)
    const href = /href="(\/clients\/new\?q=[^"]*)"/.exec(found.body)![1]!.replace(/&#39;/g, "'")
    const { body } = await as(who).get(href)
    t.notMatch(body, /class="error"|<script>alert/)
    return formOf(body, '/clients')
  }
  t.match(await filled('Łucja de la Cruz'), { kind: 'person', first_name: 'Łucja', surname: 'de la Cruz', 'phones.0.number': '', 'emails.0.address': '' })
  for (const name of ['Łucja i Synowie', 'Qq 24 Sp. z o.o.', 'Qq & Qz GmbH']) t.match(await filled(name), { kind: 'company', company_name: name, first_name: '' }, name)
  t.match(await filled("O'Brien-Nowak"), { first_name: "O'Brien-Nowak", surname: '' })
  for (const who of [marek, sofia]) t.match(await filled('512 345 678', who), { first_name: '', 'phones.0.number': '+48 512 345 678', 'emails.0.address': '' }, who.name)
  t.match(await filled('lucja@poczta.example'), { first_name: '', 'phones.0.number': '', 'emails.0.address': 'lucja@poczta.example' })
  for (const q of ['5123', '# vip', '<script>alert(1)</script>', '4x4']) t.match(await filled(q), { first_name: '', surname: '', 'phones.0.number': '', 'emails.0.address': '' }, q)
})

t.test('a person is kept, with three phones, two tags, an e-mail and what was agreed', async t => {
  const { as, anna, db } = await cast(t)
  const [campaign] = await db('campaigns').insert({ name: 'Polecenie' }).returning('id')
  const answer = await as(anna).post('/clients', {
    ...person, token: TOKEN, is_conflicted: 'on', conflict_reason: 'Nie płaci', address: 'Rynek 1\nWrocław', campaign_id: campaign.id, discount_services: '7,5', discount_products: '10 %', note: 'Lubi rowery',
    phone_rows: ['0', '1', '2'], ...row(0, '600 123 456', { whatsapp: 'on', sms: 'on' }), ...row(1, '22 123 45 67', { type: 2 }), ...row(2, '+34 612 345 678', { new_type: 'Teściowa', viber: 'on' }),
    email_rows: '0', 'emails.0.address': 'zbigniew@poczta.example', 'emails.0.agrees': 'on', tag_names: ['VIP', '# rowery '], tag: 'vip'
  })
  t.equal(answer.status, 303)
  const { id } = await db('clients').first()
  t.equal(answer.location, `/clients/${id}`)
  t.match(await db('clients').first(), {
    kind: 'person', name: 'Zbigniew Łęcki', is_supplier: false, is_conflicted: true, conflict_reason: 'Nie płaci', address: 'Rynek 1\nWrocław', campaign_id: campaign.id,
    discount_services: '7.50', discount_products: '10.00', note: 'Lubi rowery', created_by: anna.id, archived_at: null
  })
  t.match(await db('client_phones').join('phone_types', 'phone_types.id', 'type_id').orderBy('client_phones.position').select('e164', 'typed', 'whatsapp', 'viber', 'sms', 'phone_types.key', 'phone_types.name'), [
    { e164: '+48600123456', typed: '600 123 456', whatsapp: true, viber: false, sms: true, key: 'mobile' },
    { e164: '+48221234567', typed: '22 123 45 67', whatsapp: false, viber: false, sms: false, key: 'work' },
    { e164: '+34612345678', typed: '+34 612 345 678', whatsapp: false, viber: true, sms: false, key: null, name: 'Teściowa' }
  ])
  t.match(await db('client_emails').select('address', 'agrees'), [{ address: 'zbigniew@poczta.example', agrees: true }])
  t.same((await db('tags').join('client_tags', 'id', 'tag_id').orderBy('name_key').select('name')).map(tag => tag.name.toLowerCase()), ['rowery', 'vip'])

  const consents = await db('consents').orderBy('id').select('client_id', 'channel', 'address', 'given', 'employee_id', 'source', 'at')
  t.match(consents.map(({ channel, address }) => [channel, address]), [['whatsapp', '+48 600 123 456'], ['sms', '+48 600 123 456'], ['viber', '+34 612 34 56 78'], ['email', 'zbigniew@poczta.example']])
  for (const consent of consents) {
    t.match(consent, { client_id: id, given: true, employee_id: anna.id, source: 'form' })
    t.ok(Date.now() - consent.at < 60_000)
  }
  t.match(await db('events').select('kind', 'employee_id', 'details'), [{ kind: 'client.created', employee_id: anna.id, details: { source: 'form' } }])

  const profile = await as(anna).get(answer.location!)
  t.ok(profile.body.includes(words('feed.created')))
  t.match(profile.body, /Anna Kowalska/)
})

t.test('a company is kept by its name alone', async t => {
  const { as, sofia, db } = await cast(t)
  t.equal((await as(sofia).post('/clients', { kind: 'company', company_name: ' Peças  do Norte, Lda ', phone_rows: '0', 'phones.0.number': '', email_rows: '0', 'emails.0.address': '' })).status, 303)
  t.match(await db('clients').first(), { kind: 'company', name: 'Peças  do Norte, Lda', created_by: sofia.id })
  t.equal((await db('client_phones')).length, 0, 'an empty row is no phone')
  t.equal((await db('consents')).length, 0)
})

t.test('whoever has no name is refused, and everything typed stays', async t => {
  const { as, anna, db } = untouched
  const typed = {
    token: TOKEN, kind: 'person', first_name: ' ', surname: '', company_name: 'For later', is_conflicted: 'on', conflict_reason: 'Long story', address: 'Calle Mayor 3', discount_services: '12', note: 'prefers "Viber" & <b>',
    phone_rows: ['0', '7'], ...row(0, '600 123 456', { viber: 'on', type: 3 }), ...row(7, '12345'), email_rows: '0', 'emails.0.address': 'a@b.example', 'emails.0.agrees': 'on', tag_names: 'VIP'
  }
  const page = await as(anna).post('/clients', typed)
  t.equal(page.status, 422)
  t.equal(page.error('first_name'), words('clients.name_missing'))
  t.equal(page.headers['hx-push-url'], 'false')
  t.ok(page.body.includes(words('form.fix', { count: 1 })))
  t.match(formOf(page.body, '/clients'), {
    token: TOKEN, company_name: 'For later', is_conflicted: 'on', conflict_reason: 'Long story', address: 'Calle Mayor 3', discount_services: '12', note: 'prefers "Viber" & <b>',
    phone_rows: ['0', '7'], 'phones.0.number': '600 123 456', 'phones.0.viber': 'on', 'phones.0.type': '3', 'phones.7.number': '12345', 'emails.0.address': 'a@b.example', 'emails.0.agrees': 'on', tag_names: 'VIP'
  })
  t.notOk('phones.0.sms' in formOf(page.body, '/clients'))
  const company = await as(anna).post('/clients', { kind: 'company', first_name: 'Not', surname: 'used' })
  t.equal(company.error('company_name'), words('clients.company_name_missing'))
  t.match(formOf(company.body, '/clients'), { kind: 'company', first_name: 'Not' }, 'the other kind\'s name isn\'t lost')
  t.equal((await db('clients')).length, 0)
})

t.test('each wrong field is named, all at once', async t => {
  const { as, anna, db } = untouched
  const page = await as(anna).post('/clients', {
    ...person, first_name: 'a'.repeat(10_000), discount_services: 'abc', discount_products: '101', campaign_id: 'x', note: `bad ${'\0'} note`,
    phone_rows: ['0', '1', '2'], ...row(0, 'no digits'), ...row(1, '600 123 456'), ...row(2, '+48 600 123 456'), email_rows: ['0', '1'], 'emails.0.address': 'not an address', 'emails.1.address': 'a@b.example', tag: 't'.repeat(500)
  })
  t.equal(page.status, 422)
  t.equal(page.error('first_name'), words('form.too_long', { length: 10_000, max: 100 }))
  t.equal(page.error('discount_services'), words('clients.discount_number'))
  t.equal(page.error('discount_products'), words('clients.discount_range'))
  t.equal(page.error('campaign_id'), words('form.choose'))
  t.equal(page.error('note'), words('form.control_characters'))
  t.equal(page.error('phones.0.number'), words('phones.no_digits'))
  t.equal(page.error('phones.1.number'), '')
  t.equal(page.error('phones.2.number'), words('phones.twice'))
  t.equal(page.error('emails.0.address'), words('form.email'))
  t.equal(page.error('tag'), words('form.too_long', { length: 500, max: 60 }))
  t.equal((await as(anna).post('/clients', { kind: 'company', discount_services: 'abc' })).error('company_name'), words('clients.company_name_missing'), 'also a name that is missing')
  t.equal((await db('clients')).length, 0)
  t.equal((await db('phone_types').whereNull('key')).length, 0)
})

t.test('an unknown kind, campaign, location or type of phone is refused beside its field', async t => {
  const { as, anna, db } = untouched
  t.equal((await as(anna).post('/clients', { ...person, kind: 'robot' })).status, 422)
  for (const field of ['campaign_id', 'location_id']) {
    const page = await as(anna).post('/clients', { ...person, [field]: 424242, note: 'stays' })
    t.equal(page.status, 422, field)
    t.equal(page.error(field), words('form.choose'))
    t.match(page.body, /stays/)
  }
  const page = await as(anna).post('/clients', { ...person, note: 'stays', phone_rows: '0', ...row(0, '600 123 456', { type: 424242 }) })
  t.equal(page.status, 422)
  t.equal(page.error('phones.0.type'), words('form.choose'))
  t.match(page.body, /stays/)
  t.equal((await db('clients')).length, 0)
  t.equal((await db('events')).length, 0)
})

t.test('a form sent twice makes one client, one after the other or at once', async t => {
  const { as, anna, sofia, db } = await cast(t)
  const send = (who = anna, token = TOKEN) => as(who).post('/clients', { ...person, token, phone_rows: '0', ...row(0, '600 123 456') })
  const first = await send()
  const second = await send()
  t.same([first.status, second.status], [303, 303])
  t.equal(second.location, first.location)

  const other = TOKEN.replace('6f96', '7f96')
  const answers = await Promise.all(Array.from({ length: 5 }, () => send(anna, other)))
  t.same([...new Set(answers.map(({ status }) => status))], [303])
  t.equal(new Set(answers.map(({ location }) => location)).size, 1)
  t.equal((await db('clients')).length, 2)
  t.equal((await db('client_phones')).length, 2)
  t.equal((await db('events')).length, 2)

  await send(sofia)
  t.equal((await db('clients')).length, 3, 'another\'s token is no key to what they made')
  await send(anna, 'not a token')
  await send(anna, 'not a token')
  t.equal((await db('clients')).length, 5)
})

t.test('a refused form may be sent again with the same token', async t => {
  const { as, anna, db } = await cast(t)
  t.equal((await as(anna).post('/clients', { ...person, token: TOKEN, campaign_id: 424242 })).status, 422)
  t.equal((await as(anna).post('/clients', { ...person, token: TOKEN })).status, 303)
  t.equal((await db('clients')).length, 1)
})

t.test('two people who make the same new tags and types at once both succeed', async t => {
  const { as, anna, marek, db } = await cast(t)
  const send = (who: typeof anna, tags: string[]) => as(who).post('/clients', { ...person, tag_names: tags, phone_rows: ['0'], ...row(0, '600 123 456', { new_type: tags[0] }) })
  for (let round = 0; round < 8; round++) {
    const tags = [`A${round}`, `B${round}`, `C${round}`]
    const answers = await Promise.all([send(anna, tags), send(marek, tags.toReversed()), send(anna, tags.toReversed())])
    t.same(answers.map(({ status }) => status), [303, 303, 303], `round ${round}`)
  }
  t.equal((await db('tags')).length, 24)
})

t.test('without JavaScript a button gives one more row and saves nothing', async t => {
  const { as, anna, db } = untouched
  const page = await as(anna).post('/clients', { ...person, token: TOKEN, phone_rows: '0', ...row(0, '600'), add_phone: 1 })
  t.equal(page.status, 200)
  t.match(formOf(page.body, '/clients'), { first_name: 'Zbigniew', token: TOKEN, phone_rows: ['0', '1'], 'phones.0.number': '600', 'phones.1.number': '' })
  const less = await as(anna).post('/clients', { ...formOf(page.body, '/clients'), 'phones.1.number': '700', drop_phone: '0' })
  t.match(formOf(less.body, '/clients'), { phone_rows: '1', 'phones.1.number': '700' })
  const emails = await as(anna).post('/clients', { ...person, add_email: 1, email_rows: '0', 'emails.0.address': 'half@' })
  t.match(formOf(emails.body, '/clients'), { email_rows: ['0', '1'], 'emails.0.address': 'half@' })
  const tagged = await as(anna).post('/clients', { ...person, tag_names: 'VIP', tag: 'Nowy', add_tag: 1 })
  t.match(formOf(tagged.body, '/clients'), { tag_names: ['VIP', 'Nowy'] })
  t.equal((await db('clients')).length, 0)
})

t.test('rows and chips for the form come as fragments and as pages', async t => {
  const { as, sofia, anna, db } = await cast(t)
  const id = await addClient(db, anna, person)
  for (const [path, has] of [
    ['/clients/phone-row?phone_rows=0&phone_rows=4', /name="phone_rows" value="5"/], ['/clients/phone-row', /name="phone_rows" value="0"/], [`/clients/phone-row?client=${id}&phone_rows=0`, /hx-post="\/clients\/\d+\/phones"/],
    ['/clients/email-row?email_rows=2', /name="email_rows" value="3"/], [`/clients/email-row?client=${id}`, /hx-post="\/clients\/\d+\/emails"/],
    ['/tags/chip?tag=%20%23VIP%20', /name="tag_names" value="VIP"/], ['/tags/chip?tag=%3Cb%3E', /value="&lt;b&gt;"/], [`/tags/chip?tag=${'t'.repeat(100)}`, /tag-error|class="error"/], ['/tags?tag=v', /^(?!.*<html)/]
  ] as const) {
    const fragment = await as(sofia).get(path, { fragment: true })
    t.equal(fragment.status, 200, path)
    t.match(fragment.body, has, path)
    t.notMatch(fragment.body, /<html/)
    t.match((await as(sofia).get(path)).body, /<html/)
  }
  t.equal((await as(sofia).get('/clients/phone-row?client=424242')).status, 404)
})

t.test('a name of signs nobody can see is no name', async t => {
  const { as, anna, db } = await cast(t)
  for (const name of ['\u200b', '\u2060\ufeff', '\u00ad', '\u3000']) t.equal((await as(anna).post('/clients', { kind: 'person', first_name: name, surname: '' })).status, 422, escape(name))
  t.equal((await as(anna).post('/clients', { kind: 'person', first_name: '👩‍🔧', surname: '' })).status, 303)
  t.equal((await db('clients')).length, 1)
})
