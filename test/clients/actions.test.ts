import t from 'tap'
import { manyClients } from '../../src/clients/many.js'
import { BELONGINGS } from '../../src/clients/merging/belongings.js'
import { forgetOldRows } from '../../src/many/actions/queries.js'
import { runAction } from '../../src/many/actions/run.js'
import { cast, type Person } from '../support/cast.js'
import { addClients, formOf, listed, CLIENTS, type ClientName } from '../support/clients.js'
import { runJobs } from '../support/jobs.js'

const made = await cast(t)
const { app, db, as, anna, marek, sofia, nuno, olga } = made
const ids = await addClients(db, anna)
const everyone = Object.keys(CLIENTS).length

const page = (of: number[]) => of.join(',')
const tick = (person: Person, ...names: ClientName[]) => as(person).post('/clients/selection', { page: page(Object.values(ids).slice(0, 50)), client: names.map(name => ids[name]) })
const client = (name: ClientName) => db('clients').where({ id: ids[name] }).first()
const tagsOf = async (name: ClientName) => db('client_tags').join('tags', 'tags.id', 'tag_id').where({ client_id: ids[name] }).orderBy('name').pluck('name')
const happened = (name: ClientName, kind: string) => db('events').where({ client_id: ids[name], kind }).orderBy('id')

/** Asks for something to be done, and does it. Gives the action's page. */
async function act (person: Person, body: Record<string, unknown>): Promise<string> {
  const { status, location } = await as(person).post('/clients/actions', { in: '', ...body })
  if (status !== 303) throw new Error(`The action was refused: ${status}`)
  await runJobs(app)
  return location!
}
const state = (path: string) => db('client_actions').where({ id: path.split('/').at(-1) }).first()

t.test('what is ticked stays ticked through pages and searches, each for oneself', async t => {
  t.equal((await tick(anna, 'lukasz', 'hurt')).status, 303)
  t.match((await as(anna).get('/clients?q=nobody')).body, /2 selected/)
  t.match((await as(anna).get('/clients')).body, new RegExp(`name="client" value="${ids.lukasz}"[^>]* checked`))
  t.notMatch((await as(marek).get('/clients')).body, / checked/)

  // Another page: what isn't on it stays ticked.
  const part = await as(anna).post('/clients/selection', { page: page([ids.joao, ids.lukasz]), client: [ids.joao], list: '/clients?q=jo' }, { fragment: true })
  t.match(part.body, /2 selected/)
  t.same((await db('client_selection').where({ employee_id: anna.id }).orderBy('client_id').pluck('client_id')).sort(), [ids.hurt, ids.joao].sort())

  // Neither what isn't on the page nor what one may not see.
  await as(sofia).post('/clients/selection', { page: page([ids.hurt, ids.joao]), client: [ids.hurt, ids.joao, ids.lukasz] })
  t.same(await db('client_selection').where({ employee_id: sofia.id }).pluck('client_id'), [ids.joao])
  t.equal((await as(anna).post('/clients/selection/clear', { list: '/clients?q=jo' })).location, '/clients?q=jo')
  t.notMatch((await as(anna).get('/clients')).body, / selected</)
  t.equal((await as(nuno).post('/clients/selection', {})).status, 403)
  t.equal((await as(null).post('/clients/selection', {})).status, 401)
})

