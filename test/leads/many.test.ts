import t from 'tap'
import { cast, type Person } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { addFields } from '../support/fields.js'
import { runJobs } from '../support/jobs.js'
import { addLead } from '../support/leads.js'

const { app, db, as, anna, marek, sofia, nuno } = await cast(t)
const status = Object.fromEntries((await db('lead_statuses').whereNotNull('key')).map(({ key, id }) => [key, id as number]))
const [hall] = await db('locations').insert({ name: 'Hall' }).returning('id')
const [fair] = await db('campaigns').insert({ name: 'Fair' }).returning('id')
const fresh = await addLead(db, { contact_name: 'Ewa', manager: sofia })
const work = await addLead(db, { status: 'in_work', contact_name: 'Piotr', manager: marek, urgent: true })
const waiting = await addLead(db, { status: 'waiting', contact_name: 'João', manager: anna })
const lost = await addLead(db, { status: 'expensive', contact_name: 'Carmen', manager: anna, closed_at: db.fn.now(), lost_reason: 'Too far' })
const put = await addLead(db, { status: 'in_work', contact_name: 'Dawno', manager: anna, archived_at: db.fn.now() })
const all = [fresh, work, waiting, lost, put]

const page = all.map(({ id }) => id).join(',')
const tick = (who: Person, ...leads: { id: number }[]) => as(who).post('/leads/selection', { page, lead: leads.map(({ id }) => id) })
const lead = ({ id }: { id: number }) => db('leads').where({ id }).first()
const state = (path: string) => db('lead_actions').where({ id: path.split('/').at(-1) }).first()
const last = ({ id }: { id: number }) => db('events').where({ lead_id: id }).orderBy('id', 'desc').first()

/** Asks for something to be done to the leads ticked, and does it. Gives the action's page. */
async function act (who: Person, body: Record<string, unknown>): Promise<string> {
  const { status, location, body: said } = await as(who).post('/leads/actions', { in: '', of: 'selected', ...body })
  if (status !== 303) throw new Error(`The action was refused: ${status} ${said}`)
  await runJobs(app)
  return location!
}
async function undo (who: Person, path: string): Promise<string> {
  const { location } = await as(who).post(`${path}/undo`)
  await runJobs(app)
  return location!
}

t.test('what is ticked stays ticked through searches, each for oneself and of one\'s own leads', async t => {
  t.equal((await tick(anna, fresh, lost)).status, 303)
  const { body } = await as(anna).get('/leads?q=nobody')
  t.match(body, /2 selected/)
  t.match((await as(anna).get('/leads')).body, new RegExp(`name="lead" value="${fresh.id}"[^>]* checked`))
  t.match((await as(anna).get('/leads/now', { fragment: true })).body, new RegExp(`value="${fresh.id}"[^>]* checked`))
  await tick(sofia, fresh, work)
  t.same(await db('lead_selection').where({ employee_id: sofia.id }).pluck('lead_id'), [fresh.id], 'another\'s lead is none')
  t.match((await as(anna).post('/leads/selection', { page, lead: [work.id], list: '/leads?q=p' }, { fragment: true })).body, /1 selected/)
  t.equal((await as(anna).post('/leads/selection/clear', { list: '/leads?q=p' })).location, '/leads?q=p')
  t.equal((await as(nuno).post('/leads/selection', {})).status, 403)
})

