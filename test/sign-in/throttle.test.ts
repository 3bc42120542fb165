import t from 'tap'
import type { Db } from '../../src/database/knex.js'
import { secondApp } from '../support/app.js'
import { cast, PASSWORD, visitor, type Visitor } from '../support/cast.js'
import { says } from '../support/words.js'

const tries = (who: Visitor, count: number, email: (n: number) => string, headers = {}) =>
  Promise.all(Array.from({ length: count }, (_, n) => who.post('/sign-in', { email: email(n), password: `guess ${n}` }, { headers })))
/** Makes the waits long enough for a slow machine to test in. */
const lengthen = (db: Db) => db('sign_in_failures').whereNotNull('blocked_until').update({ blocked_until: db.raw("now() + interval '1 minute'") })
const late = (answers: { status: number }[]) => answers.filter(({ status }) => status === 429).length

t.test('sixty tries at once on an account are sixty, and the wait is said', async t => {
  const { as, sofia } = await cast(t)
  const answers = await tries(as(null), 60, () => sofia.email)
  t.ok(late(answers) >= 54, `${late(answers)} were not looked at`)
  t.equal(late(answers) + answers.filter(({ status }) => status === 422).length, 60)
  const refused = answers.find(({ status }) => status === 429)!
  const seconds = Number(refused.headers['retry-after'])
  t.ok(seconds > 0 && seconds <= 900)
  t.ok(says(refused.body, 'sign_in.wait', { count: seconds }))
  t.match(refused.body, `value="${sofia.email}"`)
})

t.test('during the wait the right password is refused too, in every process and after a restart', async t => {
  const { as, db, url, marek, sofia } = await cast(t)
  await tries(as(null), 10, () => sofia.email)
  await lengthen(db)
  t.equal((await as(null).post('/sign-in', { email: sofia.email, password: PASSWORD })).status, 429)
  const restarted = visitor(await secondApp(t, { db, url }), '')
  t.equal((await restarted.post('/sign-in', { email: sofia.email.toUpperCase(), password: PASSWORD })).status, 429, 'another case is the same account')
  t.equal((await as(null).post('/sign-in', { email: marek.email, password: PASSWORD })).status, 303, 'others are let in')
  await db('sign_in_failures').update({ blocked_until: db.raw("now() - interval '1 second'") })
  t.equal((await restarted.post('/sign-in', { email: sofia.email, password: PASSWORD })).status, 303, 'after the wait')
})

t.test('each further failure doubles the wait, up to a quarter of an hour', async t => {
  const { as, db, sofia } = await cast(t)
  await tries(as(null), 5, () => sofia.email)
  const waits: number[] = []
  for (let n = 0; n < 12; n++) {
    await as(null).post('/sign-in', { email: sofia.email, password: 'not this one' })
    waits.push(Number((await as(null).post('/sign-in', { email: sofia.email, password: 'not this one' })).headers['retry-after']))
    await db('sign_in_failures').update({ blocked_until: db.raw("now() - interval '1 second'") })
  }
  t.same(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900])
})

t.test('a sign-in forgives what failed before it, and so does a day', async t => {
  const { as, db, sofia } = await cast(t)
  const right = { email: sofia.email, password: PASSWORD }
  for (let round = 0; round < 3; round++) {
    t.equal(late(await tries(as(null), 4, () => sofia.email)), 0)
    t.equal((await as(null).post('/sign-in', right)).status, 303)
  }
  await tries(as(null), 10, () => sofia.email)
  await db('sign_in_failures').update({ failed_at: db.raw("now() - interval '25 hours'"), blocked_until: db.raw("now() - interval '24 hours'") })
  t.equal(late(await tries(as(null), 5, () => sofia.email)), 0)
})

t.test('many accounts tried from one address have to wait; another address has not', async t => {
  const { as, db, url, sofia } = await cast(t)
  const behind = visitor(await secondApp(t, { db, url }, { env: { TRUST_PROXY: '1' } }), '')
  const from = (address: string) => ({ 'x-forwarded-for': address })
  const answers = await tries(behind, 60, n => `nobody${n}@clientela.example`, from('203.0.113.7'))
  t.ok(late(answers) >= 29 && late(answers) <= 30, `${late(answers)} were not looked at`)
  const right = { email: sofia.email, password: PASSWORD }
  await lengthen(db)
  t.equal((await behind.post('/sign-in', right, { headers: from('203.0.113.7') })).status, 429)
  t.equal((await behind.post('/sign-in', right, { headers: from('203.0.113.8') })).status, 303)
  t.equal((await as(null).post('/sign-in', right, { headers: from('203.0.113.7') })).status, 303, 'a header nobody asked us to believe')
})

t.test('the address is the one that our proxy saw, whatever the visitor says it is', async t => {
  const { db, url } = await cast(t)
  const behind = visitor(await secondApp(t, { db, url }, { env: { TRUST_PROXY: '1' } }), '')
  const sign = (n: number) => behind.post('/sign-in', { email: `nobody${n}@clientela.example`, password: 'guess' }, { headers: { 'x-forwarded-for': `198.51.100.${n}, 203.0.113.7` } })
  t.ok(late(await Promise.all(Array.from({ length: 40 }, (_, n) => sign(n)))) >= 9)
})

t.test('an IPv6 address counts with its whole /64, however it is written', async t => {
  const { db, url, sofia } = await cast(t)
  const behind = visitor(await secondApp(t, { db, url }, { env: { TRUST_PROXY: '1' } }), '')
  const sign = (n: number, address: string) => behind.post('/sign-in', { email: `nobody${n}@clientela.example`, password: 'guess' }, { headers: { 'x-forwarded-for': address } })
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => sign(n, `2001:db8::${(n + 1).toString(16)}:2:3:4`)))
  t.ok(late(answers) >= 9, `${late(answers)} were not looked at`)
  await lengthen(db)
  t.equal((await sign(50, '2001:db8:0:0:ffff:1:2:3')).status, 429)
  t.equal((await sign(51, '2001:db8:0:1::1')).status, 422, 'the next network')
  t.equal((await behind.post('/sign-in', { email: sofia.email, password: PASSWORD }, { headers: { 'x-forwarded-for': '::1' } })).status, 303)
})
