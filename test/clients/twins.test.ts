import t from 'tap'
import { cast, type Answer } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { says, words } from '../support/words.js'

/** Zofia with one phone and one e-mail, and what a window without JavaScript sends that adds another of each. */
async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, anna, as } = made
  const id = await addClient(db, anna, { first_name: 'Zofia', phones: ['600 123 456'], emails: ['zofia@poczta.example'] })
  const path = `/clients/${id}`
  const window = async (who = anna) => formOf((await as(who).get(path)).body, path)
  const phone = (number: string, more: object = {}) => ({ phone_rows: ['0', '1'], 'phones.1.number': number, 'phones.1.type': 1, ...on('phones.1', more) })
  const email = (address: string, more: object = {}) => ({ email_rows: ['0', '1'], 'emails.1.address': address, ...on('emails.1', more) })
  const phones = () => db('client_phones').where({ client_id: id, removed_at: null }).orderBy('id')
  const emails = () => db('client_emails').where({ client_id: id, removed_at: null }).orderBy('id')
  const told = async () => (await db('events').where({ client_id: id }).orderBy('id').pluck('kind')).slice(1)
  /** What the page says that the answer leads to. */
  const after = async (answer: Answer) => (await as(anna).get(path, { headers: { cookie: `${as(anna).cookie}; ${String(answer.headers['set-cookie']).split(';')[0]}` } })).body
  return { ...made, id, path, window, phone, email, phones, emails, told, after }
}

const on = (row: string, boxes: object) => Object.fromEntries(Object.entries(boxes).map(([name, value]) => [`${row}.${name}`, value]))

t.test('two windows that add the same add it once, and what either ticks is given', async t => {
  const { as, anna, marek, path, window, phone, email, phones, emails, told, db } = await shop(t)
  const [one, two] = [await window(), await window(marek)]
  t.equal((await as(anna).post(path, { ...one, ...phone('600 777 888', { sms: 'on' }), ...email('nowy@poczta.example') })).status, 303)
  t.equal((await as(marek).post(path, { ...two, ...phone('+48 600-777-888', { whatsapp: 'on' }), ...email('Nowy@Poczta.example', { agrees: 'on' }), note: 'kept' })).status, 303)
  t.match(await phones(), [{ e164: '+48600123456' }, { e164: '+48600777888', typed: '600 777 888', whatsapp: true, viber: false, sms: true }])
  t.equal((await phones()).length, 2)
  t.match(await emails(), [{}, { address: 'nowy@poczta.example', agrees: true }])
  t.equal((await emails()).length, 2)
  t.equal((await db('clients').first('note')).note, 'kept')
  t.match(await db('consents').orderBy('id'), [{ channel: 'sms', employee_id: anna.id }, { channel: 'whatsapp', employee_id: marek.id }, { channel: 'email', employee_id: marek.id }])
  t.same((await told()).sort(), ['client.changed', 'consent.changed', 'consent.changed', 'consent.changed', 'email.added', 'phone.added'])
})

t.test('one form sent again and again adds once, one after another and all at once', async t => {
  const { as, anna, path, window, phone, email, phones, emails, told } = await shop(t)
  const form = await window()
  for (const [number, address] of [['600 777 888', 'a@poczta.example'], ['12345', 'b@poczta.example']] as const) {
    const sent = { ...form, ...phone(number, { viber: 'on' }), ...email(address) }
    for (let n = 0; n < 3; n++) t.equal((await as(anna).post(path, sent)).status, 303)
  }
  t.equal((await phones()).length, 3, 'a number that isn\'t valid too')
  t.equal((await emails()).length, 3)
  const answers = await Promise.all(['1', '2', '3', '4'].map(() => as(anna).post(path, { ...form, ...phone('600 999 000', { new_type: 'Sklep' }), ...email('c@poczta.example', { agrees: 'on' }) })))
  t.same(answers.map(({ status }) => status), [303, 303, 303, 303])
  t.equal((await phones()).length, 4)
  t.equal((await emails()).length, 4)
  t.same((await told()).filter(kind => kind.endsWith('.added')).length, 6)
})

t.test('one that isn\'t the same in all is refused beside it, and nothing of the form is saved', async t => {
  const { as, anna, path, window, phone, email, phones, db } = await shop(t)
  const form = await window()
  await as(anna).post(path, { ...form, ...phone('600 777 888') })
  const other = await as(anna).post(path, { ...form, ...phone('600 777 888', { type: 2 }), note: 'lost' })
  t.same([other.status, other.error('phones.1.number')], [422, words('phones.has_already')])
  t.match(formOf(other.body, path), { note: 'lost', 'phones.1.number': '600 777 888' }, 'what was typed stays')
  t.equal((await as(anna).post(path, { ...form, ...phone('600 777 888 ext. 7') })).error('phones.1.number'), words('phones.has_already'))
  const changed = await as(anna).post(path, { ...form, 'phones.0.number': '600 777 888' })
  t.same([changed.status, changed.error('phones.0.number')], [422, words('phones.has_already')], 'one that is changed into it')
  await as(anna).post(path, { ...form, ...email('nowy@poczta.example') })
  t.equal((await as(anna).post(path, { ...form, 'emails.0.address': 'NOWY@poczta.example' })).error('emails.0.address'), words('emails.has_already'))
  t.match(await phones(), [{ e164: '+48600123456' }, { e164: '+48600777888', type_id: 1 }])
  t.equal((await db('clients').first('note')).note, '')
})

