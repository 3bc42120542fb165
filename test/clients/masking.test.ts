import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient, formOf, listed } from '../support/clients.js'
import { maskEmail, maskPhone } from '../../src/clients/masking.js'

const SECRETS = /600[\s-]?123|123[\s-]?456|600[\s-]?999|999[\s-]?777|lukasz@|@poczta\.example|stary@/

/** Łukasz, whose phone and e-mail were changed, removed and agreed to: all that could give a number away. */
async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { as, anna, db } = made
  const id = await addClient(db, anna, { first_name: 'Łukasz', surname: 'Żółkiewski', phones: [{ number: '600 123 456', on: ['sms'] }, '22 600 99 97'], emails: [{ address: 'stary@poczta.example', agrees: true }] })
  const [phone, second] = await db('client_phones').orderBy('id')
  const [email] = await db('client_emails')
  const row = { phone_rows: 0, 'phones.0.id': phone.id, 'phones.0.type': 2, 'phones.0.number': '600 999 777', 'phones.0.viber': 'on' }
  await as(anna).post(`/clients/${id}/phones/${phone.id}`, row)
  await as(anna).post(`/clients/${id}/emails/${email.id}`, { email_rows: 0, 'emails.0.id': email.id, 'emails.0.address': 'lukasz@poczta.example' })
  await as(anna).post(`/clients/${id}/phones/${second.id}/remove`)
  await as(anna).post(`/clients/${id}/emails`, { email_rows: 0, 'emails.0.address': 'drugi@poczta.example' })
  return { ...made, id, phone: phone.id as number, second: second.id as number, email: email.id as number }
}

t.test('a masked number keeps its country and two digits, an address its first letter', async t => {
  t.equal(maskPhone('+48 600 123 456'), '+48 ••• ••• •56')
  t.equal(maskPhone('+351 912 345 678'), '+351 ••• ••• •78')
  t.equal(maskPhone('+1 212-555-0100'), '+1 •••-•••-••00')
  t.equal(maskPhone('600123456'), '•••••••56')
  for (const typed of ['Jan 600 123 456 dom', '1 ٦٠٠١٢٣٤٥٦', 'tel. ６００１２３４５６ 1']) t.notMatch(maskPhone(typed), /[\p{L}\p{N}]/u, typed)
  t.equal(maskEmail('joao@correio.example'), 'j•••@•••')
  t.equal(maskEmail('😀@x.example'), '😀•••@•••')
})

t.test('no page gives the number or the address away', async t => {
  const { as, sofia, anna, id, phone, db } = await shop(t)
  const events = (await db('events').where({ client_id: id })).map(event => event.id)
  const pages = ['/clients', '/clients?q=lukasz', '/clients?sort=active', `/clients/${id}`, `/clients/${id}?feed=changes`, `/clients/${id}?feed=consent`, `/clients/${id}/feed`, `/clients/${id}/feed?after=0`, `/clients/${id}/feed?older=${events.at(-1)}`, ...events.map(event => `/clients/${id}/feed/${event}`)]
  for (const path of pages) {
    for (const fragment of [false, true]) {
      const { status, body } = await as(sofia).get(path, { fragment })
      t.equal(status, 200, path)
      t.notMatch(body, SECRETS, path)
    }
  }
  t.match((await as(sofia).get('/clients')).body, /\+48 ••• ••• •77/)
  t.match((await as(sofia).get(`/clients/${id}`)).body, /<del class="num">\+48 ••• ••• •56<\/del> → <ins class="num">\+48 ••• ••• •77<\/ins>/)
  t.match((await as(anna).get(`/clients/${id}`)).body, /<del class="num">\+48 600 123 456<\/del>/, 'Anna may see it')
  t.notMatch((await as(sofia).get(`/clients/${id}`)).body, /href="tel:|href="mailto:/)
  t.ok(phone)
})

t.test('no answer to a form does either', async t => {
  const { as, anna, sofia, id, phone, second, email, db } = await shop(t)
  const base = `/clients/${id}`
  const form = formOf((await as(sofia).get(base)).body, base)
  t.equal(form['phones.0.number'], '', 'nothing is in the field for another')
  const answers = [
    await as(sofia).post(base, { ...form, discount_services: 'x', first_name: '', surname: '' }),
    await as(sofia).post(base, { ...form, add_phone: '1' }),
    await as(sofia).post(base, { ...form, drop_phone: '0' }),
    await as(sofia).post(`${base}/phones/${phone}`, { phone_rows: 0, 'phones.0.id': phone, 'phones.0.type': 1 }, { fragment: true }),
    await as(sofia).post(`${base}/phones/${phone}`, { phone_rows: 0, 'phones.0.id': phone, 'phones.0.type': '' }, { fragment: true }),
    await as(sofia).post(`${base}/emails/${email}`, { email_rows: 0, 'emails.0.id': email, 'emails.0.agrees': 'on' }, { fragment: true }),
    await as(sofia).post(`${base}/phones/${phone}/remove`, {}, { fragment: true }),
    await as(sofia).post(`${base}/phones/${second}/restore`, {}, { fragment: true })
  ]
  // Both change the same: the question masks both.
  await as(anna).post(`${base}/phones/${second}`, { phone_rows: 0, 'phones.0.id': second, 'phones.0.type': 3, 'phones.0.number': '600 123 456' })
  const asked = await as(sofia).post(base, { ...formOf((await as(sofia).get(base)).body, base), 'phones.0.was': 'stale', 'phones.0.type': 1, 'phones.0.sms': 'on' })
  t.equal(asked.status, 409)
  for (const { body } of [...answers, asked]) t.notMatch(body, SECRETS)
  t.ok(db)
})

