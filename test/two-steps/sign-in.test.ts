import t from 'tap'
import { cast, PASSWORD, visitor, type Answer, type Cast, type Person } from '../support/cast.js'
import { formOf } from '../support/clients.js'
import { sessionCookie } from '../support/cookies.js'
import { codeNow, giveTwoSteps, RECOVERY } from '../support/two-steps.js'
import { says } from '../support/words.js'

const password = ({ as }: Cast, { email }: Person, more: object = {}, ask: object = {}) => as(null).post('/sign-in', { email, password: PASSWORD, to: '/account', ...more }, ask)
const code = ({ as }: Cast, page: Answer, given: object, ask: object = {}) => as(null).post('/sign-in/code', { ...formOf(page.body, '/sign-in/code'), ...given }, ask)
const sessions = ({ db }: Cast, { id }: Person) => db('sessions').where({ employee_id: id }).whereNot({ user_agent: 'test' })

t.test('after the password a code is asked for, and nobody is signed in before it', async t => {
  const desk = await cast(t)
  const { app, db, sofia } = desk
  await giveTwoSteps(db, sofia)
  const asked = await password(desk, sofia)
  t.equal(asked.status, 200)
  t.ok(says(asked.body, 'two_steps.second_step'))
  t.equal(sessionCookie(asked), '')
  t.same(await sessions(desk, sofia), [])

  const empty = await code(desk, asked, {})
  t.same([empty.status, empty.error('code')], [422, 'Fill this in.'])
  const wrong = await code(desk, asked, { code: codeNow(40) })
  t.equal(wrong.status, 422)
  t.match(wrong.error('code'), /isn't right/)
  t.same(await sessions(desk, sofia), [])

  const right = await code(desk, wrong, { code: `${codeNow().slice(0, 3)} ${codeNow().slice(3)}` })
  t.same([right.status, right.location], [303, '/account'])
  t.equal((await visitor(app, sessionCookie(right)).get('/account')).status, 200)
  t.equal((await code(desk, asked, { code: codeNow(1) })).status, 422, 'and the second step is over')
})

t.test('a code is taken once, also by two who send it at the same moment', async t => {
  const desk = await cast(t)
  const { db, sofia } = desk
  await giveTwoSteps(db, sofia)
  const pages = await Promise.all([1, 2, 3].map(() => password(desk, sofia)))
  const now = codeNow()
  const answers = await Promise.all(pages.map(page => code(desk, page, { code: now })))
  t.same(answers.map(answer => answer.status).sort(), [303, 422, 422])
  t.equal((await code(desk, await password(desk, sofia), { code: codeNow(1) })).status, 303, 'the next one is')
})

t.test('a recovery code lets somebody in once, and says how many are left', async t => {
  const desk = await cast(t)
  const { app, db, sofia } = desk
  await giveTwoSteps(db, sofia)
  const page = await password(desk, sofia)
  t.match((await code(desk, page, { recovery: 'AAAA-BBBB-CCCC-DDDD' })).error('recovery'), /isn't right/)
  const right = await code(desk, page, { recovery: RECOVERY.toLowerCase().replaceAll('-', ' ') })
  t.equal(right.status, 303)
  const flash = [right.headers['set-cookie']].flat().find(line => String(line).startsWith('clientela_flash'))
  t.match((await visitor(app, `${sessionCookie(right)}; ${String(flash).split(';')[0]}`).get('/account')).body, /0 are left/)
  t.equal((await code(desk, await password(desk, sofia), { recovery: RECOVERY })).status, 422)
  t.match(await db('audit_entries').select('kind', 'employee_id'), [{ kind: 'safety.recovery_code_used', employee_id: sofia.id }])
})

t.test('guessing codes is slowed down, whatever password is given between', async t => {
  const desk = await cast(t)
  const { sofia, db } = desk
  await giveTwoSteps(db, sofia)
  const pages = await Promise.all([1, 2].map(() => password(desk, sofia)))
  const guess = (from: number, to: number) => Promise.all(Array.from({ length: to - from }, (_, n) => code(desk, pages[n % 2]!, { code: codeNow(40 + from + n) })))
  const first = await guess(0, 7)
  // The first waits are seconds, and a busy machine takes longer for the next tries.
  await db('sign_in_failures').whereNotNull('blocked_until').update({ blocked_until: db.raw("now() + interval '1 minute'") })
  const tries = [...first, ...await guess(7, 12)]
  const late = tries.filter(answer => answer.status === 429)
  t.ok(late.length >= 5)
  t.match(late[0]!.error('code'), /Too many tries/)
  t.ok(Number(late[0]!.headers['retry-after']) > 0)
  await db('sign_in_failures').whereNotNull('blocked_until').update({ blocked_until: db.raw("now() + interval '1 minute'") })
  t.equal((await code(desk, await password(desk, sofia), { code: codeNow() })).status, 429, 'the right one is refused too')
})

t.test('the second step ends by itself, by deactivation and by a new password', async t => {
  const desk = await cast(t)
  const { as, anna, db, sofia } = desk
  await giveTwoSteps(db, sofia)
  const expired = await password(desk, sofia)
  await db('pending_sign_ins').update({ expires_at: db.raw("now() - interval '1 second'") })
  const late = await code(desk, expired, { code: codeNow() })
  t.equal(late.status, 422)
  t.ok(says(late.body, 'two_steps.too_late'))
  t.match(formOf(late.body, '/sign-in'), { to: '/account' }, 'where it was to lead is kept')

  const changed = await password(desk, sofia)
  await as(sofia).post('/account/password', { current_password: PASSWORD, password: 'a brand new one' })
  t.ok(says((await code(desk, changed, { code: codeNow() })).body, 'two_steps.too_late'))
  const shut = await as(null).post('/sign-in', { email: sofia.email, password: 'a brand new one' })
  await as(anna).post(`/settings/employees/${sofia.id}/deactivate`)
  t.ok(says((await code(desk, shut, { code: codeNow() })).body, 'two_steps.too_late'))
  for (const token of ['', 'x', 'a'.repeat(43)]) t.equal((await as(null).post('/sign-in/code', { token, code: codeNow() })).status, 422, token)
  t.same(await sessions(desk, sofia), [])
})

t.test('a link for a new password is no way around the code', async t => {
  const desk = await cast(t)
  const { as, anna, app, db, sofia } = desk
  await giveTwoSteps(db, sofia)
  const made = await as(anna).post(`/settings/employees/${sofia.id}/invitation`)
  const flash = [made.headers['set-cookie']].flat().map(line => String(line).split(';')[0]).join('; ')
  const link = /\/invitations\/[\w-]{43}/.exec((await visitor(app, `${as(anna).cookie}; ${flash}`).get(made.location!)).body)![0]
  const asked = await as(null).post(link, { password: 'a brand new one' })
  t.equal(asked.status, 200)
  t.equal(sessionCookie(asked), '')
  t.equal((await code(desk, asked, { code: codeNow() })).status, 303)
})

t.test('a session that ends in the middle of work is begun again in two steps, and nothing typed is lost', async t => {
  const desk = await cast(t)
  const { as, app, db, anna } = desk
  await giveTwoSteps(db, anna)
  await db('sessions').where({ employee_id: anna.id }).delete()
  const typed = { kind: 'person', first_name: 'Zbigniew <Ł>', note: 'Two\nlines & more' }
  const first = await as(anna).post('/clients', typed)
  const second = await as(null).post('/sign-in', { ...formOf(first.body, '/sign-in'), email: anna.email, password: PASSWORD })
  const wrong = await code(desk, second, { code: codeNow(40) })
  const resume = await code(desk, wrong, { code: codeNow() })
  t.equal(resume.status, 200)
  const form = formOf(resume.body, '/clients')
  t.match(form, typed)
  t.equal((await visitor(app, sessionCookie(resume)).post('/clients', form)).status, 303)

  const fragment = await password(desk, anna, {}, { fragment: true })
  t.notMatch(fragment.body, /<html/)
  t.match(fragment.body, 'hx-post="/sign-in/code" hx-target="#flash"')
  const refused = await code(desk, fragment, { code: codeNow(40) }, { fragment: true })
  t.notMatch(refused.body, /<html/)
  const done = await code(desk, refused, { code: codeNow(1) }, { fragment: true })
  t.equal(done.status, 200)
  t.ok(says(done.body, 'sign_in.again_done'))
  t.ok(sessionCookie(done))
})
