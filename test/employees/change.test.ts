import t from 'tap'
import { cast, openSession, visitor, type Person } from '../support/cast.js'

const form = ({ name, email, roleId }: Person, more = {}) => ({ name, email, role: roleId, language: 'en', ...more })
const at = ({ id }: Person) => `/settings/employees/${id}`

t.test('an employee is changed', async t => {
  const { as, anna, db, marek, sofia } = await cast(t)
  const [place, other] = await db('locations').insert([{ name: 'Rynek' }, { name: 'Porto' }]).returning('id')
  await db('employee_locations').insert({ employee_id: sofia.id, location_id: other.id })
  const page = await as(anna).get(at(sofia))
  t.match(page.body, `value="${other.id}" checked`)

  const saved = await as(anna).post(at(sofia), { name: 'Sofía Ramos Núñez', email: 'SOFIA@clientela.example', role: marek.roleId, language: 'es', locations: place.id })
  t.same([saved.status, saved.location], [303, '/settings/employees'])
  const row = await db('employees').where({ id: sofia.id }).first()
  t.match(row, { name: 'Sofía Ramos Núñez', email: 'SOFIA@clientela.example', role_id: marek.roleId, language: 'es' })
  t.same(await db('employee_locations').where({ employee_id: sofia.id }).select('location_id'), [{ location_id: place.id }])
})

t.test('what was wrong stays and is named', async t => {
  const { as, anna, marek, sofia, db } = await cast(t)
  const page = await as(anna).post(at(sofia), form(sofia, { name: '', email: marek.email.toUpperCase(), role: '' }))
  t.equal(page.status, 422)
  t.match(page.error('name'), /Fill/)
  t.ok(page.error('role'))
  t.match(page.body, marek.email.toUpperCase())
  const taken = await as(anna).post(at(sofia), form(sofia, { name: 'Zofia', email: marek.email.toUpperCase() }))
  t.equal(taken.status, 422)
  t.match(taken.error('email'), /Another employee/)
  t.match(taken.body, 'value="Zofia"')
  t.equal((await db('employees').where({ id: sofia.id }).first()).name, 'Sofia Ramos')
})

t.test('of two who change somebody the second is told, keeps what was typed, and may save again', async t => {
  const { as, anna, olga, sofia, db } = await cast(t)
  const seen = async () => /name="was" value="([^"]+)"/.exec((await as(anna).get(at(sofia))).body)![1]!
  const was = await seen()
  t.equal((await as(olga).post(at(sofia), form(sofia, { name: 'Sofia of Olga', was }))).status, 303)
  const told = await as(anna).post(at(sofia), form(sofia, { name: 'Sofia of Anna', was }))
  t.equal(told.status, 409)
  t.match(told.body, /Somebody else changed this employee/)
  t.match(told.body, 'value="Sofia of Anna"')
  t.equal((await db('employees').where({ id: sofia.id }).first()).name, 'Sofia of Olga')
  t.match(told.body, `name="was" value="${await seen()}"`)
  t.equal((await as(anna).post(at(sofia), form(sofia, { name: 'Sofia of Anna', was: await seen() }))).status, 303)
})