t.test('many are moved as each would be by hand, the others skipped and named with why, and all of it taken back', async t => {
  const before = await db('leads').orderBy('id').select('id', 'status_id', 'status_since', 'closed_at', 'lost_reason', 'urgent')
  const form = (await as(marek).get('/leads/actions/new?do=set_status&in=show%3Dall')).body
  t.match(form, /All 4 leads that match|All 4 leads shown/)
  t.notMatch(form, new RegExp(`<option value="${status.successful_order}"`), 'won only by those who may say so')
  const reasonless = await as(marek).post('/leads/actions', { do: 'set_status', of: 'matching', in: 'show=all', to: status.canceled, reason: '' })
  t.equal(reasonless.status, 422)
  t.match(reasonless.error('reason'), /why/i)
  t.match(reasonless.body, new RegExp(`value="${status.canceled}"[^>]* selected`), 'what was chosen stays')
  for (const [to, field] of [['', 'to'], ['999', 'to'], [String(status.successful_order), 'to']] as const) {
    const refused = await as(marek).post('/leads/actions', { do: 'set_status', of: 'matching', in: '', to })
    t.same([refused.status, refused.error(field) !== ''], [422, true], to)
  }

  await tick(marek, ...all)
  const path = await act(marek, { do: 'set_status', to: status.canceled, reason: 'Season is over' })
  t.match(await state(path), { state: 'done', total: 5, done: 5, changed: 2 })
  t.match(await lead(work), { status_id: status.canceled, lost_reason: 'Season is over', urgent: true, version: 2 })
  t.ok((await lead(work)).closed_at)
  t.match((await last(work)), { kind: 'lead.moved', employee_id: marek.id, details: { from: status.in_work, to: status.canceled, reason: 'Season is over', action: { count: 5 } } })
  t.match(await db('lead_moves').where({ lead_id: waiting.id }).orderBy('id', 'desc').first(), { from_id: status.waiting, to_id: status.canceled, employee_id: marek.id })
  const shown = (await as(marek).get(`${path}?why=no_such_move`)).body
  t.match(shown, /L-\d+ · Ewa/)
  t.match(shown, /L-\d+ · Carmen/)
  t.match((await as(marek).get(`${path}?why=archived`)).body, /Dawno/)

  // One has gone on by hand since.
  await db('lead_status_moves').insert({ from_id: status.canceled, to_id: status.in_work })
  await as(anna).post(`/leads/${waiting.id}/move`, { to: status.in_work })
  const back = await undo(marek, path)
  t.match(await state(back), { total: 2, changed: 1 })
  t.same((await db('leads').orderBy('id').select('id', 'status_id', 'status_since', 'closed_at', 'lost_reason', 'urgent')).filter(({ id }) => id !== waiting.id), before.filter(({ id }) => id !== waiting.id))
  t.match((await as(marek).get(`${back}?why=changed_since`)).body, /João/)
  await db('lead_status_moves').where({ from_id: status.canceled }).delete()

  // Won by those who may: urgent is cleared, and comes back.
  await tick(anna, work)
  const won = await act(anna, { do: 'set_status', to: status.successful_order })
  t.match(await lead(work), { urgent: false, status_id: status.successful_order })
  t.match((await last(work)).details, { calmed: true })
  await undo(anna, won)
  t.match(await lead(work), { urgent: true, status_id: status.in_work, closed_at: null })
})

t.test('a status\'s roles and time limits hold for many as for one', async t => {
  await db('lead_statuses').where({ id: status.waiting }).update({ limit_minutes: 60, limit_clock: 'working' })
  await db('location_hours').insert([1, 2, 3, 4, 5, 6, 7].map(weekday => ({ location_id: hall.id, weekday, opens: 0, closes: 30 })))
  await db('leads').where({ id: work.id }).update({ location_id: hall.id })
  const to = async () => { await tick(anna, work); return act(anna, { do: 'set_status', to: status.waiting }) }
  const path = await to()
  const { status_since: since, status_late_at: late } = await lead(work)
  t.ok(late.getTime() - since.getTime() > 12 * 3600_000, 'only half an hour a day counts')
  const moved = await act(anna, { do: 'set_location', to: 'none', of: 'matching', in: 'q=piotr' })
  t.equal((await lead(work)).status_late_at.getTime() - (await lead(work)).status_since.getTime(), 3600_000, 'without a location the clock never stops')
  await undo(anna, moved)
  t.same((await lead(work)).status_late_at, late)
  await undo(anna, path)
  t.equal((await lead(work)).status_late_at, null)

  await tick(marek, work)
  const { location } = await as(marek).post('/leads/actions', { do: 'set_status', of: 'selected', in: '', to: status.waiting })
  await db('lead_status_roles').insert({ status_id: status.waiting, role_id: anna.roleId })
  await runJobs(app)
  t.match(await state(location!), { changed: 0, state: 'done' })
  t.match((await as(marek).get(`${location}?why=no_right`)).body, /Piotr/)
  t.notMatch((await as(marek).get('/leads/actions/new?do=set_status')).body, new RegExp(`<option value="${status.waiting}"`))
  await db('lead_status_roles').delete()
  await db('lead_statuses').where({ id: status.waiting }).update({ limit_minutes: null, limit_clock: 'always' })
})

