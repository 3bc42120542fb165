import t from 'tap'
import type { Db } from '../../src/database/knex.js'
import { BUILT_IN_ROLES, RIGHTS } from '../../src/rights.js'
import { cast } from '../support/cast.js'

const rightsOf = async (db: Db, id: number) => new Set<string>((await db('roles').where({ id }).first('rights')).rights)
const was = (...rights: string[]) => rights.join(' ')

t.test('roles are for those who manage them', async t => {
  const { as, marek } = await cast(t)
  for (const path of ['/settings/roles', '/settings/roles/new', '/settings/roles/1']) {
    t.equal((await as(null).get(path)).status, 303, `${path} sends a stranger to sign in`)
    t.equal((await as(marek).get(path)).status, 403, `${path} refuses a manager`)
  }
  for (const path of ['/settings/roles', '/settings/roles/rights', '/settings/roles/1', '/settings/roles/1/delete']) {
    t.equal((await as(null).post(path)).status, 401, `${path} asks a stranger to sign in`)
    t.equal((await as(marek).post(path)).status, 403, `${path} refuses a manager`)
  }
})

t.test('every right of every role is on the page', async t => {
  const { as, anna, marek, olga } = await cast(t)
  const { status, body } = await as(anna).get('/settings/roles')
  t.equal(status, 200)
  for (const name of ['Specialist', 'Manager', 'Admin', 'Owner', 'Nothing']) t.match(body, name)
  for (const right of RIGHTS) {
    t.match(body, new RegExp(`name="rights.${olga.roleId}" value="${right}"[^>]* checked disabled`), `the owner has ${right}, for good`)
    t.match(body, `name="rights.${marek.roleId}" value="${right}"`)
  }
  t.match(body, new RegExp(`name="rights.${anna.roleId}" value="roles.manage"[^>]* checked disabled`), "one's own way in can't be unticked")
})

t.test('a box is ticked and another unticked, and it holds at the next request', async t => {
  const { as, anna, db, marek } = await cast(t)
  t.equal((await as(marek).get('/settings')).status, 200, 'by marketing.manage')
  const before = await rightsOf(db, marek.roleId)
  const now = [...before].filter(right => right !== 'marketing.manage' && right !== 'clients.export').concat('clients.delete')
  const saved = await as(anna).post('/settings/roles/rights', { [`was.${marek.roleId}`]: was(...before), [`rights.${marek.roleId}`]: now })
  t.same([saved.status, saved.location], [303, '/settings/roles'])
  t.same(await rightsOf(db, marek.roleId), new Set(now))
  t.equal((await as(marek).get('/settings')).status, 403)
})

t.test('all boxes of a role can be unticked', async t => {
  const { as, anna, db, sofia } = await cast(t)
  await db('roles').where({ id: sofia.roleId }).update({ rights: db.raw("array_append(rights, 'from.another_version')") })
  t.equal((await as(anna).post('/settings/roles/rights', { [`was.${sofia.roleId}`]: was(...await rightsOf(db, sofia.roleId)) })).status, 303)
  t.same(await rightsOf(db, sofia.roleId), new Set(['from.another_version']), 'a right that isn\'t known here is left alone')
  await db('roles').where({ id: sofia.roleId }).update({ rights: [] })
  t.equal((await rightsOf(db, sofia.roleId)).size, 0)
})

t.test('two who save at once lose nothing, in one role or in two', async t => {
  const { as, anna, db, marek, olga, sofia } = await cast(t)
  const [m, s] = [[...await rightsOf(db, marek.roleId)], [...await rightsOf(db, sofia.roleId)]]
  const page = { [`was.${marek.roleId}`]: was(...m), [`was.${sofia.roleId}`]: was(...s) }
  const answers = await Promise.all([
    as(anna).post('/settings/roles/rights', { ...page, [`rights.${marek.roleId}`]: [...m, 'clients.import'], [`rights.${sofia.roleId}`]: s }),
    as(olga).post('/settings/roles/rights', { ...page, [`rights.${marek.roleId}`]: [...m, 'clients.delete'], [`rights.${sofia.roleId}`]: [...s, 'suppliers.view'] })
  ])
  t.same(answers.map(answer => answer.status), [303, 303])
  t.same(await rightsOf(db, marek.roleId), new Set([...m, 'clients.import', 'clients.delete']))
  t.same(await rightsOf(db, sofia.roleId), new Set([...s, 'suppliers.view']))
})

