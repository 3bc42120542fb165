import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { says, words } from '../support/words.js'

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, anna } = made
  const id = await addClient(db, anna, { first_name: 'Zofia', phones: ['600 123 456', '12345'] })
  const phones = () => db('client_phones').whereNull('removed_at').orderBy('position').orderBy('id')
  const row = (number: string, more: Record<string, unknown> = {}) => ({ phone_rows: 0, 'phones.0.number': number, 'phones.0.type': 1, ...Object.fromEntries(Object.entries(more).map(([name, value]) => [`phones.0.${name}`, value])) })
  const events = async () => (await db('events').whereNot({ kind: 'client.created' }).orderBy('id').select('kind', 'details', 'employee_id'))
  return { ...made, id, path: `/clients/${id}/phones`, phones, row, events, first: (await phones())[0]!.id as number }
}

t.test('a phone is added in place, every box off, and the feed says so', async t => {
  const { as, sofia, path, phones, row, events } = await shop(t)
  const answer = await as(sofia).post(path, row('22 123 45 67', { type: 2 }), { fragment: true })
  t.equal(answer.status, 200)
  t.notMatch(answer.body, /<html/)
  t.match(answer.body, /id="phones-0"/, 'in the place it was sent from')
  t.match(answer.body, /class="flag-good saved"/)
  t.match((await phones())[2], { typed: '22 123 45 67', e164: '+48221234567', display: '+48 22 123 45 67', digits: '48221234567', type_id: 2, whatsapp: false, viber: false, sms: false })
  t.match(await events(), [{ kind: 'phone.added', employee_id: sofia.id, details: { phone: { display: '+48 22 123 45 67', type: { key: 'work' } } } }])

  const page = await as(sofia).post(path, row('+55 11 96123 4567'))
  t.equal(page.status, 200)
  t.match(page.body, /<html/)
})

t.test('an empty new row is nothing to save, and stays as it was put', async t => {
  const { as, sofia, path, phones, row } = await shop(t)
  const answer = await as(sofia).post(path, row(' ', { type: 3, viber: 'on' }), { fragment: true })
  t.equal(answer.status, 200)
  t.match(answer.body, /value="3" selected/)
  t.match(answer.body, /name="phones\.0\.viber" checked/)
  t.equal((await phones()).length, 2)
  t.equal((await as(sofia).post(path, {}, { fragment: true })).status, 200)
})

t.test('number and type are changed in one entry of the feed, spelling alone is no change', async t => {
  const { as, anna, path, first, phones, row, events } = await shop(t)
  await as(anna).post(`${path}/${first}`, row('+34 612 345 678', { id: first, type: 3 }))
  t.match((await phones())[0], { e164: '+34612345678', typed: '+34 612 345 678', type_id: 3 })
  t.match(await events(), [{ kind: 'phone.changed', details: { changes: [{ field: 'number', old: '+48 600 123 456', new: '+34 612 34 56 78' }, { field: 'type', old: { key: 'mobile' }, new: { key: 'home' } }] } }])
  for (const spelling of ['+34612345678', '0034 612 34 56 78', '+34 612-345-678']) t.equal((await as(anna).post(`${path}/${first}`, row(spelling, { id: first, type: 3 }))).status, 200, spelling)
  t.equal((await events()).length, 1)
  await as(anna).post(`${path}/${first}`, row('+34 612 345 678 ext. 7', { id: first, type: 3 }))
  t.match((await phones())[0], { e164: '+34612345678', display: '+34 612 34 56 78 ext. 7' }, 'an extension is')
})

t.test('each box switched is kept: when, who and how', async t => {
  const { as, anna, sofia, path, first, row, events, db } = await shop(t)
  await as(sofia).post(`${path}/${first}`, row('600 123 456', { id: first, whatsapp: 'on', sms: 'on' }))
  await as(anna).post(`${path}/${first}`, row('600 123 456', { id: first, sms: 'on' }))
  const consents = await db('consents').orderBy('id')
  t.match(consents, [
    { channel: 'whatsapp', given: true, phone_id: first, address: '+48 600 123 456', employee_id: sofia.id, source: 'form' },
    { channel: 'sms', given: true, employee_id: sofia.id },
    { channel: 'whatsapp', given: false, employee_id: anna.id }
  ])
  t.match((await events()).map(({ kind, details }) => [kind, details.channel, details.given]), [['consent.changed', 'whatsapp', true], ['consent.changed', 'sms', true], ['consent.changed', 'whatsapp', false]])
})

