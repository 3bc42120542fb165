import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { words } from '../support/words.js'

/** Anna and Marek have both opened the same client; what each would send. */
async function twoForms (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { as, anna, marek, db } = made
  const id = await addClient(db, anna, { first_name: 'Zofia', surname: 'Wójcik', note: 'Likes tea', address: 'Rynek 1', phones: ['600 123 456', '22 123 45 67'], emails: ['zofia@poczta.example'] })
  const form = async (who: typeof anna) => formOf((await as(who).get(`/clients/${id}`)).body, `/clients/${id}`)
  const stored = () => db('clients').where({ id }).first()
  const phones = async () => (await db('client_phones').whereNull('removed_at').orderBy('position').select('e164')).map(({ e164 }) => e164)
  return { ...made, id, path: `/clients/${id}`, annas: await form(anna), mareks: await form(marek), stored, phones, formOf: (body: string) => formOf(body, `/clients/${id}`) }
}

t.test('who changes different things keeps both', async t => {
  const { as, anna, marek, path, annas, mareks, stored, phones } = await twoForms(t)
  t.equal((await as(anna).post(path, { ...annas, note: 'Likes coffee', 'phones.0.number': '600 999 999' })).status, 303)
  t.equal((await as(marek).post(path, { ...mareks, address: 'Rynek 2', 'phones.1.sms': 'on', 'emails.0.agrees': 'on' })).status, 303)
  t.match(await stored(), { note: 'Likes coffee', address: 'Rynek 2' })
  t.same(await phones(), ['+48600999999', '+48221234567'])
})

t.test('who changes the same thing second sees both values and who it was, and nothing of theirs is saved', async t => {
  const { as, anna, marek, path, annas, mareks, stored, db } = await twoForms(t)
  await as(anna).post(path, { ...annas, note: 'Likes coffee' })
  const page = await as(marek).post(path, { ...mareks, note: 'Likes beer', address: 'Rynek 2' })
  t.equal(page.status, 409)
  t.match(page.body, /Anna Kowalska/)
  t.match(page.body, /<b>Likes coffee<\/b>/)
  t.match(page.body, /<b>Likes beer<\/b>/)
  t.match(formOf(page.body, path), { note: 'Likes beer', address: 'Rynek 2' }, 'what was typed stays')
  t.match(await stored(), { note: 'Likes coffee', address: 'Rynek 1' })
  t.equal((await db('events').where({ kind: 'client.changed' })).length, 1)
})

for (const [choice, note] of [['mine', 'Likes beer'], ['theirs', 'Likes coffee']] as const) {
  t.test(`the second decides: ${choice}`, async t => {
    const { as, anna, marek, path, annas, mareks, stored, formOf } = await twoForms(t)
    await as(anna).post(path, { ...annas, note: 'Likes coffee', surname: 'Wójcik-Nowak' })
    const page = await as(marek).post(path, { ...mareks, note: 'Likes beer', address: 'Rynek 2' })
    const again = await as(marek).post(path, { ...formOf(page.body), 'resolve.note': choice })
    t.equal(again.status, 303)
    t.match(await stored(), { note, address: 'Rynek 2', surname: 'Wójcik-Nowak' }, 'and what only one of them changed stays')
  })
}

t.test('pressing save without a choice is no choice', async t => {
  const { as, anna, marek, path, annas, mareks, stored, formOf } = await twoForms(t)
  await as(anna).post(path, { ...annas, note: 'Likes coffee' })
  const page = await as(marek).post(path, { ...mareks, note: 'Likes beer' })
  const again = await as(marek).post(path, formOf(page.body))
  t.equal(again.status, 409)
  t.equal((await stored()).note, 'Likes coffee')
  t.equal((await as(marek).post(path, { ...formOf(again.body), 'resolve.note': 'nonsense' })).status, 409)
  t.equal((await as(marek).post(path, { ...formOf(again.body), 'resolve.note': 'mine' })).status, 303)
  t.equal((await stored()).note, 'Likes beer')
})

t.test('whoever comes third between the question and the answer is asked about too', async t => {
  const { as, anna, marek, sofia, path, annas, mareks, stored, formOf } = await twoForms(t)
  await as(anna).post(path, { ...annas, note: 'Likes coffee' })
  const page = await as(marek).post(path, { ...mareks, note: 'Likes beer' })
  await as(sofia).post(`${path}/parts/note`, { note: 'Likes water' })
  const again = await as(marek).post(path, { ...formOf(page.body), 'resolve.note': 'mine' })
  t.equal(again.status, 409)
  t.match(again.body, /<b>Likes water<\/b>/)
  t.match(again.body, /Sofia Ramos/)
  t.equal((await stored()).note, 'Likes water')
})

