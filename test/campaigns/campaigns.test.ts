import t from 'tap'
import type { Db } from '../../src/database/knex.js'
import { createCampaign, listCampaigns } from '../../src/campaigns/queries.js'
import { cast } from '../support/cast.js'
import { testDatabase } from '../support/database.js'

const spring = { name: 'Facebook, wiosna', starts_on: '2026-03-01', ends_on: '2026-05-31', active: '1' }

t.test('the list says what belongs here, then shows it', async t => {
  const { as, marek, db } = await cast(t)
  t.match((await as(marek).get('/settings/marketing')).body, /No campaigns yet/)

  const id = await campaign(db, 'Facebook, wiosna', { starts_on: '2026-03-01', ends_on: '2026-05-31' })
  await campaign(db, 'Aż do jutra', { ends_on: '2026-12-01', active: false })
  for (let n = 0; n < 3; n++) await client(db, id, { archived: n === 2 })
  const page = await as(marek).get('/settings/marketing')
  t.equal(page.status, 200)
  const [first, second] = rows(page.body)
  t.match(first, /Aż do jutra.*until 1 Dec 2026.*>\s*0\s*<.*Inactive.*\/activate/s)
  t.match(second, /Facebook, wiosna.*1 Mar 2026 – 31 May 2026.*href="\/clients\?campaign=\d+">2<.*Active.*\/deactivate/s)

  const fragment = await as(marek).get('/settings/marketing', { fragment: true })
  t.notMatch(fragment.body, /<html/)
  t.match(fragment.body, /Facebook, wiosna/)
})

t.test('a campaign is added', async t => {
  const { as, marek, db } = await cast(t)
  const form = await as(marek).get('/settings/marketing/new')
  t.equal(form.status, 200)
  t.match(form.body, /name="active" value="1" checked/)

  const answer = await as(marek).post('/settings/marketing', spring)
  t.equal(answer.status, 303)
  t.equal(answer.location, '/settings/marketing')
  t.match(await db('campaigns').first(), { name: 'Facebook, wiosna', starts_on: '2026-03-01', ends_on: '2026-05-31', active: true })

  // Dates may stay open, and an unticked box sends nothing.
  t.equal((await as(marek).post('/settings/marketing', { name: 'Polecenie', starts_on: '', ends_on: '' })).status, 303)
  t.match(await db('campaigns').where({ name: 'Polecenie' }).first(), { starts_on: null, ends_on: null, active: false })

  const fragment = await as(marek).post('/settings/marketing', { name: 'Szyld' }, { fragment: true })
  t.equal(fragment.headers['hx-redirect'], '/settings/marketing')
})

