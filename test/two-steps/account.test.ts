import t from 'tap'
import { cast, PASSWORD, type Answer, type Visitor } from '../support/cast.js'
import { codeNow, giveTwoSteps, RECOVERY } from '../support/two-steps.js'
import { says } from '../support/words.js'

const secretOf = (page: Answer) => /class="secret">([A-Z2-7 ]+)</.exec(page.body)![1]!.replaceAll(' ', '')
const codesOf = (page: Answer) => [...page.body.matchAll(/<li><code>([\w-]{19})</g)].map(([, code]) => code!)

async function setUp (who: Visitor): Promise<Answer> {
  await who.post('/account/two-steps/start')
  const secret = secretOf(await who.get('/account/two-steps'))
  return who.post('/account/two-steps', { current_password: PASSWORD, code: codeNow(0, secret) })
}

t.test('it is on once a code has shown that it works', async t => {
  const { as, db, nuno } = await cast(t)
  t.ok(says((await as(nuno).get('/account')).body, 'two_steps.off'))
  t.equal((await as(nuno).post('/account/two-steps/start')).location, '/account/two-steps')
  const page = await as(nuno).get('/account/two-steps')
  const secret = secretOf(page)
  t.match(page.body, /<svg class="qr" viewBox="0 0 \d+ \d+"/)
  t.notMatch(page.body, /style=/)
  t.notMatch(JSON.stringify(await db('two_steps')), secret, 'sealed in the database')

  const wrong = await as(nuno).post('/account/two-steps', { current_password: 'guess', code: codeNow(0, secret) })
  t.same([wrong.status, Boolean(wrong.error('current_password'))], [422, true])
  const bad = await as(nuno).post('/account/two-steps', { current_password: PASSWORD, code: codeNow(40, secret) })
  t.same([bad.status, Boolean(bad.error('code'))], [422, true])
  t.equal(secretOf(bad), secret, 'the same QR code still')
  const empty = await as(nuno).post('/account/two-steps')
  t.same([empty.status, Boolean(empty.error('code')), Boolean(empty.error('current_password'))], [422, true, true])
  t.same(await db('two_steps').whereNotNull('confirmed_at'), [])

  const codes = codesOf(await as(nuno).post('/account/two-steps', { current_password: PASSWORD, code: codeNow(0, secret) }))
  t.equal(new Set(codes).size, 10)
  t.notMatch(JSON.stringify(await db('recovery_codes')), codes[0])
  const on = await as(nuno).get('/account/two-steps')
  t.notMatch(on.body, codes[0]!, 'shown once')
  t.notMatch(on.body, secret)
  t.ok(says(on.body, 'two_steps.codes_left', { count: 10 }))
  await as(nuno).post('/account/two-steps/start')
  t.equal((await db('two_steps').whereNotNull('confirmed_at')).length, 1, 'a start changes nothing where it is on')
})

t.test('new recovery codes ask for the password and replace the old', async t => {
  const { as, db, sofia } = await cast(t)
  await giveTwoSteps(db, sofia)
  const wrong = await as(sofia).post('/account/two-steps/codes', { current_password: 'guess' })
  t.equal(wrong.status, 422)
  t.match(wrong.body, /id="codes-password-error"/)
  t.equal(codesOf(await as(sofia).post('/account/two-steps/codes', { current_password: PASSWORD })).length, 10)
  const off = await as(sofia).post('/account/two-steps/off', { current_password: PASSWORD, code: RECOVERY })
  t.ok(off.error('code'), 'the old one opens nothing any more')
})

t.test('it is off only with the password and a code', async t => {
  const { as, db, sofia } = await cast(t)
  await giveTwoSteps(db, sofia)
  for (const [current_password, code, field] of [['guess', codeNow(), 'current_password'], [PASSWORD, codeNow(40), 'code'], [PASSWORD, '', 'code']] as const) {
    const refused = await as(sofia).post('/account/two-steps/off', { current_password, code })
    t.same([refused.status, Boolean(refused.error(field))], [422, true], field)
  }
  t.equal((await db('two_steps')).length, 1)
  t.equal((await as(sofia).post('/account/two-steps/off', { current_password: PASSWORD, code: codeNow() })).status, 303)
  t.same([(await db('two_steps')).length, (await db('recovery_codes')).length], [0, 0])
  t.equal((await as(null).post('/sign-in', { email: sofia.email, password: PASSWORD })).status, 303)
  t.same((await db('audit_entries').select('kind')).map(row => row.kind), ['safety.two_steps_off'])
})

