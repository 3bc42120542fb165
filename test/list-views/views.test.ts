import t from 'tap'
import { cast, type Person } from '../support/cast.js'
import { addClients, formOf, listed } from '../support/clients.js'
import { addFields } from '../support/fields.js'
import { says } from '../support/words.js'

const made = await cast(t)
const { as, db, anna, marek, sofia, nuno, olga } = made
await addClients(db, anna)
const { size } = await addFields(db, { size: { kind: 'number', label: 'Frame size' } })

/** Keeps a view, as its form does; returns its id. */
async function keep (who: Person, name: string, query: string, shared = false): Promise<number> {
  const { status, location } = await as(who).post('/clients/views', { name, query, ...shared && { shared: '1' } })
  t.equal(status, 303, name)
  return Number(/^\/clients\?view=(\d+)$/.exec(location!)![1])
}

const tabs = (body: string) => [...(/<nav class="tabs views"[^]*?<\/nav>/.exec(body)?.[0] ?? '').matchAll(/<span class="cut">([^<]*)/g)].map(([, name]) => name)
const opening = (who: Person, value: string) => as(who).post('/clients/views/opening', { opening: value })
const version = async (id: number) => (await db('list_views').where({ id }).first('version')).version

t.test('a view keeps filter, order and columns, and is opened by its short address', async t => {
  const id = await keep(anna, 'Companies', '?q=hurt&show=companies&sort=created&columns=email,own.size&after=3&nonsense=1')
  const page = await as(anna).get(`/clients?view=${id}`)
  t.same(listed(page.body), ['Części Hurt S.A.', 'Rowery Kowalski sp. z o.o.'], 'not what was searched for, nor the page')
  t.match(page.body, /E-mail<[^]*Frame size<\/a><\/th>\s*<\/tr>/)
  t.match(page.body, new RegExp(`href="/clients\\?view=${id}" aria-current="true"><span class="cut">Companies`))
  t.match(page.body, new RegExp(`href="/clients\\?view=${id}&amp;sort=created&amp;columns=email,own\\.size"[^>]*>All<`), 'what goes on from it stands in the address, and it stays the view')
  t.match(page.body, /name="view" value="\d+"/, 'the search stays in it')
  t.same(listed((await as(anna).get(`/clients?view=${id}&q=hurt`)).body), ['Części Hurt S.A.'])
  t.equal((await as(anna).get(`/clients?view=${id}&q=hurt&order=desc&show=companies&sort=created&columns=email,own.size`, { fragment: true })).headers['hx-replace-url'], `/clients?view=${id}&q=hurt`)
  t.match((await as(anna).get(`/clients?view=${id}&show=all`)).body, new RegExp(`action="/clients/views/${id}"`), 'and what was changed can be kept in it')
  await as(anna).post(`/clients/views/${id}/delete`)
})

