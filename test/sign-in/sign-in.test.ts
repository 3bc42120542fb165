import { createHook } from 'node:async_hooks'
import t from 'tap'
import { secondApp } from '../support/app.js'
import { cast, openSession, PASSWORD, visitor } from '../support/cast.js'
import { cookieOf, sessionCookie } from '../support/cookies.js'
import { says, words } from '../support/words.js'

t.test('the right password opens the desk, and the address may be typed in any case', async t => {
  const { as, app, sofia, nuno } = await cast(t)
  const page = await as(null).get('/sign-in')
  t.equal(page.status, 200)
  t.match(page.body, /<form[^>]+action="\/sign-in"/)
  const answer = await as(null).post('/sign-in', { email: ` ${sofia.email.toUpperCase()} `, password: PASSWORD })
  t.same([answer.status, answer.location], [303, '/'])
  const inside = visitor(app, sessionCookie(answer))
  t.equal((await inside.get('/')).location, '/clients')
  t.match((await inside.get('/account')).body, 'Sofia Ramos')
  t.equal((await inside.get('/sign-in?to=/settings')).location, '/settings', 'no need to sign in twice')
  t.equal((await as(nuno).get('/')).location, '/account', 'who may see no clients')
})

t.test('wrong, unknown, deactivated and invited are one answer, that keeps the address and never the password', async t => {
  const { as, db, marek, nuno, sofia } = await cast(t)
  await db('employees').where({ id: marek.id }).update({ deactivated_at: db.fn.now() })
  await db('employees').where({ id: nuno.id }).update({ password_hash: null })
  for (const [email, password] of [[sofia.email, 'not this one'], ['nobody@clientela.example', PASSWORD], [marek.email, PASSWORD], [nuno.email, PASSWORD], ['no address', PASSWORD]] as const) {
    const answer = await as(null).post('/sign-in', { email, password })
    t.equal(answer.status, 422, email)
    t.ok(says(answer.body, 'sign_in.wrong'), email)
    t.match(answer.body, `value="${email}"`)
    t.notMatch(answer.body, password)
    t.notOk(answer.headers['set-cookie'], 'no session')
  }
})

t.test('what is missing is named beside its field', async t => {
  const { as, sofia } = await cast(t)
  const nothing = await as(null).post('/sign-in')
  t.equal(nothing.status, 422)
  t.same([nothing.error('email'), nothing.error('password')], [words('form.required'), words('form.required')])
  for (const password of ['x'.repeat(1001), ['a', 'b']]) t.equal((await as(null).post('/sign-in', { email: sofia.email, password })).status, 422)
  t.equal((await as(null).post('/sign-in', { email: 'a\u0000b', password: PASSWORD })).status, 422)
})

t.test('an unknown address costs the same work as a known one', async t => {
  const { as, sofia } = await cast(t)
  const work = async (email: string) => {
    let tasks = 0
    // argon2 works in the thread pool, as tasks without a name of their own.
    const hook = createHook({ init: (_id, type) => { if (type === 'undefined') tasks++ } }).enable()
    await as(null).post('/sign-in', { email, password: 'not this one' })
    hook.disable()
    return tasks
  }
  const known = await work(sofia.email)
  t.equal(known, 1)
  t.equal(await work('nobody@clientela.example'), known)
})

t.test('a sign-in begins under a new session id, and the one before is worth nothing', async t => {
  const { as, app, db, marek, sofia } = await cast(t)
  const before = as(marek).cookie
  const answer = await as(marek).post('/sign-in', { email: sofia.email, password: PASSWORD })
  const after = sessionCookie(answer)
  t.not(after, before)
  t.match((await visitor(app, after).get('/account')).body, 'Sofia Ramos')
  t.equal((await visitor(app, before).get('/account')).status, 303)

  const planted = `clientela=${encodeURIComponent(app.signCookie('planted-by-somebody-else'))}`
  const own = sessionCookie(await visitor(app, planted).post('/sign-in', { email: sofia.email, password: PASSWORD }))
  t.not(own, planted)
  t.equal((await visitor(app, planted).get('/account')).status, 303)
  t.equal((await visitor(app, own.replace(/.$/, last => last === 'A' ? 'B' : 'A')).get('/account')).status, 303, 'a cookie with a false signature')
  for (const { id } of await db('sessions').select('id')) t.notOk(decodeURIComponent(own).includes(id), 'the table holds no cookie')
})

