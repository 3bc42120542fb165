import t from 'tap'
import { cast, visitor, type Answer, type Visitor } from '../support/cast.js'

const form = (role: number, more = {}) => ({ name: 'Łucja Żak', email: 'Lucja@clientela.example', role, language: 'pl', ...more })

/** Follows a redirect as a browser does, with the cookies that came with it. */
const follow = (as: Visitor, answer: Answer) => as.get(answer.location!, { headers: { cookie: [as.cookie, ...[answer.headers['set-cookie'] ?? []].flat().map(cookie => String(cookie).split(';')[0])].filter(Boolean).join('; ') } })
const linkIn = (page: Answer) => /value="http:\/\/localhost:3000(\/invitations\/[\w-]{43})"/.exec(page.body)?.[1]

t.test('somebody is invited, and comes in by the link', async t => {
  const { as, anna, app, db, sofia } = await cast(t)
  const places = await db('locations').insert([{ name: 'Rynek' }, { name: 'Porto' }]).returning('id')
  const made = await as(anna).post('/settings/employees', form(sofia.roleId, { locations: places.map(place => place.id) }))
  t.equal(made.status, 303)
  const page = await follow(as(anna), made)
  const link = linkIn(page)!
  t.ok(link, 'the link is shown')
  t.match(page.body, 'was put into the test mailbox')
  t.match(await db('mails').first(), { kind: 'invitation', recipient: 'Lucja@clientela.example', state: 'caught', subject: 'Zaproszenie do Naprawa & Co', body_text: new RegExp(`http://127\\.0\\.0\\.1:3000${link}`) }, 'in the language of whom it is for')
  t.notOk(linkIn(await as(anna).get(made.location!)), 'and only once')

  const row = await db('employees').where({ email: 'Lucja@clientela.example' }).first()
  t.notMatch(JSON.stringify(row), link.split('/')[2]!, 'the token itself is not kept')
  t.ok(Math.abs(row.invitation_expires_at - Date.now() - 7 * 86_400_000) < 60_000, 'for 7 days')
  t.equal((await db('employee_locations').where({ employee_id: row.id })).length, 2)

  const stranger = as(null)
  const welcome = await stranger.get(link)
  t.equal(welcome.status, 200)
  t.match(welcome.body, 'Łucja Żak')
  t.equal((await stranger.get(link)).status, 200, 'looking uses nothing up')
  const weak = await stranger.post(link, { password: 'short' })
  t.equal(weak.status, 422)
  t.match(weak.error('password'), /10 characters/)
  const accepted = await stranger.post(link, { password: 'a long enough one' })
  t.same([accepted.status, accepted.location], [303, '/'])
  const cookie = String([accepted.headers['set-cookie']].flat()[0]).split(';')[0]!
  t.match((await visitor(app, cookie).get('/account')).body, 'lucja@clientela.example'.replace('l', 'L'), 'and is signed in')
  t.equal((await stranger.get(link)).status, 404, 'the link is used up')
  t.equal((await stranger.post(link, { password: 'another long one' })).status, 404)
  t.equal((await stranger.post('/sign-in', { email: 'lucja@clientela.example', password: 'a long enough one' })).status, 303)
})

t.test('of two who accept at once one succeeds', async t => {
  const { as, anna, sofia } = await cast(t)
  const link = linkIn(await follow(as(anna), await as(anna).post('/settings/employees', form(sofia.roleId))))!
  const answers = await Promise.all([1, 2, 3].map(n => as(null).post(link, { password: `long enough, number ${n}` })))
  t.same(answers.map(answer => answer.status).sort(), [303, 404, 404])
})

t.test('a link that ran out, of a deactivated employee or of nobody opens nothing', async t => {
  const { as, anna, db, sofia } = await cast(t)
  const link = linkIn(await follow(as(anna), await as(anna).post('/settings/employees', form(sofia.roleId))))!
  const person = db('employees').where({ email: 'Lucja@clientela.example' })
  const isGone = async (path: string) => {
    const page = await as(null).get(path)
    t.equal(page.status, 404)
    t.match(page.body, /Ask whoever gave it to you/)
    t.equal((await as(null).post(path, { password: 'a long enough one' })).status, 404)
  }
  await person.clone().update({ deactivated_at: db.fn.now() })
  await isGone(link)
  await person.clone().update({ deactivated_at: null, invitation_expires_at: db.raw("now() - interval '1 second'") })
  await isGone(link)
  await isGone('/invitations/nonsense')
  await isGone('/invitations/%00')
})