t.test('an impossible number is kept as it was typed, with a warning', async t => {
  const { as, sofia, path, phones, row } = await shop(t)
  for (const [typed, digits] of [['600 12', '60012'], ['call the neighbour: 71', '71'], ['+48 999', '48999'], ['(00) 1', '001'], ['0'.repeat(60), '0'.repeat(60)]] as const) {
    const answer = await as(sofia).post(path, row(typed), { fragment: true })
    t.equal(answer.status, 200, typed)
    t.ok(says(answer.body, 'phones.not_valid'))
    t.match((await phones()).at(-1), { typed, e164: null, display: typed, digits })
  }
})

t.test('what is no number at all is refused beside it', async t => {
  const { as, sofia, path, first, phones, row } = await shop(t)
  for (const [typed, key] of [['brak', 'phones.no_digits'], ['+', 'phones.no_digits'], ['6'.repeat(10_000), 'form.too_long'], [`600\u0000`, 'form.control_characters']] as const) {
    for (const [at, more] of [[path, {}], [`${path}/${first}`, { id: first }]] as const) {
      const answer = await as(sofia).post(at, row(typed, more), { fragment: true })
      t.equal(answer.status, 422, typed.slice(0, 20))
      t.equal(answer.error('phones.0.number'), words(key, { length: 10_000, max: 60 }))
    }
  }
  t.equal((await as(sofia).post(`${path}/${first}`, row('', { id: first }), { fragment: true })).error('phones.0.number'), words('phones.empty'))
  t.equal((await as(sofia).post(path, row('600 111 111', { type: '' }), { fragment: true })).error('phones.0.type'), words('form.choose'))
  t.equal((await as(sofia).post(path, row('600 111 111', { type: 424242 }), { fragment: true })).error('phones.0.type'), words('form.choose'))
  t.equal((await phones()).length, 2)
})

t.test('the same number twice on one client is noticed', async t => {
  const { as, sofia, path, phones, row } = await shop(t)
  const answer = await as(sofia).post(path, row('0048 600 123 456'), { fragment: true })
  t.equal(answer.status, 422)
  t.equal(answer.error('phones.0.number'), words('phones.twice'))
  const second = (await phones())[1]!.id
  t.equal((await as(sofia).post(`${path}/${second}`, row('600123456', { id: second }), { fragment: true })).status, 422)
  t.equal((await phones()).length, 2)
})

t.test('a type of one\'s own is made with the phone, or by itself, once', async t => {
  const { as, sofia, path, phones, row, db } = await shop(t)
  await as(sofia).post(path, row('600 111 111', { new_type: 'Teściowa' }), { fragment: true })
  const [type] = await db('phone_types').whereNull('key')
  t.match(type, { name: 'Teściowa' })
  t.match((await phones())[2], { type_id: type.id })

  const made = await as(sofia).post('/clients/phone-types', { row: 4, 'phones.4.new_type': 'Fax' }, { fragment: true })
  t.equal(made.status, 200)
  t.match(made.body, /name="phones\.4\.type"[^]*selected>Fax</)
  const again = await as(sofia).post('/clients/phone-types', { row: 4, 'phones.4.new_type': 'FAX' })
  t.match(again.body, /<html[^]*selected>Fax</)
  t.equal((await db('phone_types').whereNull('key')).length, 2)
  for (const [name, key] of [['', 'form.required'], [' ', 'form.required'], ['x'.repeat(10_000), 'form.too_long'], ['a\u0000b', 'form.control_characters']] as const) {
    const refused = await as(sofia).post('/clients/phone-types', { row: 4, 'phones.4.new_type': name }, { fragment: true })
    t.equal(refused.status, 422)
    t.equal(refused.error('phones.4.type'), words(key, { length: 10_000, max: 40 }))
  }
  await as(sofia).post('/clients/phone-types', { new_type: '<script>alert(1)</script>' })
  t.notMatch((await as(sofia).get('/clients/new')).body, /<script>alert/)
})