t.test('one\'s own is nobody else\'s, a shared one is opened by all and changed by who may', async t => {
  const [mine, ours] = [await keep(sofia, 'Mine', 'show=people'), await keep(marek, 'Ours', 'show=companies', true)]
  t.same(tabs((await as(sofia).get('/clients')).body), ['Ours', 'Mine'])
  t.same(tabs((await as(marek).get('/clients')).body), ['Ours'])
  t.equal(listed((await as(marek).get(`/clients?view=${mine}`)).body).length, 11, 'another\'s view is none')
  t.same(listed((await as(sofia).get(`/clients?view=${ours}`)).body), ['Rowery Kowalski sp. z o.o.'], 'and who may not see suppliers sees none in it')
  for (const path of ['', '/delete', '/up', '/down', '/restore']) {
    t.equal((await as(marek).post(`/clients/views/${mine}${path}`, { name: 'x', version: '1' })).status, 404, path)
    t.equal((await as(sofia).post(`/clients/views/${ours}${path}`, { name: 'x', version: '1' })).status, 403, path)
    t.equal((await as(nuno).post(`/clients/views/${ours}${path}`, { name: 'x', version: '1' })).status, 403, path)
  }
  t.equal((await as(marek).get(`/clients/views/${mine}`)).status, 404)
  t.match((await as(sofia).get(`/clients/views/${ours}`)).body, /Marek Nowak/)
  t.notMatch((await as(sofia).get(`/clients/views/${ours}`)).body, /<form class="card/)
  t.equal((await as(sofia).post('/clients/views', { name: 'Told to all', query: '', shared: '1' })).status, 403)
  t.equal((await as(sofia).post(`/clients/views/${mine}`, { name: 'Mine', whom: 'all', version: '1' })).status, 403)
  t.equal((await as(anna).post(`/clients/views/${ours}`, { name: 'Ours', whom: 'me', version: '1' })).status, 403, 'only who owns it takes it away from the others')
  t.equal((await as(anna).post(`/clients/views/${ours}`, { name: 'Ours, renamed', version: '1' })).status, 303)
  t.equal((await as(null).get('/clients/views')).location, '/sign-in?to=%2Fclients%2Fviews')
  for (const path of ['/999', '/x', '/0']) t.equal((await as(anna).get(`/clients/views${path}`)).status, 404, path)
  t.same((await db('audit_entries').whereLike('kind', 'views.%').orderBy('id').select('kind', 'subject_name')), [{ kind: 'views.shared', subject_name: 'Ours' }, { kind: 'views.changed', subject_name: 'Ours, renamed' }])
  t.match((await as(anna).get('/settings/audit?group=views')).body, /Ours, renamed/)
  await as(marek).post(`/clients/views/${ours}`, { name: 'Ours', whom: 'me', version: '2' })
  t.same(tabs((await as(sofia).get('/clients')).body), ['Mine'])
  for (const [who, id] of [[sofia, mine], [marek, ours]] as const) await as(who).post(`/clients/views/${id}/delete`)
})

t.test('a name is asked for, kept when it was typed, and there once', async t => {
  const id = await keep(anna, 'Żółw', 'show=people')
  for (const [name, key] of [['', 'form.required'], ['x'.repeat(61), 'form.too_long'], ['zolw', 'views.name_taken']] as const) {
    const page = await as(anna).post('/clients/views', { name, query: 'show=companies' })
    t.equal(page.status, 422)
    t.ok(says(page.body, key, { max: 60, length: 61 }), key)
    t.match(formOf(page.body, '/clients/views'), { name, query: 'show=companies' })
  }
  await keep(olga, 'Żółw', 'show=people')
  const other = await keep(anna, 'Other', '')
  const page = await as(anna).post(`/clients/views/${other}`, { name: 'ŻÓŁW', version: '1' })
  t.equal(page.status, 422)
  t.equal(page.error('name') !== '', true)
  t.equal((await as(anna).post(`/clients/views/${other}`, { name: 'Other', whom: 'nobody', version: '1' })).status, 422)

  await as(anna).post(`/clients/views/${id}/delete`)
  await keep(anna, 'Żółw', 'show=all')
  t.equal((await as(anna).post(`/clients/views/${id}/restore`)).status, 303)
  t.equal((await db('list_views').where({ id }).first('deleted_at')).deleted_at === null, false, 'its name is another\'s by now')
})

t.test('of two who change a view the second is told, and nothing is lost', async t => {
  const id = await keep(olga, 'Contested', 'show=people', true)
  const page = (await as(anna).get(`/clients?view=${id}&show=companies`)).body
  const sent = formOf(page, `/clients/views/${id}`)
  t.match(sent, { version: '1', query: 'show=companies' })
  await as(olga).post(`/clients/views/${id}`, { name: 'Renamed by Olga', version: '1' })
  const told = await as(anna).post(`/clients/views/${id}`, sent)
  t.equal(told.status, 409)
  t.match(told.body, /Olga Wójcik/)
  t.equal((await db('list_views').where({ id }).first('query')).query, 'show=people')
  const again = formOf(told.body, `/clients/views/${id}`)
  t.match(again, { version: '2', query: 'show=companies', name: 'Renamed by Olga' })
  t.equal((await as(anna).post(`/clients/views/${id}`, again)).status, 303)
  t.match(await db('list_views').where({ id }).first(), { name: 'Renamed by Olga', query: 'show=companies', version: 3 })
  await as(olga).post(`/clients/views/${id}/delete`)
})

t.test('views are put in order, deleted, and taken back', async t => {
  const ids = []
  for (const name of ['One', 'Two', 'Three']) ids.push(await keep(marek, name, `q=x&show=people`))
  await as(marek).post(`/clients/views/${ids[2]}/up`)
  await as(marek).post(`/clients/views/${ids[0]}/up`)
  const shown = async () => tabs((await as(marek).get('/clients/views')).body.replace('class="views-page"', '')) && [...(await as(marek).get('/clients/views')).body.matchAll(/class="name" href="[^"]*">([^<]*)/g)].map(([, name]) => name)
  t.same(await shown(), ['One', 'Three', 'Two'])
  await as(marek).post(`/clients/views/${ids[0]}/down`)
  t.same(await shown(), ['Three', 'One', 'Two'])
  await as(marek).post(`/clients/views/${ids[0]}/delete`)
  t.same(await shown(), ['Three', 'Two'])
  await as(marek).post(`/clients/views/${ids[0]}/restore`)
  t.same(await shown(), ['Three', 'One', 'Two'], 'where it was')
})

t.test('the list opens as a person said, else as their role has it, and everything stays a press away', async t => {
  const id = await keep(anna, 'For the counter', `show=companies&sort=own.size`, true)
  const all = (body: string) => /<nav class="tabs views"[^>]*>\s*<a href="([^"]*)"/.exec(body)![1]
  t.equal((await as(marek).post('/clients/views/roles', { [`role.${sofia.roleId}`]: String(id) })).status, 403)
  const form = formOf((await as(anna).get('/clients/views')).body, '/clients/views/roles')
  t.equal(form[`role.${sofia.roleId}`], '')
  t.equal((await as(anna).post('/clients/views/roles', { ...form, [`role.${sofia.roleId}`]: String(id) })).status, 303)
  t.match(await db('audit_entries').orderBy('id', 'desc').first(), { kind: 'views.role_opening', subject_name: 'specialist', details: { changes: [{ field: 'view', old: null, new: 'For the counter' }] } })

  const bare = await as(sofia).get('/clients')
  t.same([bare.status, bare.location], [303, `/clients?view=${id}`], 'the address says what is shown')
  const boosted = await as(sofia).get('/clients', { headers: { 'hx-request': 'true' } })
  t.same([boosted.status, boosted.headers['hx-push-url'], listed(boosted.body)], [200, `/clients?view=${id}`, ['Rowery Kowalski sp. z o.o.']])
  t.equal(all(boosted.body), '/clients?show=all')
  const everything = await as(sofia).get('/clients?show=all')
  t.equal(listed(everything.body).length, 10)
  t.match(everything.body, /name="show" value="all"/, 'also when something is searched for and taken back')
  t.equal((await as(anna).get('/clients')).status, 200, 'another role\'s is as ever')

  await opening(sofia, 'all')
  t.equal(listed((await as(sofia).get('/clients')).body).length, 10, 'one\'s own word goes before')
  const mine = await keep(sofia, 'My people', 'show=people')
  await opening(sofia, String(mine))
  t.equal((await as(sofia).get('/clients')).location, `/clients?view=${mine}`)
  await as(sofia).post(`/clients/views/${mine}/delete`)
  t.equal((await as(sofia).get('/clients')).status, 200, 'a view that has gone opens nothing')
  await opening(sofia, '')
  t.equal((await as(sofia).get('/clients')).location, `/clients?view=${id}`)

  t.equal((await opening(sofia, 'x')).status, 422)
  t.equal((await opening(sofia, '99999')).status, 404)
  const hers = await keep(anna, 'Private', '')
  t.equal((await as(anna).post('/clients/views/roles', { [`role.${sofia.roleId}`]: String(hers) })).status, 404, 'a role opens what all see')
  t.equal((await as(anna).post('/clients/views/roles', { 'role.999': String(id) })).status, 404)
  t.equal((await as(anna).post('/clients/views/roles', { [`role.${sofia.roleId}`]: 'x' })).status, 422)
  await as(anna).post('/clients/views/roles', { [`role.${sofia.roleId}`]: '', [`was.${sofia.roleId}`]: '' })
  t.equal((await as(sofia).get('/clients')).status, 303, 'what a page that lay open didn\'t change stays')
})