t.test('manager, campaign, location, urgent and the archive go there and back', async t => {
  const columns = ['id', 'manager_id', 'campaign_id', 'location_id', 'urgent', 'archived_at']
  const before = await db('leads').orderBy('id').select(columns)
  const done: string[] = []
  for (const body of [{ do: 'set_manager', to: sofia.id }, { do: 'set_manager', to: 'none' }, { do: 'set_campaign', to: fair.id }, { do: 'set_location', to: hall.id }, { do: 'make_urgent' }, { do: 'not_urgent' }, { do: 'archive' }, { do: 'restore', in: 'show=archived' }]) {
    done.push(await act(anna, { of: 'matching', in: 'show=all', ...body }))
    t.match(await state(done.at(-1)!), { state: 'done' }, body.do)
    t.ok((await state(done.at(-1)!)).changed > 0, body.do)
  }
  t.match((await last(fresh)), { kind: 'lead.restored' })
  t.match(await db('events').where({ lead_id: lost.id }).whereRaw("details @> '{\"changes\":[{\"field\":\"manager_id\"}]}'").orderBy('id').first(), { details: { changes: [{ old: { name: 'Anna Kowalska' }, new: { name: 'Sofia Ramos' } }] } })
  for (const path of done.toReversed()) {
    const { total, changed } = await state(await undo(anna, path))
    t.equal(changed, total, path)
  }
  t.same(await db('leads').orderBy('id').select(columns), before)
  t.match((await as(anna).get('/leads/actions')).body, /Set manager: <b>Sofia Ramos<[^]*Undone/)
})

t.test('what the form of their type requires isn\'t taken from any', async t => {
  const items = () => db('form_items').whereIn('form_id', db('lead_types').where({ key: 'lead' }).select('form_id')).where({ system: 'manager' })
  await items().update({ required: true })
  const path = await act(anna, { do: 'set_manager', to: 'none', of: 'matching', in: 'show=all' })
  t.match(await state(path), { state: 'done', changed: 0, total: 4 })
  t.match((await as(anna).get(`${path}?why=required`)).body, /Ewa[^]*Piotr[^]*João/)
  t.equal((await lead(fresh)).manager_id, sofia.id)
  await undo(anna, await act(anna, { do: 'set_manager', to: marek.id, of: 'matching', in: 'show=all' }))
  t.equal((await lead(fresh)).manager_id, sofia.id, 'and another one is given, and taken back')
  await items().update({ required: false })
})

t.test('rights: of the kind, of the lead, and a manager who may have leads', async t => {
  for (const [who, kind] of [[sofia, 'archive'], [nuno, 'set_status']] as const) t.equal((await as(who).post('/leads/actions', { do: kind, of: 'matching', in: '' })).status, 403, kind)
  t.notMatch((await as(sofia).get('/leads/actions/new')).body, /do=archive/)
  t.equal((await as(anna).post('/leads/actions', { do: 'set_manager', of: 'matching', in: '', to: nuno.id })).status, 422, 'who may not see leads')
  t.equal((await as(anna).post('/leads/actions', { do: 'set_manager', of: 'matching', in: 'q=nobody at all', to: marek.id })).status, 422)
  const path = await act(sofia, { do: 'make_urgent', of: 'matching', in: 'show=all' })
  t.match(await state(path), { total: 1 }, 'her own and no other')
  t.equal((await as(marek).get(path)).status, 404)
  t.equal((await as(null).get('/leads/actions')).status, 303)
  t.match((await as(anna).get(`/leads/${fresh.id}`)).body, new RegExp(`href="${path}"|Urgent`))
})