t.test('a name for a new type is asked for in its row alone, with scripts and without', async t => {
  const { as, anna, sofia, nuno, path, first, row } = await shop(t)
  const client = path.split('/')[2]
  const part = await as(sofia).get(`/clients/phone-types/new?row=3&client=${client}&phone=${first}&phones.3.type=2`, { fragment: true })
  t.equal(part.status, 200)
  t.match(part.body, /name="phones\.3\.new_type"/)
  t.match(part.body, /value="2" selected/, 'the type that was chosen stays')
  t.match(part.body, new RegExp(`hx-post="${path}/${first}"`))
  t.match((await as(sofia).get('/clients/phone-types/new')).body, /<html[^]*name="phones\.0\.new_type"/)
  t.match((await as(sofia).get('/clients/phone-types/new?row="><script>&client=x&phone=-1')).body, /name="phones\.0\.new_type"/)
  t.equal((await as(nuno).get('/clients/phone-types/new')).status, 403)

  const whole = await as(anna).post(`/clients/${client}`, { kind: 'person', surname: 'Typed', ...row('600 999 999', { id: first }), ask_type: '0' })
  t.equal(whole.status, 200)
  t.match(whole.body, /value="Typed"/)
  t.match(whole.body, /name="phones\.0\.new_type"/)
  t.notMatch(whole.body, /name="phones\.1\.new_type"/)
})

t.test('a phone is removed, and comes back with all it had', async t => {
  const { as, sofia, path, id, first, phones, events, row, db } = await shop(t)
  await as(sofia).post(`${path}/${first}`, row('600 123 456', { id: first, viber: 'on' }))
  const gone = await as(sofia).post(`${path}/${first}/remove`, {}, { fragment: true })
  t.equal(gone.status, 200)
  t.match(gone.body, new RegExp(`hx-target="#flash"[^]*action="${path}/${first}/restore"`))
  t.equal((await phones()).length, 1)
  t.equal((await as(sofia).post(`${path}/${first}/remove`, {}, { fragment: true })).status, 404, 'it is gone')
  const late = await as(sofia).post(`${path}/${first}`, row('600 123 999', { id: first }), { fragment: true })
  t.equal(late.status, 409, 'what was typed into it meanwhile stays')
  t.equal(late.error('phones.0.number'), words('phones.removed_meanwhile'))
  t.match(late.body, /value="600 123 999"/)

  const back = await as(sofia).post(`${path}/${first}/restore`)
  t.same([back.status, back.location], [303, `/clients/${id}`])
  t.match((await phones())[0], { id: first, viber: true, position: 0 })
  t.equal((await as(sofia).post(`${path}/${first}/restore`)).status, 404)
  t.same((await events()).map(({ kind }) => kind), ['consent.changed', 'phone.removed', 'phone.restored'])
  t.equal((await db('consents')).length, 1)
  const page = await as(sofia).post(`${path}/${first}/remove`)
  t.equal(page.status, 303)
})

t.test('another client\'s phone is nobody\'s to change', async t => {
  const { as, anna, db, path, first, row, events } = await shop(t)
  const other = await addClient(db, anna, { first_name: 'Inna' })
  for (const act of ['', '/remove', '/restore']) t.equal((await as(anna).post(`/clients/${other}/phones/${first}${act}`, row('600 111 111', { id: first }), { fragment: true })).status, 404, act)
  await as(anna).post(`/clients/${other}`, { kind: 'person', first_name: 'Inna', surname: '', ...row('600 111 111', { id: first }) })
  await as(anna).post(`/clients/${other}`, { kind: 'person', first_name: 'Inna', surname: '', ...row('600 111 111', { id: first, remove: '1' }) })
  t.match(await db('client_phones').where({ id: first }).first(), { e164: '+48600123456', removed_at: null })
  t.equal((await events()).length, 0)
  t.ok(path)
})

