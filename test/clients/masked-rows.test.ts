import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { words } from '../support/words.js'

/** Sofia, who sees numbers masked, has a client open whose number and e-mail Anna then replaces by others that are masked alike. */
async function shop (t: Parameters<typeof cast>[0], { replaced = true } = {}) {
  const made = await cast(t)
  const { as, anna, sofia, db } = made
  const id = await addClient(db, anna, { first_name: 'Zofia', phones: [{ number: '+34 612 345 678', on: ['sms'] }], emails: ['zofia@poczta.example'] })
  const path = `/clients/${id}`
  const form = async (who = sofia) => formOf((await as(who).get(path)).body, path)
  const phone = () => db('client_phones').where({ client_id: id }).first()
  const email = () => db('client_emails').where({ client_id: id }).first()
  const stale = await form()
  if (replaced) await as(anna).post(path, { ...await form(anna), 'phones.0.number': '+34 699 000 078', 'emails.0.address': 'zuzanna@inna.example' })
  const part = (kind: 'phone' | 'email', more: object) => as(sofia).post(`${path}/${kind}s/${stale[`${kind}s.0.id`]}`, { ...stale, row: '0', ...more }, { fragment: true })
  return { ...made, id, path, form, stale, part, phone, email, consents: async () => (await db('consents').where({ given: true }).orderBy('id')).length }
}

t.test('no consent lands on a number or address that replaced the one its writer saw', async t => {
  const { as, sofia, path, stale, phone, email, consents, form } = await shop(t)
  t.equal((await form())['phones.0.number'], stale['phones.0.number'], 'it is masked alike')
  for (const more of [{ 'phones.0.whatsapp': 'on' }, { 'emails.0.agrees': 'on' }, { 'phones.0.type': '3' }, { 'phones.0.remove': '1' }]) {
    const asked = await as(sofia).post(path, { ...stale, ...more })
    t.equal(asked.status, 409, Object.keys(more)[0])
    t.notMatch(asked.body, /699 ?00 ?0|zuzanna|inna\.example/)
  }
  t.match([await phone(), await email()], [{ e164: '+34699000078', whatsapp: false, sms: false, removed_at: null }, { agrees: false, removed_at: null }])
  t.equal(await consents(), 1, 'the one from the beginning')
})

t.test('nor in place', async t => {
  const { part, phone, email, stale } = await shop(t)
  const { body, status, error } = await part('phone', { 'phones.0.whatsapp': 'on' })
  t.same([status, error('phones.0.number')], [409, words('phones.changed_meanwhile', { number: '+34 ••• •• •• 78' })])
  t.equal((await part('email', { 'emails.0.agrees': 'on' })).status, 409)
  t.match([await phone(), await email()], [{ whatsapp: false, sms: false }, { agrees: false }])
  const was = /name="phones\.0\.was" value="([^"]*)"/.exec(body)?.[1]
  t.equal((await part('phone', { 'phones.0.was': was, 'phones.0.whatsapp': 'on', 'phones.0.sms': [] })).status, 200, 'told, they may')
  t.match(await phone(), { whatsapp: true, sms: false })
  t.not(was, stale['phones.0.was'])
})

t.test('who left the row alone is asked nothing, and changes nothing of it', async t => {
  const { as, sofia, path, stale, part, phone, email, consents, db } = await shop(t)
  t.equal((await as(sofia).post(path, { ...stale, note: 'Likes tea' })).status, 303)
  t.equal((await part('phone', {})).status, 200)
  t.equal((await part('email', {})).status, 200)
  t.match([await phone(), await email()], [{ e164: '+34699000078', sms: false, whatsapp: false }, { address: 'zuzanna@inna.example', agrees: false }])
  t.equal((await db('clients').first('note')).note, 'Likes tea')
  t.equal(await consents(), 1)
})

t.test('asked, they decide', async t => {
  for (const [choice, whatsapp] of [['mine', true], ['theirs', false]] as const) {
    const { as, sofia, path, stale, phone } = await shop(t)
    const asked = await as(sofia).post(path, { ...stale, 'phones.0.whatsapp': 'on', 'phones.0.sms': [] })
    t.equal(asked.status, 409)
    t.equal((await as(sofia).post(path, { ...formOf(asked.body, path), [`resolve.phone:${stale['phones.0.id']}`]: choice })).status, 303, choice)
    t.match(await phone(), { e164: '+34699000078', whatsapp })
  }
})

t.test('where nobody replaced it everything is as ever', async t => {
  const { as, sofia, path, stale, phone, part, email } = await shop(t, { replaced: false })
  t.equal((await as(sofia).post(path, { ...stale, 'phones.0.whatsapp': 'on', 'emails.0.agrees': 'on' })).status, 303)
  t.match([await phone(), await email()], [{ whatsapp: true, sms: true }, { agrees: true }])
  t.equal((await part('phone', { 'phones.0.number': '+34 612 345 679' })).status, 409, 'the boxes were switched since')
  const { body } = await as(sofia).get(path)
  const now = formOf(body, path)
  t.equal((await as(sofia).post(path, { ...now, 'phones.0.number': '+34 612 345 679' })).status, 303)
  t.match(await phone(), { e164: '+34612345679', whatsapp: false })
})

t.test('the fingerprint says nothing of the number: the same has another on each row and in each installation', async t => {
  const { as, sofia, anna, db, stale, id } = await shop(t, { replaced: false })
  const other = await addClient(db, anna, { first_name: 'Ela', phones: [{ number: '+34 612 345 678', on: ['sms'] }], emails: ['zofia@poczta.example'] })
  const of = async (client: number) => formOf((await as(sofia).get(`/clients/${client}`)).body, `/clients/${client}`)
  const theirs = await of(other)
  t.not(theirs['phones.0.was'], stale['phones.0.was'])
  t.not(theirs['emails.0.was'], stale['emails.0.was'])
  await db('installation').update({ secret: 'another secret of another installation, long enough' })
  t.not((await of(id))['phones.0.was'], stale['phones.0.was'])
  t.notMatch((await as(sofia).get(`/clients/${id}`)).body, /another secret/)
})
