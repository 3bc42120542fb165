import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { says, words } from '../support/words.js'

type Setting = 'allow' | 'warn' | 'refuse'

/** A shop where Łukasz has a phone and an e-mail, and what a newcomer with the same would send. */
async function shop (t: Parameters<typeof cast>[0], setting: Setting) {
  const made = await cast(t)
  const { db, anna } = made
  await db('organisation').update({ phone_uniqueness: setting, email_uniqueness: setting })
  const lukasz = await addClient(db, anna, { first_name: 'Łukasz', surname: 'Żółkiewski', phones: ['600 123 456'], emails: ['lukasz@poczta.example'] })
  const person = (more: object = {}) => ({ kind: 'person', first_name: 'Nowa', surname: 'Osoba', ...more })
  const phone = (number = '600 123 456') => ({ phone_rows: 0, 'phones.0.number': number, 'phones.0.type': 1 })
  const email = (address = 'lukasz@poczta.example') => ({ email_rows: 0, 'emails.0.address': address })
  const count = async () => (await db('clients')).length
  return { ...made, lukasz, person, phone, email, count }
}

for (const setting of ['allow', 'warn'] as const) {
  t.test(`${setting}: the same phone and e-mail are kept`, async t => {
    const { as, sofia, person, phone, email, count, lukasz } = await shop(t, setting)
    t.equal((await as(sofia).post('/clients', person({ ...phone(), ...email() }))).status, 303)
    t.equal(await count(), 2)
    const { body } = await as(sofia).get(`/clients/${lukasz}`)
    t.notOk(says(body, 'phones.shared'), 'a masked number is nobody\'s to compare')
  })
}

t.test('warn: the profile says so, and leads to the others', async t => {
  const { as, anna, person, phone, email, lukasz, db } = await shop(t, 'warn')
  await as(anna).post('/clients', person({ ...phone('0048600123456'), ...email('LUKASZ@poczta.example') }))
  const { body } = await as(anna).get(`/clients/${lukasz}`)
  t.ok(says(body, 'phones.shared'))
  t.ok(says(body, 'emails.shared'))
  t.match(body, /href="\/clients\?q=%2B48%20600%20123%20456"/)
  await db('organisation').update({ phone_uniqueness: 'allow', email_uniqueness: 'allow' })
  const quiet = await as(anna).get(`/clients/${lukasz}`)
  t.notOk(says(quiet.body, 'phones.shared'))
  t.notOk(says(quiet.body, 'emails.shared'))
})

t.test('refuse: however it is spelt, with a link to who has it, and what was typed stays', async t => {
  const { as, anna, person, phone, email, count, lukasz } = await shop(t, 'refuse')
  for (const number of ['600123456', '+48 600-123-456', '0048600123456', '(600) 123 456', '48600123456']) {
    const page = await as(anna).post('/clients', person({ ...phone(number), note: 'stays' }))
    t.equal(page.status, 422, number)
    t.equal(page.error('phones.0.number'), words('phones.taken'))
    t.match(page.body, new RegExp(`<a href="/clients/${lukasz}"[^>]*>Łukasz Żółkiewski</a>`))
    t.match(formOf(page.body, '/clients'), { note: 'stays', 'phones.0.number': number })
  }
  const page = await as(anna).post('/clients', person(email('LUKASZ@Poczta.Example')))
  t.equal(page.error('emails.0.address'), words('emails.taken'))
  t.match(page.body, new RegExp(`<a href="/clients/${lukasz}"`))
  t.equal(await count(), 1)
  t.equal((await as(anna).post('/clients', person({ ...phone('600 123 457'), ...email('lukasz@poczta.example.pl') }))).status, 303)
})

t.test('refuse: of several rows the taken one is named', async t => {
  const { as, anna, person } = await shop(t, 'refuse')
  const page = await as(anna).post('/clients', person({ phone_rows: ['0', '5', '9'], 'phones.0.number': '600 111 111', 'phones.0.type': 1, 'phones.5.number': '600 123 456', 'phones.5.type': 1, 'phones.9.number': '600 333 333', 'phones.9.type': 1 }))
  t.equal(page.error('phones.0.number'), '')
  t.equal(page.error('phones.5.number'), words('phones.taken'))
  t.equal(page.error('phones.9.number'), '')
})