t.test('a stranger who only looks leaves no session', async t => {
  const { as, db } = await cast(t)
  const count = async () => (await db('sessions').count().first())!.count
  const before = await count()
  t.notOk((await as(null).get('/sign-in')).headers['set-cookie'])
  await as(null).get('/clients')
  t.equal(await count(), before)
})

t.test('the cookie is HttpOnly, SameSite=Lax and, behind TLS, Secure', async t => {
  const { as, db, url, sofia } = await cast(t)
  const right = { email: sofia.email, password: PASSWORD }
  const plain = cookieOf(await as(null).post('/sign-in', right), 'clientela')
  for (const flag of [/; Path=\/(;|$)/, /; HttpOnly/, /; SameSite=Lax/]) t.match(plain, flag)
  t.notMatch(plain, 'Secure')
  t.notMatch(plain, 'Domain')

  const behind = visitor(await secondApp(t, { db, url }, { env: { TRUST_PROXY: '1' } }), '')
  const proxied = { headers: { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' } }
  t.match(cookieOf(await behind.post('/sign-in', right, proxied), 'clientela'), /; Secure/)
  t.notMatch(cookieOf(await as(null).post('/sign-in', right, proxied), 'clientela'), 'Secure', 'a header nobody asked us to believe')
  t.same((await db('sessions').where({ address: '203.0.113.7' })).length, 1)
})

t.test('signing out ends the session in the database', async t => {
  const { as, db, marek, sofia } = await cast(t)
  const out = await as(sofia).post('/sign-out')
  t.same([out.status, out.location], [303, '/sign-in'])
  t.match(cookieOf(out, 'clientela'), /clientela=;.*(Expires=Thu, 01 Jan 1970|Max-Age=0)/)
  t.same(await db('sessions').where({ employee_id: sofia.id }), [])
  t.equal((await as(sofia).get('/account')).status, 303, 'the old cookie opens nothing')
  t.equal((await as(marek).get('/account')).status, 200)
  t.equal((await as(null).post('/sign-out')).status, 401)
  t.equal((await as(marek).get('/sign-out')).status, 404, 'a link signs nobody out')
})

t.test('a deactivated employee is out at the next request', async t => {
  const { as, db, app, sofia } = await cast(t)
  const second = visitor(app, await openSession(app, db, sofia.id))
  await db('employees').where({ id: sofia.id }).update({ deactivated_at: db.fn.now() })
  t.equal((await as(sofia).get('/account')).status, 303)
  t.equal((await second.post('/account', { name: 'X', language: 'en' })).status, 401)
})

for (const to of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/\t/evil.example', '/.//evil.example', '/clients/..//evil.example', '/%2e//evil.example', '\\\\evil.example', '', 'clients']) {
  t.test(`signing in leads nowhere else: ${JSON.stringify(to)}`, async t => {
    const { as, sofia } = await cast(t)
    const page = await as(null).get(`/sign-in?to=${encodeURIComponent(to)}`)
    t.match(page.body, 'name="to" value="/"')
    t.equal((await as(null).post('/sign-in', { email: sofia.email, password: PASSWORD, to })).location, '/')
    t.equal((await as(sofia).get(`/sign-in?to=${encodeURIComponent(to)}`)).location, '/')
    const resumed = await as(null).post('/sign-in', { email: sofia.email, password: PASSWORD, to, kept: '{"name":"X"}' })
    t.match(resumed.body, /<form[^>]+action="\/"/)
  })
}

t.test('it leads back to a page of ours, with its question', async t => {
  const { as, sofia } = await cast(t)
  for (const to of ['/clients?q=%C5%81%C4%99cki&sort=name', '/clients/42']) {
    t.equal((await as(null).post('/sign-in', { email: sofia.email, password: PASSWORD, to })).location, to)
  }
})