t.test('what the client took back since isn\'t given again by an old form', async t => {
  const { as, anna, path, window, phone, email, phones, emails } = await shop(t)
  const sent = { ...await window(), ...phone('600 777 888', { whatsapp: 'on' }), ...email('nowy@poczta.example', { agrees: 'on' }) }
  t.equal((await as(anna).post(path, sent)).status, 303)
  const now = await window()
  t.equal((await as(anna).post(path, { ...now, 'phones.1.whatsapp': [], 'emails.1.agrees': [] })).status, 303)
  const again = await as(anna).post(path, sent)
  t.same([again.status, again.error('phones.1.number')], [422, words('phones.has_already')])
  t.equal((await as(anna).post(path, { ...sent, 'phones.1.whatsapp': [] })).error('emails.1.address'), words('emails.has_already'))
  t.match([await phones(), await emails()], [[{}, { whatsapp: false }], [{}, { agrees: false }]])
})

t.test('two numbers that change places, and one that is put into another row, are no twins', async t => {
  const { as, anna, path, window, phone, phones } = await shop(t)
  await as(anna).post(path, { ...await window(), ...phone('600 777 888') })
  const form = await window()
  t.equal((await as(anna).post(path, { ...form, 'phones.0.number': '600 777 888', 'phones.1.number': '600 123 456' })).status, 303)
  t.match((await phones()).map(({ e164 }) => e164), ['+48600777888', '+48600123456'])
  const moved = { ...await window(), 'phones.0.remove': '1', phone_rows: ['0', '1', '2'], 'phones.2.number': '600 777 888', 'phones.2.type': 2 }
  t.equal((await as(anna).post(path, moved)).status, 303)
  t.match(await phones(), [{ e164: '+48600123456' }, { e164: '+48600777888', type_id: 2 }])
  t.equal((await phones()).length, 2)
})

t.test('who sees numbers masked adds none that is there either', async t => {
  const { as, sofia, path, window, phone, email, phones, emails } = await shop(t)
  const form = await window(sofia)
  const listed = await as(sofia).post(path, { ...form, ...phone('600 123 456') })
  t.same([listed.status, listed.error('phones.1.number')], [422, words('phones.twice')])
  for (let n = 0; n < 2; n++) t.equal((await as(sofia).post(path, { ...form, ...phone('600 777 888'), ...email('nowy@poczta.example') })).status, 303)
  t.same([(await phones()).length, (await emails()).length], [2, 2])
  t.equal((await as(sofia).post(path, { ...form, 'phones.0.number': '600 777 888' })).error('phones.0.number'), words('phones.has_already'))
})

t.test('one that was taken off and added again doesn\'t come back a second time', async t => {
  const { as, anna, path, phones, emails, after } = await shop(t)
  for (const [noun, main, value, list] of [['phones', 'number', '0048600123456', phones], ['emails', 'address', 'ZOFIA@poczta.example', emails]] as const) {
    const [{ id }] = await list()
    const row = { [`${noun.slice(0, -1)}_rows`]: 0, [`${noun}.0.${main}`]: value, [`${noun}.0.type`]: 1 }
    await as(anna).post(`${path}/${noun}/${id}/remove`)
    t.equal((await as(anna).post(`${path}/${noun}`, row, { fragment: true })).status, 200)
    const [{ id: again }] = await list()
    const answer = await as(anna).post(`${path}/${noun}/${id}/restore`)
    t.equal(answer.status, 303)
    t.ok(says(await after(answer), `${noun}.there_again`))
    t.same((await list()).map(one => one.id), [again])
    await as(anna).post(`${path}/${noun}/${again}/remove`)
    const back = await Promise.all([as(anna).post(`${path}/${noun}/${id}/restore`), as(anna).post(`${path}/${noun}/${again}/restore`)])
    t.same(back.map(({ status }) => status), [303, 303])
    t.equal((await list()).length, 1, 'of two that come back at once one does')
    t.equal((await as(anna).post(`${path}/${noun}/${(await list())[0].id}/restore`)).status, 404, 'one that is there isn\'t to be put back')
  }
})

t.test('in place, one that another window added is told from one that stands beside it', async t => {
  const { as, anna, path, window, phones } = await shop(t)
  const form = await window()
  const add = (number: string) => as(anna).post(`${path}/phones`, { ...form, phone_rows: ['0', '1'], row: '1', 'phones.1.number': number, 'phones.1.type': 1 }, { fragment: true })
  t.equal((await add('600 123 456')).error('phones.1.number'), words('phones.twice'))
  t.equal((await as(anna).post(`${path}/phones`, { phone_rows: 0, 'phones.0.number': '600 777 888', 'phones.0.type': 1 }, { fragment: true })).status, 200)
  const other = await add('600 777 888')
  t.same([other.status, other.error('phones.1.number')], [422, words('phones.has_already')])
  const [first] = await phones()
  const changed = await as(anna).post(`${path}/phones/${first.id}`, { ...form, row: '0', 'phones.0.number': '600 777 888' }, { fragment: true })
  t.same([changed.status, changed.error('phones.0.number')], [422, words('phones.has_already')])
  const answers = await Promise.all([1, 2, 3].map(() => add('600 999 000')))
  t.same(answers.map(({ status }) => status).sort(), [200, 422, 422])
  t.equal((await phones()).length, 3)
})

t.test('a client who has one twice from before can still have its boxes switched', async t => {
  const { as, anna, path, id, phones, db } = await shop(t)
  const [first] = await phones()
  const { id: _id, ...row } = first
  await db('client_phones').insert({ ...row, client_id: id, position: 1 })
  const answer = await as(anna).post(`${path}/phones/${first.id}`, { phone_rows: 0, 'phones.0.id': first.id, 'phones.0.number': '600 123 456', 'phones.0.type': 1, 'phones.0.sms': 'on' }, { fragment: true })
  t.equal(answer.status, 200)
  t.equal((await phones())[0].sms, true)
})