t.test('what is wrong is said beside its field, and what was typed stays', async t => {
  const { as, marek, db } = await cast(t)
  const nameless = await as(marek).post('/settings/marketing', { ...spring, name: '  ' })
  t.equal(nameless.status, 422)
  t.match(nameless.error('name'), /Fill this in/)
  t.match(nameless.body, /value="2026-03-01"/)
  t.match(nameless.body, /name="active" value="1" checked/)

  const backwards = await as(marek).post('/settings/marketing', { ...spring, ends_on: '2026-02-28', active: undefined }, { fragment: true })
  t.equal(backwards.status, 422)
  t.match(backwards.error('ends_on'), /before the start/)
  t.equal(backwards.error('starts_on'), '')
  t.match(backwards.body, /value="Facebook, wiosna"/)
  t.notMatch(backwards.body, /checked/)
  t.notMatch(backwards.body, /<html/)

  const noDate = await as(marek).post('/settings/marketing', { ...spring, starts_on: '2026-02-30' })
  t.match(noDate.error('starts_on'), /isn't a date/)
  t.match((await as(marek).post('/settings/marketing', { name: 'x'.repeat(101) })).error('name'), /100 at most/)
  t.equal((await as(marek).post('/settings/marketing')).status, 422)
  t.equal((await db('campaigns')).length, 0)

  t.equal((await as(marek).post('/settings/marketing', { ...spring, ends_on: '2026-03-01' })).status, 303, 'one day is a campaign')
})

t.test('names are unique whatever their case', async t => {
  const { as, marek, db } = await cast(t)
  await campaign(db, 'ŁÓDŹ – radio')
  const other = await campaign(db, 'Ulotki')
  const added = await as(marek).post('/settings/marketing', { name: 'łódź – radio', starts_on: '2026-01-01' })
  t.equal(added.status, 422)
  t.match(added.error('name'), /already/)
  t.match(added.body, /value="łódź – radio"/)
  t.match(added.body, /value="2026-01-01"/)

  const renamed = await as(marek).post(`/settings/marketing/${other}`, { name: 'Łódź – radio' })
  t.equal(renamed.status, 422)
  t.match(renamed.error('name'), /already/)
  t.equal((await db('campaigns').where({ id: other }).first()).name, 'Ulotki')

  t.equal((await as(marek).post(`/settings/marketing/${other}`, { name: 'ULOTKI', active: '1' })).status, 303, 'its own name in another case')
})

t.test('two who add the same name at once make one', async t => {
  const { as, marek, anna, db } = await cast(t)
  const answers = await Promise.all([marek, anna, marek, anna].map(person => as(person).post('/settings/marketing', spring)))
  t.same(answers.map(answer => answer.status).sort(), [303, 422, 422, 422])
  t.equal((await db('campaigns')).length, 1)
})

t.test('a campaign is changed', async t => {
  const { as, marek, db } = await cast(t)
  const id = await campaign(db, 'Radio', { starts_on: '2026-03-01' })
  const form = await as(marek).get(`/settings/marketing/${id}`)
  t.equal(form.status, 200)
  t.match(form.body, /value="Radio"/)
  t.match(form.body, /value="2026-03-01"/)
  t.match((await as(marek).get(`/settings/marketing/${id}`, { fragment: true })).body, /^\s*<form/)

  const answer = await as(marek).post(`/settings/marketing/${id}`, { name: 'Radio Złote', starts_on: '', ends_on: '2026-09-30' })
  t.equal(answer.status, 303)
  t.match(await db('campaigns').where({ id }).first(), { name: 'Radio Złote', starts_on: null, ends_on: '2026-09-30', active: false })

  const refused = await as(marek).post(`/settings/marketing/${id}`, { name: '', ends_on: '2026-10-01' })
  t.equal(refused.status, 422)
  t.match(refused.body, /value="2026-10-01"/)
})

t.test('a campaign is deactivated and activated, each undone by the other', async t => {
  const { as, marek, db } = await cast(t)
  const id = await campaign(db, 'Radio')
  const isActive = async () => (await db('campaigns').where({ id }).first('active')).active
  const off = await as(marek).post(`/settings/marketing/${id}/deactivate`)
  t.equal(off.status, 303)
  t.equal(await isActive(), false)
  const flash = String(off.headers['set-cookie']).split(';')[0]
  t.match((await as(marek).get('/settings/marketing', { headers: { cookie: `${as(marek).cookie}; ${flash}` } })).body, `action="/settings/marketing/${id}/activate"`)

  t.equal((await as(marek).post(`/settings/marketing/${id}/activate`)).status, 303)
  t.equal(await isActive(), true)
})

t.test('a campaign is deleted when no client has it, archived ones too', async t => {
  const { as, marek, db } = await cast(t)
  const id = await campaign(db, 'Radio')
  const one = await client(db, id)
  await client(db, id, { archived: true })
  const page = await as(marek).get(`/settings/marketing/${id}`)
  t.match(page.body, /2 clients have this campaign\. Archived among them: 1\./)
  t.match(page.body, /\/deactivate"/)
  t.notMatch(page.body, /\/delete"/)

  for (const fragment of [false, true]) {
    const refused = await as(marek).post(`/settings/marketing/${id}/delete`, {}, { fragment })
    t.equal(refused.status, 422)
    t.match(refused.body, /role="alert".*2 clients have this campaign/s)
  }
  await db('clients').where({ id: one }).delete()
  t.match((await as(marek).post(`/settings/marketing/${id}/delete`)).body, /1 client has this campaign/)

  await db('clients').delete()
  t.match((await as(marek).get(`/settings/marketing/${id}`)).body, /\/delete"/)
  t.equal((await as(marek).post(`/settings/marketing/${id}/delete`)).status, 303)
  t.equal((await db('campaigns')).length, 0)
})

t.test('a client saved with a campaign while it is deleted keeps it', async t => {
  const { as, marek, db } = await cast(t)
  const id = await campaign(db, 'Radio')
  const saving = await db.transaction()
  await saving('clients').insert({ kind: 'person', first_name: 'Íñigo', campaign_id: id })
  const deleting = as(marek).post(`/settings/marketing/${id}/delete`)
  await new Promise(resolve => setTimeout(resolve, 100))
  await saving.commit()
  t.equal((await deleting).status, 422)
  t.equal((await db('campaigns')).length, 1)
})

t.test('there is nothing at a bad id', async t => {
  const { as, marek } = await cast(t)
  for (const id of ['999', '0', '-1', 'x', '1e3', '99999999999999999999']) {
    t.equal((await as(marek).get(`/settings/marketing/${id}`)).status, 404, id)
    for (const path of ['', '/deactivate', '/activate', '/delete']) t.equal((await as(marek).post(`/settings/marketing/${id}${path}`, spring)).status, 404, id + path)
  }
  t.equal((await as(marek).get('/settings/marketing/x', { fragment: true })).headers['hx-retarget'], '#flash')
})

t.test('it is for those who manage campaigns', async t => {
  const { as, sofia, nuno, db } = await cast(t)
  const id = await campaign(db, 'Radio')
  const gets = ['/settings/marketing', '/settings/marketing/new', `/settings/marketing/${id}`]
  const posts = ['/settings/marketing', ...['', '/deactivate', '/activate', '/delete'].map(path => `/settings/marketing/${id}${path}`)]
  for (const person of [sofia, nuno]) {
    for (const path of gets) t.equal((await as(person).get(path)).status, 403, path)
    for (const path of posts) t.equal((await as(person).post(path, spring)).status, 403, path)
  }
  for (const path of gets) t.match(await as(null).get(path), { status: 303, location: `/sign-in?to=${encodeURIComponent(path)}` })
  for (const path of posts) t.equal((await as(null).post(path, spring)).status, 401, path)
  t.match(await db('campaigns'), [{ name: 'Radio', active: true }])
})

t.test('for other pages: by name, active ones, and the one that is chosen already', async t => {
  const { db } = await testDatabase(t)
  const old = await createCampaign(db, { name: 'Żurnal', starts_on: null, ends_on: null, active: false })
  for (const name of ['zebra', 'Ałma', 'alpha']) await createCampaign(db, { name, starts_on: null, ends_on: null, active: true })
  const names = async (options?: Parameters<typeof listCampaigns>[1]) => (await listCampaigns(db, options)).map(campaign => campaign.name)
  t.same(await names(), ['Ałma', 'alpha', 'zebra', 'Żurnal'])
  t.same(await names({ active: true }), ['Ałma', 'alpha', 'zebra'])
  t.same(await names({ active: false }), ['Żurnal'])
  t.same(await names({ active: true, including: old.id }), ['Ałma', 'alpha', 'zebra', 'Żurnal'])
  t.same(await names({ active: true, including: null }), ['Ałma', 'alpha', 'zebra'])
  t.same(old, { id: old.id, name: 'Żurnal', startsOn: null, endsOn: null, active: false })
})

const rows = (body: string) => body.slice(body.indexOf('<tbody>')).split('<tr>').slice(1)

async function campaign (db: Db, name: string, rest: object = {}): Promise<number> {
  const [row] = await db('campaigns').insert({ name, ...rest }).returning('id')
  return row.id
}

async function client (db: Db, campaignId: number, { archived = false } = {}): Promise<number> {
  const [row] = await db('clients').insert({ kind: 'person', first_name: 'Íñigo', campaign_id: campaignId, archived_at: archived ? db.fn.now() : null }).returning('id')
  return row.id
}
