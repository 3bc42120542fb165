import t from 'tap'
import { cast, openSession, PASSWORD, visitor } from '../support/cast.js'

t.test('the account is for whoever is signed in', async t => {
  const { as, nuno } = await cast(t)
  const page = await as(nuno).get('/account')
  t.equal(page.status, 200)
  for (const words of ['Nuno Alves', nuno.email, 'Nothing', 'this one']) t.match(page.body, words)
  t.same([(await as(null).get('/account')).status, (await as(null).get('/account')).location], [303, '/sign-in?to=%2Faccount'])
  for (const path of ['/account', '/account/password', '/account/sessions/end', `/account/sessions/${'a'.repeat(43)}/end`]) t.equal((await as(null).post(path)).status, 401, path)
})

t.test('name and language change at once', async t => {
  const { as, sofia, db } = await cast(t)
  t.same([(await as(sofia).post('/account', { name: 'Sofía Ramos', language: 'es' })).status], [303])
  const page = await as(sofia).get('/account')
  t.match(page.body, '<html lang="es">')
  t.match(page.body, 'Mi cuenta')
  t.match(page.body, 'Sofía Ramos')
  const bad = await as(sofia).post('/account', { name: ' ', language: 'xx' })
  t.equal(bad.status, 422)
  t.ok(bad.error('name'))
  t.ok(bad.error('language'))
  t.match(await db('employees').where({ id: sofia.id }).first(), { name: 'Sofía Ramos', language: 'es', role_id: sofia.roleId })
})

t.test('a new password asks for the old one, and ends the other sessions', async t => {
  const { as, app, db, sofia } = await cast(t)
  await db('employees').where({ id: sofia.id }).update({ invitation_hash: 'a link', invitation_expires_at: db.raw("now() + interval '1 day'") })
  const other = visitor(app, await openSession(app, db, sofia.id))
  const wrong = await as(sofia).post('/account/password', { current_password: 'not this one', password: 'a brand new one' })
  t.equal(wrong.status, 422)
  t.match(wrong.error('current_password'), /isn't the password/)
  t.notMatch(wrong.body, 'a brand new one', 'passwords are never shown again')
  const weak = await as(sofia).post('/account/password', { current_password: '', password: '1234567890' })
  t.equal(weak.status, 422)
  t.ok(weak.error('current_password'))
  t.match(weak.error('password'), /in a row/)
  t.equal((await other.get('/account')).status, 200)

  t.equal((await as(sofia).post('/account/password', { current_password: PASSWORD, password: 'a brand new one' })).status, 303)
  t.equal((await as(sofia).get('/account')).status, 200)
  t.equal((await other.get('/account')).status, 303)
  t.match(await db('employees').where({ id: sofia.id }).first(), { invitation_hash: null }, 'a link made before opens nothing')
  t.equal((await as(null).post('/sign-in', { email: sofia.email, password: 'a brand new one' })).status, 303)
})

t.test('guessing the old password is slowed down', async t => {
  const { as, sofia } = await cast(t)
  const tries = await Promise.all(Array.from({ length: 12 }, (_, n) => as(sofia).post('/account/password', { current_password: `guess ${n}`, password: 'a brand new one' })))
  const late = tries.filter(answer => answer.status === 429)
  t.ok(late.length >= 5)
  t.ok(Number(late[0]!.headers['retry-after']) > 0)
  t.match(late[0]!.error('current_password'), /Too many tries/)
})

t.test('sessions are listed, and ended one by one', async t => {
  const { as, app, db, marek, sofia } = await cast(t)
  const phone = visitor(app, await openSession(app, db, sofia.id))
  await db('sessions').where({ employee_id: sofia.id }).orderBy('created_at', 'desc').first('id').then(row => db('sessions').where({ id: row.id }).update({ user_agent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1', address: '10.0.0.7' }))
  const page = await as(sofia).get('/account')
  t.match(page.body, 'Safari on iPhone')
  t.match(page.body, '10.0.0.7')
  const keys = [...page.body.matchAll(/\/account\/sessions\/([\w-]{43})\/end/g)].map(match => match[1])
  t.equal(keys.length, 2)
  const here = (await db('sessions').where({ employee_id: sofia.id, user_agent: 'test' }).first('id')).id
  const there = keys.find(key => key !== here)

  t.equal((await as(marek).post(`/account/sessions/${there}/end`)).status, 404, "not somebody else's")
  for (const key of ['x', '%00', 'a'.repeat(43)]) t.equal((await as(sofia).post(`/account/sessions/${key}/end`)).status, 404, key)
  t.equal((await phone.get('/account')).status, 200)
  t.equal((await as(sofia).post(`/account/sessions/${there}/end`)).location, '/account')
  t.equal((await phone.get('/account')).status, 303)
  t.equal((await as(sofia).get('/account')).status, 200)
  t.equal((await as(sofia).post(`/account/sessions/${here}/end`)).location, '/sign-in', 'this one: signed out')
  t.equal((await as(sofia).get('/account')).status, 303)
})

t.test('a session that ended by itself is not listed', async t => {
  const { as, app, db, sofia } = await cast(t)
  await openSession(app, db, sofia.id)
  await db.raw("update sessions set idle_until = now() - interval '1 minute' where id = (select id from sessions where employee_id = ? order by created_at desc limit 1)", [sofia.id])
  t.equal([...(await as(sofia).get('/account')).body.matchAll(/sessions\/[\w-]{43}\/end/g)].length, 1)
})

t.test('signing out everywhere ends this session too, and nobody else\'s', async t => {
  const { as, app, db, marek, sofia } = await cast(t)
  const other = visitor(app, await openSession(app, db, sofia.id))
  const out = await as(sofia).post('/account/sessions/end')
  t.same([out.status, out.location], [303, '/sign-in'])
  t.equal((await as(sofia).get('/account')).status, 303)
  t.equal((await other.get('/account')).status, 303)
  t.equal((await as(marek).get('/account')).status, 200)
  t.same(await db('sessions').where({ employee_id: sofia.id }), [])
})
