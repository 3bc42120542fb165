import t from 'tap'
import { cast, PASSWORD, visitor, type Cast, type Person } from '../support/cast.js'
import { formOf } from '../support/clients.js'
import { sessionCookie } from '../support/cookies.js'
import { says } from '../support/words.js'

const end = ({ db }: Cast, person: Person, column = 'idle_until') =>
  db('sessions').where({ employee_id: person.id }).update({ [column]: db.raw("now() - interval '1 second'") })

for (const column of ['idle_until', 'expires_at']) {
  t.test(`a session is over after its ${column}`, async t => {
    const desk = await cast(t)
    const { as, sofia } = desk
    t.equal((await as(sofia).get('/account')).status, 200)
    await end(desk, sofia, column)
    t.equal((await as(sofia).get('/account')).status, 303)
  })
}

t.test('use puts the idle end off, never the absolute one', async t => {
  const { as, db, sofia } = await cast(t)
  const row = () => db('sessions').where({ employee_id: sofia.id }).first()
  await db('sessions').where({ employee_id: sofia.id }).update({ seen_at: db.raw("now() - interval '2 minutes'"), idle_until: db.raw("now() + interval '5 minutes'") })
  const before = await row()
  await as(sofia).get('/account')
  const after = await row()
  t.ok(after.idle_until.getTime() - Date.now() > 23 * 3600_000)
  t.ok(after.seen_at > before.seen_at)
  t.same(after.expires_at, before.expires_at)
  await as(sofia).get('/account')
  t.same((await row()).seen_at, after.seen_at, 'once a minute is enough')
})

t.test('a page asks to sign in and leads back to itself', async t => {
  const desk = await cast(t)
  const { as, sofia } = desk
  await end(desk, sofia)
  const sent = await as(sofia).get('/clients?q=rower&sort=name')
  t.equal(sent.status, 303)
  const page = await as(sofia).get(sent.location!)
  const back = await as(null).post('/sign-in', { ...formOf(page.body, '/sign-in'), email: sofia.email, password: PASSWORD })
  t.same([back.status, back.location], [303, '/clients?q=rower&sort=name'])
  t.equal((await as(sofia).get('/')).location, '/sign-in', 'the first page needs no way back')
})

t.test('a form that was on its way is carried over the sign-in, and arrives', async t => {
  const desk = await cast(t)
  const { as, app, db, sofia } = desk
  await end(desk, sofia)
  const typed = { kind: 'person', first_name: 'Zbigniew "Zbyszek" <Ł>', surname: 'Łęcki', phone_rows: ['0', '1'], 'phones.0.number': '600 123 456', 'phones.0.type': '1', 'phones.1.number': '', note: 'Two\nlines & more' }
  const asked = await as(sofia).post('/clients', typed)
  t.equal(asked.status, 401)
  t.ok(says(asked.body, 'sign_in.kept'))
  t.equal((await db('clients')).length, 0)

  const wrong = await as(null).post('/sign-in', { ...formOf(asked.body, '/sign-in'), email: sofia.email, password: 'not this one' })
  t.equal(wrong.status, 422)
  const resume = await as(null).post('/sign-in', { ...formOf(wrong.body, '/sign-in'), email: sofia.email, password: PASSWORD })
  t.equal(resume.status, 200)
  const form = formOf(resume.body, '/clients')
  t.match(form, { first_name: typed.first_name, phone_rows: ['0', '1'] })
  t.equal((await db('clients')).length, 0, 'nothing is sent without a press')

  t.equal((await visitor(app, sessionCookie(resume)).post('/clients', form)).status, 303)
  t.match(await db('clients').first(), { name: 'Zbigniew "Zbyszek" <Ł> Łęcki', note: 'Two\nlines & more', created_by: sofia.id })
})

t.test('a bare button leads back to the page it stands on', async t => {
  const desk = await cast(t)
  const { as, sofia } = desk
  await end(desk, sofia)
  const asked = await as(sofia).post('/clients/42/archive', { page_viewer: sofia.id }, { headers: { referer: 'http://localhost:3000/clients/42?feed=all' } })
  t.equal(asked.status, 401)
  t.match(formOf(asked.body, '/sign-in'), { to: '/clients/42?feed=all' })
  t.notOk(says(asked.body, 'sign_in.kept'))
})

t.test('passwords are never carried', async t => {
  const desk = await cast(t)
  const { as, sofia } = desk
  await end(desk, sofia)
  const typed = { current_password: 'the old secret', password: 'the new secret' }
  const bare = await as(sofia).post('/account/password', typed, { headers: { referer: 'http://localhost:3000/account' } })
  t.equal(bare.status, 401)
  t.notMatch(bare.body, /secret/)
  t.notOk(says(bare.body, 'sign_in.kept'))
  t.match(formOf(bare.body, '/sign-in'), { to: '/account' })

  const mixed = await as(sofia).post('/account/password', { ...typed, name: 'Sofia' })
  t.notMatch(mixed.body, /secret/)
  const resume = await as(null).post('/sign-in', { email: sofia.email, password: PASSWORD, to: '/account', kept: JSON.stringify({ ...typed, name: 'Sofia' }) })
  t.match(resume.body, /name="name" value="Sofia"/)
  t.notMatch(resume.body, /secret/)
})

t.test('what is kept may be anything, and harms nothing', async t => {
  const { as, sofia } = await cast(t)
  for (const kept of ['{', 'null', '[]', '42', '"text"', '{"a":{"b":1}}', '{"<script>":"</script>\\""}']) {
    const answer = await as(null).post('/sign-in', { email: sofia.email, password: PASSWORD, to: '/account', kept })
    t.ok([200, 303].includes(answer.status), kept)
    t.notMatch(answer.body, /value="<|<script>"/)
  }
})

t.test('a part of a page asks in the page, which stays as it is', async t => {
  const desk = await cast(t)
  const { as, app, sofia } = desk
  await end(desk, sofia)
  for (const answer of [await as(sofia).get('/clients?q=a', { fragment: true }), await as(sofia).post('/clients/42/comments', { text: 'X' }, { fragment: true })]) {
    t.equal(answer.status, 401)
    t.match(answer.headers, { 'hx-retarget': 'body.app #flash', 'hx-reswap': 'innerHTML' })
    t.notMatch(answer.body, /<html/)
    t.ok(says(answer.body, 'sign_in.stays'))
    t.match(answer.body, /hx-post="\/sign-in"/)
  }
  const wrong = await as(null).post('/sign-in', { email: sofia.email, password: 'not this one' }, { fragment: true })
  t.equal(wrong.status, 422)
  t.ok(says(wrong.body, 'sign_in.wrong'))
  t.notMatch(wrong.body, /<html/)
  const done = await as(null).post('/sign-in', { email: sofia.email, password: PASSWORD }, { fragment: true })
  t.equal(done.status, 200)
  t.ok(says(done.body, 'sign_in.again_done'))
  t.equal((await visitor(app, sessionCookie(done)).get('/account')).status, 200)
})