t.test('who sees it masked leaves it as it is, or types another in its place', async t => {
  const { as, anna, sofia, id, phone, email, db } = await shop(t)
  const base = `/clients/${id}`
  const form = () => as(sofia).get(base).then(({ body }) => formOf(body, base))
  t.equal((await as(sofia).post(base, { ...await form(), 'phones.0.type': 3, 'phones.0.whatsapp': 'on', 'emails.0.agrees': 'on' })).status, 303)
  t.match(await db('client_phones').where({ id: phone }).first(), { e164: '+48600999777', type_id: 3, whatsapp: true }, 'type and boxes are hers to change')
  t.match(await db('client_emails').where({ id: email }).first(), { address: 'lukasz@poczta.example', agrees: true })

  const row = { ...await form(), row: 0 }
  const refused = await as(sofia).post(`${base}/phones/${phone}`, { ...row, 'phones.0.number': 'none' }, { fragment: true })
  t.equal(refused.status, 422)
  t.match(refused.body, /<details class="replace" open>.*value="none"/s, 'what she typed stays')
  const changed = await as(sofia).post(`${base}/phones/${phone}`, { ...row, 'phones.0.number': '605 000 123' }, { fragment: true })
  t.match(changed.body, /Saved as \+48 605 000 123/, 'she is told once what it was taken for')
  t.equal((await db('client_phones').where({ id: phone }).first()).e164, '+48605000123')
  t.equal((await as(sofia).post(`${base}/emails/${email}`, { ...row, 'emails.0.address': 'x@y.example' }, { fragment: true })).status, 200)
  t.match(await db('client_emails').where({ id: email }).first(), { address: 'x@y.example' })
  t.notMatch((await as(sofia).get(base)).body, /605 000 123|x@y/)
  const feed = (await as(anna).get(`${base}/feed`)).body
  t.match(feed, /<del class="num">\+48 600 999 777<\/del> → <ins class="num">\+48 605 000 123<\/ins>/, 'the feed knows the old one')
  t.match(feed, /lukasz@poczta\.example/)
})

t.test('she may add one, reads it once, and sees it masked from then on', async t => {
  const { as, sofia, id, db } = await shop(t)
  const added = await as(sofia).post(`/clients/${id}/phones`, { phone_rows: 0, 'phones.0.number': '605 000 123', 'phones.0.type': 1 }, { fragment: true })
  t.match(added.body, /\+48 ••• ••• •23.*Saved as \+48 605 000 123/s)
  t.notMatch((await as(sofia).get(`/clients/${id}`)).body, /605 ?000/)
  t.ok(await db('client_phones').where({ e164: '+48605000123' }).first())
})

t.test('a search can\'t feel its way to a number: only a whole one is found', async t => {
  const { as, sofia, anna } = await shop(t)
  const found = async (q: string, who = sofia) => listed((await as(who).get(`/clients?q=${encodeURIComponent(q)}`)).body).length
  for (const part of ['600', '999777', '60099977', '48600', '600 999', '9', '7', '0', 'lukasz@', '@poczta', 'poczta', 'drugi', 'lukasz@poczta.exampl', '+48', '60099977%', '60099977_', 'lukasz@poczta.exampl_']) t.equal(await found(part), 0, part)
  t.ok(await found('600 999', anna))
  for (const whole of ['600999777', '600 999 777', '+48 600 999 777', '0048600999777', 'LUKASZ@poczta.example', 'drugi@poczta.example', 'żółk', 'lukasz zolkiewski']) t.equal(await found(whole), 1, whole)
  t.equal(await found('22 600 99 97'), 0, 'a removed one isn\'t either')
})

t.test('asking who has a number needs the whole of it too', async t => {
  const { as, sofia } = await shop(t)
  const check = async (query: string) => (await as(sofia).get(`/clients/check?${query}`, { fragment: true })).body
  t.match(await check('phones.0.number=600999777'), /Żółkiewski/)
  for (const part of ['phones.0.number=60099977', 'phones.0.number=999777', 'emails.0.address=poczta.example', 'emails.0.address=lukasz@poczta.exampl%25']) t.notMatch(await check(part), /Żółkiewski/, part)
})
