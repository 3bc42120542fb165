import t from 'tap'
import type { Db } from '../../src/database/knex.js'
import { countShared } from '../../src/settings/queries.js'
import { cast } from '../support/cast.js'
import { testDatabase } from '../support/database.js'

t.test('shows how it is set, and how many are shared now', async t => {
  const { as, anna, db } = await cast(t)
  const page = await as(anna).get('/settings/clients')
  t.equal(page.status, 200)
  t.equal(page.body.match(/value="warn" checked/g)?.length, 2)
  t.match(page.body, /No number is shared/)
  t.match(page.body, /No e-mail is shared/)

  const [one, two, three] = [await client(db), await client(db), await client(db)]
  await phones(db, [[one, '+48600123456'], [two, '+48600123456'], [three, '+34612345678']])
  await emails(db, [[one, 'Biuro@gesla.example'], [two, 'biuro@gesla.example'], [two, 'kasia@firma.example'], [three, 'kasia@firma.example']])
  const after = await as(anna).get('/settings/clients', { fragment: true })
  t.notMatch(after.body, /<html/)
  t.match(after.body, /1 number is shared/)
  t.match(after.body, /2 e-mails are shared/)
})

t.test('keeps what was chosen, and leaves doubles as they are', async t => {
  const { as, anna, db } = await cast(t)
  await phones(db, [[await client(db), '+48600123456'], [await client(db), '+48600123456']])
  const answer = await as(anna).post('/settings/clients', { phone_uniqueness: 'refuse', email_uniqueness: 'allow' })
  t.equal(answer.status, 303)
  t.equal(answer.location, '/settings/clients')
  t.match(await db('organisation').first(), { phone_uniqueness: 'refuse', email_uniqueness: 'allow', name: 'Naprawa & Co' })
  t.equal((await db('client_phones').whereNull('removed_at')).length, 2)
  const page = await as(anna).get('/settings/clients')
  t.match(page.body, /value="refuse" checked/)
  t.match(page.body, /value="allow" checked/)
})

t.test('refuses another choice by name, and keeps the other', async t => {
  const { as, anna, db } = await cast(t)
  const page = await as(anna).post('/settings/clients', { phone_uniqueness: 'maybe', email_uniqueness: 'refuse' })
  t.equal(page.status, 422)
  t.match(page.error('phone_uniqueness'), /Choose one/)
  t.equal(page.error('email_uniqueness'), '')
  t.match(page.body, /name="email_uniqueness" value="refuse" checked/)
  t.equal((await as(anna).post('/settings/clients', {}, { fragment: true })).status, 422)
  t.equal((await db('organisation').first('email_uniqueness')).email_uniqueness, 'warn')
})

t.test('is for those who manage settings', async t => {
  const { as, marek, nuno, db } = await cast(t)
  const body = { phone_uniqueness: 'allow', email_uniqueness: 'allow' }
  for (const person of [marek, nuno]) {
    t.equal((await as(person).get('/settings/clients')).status, 403)
    t.equal((await as(person).post('/settings/clients', body)).status, 403)
  }
  t.equal((await as(null).get('/settings/clients')).status, 303)
  t.equal((await as(null).post('/settings/clients', body)).status, 401)
  t.equal((await db('organisation').first('phone_uniqueness')).phone_uniqueness, 'warn')
})

t.test('what is shared is counted by clients', async t => {
  const { db } = await testDatabase(t)
  const [one, two] = [await client(db), await client(db)]
  await phones(db, [
    [one, '+48600000001'], [one, '+48600000001'], // twice at one client
    [one, null], [two, null], // no valid numbers
    [one, '+48600000002'], [two, '+48600000002'], [two, '+48600000002']
  ])
  await phones(db, [[one, '+48600000003'], [two, '+48600000003']])
  await db('client_phones').where({ e164: '+48600000003', client_id: two }).update({ removed_at: db.fn.now() })
  t.same((await countShared(db)).phones, { count: 1, more: false })
  t.same((await countShared(db)).emails, { count: 0, more: false })
})

t.test('counting stops at a thousand', async t => {
  const { as, anna, db } = await cast(t)
  const [one, two] = [await client(db), await client(db)]
  const numbers = Array.from({ length: 1000 }, (_, n) => `+4860000${String(n).padStart(4, '0')}`)
  await phones(db, numbers.flatMap(number => [[one, number], [two, number]]))
  t.same((await countShared(db)).phones, { count: 1000, more: false })
  t.match((await as(anna).get('/settings/clients')).body, /1,000 numbers are shared/)
  await phones(db, [[one, '+48611111111'], [two, '+48611111111']])
  t.same((await countShared(db)).phones, { count: 1000, more: true })
  t.match((await as(anna).get('/settings/clients')).body, /1,000\+ numbers are shared/)
})

async function client (db: Db): Promise<number> {
  const [row] = await db('clients').insert({ kind: 'person', first_name: 'Íñigo' }).returning('id')
  return row.id
}

async function phones (db: Db, rows: [clientId: number, e164: string | null][]): Promise<void> {
  const type = await db('phone_types').where({ key: 'mobile' }).first('id')
  await db('client_phones').insert(rows.map(([client_id, e164]) => ({ client_id, type_id: type.id, e164, typed: e164 ?? '123', display: e164 ?? '123', digits: e164?.slice(1) ?? '123' })))
}

async function emails (db: Db, rows: [clientId: number, address: string][]): Promise<void> {
  await db('client_emails').insert(rows.map(([client_id, address]) => ({ client_id, address })))
}