t.test('all that narrows the list is named where something is done with what it leaves', async t => {
  const tag = (await db('tags').insert({ name: 'Narrow' }).returning('id'))[0].id
  const within = `q=jo&show=people&tag=${tag}&import=12&from=2026-01-02`
  const narrowed = [/“jo”/, /People/, /# Narrow/, /Of the import 12/, /created from 2 Jan 2026/i]
  for (const path of ['/clients/actions/new?do=add_tags&of=matching&in=', '/clients/export?of=matching&in=']) {
    const { body } = await as(anna).get(path + encodeURIComponent(within))
    for (const words of narrowed) t.match(body, words)
  }
  const { body } = await as(anna).get(`/clients?${within}`)
  for (const [words, off] of [['# Narrow', '/clients?q=jo&amp;show=people&amp;import=12&amp;from=2026-01-02'], ['Of the import 12', `/clients?q=jo&amp;show=people&amp;tag=${tag}&amp;from=2026-01-02`]] as const) t.ok(body.includes(`href="${off}" title="Take this filter off"><span class="cut">${words}<`), words)
})

t.test('tags are put on those selected, told in each feed, and taken back', async t => {
  await tick(anna, 'lukasz', 'joao')
  const form = await as(anna).get('/clients/actions/new?do=add_tags&of=selected&in=q%3Djo')
  t.match(form.body, /The 2 clients selected/)
  t.match(form.body, /“jo”/)
  await db('client_tags').where({ client_id: ids.joao }).delete()
  const vip = await db('tags').insert({ name: 'Bulk' }).returning('id')
  await db('client_tags').insert({ client_id: ids.joao, tag_id: vip[0].id })
  const before = await client('lukasz')

  const path = await act(anna, { ...formOf(form.body, '/clients/actions'), of: 'selected', tag_names: ['Bulk', 'Autumn'] })
  t.ok((await tagsOf('lukasz')).includes('Bulk'))
  t.same(await tagsOf('joao'), ['Autumn', 'Bulk'])
  const after = await client('lukasz')
  t.same([after.version, after.active_at], [before.version + 1, before.active_at], 'a new version, but nothing the client did')
  t.same((await happened('joao', 'tag.added')).map(event => [event.employee_id, event.details.tag.name, event.details.action.count]), [[anna.id, 'Autumn', 2]])
  t.equal((await happened('lukasz', 'tag.added')).length, 2)
  t.match(await state(path), { state: 'done', total: 2, done: 2, changed: 2 })
  t.equal((await db('client_selection').where({ employee_id: anna.id })).length, 0, 'the selection is used')
  t.match((await as(anna).get('/clients?q=bulk')).body, /Łukasz/, 'found by it')
  const shown = await as(anna).get(path)
  t.match(shown.body, /2 clients changed/)
  t.match(shown.body, /Łukasz/)
  t.notMatch((await as(anna).get(path, { fragment: true })).body, /<html/)

  t.match((await as(anna).get(`/clients/${ids.joao}`)).body, new RegExp(`<a href="${path}">and 1 other client<`))

  // One has lost a tag by hand since, the other both.
  await as(anna).post(`/clients/${ids.lukasz}/tags/${vip[0].id}/remove`)
  await db('client_tags').where({ client_id: ids.joao }).whereNot({ tag_id: vip[0].id }).delete()
  const undo = (await as(anna).post(`${path}/undo`)).location!
  t.equal((await as(anna).post(`${path}/undo`)).location, undo, 'sent twice it is one')
  await runJobs(app)
  t.notOk((await tagsOf('lukasz')).includes('Autumn'))
  t.same(await tagsOf('joao'), ['Bulk'], 'what they had before stays')
  t.match(await state(undo), { state: 'done', total: 2, changed: 1 })
  t.match((await as(anna).get(`${undo}?why=changed_since`)).body, /João/, 'who was changed by hand is named')
  t.match((await as(anna).get(path)).body, /It was undone/)
  t.equal((await as(anna).post(`${undo}/undo`)).status, 404, 'an undoing has none')
})

t.test('all that match: set, skipped where it is so already, and each value put back', async t => {
  const [a, b] = await db('campaigns').insert([{ name: 'Radio' }, { name: 'Fair' }]).returning('id')
  await db('clients').where({ id: ids.lukasz }).update({ campaign_id: a.id })
  await db('clients').where({ id: ids.joao }).update({ campaign_id: b.id })
  const people = (await db('clients').where({ kind: 'person' }).whereNull('archived_at').pluck('id')).length
  const form = await as(marek).get('/clients/actions/new?do=set_campaign&in=show%3Dpeople')
  t.match(form.body, new RegExp(`All ${people} clients that match`))

  const refused = await as(marek).post('/clients/actions', { do: 'set_campaign', of: 'matching', in: 'show=people', to: '' })
  t.equal(refused.status, 422)
  t.match(refused.error('to'), /./)
  t.match(refused.body, /name="in" value="show=people"/)
  t.equal((await as(marek).post('/clients/actions', { do: 'set_campaign', of: 'matching', in: 'q=nobody at all', to: b.id })).status, 422, 'nobody matches')

  const path = await act(marek, { do: 'set_campaign', of: 'matching', in: 'show=people', to: b.id })
  t.match(await state(path), { total: people, changed: people - 1 })
  t.equal((await client('lukasz')).campaign_id, b.id)
  t.not((await client('hurt')).campaign_id, b.id, 'a company')
  t.match((await happened('lukasz', 'client.changed')).at(-1).details, { changes: [{ field: 'campaign_id', old: { name: 'Radio' }, new: { name: 'Fair' } }] })
  t.match((await as(marek).get(`${path}?why=unchanged`)).body, /João/)

  await db('clients').where({ id: ids.lukasz }).update({ campaign_id: null })
  const undo = (await as(marek).post(`${path}/undo`)).location!
  await runJobs(app)
  t.match(await state(undo), { total: people - 1, changed: people - 2 })
  t.equal((await client('lukasz')).campaign_id, null, 'changed by hand, so kept')
  t.equal((await client('joao')).campaign_id, b.id)
})

t.test('archive and restore, suppliers and locations go there and back', async t => {
  const before = await db('clients').orderBy('id').select('id', 'is_supplier', 'location_id', 'archived_at')
  const [hall] = await db('locations').insert({ name: 'Hall' }).returning('id')
  const done: string[] = []
  for (const body of [{ do: 'make_supplier' }, { do: 'not_supplier', in: 'show=suppliers' }, { do: 'set_location', to: hall.id }, { do: 'set_location', to: 'none' }, { do: 'archive' }, { do: 'restore', in: 'show=archived' }]) {
    done.push(await act(olga, { of: 'matching', ...body }))
    const action = await state(done.at(-1)!)
    t.ok(action.state === 'done' && action.changed > 0, body.do)
  }
  t.equal((await db('clients').whereNotNull('archived_at')).length, 0)
  for (const path of done.toReversed()) {
    const undo = (await as(olga).post(`${path}/undo`)).location!
    await runJobs(app)
    const { total, changed } = await state(undo)
    t.equal(changed, total, path)
  }
  t.same(await db('clients').orderBy('id').select('id', 'is_supplier', 'location_id', 'archived_at'), before)
  await db('client_tags').delete()
  const tag = (await db('tags').first('id')).id
  await db('client_tags').insert({ client_id: ids.joao, tag_id: tag })
  const path = await act(olga, { do: 'remove_tags', of: 'matching', tag_id: tag })
  t.match(await state(path), { changed: 1 })
  t.same(await tagsOf('joao'), [])
  await as(olga).post(`${path}/undo`)
  await runJobs(app)
  t.equal((await tagsOf('joao')).length, 1)
})

t.test('what became of each client is forgotten after three months, and nothing offers to undo it', async t => {
  const path = await act(anna, { do: 'add_tags', of: 'matching', in: '', tag_names: 'Long ago' })
  await db('client_actions').where({ id: path.split('/').at(-1) }).update({ finished_at: db.raw("now() - interval '91 days'") })
  await forgetOldRows(db, manyClients)
  t.equal((await db('client_action_rows').where({ action_id: path.split('/').at(-1) })).length, 0)
  const { body } = await as(anna).get(path)
  t.match(body, /no longer kept/)
  t.notMatch(body, /\/undo"/)
  t.equal((await as(anna).post(`${path}/undo`)).status, 404)
})

t.test('stopped and killed in the middle it goes on where it was, and does nothing twice', async t => {
  const path = (await as(anna).post('/clients/actions', { do: 'add_tags', of: 'matching', in: '', tag_names: 'Twice' })).location!
  const id = Number(path.split('/').at(-1))
  await as(anna).post(`${path}/stop`)
  await runJobs(app)
  t.match(await state(path), { state: 'stopped', changed: 0 })
  t.match((await as(anna).get(path)).body, /Stopped after 0 clients/)

  await as(anna).post(`${path}/continue`)
  // As after a kill: half of it is done and written down, and the job comes again, beside one that still goes on.
  await db.raw("update client_action_rows set outcome = 'changed' where action_id = ? and client_id <= ?", [id, ids.lukasz])
  await db('client_actions').where({ id }).update({ state: 'running' })
  const left = (await db('client_action_rows').where({ action_id: id }).whereNull('outcome')).length
  await Promise.all([runAction(db, manyClients, id, AbortSignal.timeout(10_000)), runAction(db, manyClients, id, AbortSignal.timeout(10_000))])
  await runJobs(app)
  t.match(await state(path), { state: 'done', done: left })
  const twice = await db('events').where({ kind: 'tag.added' }).whereRaw("details->'tag'->>'name' = 'Twice'")
  t.equal(twice.length, left)
  t.equal(new Set(twice.map(event => event.client_id)).size, left)
})

t.test('rights are asked for again when it is done, and an action is its own and the auditors’', async t => {
  for (const kind of ['archive', 'restore']) t.equal((await as(sofia).post('/clients/actions', { do: kind, of: 'matching', in: '' })).status, 403, kind)
  t.equal((await as(sofia).get('/clients/actions/new?do=archive')).status, 403)
  t.equal((await as(sofia).post('/clients/actions', { do: 'make_supplier', of: 'matching', in: '' })).status, 403)
  t.notMatch((await as(sofia).get('/clients/actions/new')).body, /do=archive/)
  for (const path of ['/clients/actions', '/clients/actions/new', '/clients/actions/1']) {
    t.equal((await as(null).get(path)).status, 303, path)
    t.equal((await as(nuno).get(path)).status, 403, path)
  }

  const path = (await as(sofia).post('/clients/actions', { do: 'add_tags', of: 'matching', in: '', tag_names: 'Late' })).location!
  const { rights } = await db('roles').where({ id: sofia.roleId }).first('rights')
  await db('roles').where({ id: sofia.roleId }).update({ rights: rights.filter((right: string) => right !== 'clients.edit') })
  await runJobs(app)
  await db('roles').where({ id: sofia.roleId }).update({ rights })
  const { total } = await state(path)
  t.ok(total < everyone, 'nobody she may not see')
  t.match(await state(path), { state: 'done', changed: 0, done: total })
  t.match((await as(sofia).get(`${path}?why=no_right`)).body, /taken away/)

  t.equal((await as(marek).get(path)).status, 404)
  t.equal((await as(marek).post(`${path}/undo`)).status, 404)
  t.equal((await as(anna).get(path)).status, 200)
  t.match((await as(anna).get('/clients/actions')).body, /Sofia Ramos/)
  t.notMatch((await as(marek).get('/clients/actions')).body, /Sofia Ramos/)
  for (const bad of ['/clients/actions/0', '/clients/actions/x', '/clients/actions/999999']) t.equal((await as(anna).get(bad)).status, 404, bad)
  await as(anna).post(`${path}/select`)
  t.equal((await db('client_selection').where({ employee_id: anna.id })).length, total)
  t.ok(listed((await as(anna).get('/clients')).body).length > 0)
})

t.test('deleted for good by those who may, once the number is typed, with all that belongs to them', async t => {
  t.equal((await as(marek).get('/clients/actions/new?do=erase')).status, 403)
  t.equal((await as(marek).post('/clients/actions', { do: 'erase', of: 'matching', in: '', number: String(everyone) })).status, 403)
  await as(anna).post(`/clients/${ids.ines}/tasks`, { what: 'Call', due_on: '2030-01-01', assignee: anna.id })
  await as(anna).post('/clients/selection/clear')
  await tick(anna, 'ines', 'jose')
  for (const number of ['', '3', 'x']) {
    const refused = await as(anna).post('/clients/actions', { do: 'erase', of: 'selected', in: 'show=people', number })
    t.equal(refused.status, 422, number)
    t.match(refused.error('number'), /Type the number/)
  }
  t.match((await as(anna).get('/clients')).body, /2 selected/, 'and nothing is done')

  const path = await act(anna, { do: 'erase', of: 'selected', number: ' 2 ' })
  t.match(await state(path), { state: 'done', changed: 2 })
  t.match((await as(anna).get(path)).body, /nothing of them is kept/)
  t.equal((await as(anna).get(`/clients/${ids.ines}`)).status, 410)
  for (const { table, column } of BELONGINGS) t.same(await db(table).whereIn(column, [ids.ines, ids.jose]), [], table)
  t.equal((await as(anna).post(`${path}/undo`)).status, 404)
  t.match((await db('audit_entries').where({ kind: 'clients.erased' }).select('employee_id', 'details')), [{ employee_id: anna.id, details: { changes: [{ field: 'clients', new: 2 }] } }])
})