t.test('nobody touches somebody whose role holds rights they lack', async t => {
  const { as, anna, db, marek, olga } = await cast(t)
  for (const act of ['', '/deactivate', '/activate', '/invitation']) t.equal((await as(anna).post(at(olga) + act, form(olga))).status, 403, `an admin, an owner: ${act}`)
  const page = await as(anna).get(at(olga))
  t.match(page.body, /only somebody who has them/)
  t.notMatch(page.body, /deactivate"/)

  // Marek may manage employees from now on, and still lacks what an admin has.
  await db('roles').where({ id: marek.roleId }).update({ rights: ['clients.view', 'employees.manage'] })
  for (const act of ['', '/deactivate', '/invitation']) t.equal((await as(marek).post(at(anna) + act, form(anna))).status, 403, `a manager, an admin: ${act}`)
  t.match((await as(marek).post(at(marek), form(marek, { role: anna.roleId }))).error('role'), /rights that you don't have/, 'nor makes himself an admin')
  t.notMatch((await as(marek).get('/settings/employees/new')).body, `<option value="${anna.roleId}"`, 'the role is not offered')
  t.equal((await db('employees').where({ id: anna.id }).whereNull('deactivated_at').whereNull('invitation_hash')).length, 1)
})

t.test('only owners make owners', async t => {
  const { as, anna, olga, sofia } = await cast(t)
  t.match((await as(anna).post(at(sofia), form(sofia, { role: olga.roleId }))).error('role'), /rights that you don't have/)
  t.equal((await as(olga).post(at(sofia), form(sofia, { role: olga.roleId }))).status, 303)
})

t.test('the last active owner stays owner', async t => {
  const { as, anna, db, olga } = await cast(t)
  // Invited and never came; came and left: neither could let anybody in.
  await db('employees').insert([
    { name: 'Iwo', email: 'iwo@clientela.example', role_id: olga.roleId, language: 'pl' },
    { name: 'Ola', email: 'ola@clientela.example', role_id: olga.roleId, language: 'pl', password_hash: 'x', deactivated_at: db.fn.now() }
  ])
  const refused = await as(olga).post(at(olga), form(olga, { role: anna.roleId }))
  t.equal(refused.status, 422)
  t.match(refused.error('role'), /last active owner/)
  t.equal((await as(olga).post(at(olga), form(olga, { name: 'Olga W.' }))).status, 303, 'who may be changed otherwise')

  await db('employees').where({ email: 'iwo@clientela.example' }).update({ password_hash: 'x' })
  const saved = await as(olga).post(at(olga), form(olga, { role: anna.roleId }))
  t.same([saved.status, saved.location], [303, '/'])
})

t.test('an employee is shut out at once and let in again', async t => {
  const { as, anna, db, sofia } = await cast(t)
  await as(anna).post(`${at(sofia)}/invitation`)
  const done = await as(anna).post(`${at(sofia)}/deactivate`)
  t.same([done.status, done.location], [303, '/settings/employees'])
  t.equal((await as(sofia).get('/account')).status, 303)
  t.same(await db('sessions').where({ employee_id: sofia.id }), [], 'no session stays')
  t.match(await db('employees').where({ id: sofia.id }).first(), { invitation_hash: null }, 'no link lets them in')
  t.equal((await as(anna).post(`${at(sofia)}/deactivate`)).status, 303, 'twice is once')
  t.match((await as(anna).get(at(sofia))).body, 'Deactivated')

  t.equal((await as(anna).post(`${at(sofia)}/activate`)).status, 303)
  t.equal((await as(null).post('/sign-in', { email: sofia.email, password: 'correct horse battery' })).status, 303)
})

t.test('nobody deactivates themselves', async t => {
  const { as, anna, olga, db } = await cast(t)
  for (const person of [anna, olga]) {
    const page = await as(person).post(`${at(person)}/deactivate`)
    t.equal(page.status, 422)
    t.match(page.error('form'), /deactivate yourself/)
  }
  t.same(await db('employees').whereNotNull('deactivated_at'), [])
})

t.test('two owners who demote or deactivate each other at once: one stays', async t => {
  const { anna, app, db, olga } = await cast(t)
  const adminId = anna.roleId
  const race = async (act: string, bodyFor: (person: Person) => object) => {
    // Who is shut out loses their sessions, so each round begins anew.
    await db('employees').whereIn('id', [anna.id, olga.id]).update({ role_id: olga.roleId, deactivated_at: null })
    const [first, second] = [visitor(app, await openSession(app, db, anna.id)), visitor(app, await openSession(app, db, olga.id))]
    const answers = await Promise.all([first.post(at(olga) + act, { ...bodyFor(olga) }), second.post(at(anna) + act, { ...bodyFor(anna) })])
    const owners = await db('employees').where({ role_id: olga.roleId }).whereNull('deactivated_at')
    t.equal(owners.length, 1, `${act} ${answers.map(answer => answer.status).sort()}`)
  }
  for (let round = 0; round < 5; round++) {
    await race('', person => form(person, { role: adminId }))
    await race('/deactivate', () => ({}))
  }
})

t.test('who lost the right while acting does not act', async t => {
  const { as, db, marek, sofia } = await cast(t)
  await db('roles').where({ id: marek.roleId }).update({ rights: db.raw("rights || '{employees.manage}'::text[]") })
  // The lock is held until Marek's request has read who he is; then he is demoted.
  const trx = await db.transaction()
  await trx('roles').where({ key: 'owner' }).forNoKeyUpdate().first()
  const late = as(marek).post(at(sofia) + '/deactivate')
  await new Promise(resolve => setTimeout(resolve, 300))
  await trx('employees').where({ id: marek.id }).update({ role_id: sofia.roleId })
  await trx.commit()
  t.equal((await late).status, 403)
  t.same(await db('employees').whereNotNull('deactivated_at'), [])
})