t.test('what is more than a view can keep is said', async t => {
  const query = `columns=${'x'.repeat(6001)}`
  const made = await as(marek).post('/clients/views', { name: 'Long', query })
  t.same([made.status, says(made.body, 'views.too_much')], [422, true])
  const id = await keep(marek, 'Short', 'show=people')
  const kept = await as(marek).post(`/clients/views/${id}`, { query, version: String(await version(id)) })
  t.same([kept.status, says(kept.body, 'views.too_much')], [422, true])
})

t.test('a view that names a field or a tag that has gone shows the rest, and says what it leaves out', async t => {
  const id = await keep(marek, 'Sizes', 'show=people&own.size.from=50&sort=own.size&columns=own.size,phone&tag=4711', true)
  const inVain = async (query: string, names: string) => says((await as(sofia).get(`/clients?${query}`)).body, 'list.in_vain', { names })
  t.notOk(await inVain(`view=${id}`, 'Frame size'))
  for (const query of ['own.size.how=between', 'own.size.from=12', 'own.size.how=empty', 'own.size=']) t.notOk(await inVain(query, 'Frame size'), query)
  t.ok(await inVain('own.size.from=wide', 'Frame size'), 'what can\'t be read')
  t.ok(await inVain('own.size.from=wide&own.size.to=60&tidy=1', 'Frame size'), 'also beside what can, and as a form sends it')
  t.ok(await inVain('own.tyres.how=filled', 'tyres'), 'an erased one by its key')
  t.match((await as(sofia).get('/clients?own.size.from=1,500&tidy=1')).location, /own\.size\.from=1500/, 'a number is read as it is typed')
  await db('fields').where({ id: size!.id }).update({ removed_at: db.fn.now() })
  await db('form_versions').increment('version')
  t.ok(await inVain(`view=${id}`, 'Frame size'), 'a removed one by its name')
  const { status, body } = await as(marek).get(`/clients?view=${id}`)
  t.equal(status, 200)
  t.notMatch(body, /Frame size<\/a>/, 'no column of it')
  t.equal(await version(id), 1, 'nothing was changed by anybody')
  await as(marek).post(`/clients/views/${id}`, formOf(body, `/clients/views/${id}`))
  t.notOk(await inVain(`view=${id}`, 'Frame size'), 'until who may keeps it without')
  t.equal(await version(id), 2)
})