t.test('refuse: on a client that is there, in the whole form and row by row', async t => {
  const { as, anna, db, phone, email, lukasz } = await shop(t, 'refuse')
  const id = await addClient(db, anna, { first_name: 'Nowa', phones: ['600 111 111'] })
  const form = formOf((await as(anna).get(`/clients/${id}`)).body, `/clients/${id}`)
  const whole = await as(anna).post(`/clients/${id}`, { ...form, note: 'not half saved', 'phones.0.number': '600 123 456' })
  t.equal(whole.status, 422)
  t.equal(whole.error('phones.0.number'), words('phones.taken'))
  const row = await as(anna).post(`/clients/${id}/phones`, phone(), { fragment: true })
  t.same([row.status, row.error('phones.0.number')], [422, words('phones.taken')])
  t.match(row.body, new RegExp(`<a href="/clients/${lukasz}"`))
  const changed = await as(anna).post(`/clients/${id}/phones/${form['phones.0.id']}`, { ...phone(), 'phones.0.id': form['phones.0.id'] }, { fragment: true })
  t.equal(changed.status, 422)
  t.equal((await as(anna).post(`/clients/${id}/emails`, email(), { fragment: true })).error('emails.0.address'), words('emails.taken'))
  t.match(await db('clients').where({ id }).first(), { note: '' })
  t.equal((await db('client_phones').where({ client_id: id }).first()).e164, '+48600111111')
  t.equal((await db('events').where({ client_id: id })).length, 1)
})

t.test('refuse: one\'s own number, an impossible one and a removed one are in nobody\'s way', async t => {
  const { as, anna, db, person, phone, lukasz } = await shop(t, 'refuse')
  const form = formOf((await as(anna).get(`/clients/${lukasz}`)).body, `/clients/${lukasz}`)
  t.equal((await as(anna).post(`/clients/${lukasz}`, { ...form, 'phones.0.number': '+48600123456', 'phones.0.sms': 'on' })).status, 303)
  await addClient(db, anna, { first_name: 'Ela', phones: ['12345'] })
  t.equal((await as(anna).post('/clients', person(phone('12345')))).status, 303)
  await as(anna).post(`/clients/${lukasz}/phones/${form['phones.0.id']}/remove`)
  t.equal((await as(anna).post('/clients', person(phone()))).status, 303)
})

t.test('refuse: what was shared before it was refused stays and can be saved', async t => {
  const { as, anna, db, lukasz } = await shop(t, 'allow')
  const id = await addClient(db, anna, { first_name: 'Nowa', phones: ['600 123 456'] })
  await db('organisation').update({ phone_uniqueness: 'refuse' })
  for (const one of [id, lukasz]) {
    const form = formOf((await as(anna).get(`/clients/${one}`)).body, `/clients/${one}`)
    t.equal((await as(anna).post(`/clients/${one}`, { ...form, note: 'x', 'phones.0.viber': 'on', 'phones.0.type': 2 })).status, 303)
  }
})

t.test('refuse: a removed phone or e-mail that another has taken meanwhile doesn\'t come back', async t => {
  const { as, anna, db, person, phone, email, lukasz } = await shop(t, 'refuse')
  const [{ id: number }] = await db('client_phones').select('id')
  const [{ id: address }] = await db('client_emails').select('id')
  await as(anna).post(`/clients/${lukasz}/phones/${number}/remove`)
  await as(anna).post(`/clients/${lukasz}/emails/${address}/remove`)
  t.equal((await as(anna).post('/clients', person({ ...phone(), ...email() }))).status, 303)
  for (const path of [`phones/${number}`, `emails/${address}`]) {
    const answer = await as(anna).post(`/clients/${lukasz}/${path}/restore`)
    t.equal(answer.status, 303)
    const flash = String(answer.headers['set-cookie']).split(';')[0]!
    const page = await as(anna).get(`/clients/${lukasz}`, { headers: { cookie: `${as(anna).cookie}; ${flash}` } })
    t.ok(says(page.body, path.startsWith('phones') ? 'phones.taken' : 'emails.taken'))
  }
  t.ok((await db('client_phones').where({ id: number }).first()).removed_at)
  t.ok((await db('client_emails').where({ id: address }).first()).removed_at)
})

t.test('refuse: of two who save at once exactly one wins', async t => {
  const { as, anna, marek, db, person, phone, email } = await shop(t, 'refuse')
  for (let round = 0; round < 4; round++) {
    const same = { ...phone(`601 000 00${round}`), ...email(`r${round}@poczta.example`) }
    const answers = await Promise.all([anna, marek, anna, marek].map(who => as(who).post('/clients', person(same))))
    t.same(answers.map(({ status }) => status).sort(), [303, 422, 422, 422], `round ${round}`)
    t.equal((await db('client_phones').where({ e164: `+4860100000${round}` })).length, 1)
  }
  const [a, b] = [await addClient(db, anna, { first_name: 'A' }), await addClient(db, anna, { first_name: 'B' })]
  const rows = await Promise.all([a, b].map(id => as(anna).post(`/clients/${id}/emails`, email('same@poczta.example'), { fragment: true })))
  t.same(rows.map(({ status }) => status).sort(), [200, 422])
  t.equal((await db('client_emails').where({ address: 'same@poczta.example' })).length, 1)
})