t.test('a page that lay open takes back nothing that others did', async t => {
  const { as, anna, db, sofia } = await cast(t)
  const s = [...await rightsOf(db, sofia.roleId)]
  await db('roles').where({ id: sofia.roleId }).update({ rights: [...s, 'clients.import'] })
  t.equal((await as(anna).post('/settings/roles/rights', { [`was.${sofia.roleId}`]: was(...s), [`rights.${sofia.roleId}`]: s })).status, 303)
  t.ok((await rightsOf(db, sofia.roleId)).has('clients.import'))
})

t.test("nobody gives or takes a right they don't hold", async t => {
  const { as, db, marek, nuno, sofia } = await cast(t)
  await db('roles').where({ id: marek.roleId }).update({ rights: ['clients.view', 'suppliers.view', 'roles.manage'] })
  const { body } = await as(marek).get('/settings/roles')
  t.match(body, new RegExp(`name="rights.${sofia.roleId}" value="clients.edit"[^>]* checked disabled`))
  t.match(body, `name="was.${sofia.roleId}" value="clients.view"`, 'what he may not take is not sent')

  for (const [id, change] of [
    [marek.roleId, { [`was.${marek.roleId}`]: was('clients.view'), [`rights.${marek.roleId}`]: ['clients.view', 'employees.manage'] }],
    [nuno.roleId, { [`was.${nuno.roleId}`]: '', [`rights.${nuno.roleId}`]: ['clients.delete'] }],
    [sofia.roleId, { [`was.${sofia.roleId}`]: was('clients.view', 'clients.edit'), [`rights.${sofia.roleId}`]: ['clients.view', 'suppliers.view'] }]
  ] as const) {
    const before = await rightsOf(db, id)
    const page = await as(marek).post('/settings/roles/rights', change)
    t.equal(page.status, 422)
    t.match(page.error(`rights.${id}`), /don't have yourself/)
    t.same(await rightsOf(db, id), before, 'nothing of it is saved')
  }
  t.equal((await as(marek).post('/settings/roles/rights', { [`was.${sofia.roleId}`]: was('clients.view'), [`rights.${sofia.roleId}`]: ['clients.view', 'suppliers.view'] })).status, 303, 'what he holds he may give')
  t.same(await rightsOf(db, sofia.roleId), new Set([...BUILT_IN_ROLES.specialist, 'suppliers.view']))
})

t.test('a refusal keeps what was ticked, and saves nothing of the other roles', async t => {
  const { as, anna, db, sofia } = await cast(t)
  const [a, s] = [[...await rightsOf(db, anna.roleId)], [...await rightsOf(db, sofia.roleId)]]
  const page = await as(anna).post('/settings/roles/rights', {
    [`was.${anna.roleId}`]: was(...a), [`rights.${anna.roleId}`]: a.filter(right => right !== 'roles.manage'),
    [`was.${sofia.roleId}`]: was(...s), [`rights.${sofia.roleId}`]: [...s, 'clients.export']
  })
  t.equal(page.status, 422)
  t.match(page.error(`rights.${anna.roleId}`), /lock yourself out/)
  t.match(page.body, new RegExp(`name="rights.${sofia.roleId}" value="clients.export"[^>]* checked`))
  t.match(page.body, `name="was.${sofia.roleId}" value="${was(...s)}"`)
  t.same(await rightsOf(db, anna.roleId), new Set(a))
  t.same(await rightsOf(db, sofia.roleId), new Set(s))
})

t.test("the owner's rights can't be changed, nor those of a role that is gone, nor to nonsense", async t => {
  const { as, db, olga, sofia } = await cast(t)
  const owner = await as(olga).post('/settings/roles/rights', { [`was.${olga.roleId}`]: was(...RIGHTS) })
  t.same([owner.status, (await rightsOf(db, olga.roleId)).size], [422, RIGHTS.length])
  t.match(owner.error(`rights.${olga.roleId}`), /everything/)
  t.equal((await as(olga).post('/settings/roles/rights', { 'was.999': '', 'rights.999': 'clients.view' })).status, 422)
  t.match((await as(olga).post('/settings/roles/rights', { [`was.${sofia.roleId}`]: '', [`rights.${sofia.roleId}`]: 'world.rule' })).error(`rights.${sofia.roleId}`), /can't be kept/)
  t.equal((await as(olga).post('/settings/roles/rights', { 'was.x': '1', __proto__: 'x', 'was.0': 'y' })).status, 303, 'what is no role changes nothing')
})