t.test('rows that make no sense are left out', async t => {
  const { as, anna, path, phones, first } = await shop(t)
  const number = { 'phones.0.number': '600 111 111', 'phones.0.type': 1 }
  for (const rows of [{ phone_rows: 'x' }, { phone_rows: '-1' }, { phone_rows: '99999' }, { phone_rows: '__proto__' }, {}]) t.equal((await as(anna).post(path, { ...rows, ...number })).status, 200)
  t.equal((await phones()).length, 2)
  t.equal((await as(anna).post(path, { phone_rows: ['0', '0'], ...number })).status, 200)
  t.equal((await phones()).length, 3, 'an index named twice is one row')
  t.equal((await as(anna).post(`${path}/${first}`, { ...number, phone_rows: '0', 'phones.0.id': first, 'phones.0.remove': '1' })).status, 404)
  t.equal((await phones()).length, 3)
  t.equal((await as(anna).post(path, { phone_rows: 0, 'phones.0.number': ['600 222 222', '600 333 333'], 'phones.0.type': ['1', '2'] })).status, 422)
})

t.test('two rows that came under one index are two rows', async t => {
  const { as, sofia, id, phones, db } = await shop(t)
  const rows = { phone_rows: [5, 5], 'phones.5.number': ['22 123 45 67', '+34 612 345 678'], 'phones.5.type': [1, 2], 'phones.5.whatsapp': 'on', email_rows: [0, 0], 'emails.0.address': ['a@x.pl', 'b@x.pl'], 'emails.0.agrees': ['on', 'on'] }
  const answer = await as(sofia).post(`/clients/${id}`, { kind: 'person', first_name: 'Zofia', ...rows })
  t.equal(answer.status, 303)
  t.match((await phones()).slice(2), [{ e164: '+48221234567', type_id: 1, whatsapp: false }, { e164: '+34612345678', type_id: 2, whatsapp: false }], 'nobody can tell whose the box was')
  t.match(await db('client_emails').where({ client_id: id }).orderBy('id'), [{ address: 'a@x.pl', agrees: true }, { address: 'b@x.pl', agrees: true }])

  const wrong = await as(sofia).post(`/clients/${id}`, { kind: 'person', first_name: 'Zofia', ...rows, 'phones.5.number': ['brak', 'brak'] })
  t.equal(wrong.status, 422)
  t.notMatch(wrong.body, /brak,brak/)
  t.match(wrong.body, /name="phones\.5\.number"[\s\S]*name="phones\.6\.number"/)
})

t.test('a row that says which phone it is changes that one, whatever address it is sent to', async t => {
  const { as, sofia, path, first, phones, row } = await shop(t)
  const answer = await as(sofia).post(path, row('600 123 456', { id: first, type: 1, new_type: 'Wife', was: '' }), { fragment: true })
  t.equal(answer.status, 200, 'without the row named it is the form of one who has no scripts: nothing is new in it')
  const named = await as(sofia).post(path, { ...row('600 123 456', { id: first, type: 1, new_type: 'Wife' }), row: 0 }, { fragment: true })
  t.equal(named.status, 200)
  t.match(named.body, new RegExp(`name="phones\\.0\\.id" value="${first}"`))
  t.match(named.body, /selected>Wife</)
  t.equal((await phones()).length, 2)
  t.equal((await as(sofia).post(path, { ...row('600 123 456', { id: 999_999, type: 1 }), row: 0 }, { fragment: true })).status, 404)
})

t.test('the whole form adds no number that the client has already', async t => {
  const { as, sofia, id, first, phones } = await shop(t)
  const form = { kind: 'person', first_name: 'Zofia', phone_rows: [0, 1], 'phones.1.number': '600 123 456', 'phones.1.type': 1 }
  const answer = await as(sofia).post(`/clients/${id}`, { ...form, phone_rows: 1, 'phones.1.type': 2 })
  t.equal(answer.status, 422)
  t.ok(says(answer.body, 'phones.has_already'), 'another type: it can\'t be the same row')
  t.match(answer.body, /id="phones-1-number-error"/)
  t.equal((await phones()).length, 2)
  const changed = await as(sofia).post(`/clients/${id}`, { ...form, 'phones.0.id': first, 'phones.0.number': '600 123 999', 'phones.0.type': 1 })
  t.equal(changed.status, 303, 'the other number gives place to it in the same save')

  const last = (await phones()).at(-1)!
  const instead = await as(sofia).post(`/clients/${id}`, { ...form, 'phones.0.id': last.id, 'phones.0.number': '600 123 456', 'phones.0.type': 1, 'phones.0.remove': 1 })
  t.equal(instead.status, 303, 'and so does one that is taken off')
})