t.test('a form that is not right stays as it was typed and names the field', async t => {
  const { as, anna, sofia, marek, olga } = await cast(t)
  const empty = await as(anna).post('/settings/employees', {})
  t.equal(empty.status, 422)
  for (const field of ['name', 'email', 'role', 'language']) t.ok(empty.error(field), field)

  const bad = await as(anna).post('/settings/employees', form(sofia.roleId, { email: 'lucja@', language: 'xx' }))
  t.equal(bad.status, 422)
  t.match(bad.error('email'), /e-mail/)
  t.match(bad.body, 'Łucja Żak')
  t.match(bad.body, 'value="lucja@"')
  t.match(bad.body, `<option value="${sofia.roleId}" selected>`)

  const taken = await as(anna).post('/settings/employees', form(sofia.roleId, { email: marek.email.toUpperCase() }))
  t.equal(taken.status, 422)
  t.match(taken.error('email'), /Another employee/)

  t.match((await as(anna).post('/settings/employees', form(999_999))).error('role'), /Choose/)
  t.match((await as(anna).post('/settings/employees', form(olga.roleId))).error('role'), /rights that you don't have/, 'only owners make owners')
})

t.test('a location that is gone is left out', async t => {
  const { as, anna, db, sofia } = await cast(t)
  t.equal((await as(anna).post('/settings/employees', form(sofia.roleId, { locations: ['999', 'x', ''] }))).status, 303)
  t.equal((await db('employee_locations')).length, 0)
})

t.test('two who invite the same address at once make one employee', async t => {
  const { as, anna, olga, db, sofia } = await cast(t)
  const answers = await Promise.all([as(anna).post('/settings/employees', form(sofia.roleId)), as(olga).post('/settings/employees', form(sofia.roleId, { email: 'LUCJA@clientela.example' }))])
  t.same(answers.map(answer => answer.status).sort(), [303, 422])
  t.equal((await db('employees').whereRaw('lower(email) = ?', ['lucja@clientela.example'])).length, 1)
})

t.test('a link for a new password', async t => {
  const { as, anna, db, sofia } = await cast(t)
  const first = linkIn(await follow(as(anna), await as(anna).post(`/settings/employees/${sofia.id}/invitation`)))!
  const second = linkIn(await follow(as(anna), await as(anna).post(`/settings/employees/${sofia.id}/invitation`)))!
  t.equal((await as(null).get(first)).status, 404, 'a new link replaces the old')
  t.equal((await as(sofia).get('/account')).status, 200, 'nothing changes until it is used')
  for (let n = 0; n < 7; n++) await as(null).post('/sign-in', { email: sofia.email, password: 'forgotten, wrong' })
  t.equal((await as(null).post(second, { password: 'a brand new one' })).status, 303)
  t.equal((await as(sofia).get('/account')).status, 303, 'the sessions from before are ended')
  t.equal((await db('sessions').where({ employee_id: sofia.id })).length, 1)
  t.equal((await as(null).post('/sign-in', { email: sofia.email, password: 'a brand new one' })).status, 303, 'and the failures are forgotten')
})

t.test('nobody makes a link for themselves, for somebody above or for somebody deactivated', async t => {
  const { as, anna, olga, sofia, db } = await cast(t)
  const own = await as(anna).post(`/settings/employees/${anna.id}/invitation`)
  t.equal(own.status, 422)
  t.match(own.error('form'), /My account/)
  t.equal((await as(anna).post(`/settings/employees/${olga.id}/invitation`)).status, 403)
  await db('employees').where({ id: sofia.id }).update({ deactivated_at: db.fn.now() })
  t.match((await as(anna).post(`/settings/employees/${sofia.id}/invitation`)).error('form'), /Activate first/)
  t.same(await db('employees').whereNotNull('invitation_hash'), [])
})