t.test('refuse: the database itself holds it, whoever writes', async t => {
  const { db, anna, lukasz } = await shop(t, 'refuse')
  const other = await addClient(db, anna, { first_name: 'Inna' })
  const row = { client_id: other, type_id: 1, typed: 'x', e164: '+48600123456', display: 'x', digits: 'x' }
  await t.rejects(db('client_phones').insert(row), { code: '23505' })
  const trx = await db.transaction()
  await trx('client_phones').insert({ ...row, e164: '+48602000000' })
  const waiting = db('client_phones').insert({ ...row, client_id: lukasz, e164: '+48602000000' }).then(() => 'kept', error => error.code)
  t.equal(await Promise.race([waiting, new Promise(resolve => setTimeout(resolve, 200, 'waits'))]), 'waits')
  await trx.commit()
  t.equal(await waiting, '23505')
})

t.test('refuse: two who save the same two numbers in opposite order both get an answer', async t => {
  const { as, anna, marek, db, person } = await shop(t, 'refuse')
  const two = (numbers: string[]) => person({ phone_rows: ['0', '1'], 'phones.0.number': numbers[0], 'phones.0.type': 1, 'phones.1.number': numbers[1], 'phones.1.type': 1 })
  // Both first numbers are held until both transactions wait for the second: a deadlock if there ever was one.
  const held = await db.transaction()
  for (const e164 of ['+48603000001', '+48603000002']) await held.raw("select pg_advisory_xact_lock(hashtextextended('phone:' || ?, 0))", [e164])
  const answers = [as(anna).post('/clients', two(['603 000 001', '603 000 002'])), as(marek).post('/clients', two(['603 000 002', '603 000 001']))]
  await new Promise(resolve => setTimeout(resolve, 300))
  await held.commit()
  t.same((await Promise.all(answers)).map(({ status }) => status).sort(), [303, 422])
})

t.test('while it is typed: is it a number, and who has it', async t => {
  const { as, anna, db, lukasz } = await shop(t, 'warn')
  const check = async (query: string, who = anna) => (await as(who).get(`/clients/check?${query}`, { fragment: true })).body.trim()
  t.match(await check('phones.0.number=600123456'), new RegExp(`${words('phones.shared')}[^]*<a href="/clients/${lukasz}"`))
  t.match(await check('emails.3.address=Lukasz%40poczta.example'), new RegExp(`${words('emails.shared')}[^]*<a href="/clients/${lukasz}"`))
  t.equal(await check(`phones.0.number=600123456&client=${lukasz}`), '', 'one\'s own')
  t.equal(await check('phones.0.number=600123'), '', 'half a number is not wrong yet')
  t.ok(says(await check('phones.0.number=1234567'), 'phones.not_valid'))
  t.ok(says(await check('emails.0.address=lukasz%40poczta'), 'form.email'))
  t.equal(await check('emails.0.address=lukasz'), '')
  for (const nothing of ['', 'x=1', 'phones.0.number=', 'phones.a.number=600123456', 'phones.0.number=%00', 'client=abc']) t.equal(await check(nothing), '', nothing)
  for (const odd of ['phones.0.number=600123456&phones.0.number=1', 'client=1&client=2&phones.0.number=600123456', `phones.0.number=${'6'.repeat(10_000)}`, 'phones.0.number=<script>']) t.equal((await as(anna).get(`/clients/check?${odd}`, { fragment: true })).status, 200, odd.slice(0, 40))
  t.match((await as(anna).get('/clients/check?phones.0.number=600123456')).body, /<html/)

  await db('organisation').update({ phone_uniqueness: 'refuse' })
  t.ok(says(await check('phones.0.number=600123456'), 'phones.taken'))
  await db('organisation').update({ phone_uniqueness: 'allow' })
  t.equal(await check('phones.0.number=600123456'), '')
})

t.test('only those who may see the other client are told who it is', async t => {
  const { as, anna, sofia, nuno, db, person, phone } = await shop(t, 'refuse')
  await addClient(db, anna, { company_name: 'Części Hurt S.A.', is_supplier: true, phones: ['61 855 12 34'] })
  const hidden = (await as(sofia).get('/clients/check?phones.0.number=618551234', { fragment: true })).body
  t.notMatch(hidden, /Hurt|href/)
  t.ok(says(hidden, 'clients.hidden_match'))
  const refused = await as(sofia).post('/clients', person(phone('61 855 12 34')))
  t.equal(refused.status, 422)
  t.notMatch(refused.body, /Hurt/)
  t.ok(says(refused.body, 'clients.hidden_match'))

  await db('roles').where({ id: nuno.roleId }).update({ rights: ['clients.create'] })
  const check = await as(nuno).get('/clients/check?phones.0.number=600123456', { fragment: true })
  t.equal(check.status, 200, 'whoever may add clients is warned')
  t.notMatch(check.body, /Łukasz|href/)
  t.ok(says(check.body, 'clients.hidden_match'))
})

t.test('an archived client\'s number is still theirs', async t => {
  const { as, anna, person, phone, lukasz } = await shop(t, 'refuse')
  await as(anna).post(`/clients/${lukasz}/archive`)
  const page = await as(anna).post('/clients', person(phone()))
  t.equal(page.status, 422)
  t.match(page.body, new RegExp(`<a href="/clients/${lukasz}"[^]*${words('clients.archived_pill')}`))
})