t.test('both who wrote the same agree', async t => {
  const { as, anna, marek, path, annas, mareks, stored } = await twoForms(t)
  await as(anna).post(path, { ...annas, note: 'Likes coffee' })
  t.equal((await as(marek).post(path, { ...mareks, note: 'Likes coffee', address: 'Rynek 2' })).status, 303)
  t.match(await stored(), { note: 'Likes coffee', address: 'Rynek 2' })
})

t.test('a mistake in the form doesn\'t wipe out what its reader has not seen', async t => {
  const { as, anna, marek, path, annas, mareks, stored, formOf } = await twoForms(t)
  await as(anna).post(path, { ...annas, note: 'Likes coffee', address: 'Rynek 7' })
  const page = await as(marek).post(path, { ...mareks, note: 'Likes beer', discount_services: 'abc' })
  t.equal(page.status, 422)
  const again = await as(marek).post(path, { ...formOf(page.body), discount_services: '5' })
  t.equal(again.status, 409, 'the note is still asked about')
  t.match(await stored(), { note: 'Likes coffee', address: 'Rynek 7', discount_services: '0.00' })
  t.equal((await as(marek).post(path, { ...formOf(again.body), 'resolve.note': 'theirs' })).status, 303)
  t.match(await stored(), { note: 'Likes coffee', address: 'Rynek 7', discount_services: '5.00' })
})

t.test('a part that saves itself asks in its place', async t => {
  const { as, anna, marek, path, mareks, stored } = await twoForms(t)
  await as(anna).post(`${path}/parts/note`, { note: 'Likes coffee' })
  const part = { note: 'Likes beer', 'was.note': mareks['was.note'] }
  const asked = await as(marek).post(`${path}/parts/note`, part, { fragment: true })
  t.equal(asked.status, 409)
  t.match(asked.body, /id="part-note"[^]*name="resolve\.note" value="theirs"[^]*<b>Likes coffee<\/b>/)
  t.equal((await stored()).note, 'Likes coffee')
  const page = await as(marek).post(`${path}/parts/note`, part)
  t.equal(page.status, 409)
  t.match(page.body, /<html/)
  const sent = formOf(page.body, `${path}/parts/note`)
  t.equal((await as(marek).post(`${path}/parts/note`, { ...sent, 'resolve.note': 'mine' }, { fragment: true })).status, 200)
  t.equal((await stored()).note, 'Likes beer')
})

t.test('two who save one part at the same instant: one is asked', async t => {
  const { as, anna, marek, path, annas, mareks, stored } = await twoForms(t)
  for (let round = 0; round < 5; round++) {
    const was = round === 0 ? annas['was.note'] : formOf((await as(anna).get(path)).body, path)['was.note']
    const answers = await Promise.all([anna, marek].map(who => as(who).post(`${path}/parts/note`, { note: `${who.name} ${round}`, 'was.note': was }, { fragment: true })))
    t.same(answers.map(({ status }) => status).sort(), [200, 409], `round ${round}`)
    t.equal((await stored()).note, `${answers[0]!.status === 200 ? anna.name : marek.name} ${round}`)
  }
  t.ok(mareks)
})

t.test('phones likewise: number, type and boxes', async t => {
  const { as, anna, marek, path, annas, mareks, phones, formOf, db } = await twoForms(t)
  await as(anna).post(path, { ...annas, 'phones.0.number': '600 111 111' })
  const page = await as(marek).post(path, { ...mareks, 'phones.0.number': '600 222 222', 'phones.1.type': '3' })
  t.equal(page.status, 409)
  t.match(page.body, /\+48 600 111 111/)
  t.match(page.body, /\+48 600 222 222/)
  t.match(page.body, /Anna Kowalska/)
  t.same(await phones(), ['+48600111111', '+48221234567'])
  const id = mareks['phones.0.id']
  t.equal((await as(marek).post(path, formOf(page.body))).status, 409, 'no choice is no choice')
  t.equal((await as(marek).post(path, { ...formOf(page.body), [`resolve.phone:${id}`]: 'mine' })).status, 303)
  t.same(await phones(), ['+48600222222', '+48221234567'])
  t.match(await db('client_phones').where({ id: Number(mareks['phones.1.id']) }).first(), { type_id: 3 })
})

