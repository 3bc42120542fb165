import t from 'tap'
import { mayContact, refusalOf } from '../../src/clients/consents/may-contact.js'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, anna } = made
  const id = await addClient(db, anna, { first_name: 'Zofia', phones: [{ number: '600 123 456', on: ['sms'] }, '12345'], emails: [{ address: 'zofia@poczta.example', agrees: true }, 'zofia.w@poczta.example'] })
  const [phone, wrong] = (await db('client_phones').orderBy('id')).map(row => row.id as number)
  const [email, silent] = (await db('client_emails').orderBy('id')).map(row => row.id as number)
  return { ...made, id, phone: phone!, wrong: wrong!, email: email!, silent: silent! }
}

t.test('a message may leave where the box is on, and nowhere else', async t => {
  const { db, phone, wrong, email, silent } = await shop(t)
  t.ok(await mayContact(db, { phoneId: phone }, 'sms'))
  t.ok(await mayContact(db, { emailId: email }, 'email'))
  t.equal(await refusalOf(db, { phoneId: phone }, 'sms'), null)
  for (const [of, channel, why] of [
    [{ phoneId: phone }, 'whatsapp', 'no_consent'],
    [{ phoneId: phone }, 'viber', 'no_consent'],
    [{ phoneId: phone }, 'email', 'no_consent'],
    [{ emailId: email }, 'sms', 'no_consent'],
    [{ emailId: silent }, 'email', 'no_consent'],
    [{ phoneId: wrong }, 'sms', 'not_valid'],
    [{ phoneId: 424242 }, 'sms', 'unknown'],
    [{ emailId: 424242 }, 'email', 'unknown']
  ] as const) {
    t.equal(await mayContact(db, of, channel), false, JSON.stringify([of, channel]))
    t.equal(await refusalOf(db, of, channel), why, JSON.stringify([of, channel]))
  }
})

t.test('withdrawn or taken off, nothing leaves any more; put back it may again', async t => {
  const { db, as, sofia, id, phone, email } = await shop(t)
  const { body } = await as(sofia).get(`/clients/${id}`)
  const was = /name="emails\.0\.was" value="([^"]*)"/.exec(body)![1]
  t.equal((await as(sofia).post(`/clients/${id}/emails/${email}`, { row: 0, 'emails.0.id': email, 'emails.0.was': was })).status, 200)
  t.equal(await refusalOf(db, { emailId: email }, 'email'), 'no_consent')
  await as(sofia).post(`/clients/${id}/phones/${phone}/remove`)
  t.equal(await refusalOf(db, { phoneId: phone }, 'sms'), 'removed')
  await as(sofia).post(`/clients/${id}/phones/${phone}/restore`)
  t.ok(await mayContact(db, { phoneId: phone }, 'sms'))
})

t.test('box and history can not drift apart, whoever writes them', async t => {
  const { db, id, phone, wrong, email, silent } = await shop(t)
  const refused = { code: '23514', constraint: 'consents_match' }
  await t.rejects(db('client_phones').where({ id: phone }).update({ viber: true }), refused)
  await t.rejects(db('client_phones').where({ id: phone }).update({ sms: false }), refused)
  await t.rejects(db('client_emails').where({ id: silent }).update({ agrees: true }), refused)
  await t.rejects(db('client_emails').insert({ client_id: id, address: 'new@poczta.example', agrees: true }), refused)
  await t.rejects(db('client_phones').insert({ client_id: id, type_id: 1, typed: '1', display: '1', digits: '1', whatsapp: true }), refused)
  await t.rejects(db('consents').insert({ client_id: id, phone_id: wrong, channel: 'sms', address: '12345', given: true, source: 'import' }), refused)
  await t.rejects(db('consents').insert({ client_id: id, email_id: email, channel: 'email', address: 'zofia@poczta.example', given: false, source: 'form' }), refused)
  // In one transaction, in whatever order, they may change.
  await db.transaction(async trx => {
    await trx('client_phones').where({ id: phone }).update({ viber: true })
    await trx('consents').insert({ client_id: id, phone_id: phone, channel: 'viber', address: '+48 600 123 456', given: true, source: 'import' })
  })
  t.ok(await mayContact(db, { phoneId: phone }, 'viber'))
})

t.test('the history is only added to, and goes with its client alone', async t => {
  const { db, anna, id } = await shop(t)
  const kept = { code: '23514', constraint: 'consents_kept' }
  await t.rejects(db('consents').where({ client_id: id }).update({ given: false }), kept)
  await t.rejects(db('consents').where({ client_id: id }).update({ at: db.fn.now() }), kept)
  await t.rejects(db('consents').where({ client_id: id }).delete(), kept)
  const other = await addClient(db, anna, { first_name: 'Inês' })
  await db('client_phones').where({ client_id: id }).update({ client_id: other })
  await db('consents').where({ client_id: id }).whereNotNull('phone_id').update({ client_id: other })
  t.equal((await db('consents').where({ client_id: other })).length, 1, 'it moves with a merged client')
  await db('events').delete()
  await db('clients').delete()
  t.equal((await db('consents')).length, 0)
})

t.test('a number that is changed has no consents yet: those of the old one end, with a line each', async t => {
  const { db, as, anna, id, phone, email } = await shop(t)
  const first = await db('consents').where({ phone_id: phone }).first()
  const row = { row: 0, 'phones.0.id': phone, 'phones.0.number': '600 123 999', 'phones.0.type': 1, 'phones.0.sms': 'on' }
  const answer = await as(anna).post(`/clients/${id}/phones/${phone}`, { ...row, 'phones.0.whatsapp': 'on' }, { fragment: true })
  t.match(answer.body, /agreed to messages for the old number: ask/)
  await as(anna).post(`/clients/${id}/emails/${email}`, { row: 0, 'emails.0.id': email, 'emails.0.address': 'z@poczta.example', 'emails.0.agrees': 'on' })
  t.match(await db('consents').where('id', '>', first.id).where(of => of.where({ phone_id: phone }).orWhere({ how: 'changed' })).orderBy('id'), [
    { channel: 'whatsapp', how: 'in_person', address: '+48 600 123 999', given: true },
    { channel: 'sms', how: 'changed', address: '+48 600 123 456', given: false, employee_id: anna.id },
    { channel: 'email', how: 'changed', given: false }
  ])
  t.notOk(await mayContact(db, { phoneId: phone }, 'sms'))
  t.ok(await mayContact(db, { phoneId: phone }, 'whatsapp'), 'what was ticked with the new number is for it')
  t.notOk(await mayContact(db, { emailId: email }, 'email'))
  await as(anna).post(`/clients/${id}/phones/${phone}`, row)
  t.ok(await mayContact(db, { phoneId: phone }, 'sms'), 'ticked again')
})
