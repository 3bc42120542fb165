import t from 'tap'
import { RIGHTS } from '../../src/rights.js'
import { cast } from '../support/cast.js'

t.test('a role is made, as a copy or empty', async t => {
  const { as, anna, db, marek } = await cast(t)
  t.equal((await as(anna).get('/settings/roles/new')).status, 200)
  const made = await as(anna).post('/settings/roles', { name: 'Receção', copy: marek.roleId })
  t.same([made.status, made.location], [303, '/settings/roles'])
  const { rights } = await db('roles').where({ id: marek.roleId }).first()
  t.match(await db('roles').where({ name: 'Receção' }).first(), { key: null, rights })
  t.equal((await as(anna).post('/settings/roles', { name: 'Empty', copy: '' })).status, 303)
  t.same((await db('roles').where({ name: 'Empty' }).first()).rights, [])
})

t.test('a copy of the owner has every right and is no owner', async t => {
  const { as, db, olga } = await cast(t)
  await db('roles').where({ key: 'owner' }).update({ rights: [] }) // as rights that came later are missing from the row
  t.equal((await as(olga).post('/settings/roles', { name: 'Deputy', copy: olga.roleId })).status, 303)
  t.same((await db('roles').where({ name: 'Deputy' }).first()).rights, RIGHTS)
})

t.test('a role that is not right stays as typed and names the field', async t => {
  const { as, anna, db, marek } = await cast(t)
  const empty = await as(anna).post('/settings/roles', { name: ' ', copy: String(marek.roleId) })
  t.equal(empty.status, 422)
  t.ok(empty.error('name'))
  t.match(empty.body, `<option value="${marek.roleId}" selected>`)
  t.match((await as(anna).post('/settings/roles', { name: 'nothing', copy: '' })).error('name'), /Another role/, 'whatever the case')
  for (const name of ['Owner', 'menedżer', 'ADMIN']) t.match((await as(anna).post('/settings/roles', { name, copy: '' })).error('name'), /built-in/, name)
  t.ok((await as(anna).post('/settings/roles', { name: 'New', copy: 'x' })).error('copy'))
  t.ok((await as(anna).post('/settings/roles', { name: 'New', copy: '999999' })).error('copy'))
  t.ok((await as(anna).post('/settings/roles', { name: 'x'.repeat(61), copy: '' })).error('name'))

  await db('roles').where({ id: marek.roleId }).update({ rights: ['clients.view', 'roles.manage'] })
  t.match((await as(marek).post('/settings/roles', { name: 'Mine', copy: anna.roleId })).error('copy'), /rights that you don't have/)
  t.notMatch((await as(marek).get('/settings/roles/new')).body, `<option value="${anna.roleId}"`)
  t.equal((await db('roles')).length, 5)
})

t.test('a role of our own is renamed and deleted', async t => {
  const { as, anna, db } = await cast(t)
  const [{ id }] = await db('roles').insert({ name: 'Driver', rights: ['clients.view'] }).returning('id')
  t.match((await as(anna).get(`/settings/roles/${id}`)).body, 'Driver')
  t.match((await as(anna).post(`/settings/roles/${id}`, { name: 'NOTHING' })).error('name'), /Another role/)
  t.ok((await as(anna).post(`/settings/roles/${id}`, { name: '' })).error('name'))
  t.equal((await as(anna).post(`/settings/roles/${id}`, { name: 'driver' })).status, 303)
  // Another window still shows what it was called before.
  const late = await as(anna).post(`/settings/roles/${id}`, { name: 'Courier', was: 'Driver' })
  t.equal(late.status, 409)
  t.match(late.error('name'), /“driver”/)
  t.match(late.body, /name="was" value="driver"[^]*value="Courier"/, 'what was typed stays, and goes once it is sent again')
  t.equal((await as(anna).post(`/settings/roles/${id}`, { name: 'Courier', was: 'driver' })).status, 303)
  t.equal((await as(anna).post(`/settings/roles/${id}/delete`)).status, 303)
  t.notOk(await db('roles').where({ id }).first())
  t.equal((await as(anna).post(`/settings/roles/${id}/delete`)).status, 404)
})

t.test('a role that somebody has is not deleted, and it says how many', async t => {
  const { as, anna, db, nuno } = await cast(t)
  await db('employees').insert({ name: 'Ewa', email: 'ewa@clientela.example', role_id: nuno.roleId, language: 'pl', deactivated_at: db.fn.now() })
  t.notMatch((await as(anna).get(`/settings/roles/${nuno.roleId}`)).body, '/delete"', 'no button')
  const page = await as(anna).post(`/settings/roles/${nuno.roleId}/delete`)
  t.equal(page.status, 422)
  t.match(page.error('form'), /2 employees have this role/)
  t.ok(await db('roles').where({ id: nuno.roleId }).first())
})

t.test("a role above one's own is not deleted", async t => {
  const { as, db, marek } = await cast(t)
  await db('roles').where({ id: marek.roleId }).update({ rights: ['clients.view', 'roles.manage'] })
  const [{ id }] = await db('roles').insert({ name: 'Driver', rights: ['clients.import'] }).returning('id')
  t.match((await as(marek).post(`/settings/roles/${id}/delete`)).error('form'), /rights that you don't have/)
})

t.test('built-in roles keep their names and stay', async t => {
  const { as, anna, db, sofia } = await cast(t)
  for (const [path, body] of [['', { name: 'Bench' }], ['/delete', {}]] as const) {
    const page = await as(anna).post(`/settings/roles/${sofia.roleId}${path}`, body)
    t.equal(page.status, 422)
    t.match(page.body, /Built-in roles can&#39;t be renamed/)
  }
  t.match(await db('roles').where({ id: sofia.roleId }).first(), { key: 'specialist', name: null })
})

t.test('a role that is not there is not found', async t => {
  const { as, anna } = await cast(t)
  for (const id of ['999999', 'x', '0', '%00']) {
    t.equal((await as(anna).get(`/settings/roles/${id}`)).status, 404)
    t.equal((await as(anna).post(`/settings/roles/${id}`, { name: 'x' })).status, 404)
    t.equal((await as(anna).post(`/settings/roles/${id}/delete`)).status, 404)
  }
})