t.test('what is filtered or ticked is exported, with phones for those who may see them, and nothing that runs as a formula', async t => {
  await addFields(db, { room: { kind: 'short_text', label: 'Room' } }, 'lead')
  const field = (await db('fields').where({ key: 'room' }).first('id')).id
  const maria = await addClient(db, anna, { first_name: 'María', surname: 'Núñez', phones: ['+34 612 345 678'], is_conflicted: true, conflict_reason: '@refuses' })
  const linked = await addLead(db, { client_id: maria, contact_name: 'Marysia', manager: sofia, comment: '=1+1', due_at: '2026-11-24T08:30:00Z', location_id: hall.id })
  await db('lead_values').insert({ lead_id: linked.id, field_id: field, text_value: '+12' })
  const loose = await addLead(db, { status: 'waiting', contact_name: 'Ola', manager: sofia, phones: ['+48 700 800 900', '+48 700 800 901'], urgent: true })
  const csv = async (who: Person, body: Record<string, unknown>) => {
    const answer = await as(who).post('/leads/export', { format: 'csv', of: 'matching', in: '', ...body })
    t.equal(answer.status, 200, answer.body.slice(0, 200))
    return answer.body.replace(/^\uFEFF/, '').trim().split('\r\n')
  }
  const columns = ['number', 'status', 'urgent', 'client', 'conflict', 'phones', 'comment', 'due', 'location', 'own.room']
  t.same(await csv(anna, { columns, in: `manager=${sofia.id}&q=L-0000` }), [
    'No.,Status,Urgent,Client,Why conflicted,Phones,Comment,Due by,Location,Room',
    `${loose.number},Waiting,Yes,Ola,,"'+48 700 800 900, +48 700 800 901",,,,`, `${linked.number},New lead,No,María Núñez,'@refuses,'+34 612 34 56 78,'=1+1,2026-11-24 09:30,Hall,'+12`, `${fresh.number},New lead,Yes,Ewa,,,,,,`
  ])
  await db.raw("update roles set rights = rights || '{leads.export}' where id = ?", [sofia.roleId])
  await as(sofia).post('/leads/selection/clear')
  await as(sofia).post('/leads/selection', { page: [linked.id, loose.id, work.id].join(','), lead: [linked.id, loose.id, work.id] })
  t.same(await csv(sofia, { of: 'selected', columns: ['number', 'phones'] }), ['No.,Phones', `${loose.number},"'+48 ••• ••• •00, +48 ••• ••• •01"`, `${linked.number},'+34 ••• •• •• 78`], 'hers alone, masked')
  const everything = (await csv(anna, { all: '1', in: 'show=all&sort=due' }))
  t.equal(everything.length, 7)
  t.match(everything[0], /Time in status, minutes.*Room/)
  t.match(await db('audit_entries').where({ kind: 'leads.exported' }).orderBy('id', 'desc').first(), { employee_id: anna.id, details: { changes: [{ field: 'leads', new: 6 }, { field: 'list_address', new: '/leads?show=all&sort=due' }, {}] } })
  t.same((await csv(anna, { columns: ['number'], in: 'show=all&sort=own.room&order=desc' })).slice(1, 3), [linked.number, loose.number], 'in the order of an own field')
  const page = (await as(anna).get('/leads/export?in=columns%3Dphone%2Cclosed')).body
  t.same([...page.matchAll(/name="columns" value="([^"]+)" checked/g)].map(([, name]) => name), ['number', 'urgent', 'phones', 'closed'])
  t.match((await as(sofia).get('/leads/export')).body, /Phones are masked/)
  t.equal((await as(anna).post('/leads/export', { format: 'csv', of: 'matching', in: '' })).status, 422)
  const book = await as(anna).post('/leads/export', { format: 'xlsx', of: 'matching', in: '', all: '1' })
  t.match(book.headers, { 'content-type': /spreadsheetml/, 'content-disposition': /leads-\d{4}-\d\d-\d\d\.xlsx/ })
  for (const who of [nuno]) t.equal((await as(who).get('/leads/export')).status, 403)
})