t.test('boxes that differ are told apart in the question', async t => {
  const { as, anna, marek, path, annas, mareks } = await twoForms(t)
  await as(anna).post(path, { ...annas, 'phones.0.whatsapp': 'on' })
  const page = await as(marek).post(path, { ...mareks, 'phones.0.sms': 'on' })
  t.equal(page.status, 409)
  t.match(page.body, /<b>\+48 600 123 456[^<]*WhatsApp[^<]*<\/b>/)
  t.match(page.body, /<b>\+48 600 123 456[^<]*SMS[^<]*<\/b>/)
})

t.test('a phone changed by one and removed by the other is asked about, both ways', async t => {
  const { as, anna, marek, path, annas, mareks, phones, formOf } = await twoForms(t)
  await as(anna).post(path, { ...annas, 'phones.0.number': '600 111 111' })
  const removing = await as(marek).post(path, { ...mareks, 'phones.0.remove': '1' })
  t.equal(removing.status, 409)
  t.same(await phones(), ['+48600111111', '+48221234567'])
  t.equal((await as(marek).post(path, { ...formOf(removing.body), [`resolve.phone:${mareks['phones.0.id']}`]: 'mine' })).status, 303)
  t.same(await phones(), ['+48221234567'])

  // The other way round: it is gone, and Marek had changed it.
  const changing = await as(anna).post(path, { ...annas, 'phones.0.number': '600 333 333' })
  t.equal(changing.status, 409)
  t.match(changing.body, new RegExp(`<b>${words('removed')}</b>`))
  t.match(changing.body, /Marek Nowak/)
  t.same(await phones(), ['+48221234567'])
  t.equal((await as(anna).post(path, { ...formOf(changing.body), [`resolve.phone:${annas['phones.0.id']}`]: 'theirs' })).status, 303)
  t.same(await phones(), ['+48221234567'])
  t.equal((await as(anna).post(path, { ...formOf(changing.body), [`resolve.phone:${annas['phones.0.id']}`]: 'mine' })).status, 303)
  t.same(await phones(), ['+48600333333', '+48221234567'], 'back, with the new number')
})

t.test('a phone that is gone, and that the writer left alone, stays gone without a question', async t => {
  const { as, anna, marek, path, annas, mareks, phones, stored } = await twoForms(t)
  await as(anna).post(path, { ...annas, 'phones.0.remove': '1' })
  t.equal((await as(marek).post(path, { ...mareks, note: 'x' })).status, 303)
  t.same(await phones(), ['+48221234567'])
  t.equal((await stored()).note, 'x')
})

t.test('an e-mail likewise', async t => {
  const { as, anna, marek, path, annas, mareks, db, formOf } = await twoForms(t)
  await as(anna).post(path, { ...annas, 'emails.0.address': 'zofia@correo.example' })
  const page = await as(marek).post(path, { ...mareks, 'emails.0.address': 'zofia@correio.example' })
  t.equal(page.status, 409)
  t.match(page.body, /<b>zofia@correo\.example[^<]*<\/b>/)
  t.equal((await as(marek).post(path, { ...formOf(page.body), [`resolve.email:${mareks['emails.0.id']}`]: 'mine' })).status, 303)
  t.equal((await db('client_emails').first()).address, 'zofia@correio.example')
})

t.test('a row that saves itself says what is there now', async t => {
  const { as, anna, marek, path, annas, mareks, phones } = await twoForms(t)
  const id = annas['phones.0.id']
  const row = (form: typeof annas, number: string) => ({ phone_rows: 0, 'phones.0.id': id, 'phones.0.was': form['phones.0.was'], 'phones.0.number': number, 'phones.0.type': '1' })
  await as(anna).post(`${path}/phones/${id}`, row(annas, '600 111 111'), { fragment: true })
  const asked = await as(marek).post(`${path}/phones/${id}`, row(mareks, '600 222 222'), { fragment: true })
  t.equal(asked.status, 409)
  t.equal(asked.error('phones.0.number'), words('phones.changed_meanwhile', { number: '+48 600 111 111' }))
  t.match(asked.body, /value="600 222 222"/)
  t.same(await phones(), ['+48600111111', '+48221234567'])

  await as(anna).post(`${path}/phones/${id}/remove`)
  const late = await as(marek).post(`${path}/phones/${id}`, row(mareks, '600 222 222'), { fragment: true })
  t.same([late.status, late.error('phones.0.number')], [409, words('phones.removed_meanwhile')])
})
