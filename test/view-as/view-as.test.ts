import t from 'tap'
import { secondApp } from '../support/app.js'
import { cast, openSession, visitor } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { listen } from '../support/desk.js'
import { HttpVisitor, openStream } from '../support/http.js'

t.test('an admin sees what a role sees, marked on every page, and changes nothing', async t => {
  const { as, anna, db, sofia } = await cast(t)
  const id = await addClient(db, anna, { surname: 'Nowak', phones: ['+48 600 123 456'] })
  const start = await as(anna).post(`/settings/roles/${sofia.roleId}/view`)
  t.same([start.status, start.location], [303, '/'])

  const page = await as(anna).get(`/clients/${id}`)
  t.match(page.body, /You are viewing as Specialist/)
  t.notMatch(page.body, '600 123 456', 'masked as for them')
  t.match(page.body, 'Anna Kowalska', 'and still oneself')
  t.equal((await as(anna).get('/settings')).status, 403)
  t.match((await as(anna).get('/settings')).body, /You are viewing as Specialist/)
  for (const path of ['/account', '/clients', '/clients/new']) t.match((await as(anna).get(path)).body, 'action="/view-as/stop"', path)

  for (const path of [`/clients/${id}/parts/note`, '/clients', `/clients/${id}/comments`, '/account', '/account/two-steps/start', '/sign-in', `/settings/roles/${sofia.roleId}/view`, '/nothing/here']) {
    const refused = await as(anna).post(path, { note: 'changed', kind: 'person', surname: 'Nowy', body: 'a comment' })
    t.equal(refused.status, 403, path)
    t.match(refused.body, /nothing was changed/, path)
  }
  const fragment = await as(anna).post(`/clients/${id}/parts/note`, { note: 'changed' }, { fragment: true })
  t.same([fragment.status, fragment.headers['hx-retarget']], [403, '#flash'])
  t.match(await db('clients'), [{ id, note: '' }])

  const stop = await as(anna).post('/view-as/stop')
  t.equal(stop.location, `/settings/roles/${sofia.roleId}`)
  t.match((await as(anna).get(`/clients/${id}`)).body, '600 123 456')
  t.notMatch((await as(anna).get(`/clients/${id}`)).body, 'view-as/stop')
  t.same(await db('audit_entries').select('kind', 'employee_id', 'subject_name'), [{ kind: 'safety.view_as', employee_id: anna.id, subject_name: 'specialist' }])
})

t.test('what would change something can\'t be pressed, and nothing asks by itself', async t => {
  const { as, anna, db, olga } = await cast(t)
  const id = await addClient(db, anna, { surname: 'Nowak', phones: ['+48 600 123 456'], tags: ['VIP'], address: 'Rynek 1' })
  await as(anna).post(`/clients/${id}/comments`, { body: 'a comment' })
  // What stands in #offline is hidden for as long as nothing failed.
  const free = (body: string) => [...body.replace(/<div id="offline"[^]*?<\/div>/, '').matchAll(/<(button|input|select|textarea)\b(?![^>]*(\sdisabled|type="(hidden|search)"))[^>]*>/g)].map(([tag]) => tag)
  t.ok(free((await as(olga).get(`/clients/${id}`)).body).length > 20)
  await as(olga).post(`/settings/roles/${anna.roleId}/view`)
  for (const path of [`/clients/${id}`, '/clients/new', `/clients/${id}/map`, '/settings/general', '/settings/tags/new', '/settings/roles', '/account/two-steps']) {
    t.same(free((await as(olga).get(path)).body), ['<button class="btn small">'], `${path}: Stop alone`)
  }
  const list = (await as(olga).get('/clients')).body
  t.match(list, /<input type="search"(?![^>]*disabled)/, 'one may search')
  t.match((await as(olga).get('/account')).body, /action="\/sign-out"[^>]*><input type="hidden"[^>]*><button (?!disabled)/, 'and sign out')
  t.notMatch((await as(olga).get(`/clients/${id}/map`)).body, 'hx-trigger="load"', 'the map asks no geocoder')
  await as(olga).post('/view-as/stop')
  t.notMatch((await as(olga).get(`/clients/${id}`)).body, 'data-looking')
})

t.test('a list opens as it does for the role, whatever one chose for oneself', async t => {
  const { as, anna, db, sofia } = await cast(t)
  const [mine, theirs] = await Promise.all(['Mine', 'Theirs'].map(async name => Number((await as(anna).post('/clients/views', { name, query: 'show=people', shared: '1' })).location!.split('=')[1])))
  await db('list_defaults').insert([{ list: 'clients', employee_id: anna.id, view_id: mine }, { list: 'clients', role_id: sofia.roleId, view_id: theirs }])
  t.equal((await as(anna).get('/clients')).location, `/clients?view=${mine}`)
  await as(anna).post(`/settings/roles/${sofia.roleId}/view`)
  t.equal((await as(anna).get('/clients')).location, `/clients?view=${theirs}`)
  await db('list_defaults').where({ role_id: sofia.roleId }).delete()
  t.equal((await as(anna).get('/clients')).status, 200)
})

t.test('nobody gets a right by it: a role beyond is seen with what one has oneself', async t => {
  const { as, anna, db, marek, nuno, olga } = await cast(t)
  const [role] = await db('roles').insert({ name: 'Roles only', rights: ['roles.manage', 'clients.view'] }).returning('id')
  await db('employees').where({ id: nuno.id }).update({ role_id: role.id })
  await as(nuno).post(`/settings/roles/${olga.roleId}/view`)
  t.same(await Promise.all(['/clients', '/settings/roles', '/settings/general', '/settings/employees', '/settings/audit'].map(async path => (await as(nuno).get(path)).status)), [200, 200, 403, 403, 403])
  t.match((await as(nuno).get('/settings/roles')).body, /viewing as Owner/)
  await as(olga).post(`/settings/roles/${olga.roleId}/view`)
  t.equal((await as(olga).get('/settings/audit')).status, 200, 'an owner sees as one')

  t.equal((await as(marek).post(`/settings/roles/${nuno.roleId}/view`)).status, 403)
  t.equal((await as(null).post(`/settings/roles/${nuno.roleId}/view`)).status, 401)
  for (const id of ['999999', 'x']) t.equal((await as(anna).post(`/settings/roles/${id}/view`)).status, 404)
})

t.test('it is of one session, and ends with it', async t => {
  const { as, anna, app, db, nuno } = await cast(t)
  const other = visitor(app, await openSession(app, db, anna.id))
  await as(anna).post(`/settings/roles/${nuno.roleId}/view`)
  t.equal((await as(anna).get('/clients')).status, 403)
  t.equal((await other.get('/clients')).status, 200)
  t.equal((await as(anna).post('/sign-out')).status, 303, 'signing out is no change')
  t.equal((await as(anna).get('/account')).status, 303)
})

t.test('a live stream goes by what the role may see', async t => {
  const { as, anna, db, url, nuno } = await cast(t)
  const id = await addClient(db, anna, { surname: 'Nowak' })
  const base = await listen(await secondApp(t, { db, url }, { heartbeat: 50 }))
  const stream = await openStream(t, new HttpVisitor(base, as(anna).cookie), `/clients/${id}/live`)
  await as(anna).post(`/settings/roles/${nuno.roleId}/view`)
  await stream.ended
  t.equal((await as(anna).get(`/clients/${id}/live`)).status, 403)
})