t.test('a role that asks for it leads its people to set it up, and opens nothing else', async t => {
  const { as, anna, db, marek, olga, sofia } = await cast(t)
  const page = await as(anna).get(`/settings/roles/${sofia.roleId}`)
  t.match(page.body, /Of 1 with this role, 1 hasn&#39;t set it up/)
  t.equal((await as(marek).post(`/settings/roles/${sofia.roleId}/two-steps`, { two_steps: '1' })).status, 403)
  t.equal((await as(anna).post(`/settings/roles/${olga.roleId}/two-steps`, { two_steps: '1' })).status, 403, 'nobody rules over owners but owners')
  t.equal((await as(anna).post('/settings/roles/999999/two-steps')).status, 404)
  t.equal((await as(anna).post(`/settings/roles/${sofia.roleId}/two-steps`, { two_steps: '1' })).status, 303)

  for (const path of ['/clients', '/account', '/', '/clients/new']) t.same([(await as(sofia).get(path)).location, path], ['/account/two-steps', path])
  const visit = { headers: { accept: 'text/html, text/event-stream', 'hx-request': 'true', 'hx-request-type': 'full', 'hx-boosted': 'true' } }
  t.equal((await as(sofia).get('/', visit)).location, '/account/two-steps', 'a visit by htmx, which says of each that it reads streams, is led there too')
  t.equal((await as(sofia).get('/live?seen=0', { fragment: true, headers: { accept: 'text/html, text/event-stream' } })).status, 403, 'a stream is refused')
  const form = await as(sofia).post('/clients', { kind: 'person', surname: 'Wójcik & "Son"' })
  t.equal(form.status, 403)
  t.match(form.body, 'value="Wójcik &amp; &quot;Son&quot;"', 'what was typed waits')
  const fragment = await as(sofia).get('/tags?tag=V', { fragment: true })
  t.same([fragment.status, fragment.headers['hx-retarget']], [403, '#flash'])
  t.equal((await db('clients')).length, 0)
  t.equal((await as(marek).get('/clients')).status, 200, 'other roles go on')

  t.match((await as(sofia).get('/account/two-steps')).body, /Your role asks for two-step sign-in/)
  t.equal(codesOf(await setUp(as(sofia))).length, 10)
  t.equal((await as(sofia).get('/clients')).status, 200)
  t.ok(says((await as(anna).get(`/settings/roles/${sofia.roleId}`)).body, 'roles.two_steps_all'))

  t.equal((await as(olga).post(`/settings/roles/${olga.roleId}/two-steps`, { two_steps: '1' })).status, 303, "the owner's role as well")
  t.equal((await as(olga).get('/clients')).location, '/account/two-steps')
  t.equal((await as(olga).post('/sign-out')).status, 303)
  t.same((await db('audit_entries').where({ kind: 'roles.two_steps' }).orderBy('id').select('subject_name', 'details')), [
    { subject_name: 'specialist', details: { changes: [{ field: 'two_steps', old: false, new: true }] } }, { subject_name: 'owner', details: { changes: [{ field: 'two_steps', old: false, new: true }] } }
  ])
})

t.test("an admin resets somebody's, but not their own nor that of those above", async t => {
  const { as, anna, db, marek, olga, sofia } = await cast(t)
  for (const person of [anna, olga, sofia]) await giveTwoSteps(db, person)
  const reset = (by: Visitor, id: unknown) => by.post(`/settings/employees/${id}/two-steps/reset`)
  t.match((await as(anna).get(`/settings/employees/${sofia.id}`)).body, `action="/settings/employees/${sofia.id}/two-steps/reset"`)
  t.equal((await reset(as(marek), sofia.id)).status, 403)
  t.equal((await reset(as(anna), olga.id)).status, 403)
  t.equal((await reset(as(anna), anna.id)).status, 403)
  t.same(await Promise.all(['x', 999999].map(async id => (await reset(as(anna), id)).status)), [404, 404])
  t.equal((await reset(as(null), sofia.id)).status, 401)
  t.equal((await db('two_steps')).length, 3)
  t.equal((await reset(as(anna), sofia.id)).status, 303)
  t.same((await db('two_steps').select('employee_id')).map(row => row.employee_id).sort(), [anna.id, olga.id].sort())
  t.same(await db('audit_entries').select('kind', 'employee_id', 'subject_name'), [{ kind: 'safety.two_steps_reset', employee_id: anna.id, subject_name: sofia.name }])
  const [letter, ...others] = await db('mails').select('kind', 'recipient', 'body_text')
  t.match(letter, { kind: 'two_steps_reset', recipient: sofia.email, body_text: /Anna Kowalska turned off two-step sign-in[^]*\/account\/two-steps/ })
  t.equal((await reset(as(anna), sofia.id)).status, 303)
  t.same([others, (await db('mails')).length], [[], 1], 'what is off already is nothing to tell of')
})
