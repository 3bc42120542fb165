import t from 'tap'
import type { Body } from '../../src/web/form.js'
import { listStatuses } from '../../src/leads/statuses.js'
import { createLead } from '../../src/leads/creating.js'
import { changeStatus } from '../../src/lead-statuses/queries.js'
import type { Viewer } from '../../src/web/viewer.js'
import { until } from '../support/until.js'
import { drawMap, findTrouble } from '../../src/lead-statuses/map.js'
import { cast } from '../support/cast.js'
import { formOf } from '../support/clients.js'
import { runJobs } from '../support/jobs.js'
import { says, words } from '../support/words.js'

const URL = '/settings/lead-statuses'
const made = await cast(t)
const { app, as, db, anna, olga, sofia } = made
const status = async (key: string) => (await listStatuses(db, { removed: true })).find(one => one.key === key || one.labels.en === key)!
const at = async (key: string) => `${URL}/${(await status(key)).id}`
const form = async (key: string): Promise<Body> => formOf((await as(anna).get(await at(key))).body, await at(key))
const save = async (key: string, change: object, who = anna) => as(who).post(await at(key), { ...await form(key), ...change })

let made_leads = 0
async function lead (key: string, values: object = {}): Promise<number> {
  const [{ id }] = await db('leads').insert({ number: `T-${++made_leads}`, type_id: 1, status_id: (await status(key)).id, status_since: '2026-11-23T08:00:00Z', ...values }).returning('id')
  return id
}
const read = (id: number) => db('leads').where({ id }).first()

t.test('who may not manage settings sees none of it', async t => {
  for (const path of ['', '/new', '/1']) t.equal((await as(sofia).get(URL + path)).status, 403)
  for (const path of ['', '/1', '/1/delete', '/order']) t.equal((await as(sofia).post(URL + path)).status, 403)
  for (const path of ['/0', '/424242', '/x']) t.equal((await as(anna).get(URL + path)).status, 404)
  t.equal((await as(anna).post(`${URL}/424242/delete`)).status, 404)
  t.equal((await as(anna).post(`${URL}/order`, { up: 'x' })).status, 404)
  t.equal((await as(null).get(URL)).status, 303)
})

t.test('the list says where each leads, and draws it', async t => {
  const page = (await as(anna).get(URL)).body
  t.match(page, /<svg[^>]*role="img"/)
  for (const one of await listStatuses(db)) t.ok(says(page, `lead_statuses.${one.key}`))
  t.notMatch(page, /class="trouble"/)
  const part = await as(anna).get(URL, { fragment: true })
  t.notMatch(part.body, /<html/)
})

t.test('what is wrong is said beside the field, and what was typed stays', async t => {
  const refused = async (change: object, field: string, key: string) => {
    const answer = await save('in_work', change)
    t.equal(answer.status, 422, key)
    t.equal(answer.error(field), words(key))
    return answer.body
  }
  t.match(await refused({ limit: '3 hours' }, 'limit', 'lead_status_form.limit_wrong'), 'value="3 hours"')
  for (const limit of ['0', '-1', '99999999']) await refused({ limit, limit_unit: 'days' }, 'limit', 'lead_status_form.limit_wrong')
  await refused({ limit: '2', limit_unit: 'days', limit_clock: 'working' }, 'limit', 'lead_status_form.limit_working_days')
  await refused({ limit: '2', group: 'lost' }, 'limit', 'lead_status_form.limit_closed')
  await refused({ won_by: 'order' }, 'won_by', 'lead_status_form.won_by_won')
  await refused({ group: 'nobody' }, 'group', 'form.choose')
  await refused({ next: ['424242'] }, 'next', 'lead_status_form.next_gone')
  await refused({ next: [String((await status('in_work')).id)] }, 'next', 'lead_status_form.next_gone')
  await refused({ roles: ['424242'] }, 'roles', 'lead_status_form.roles_gone')
  await refused({ 'label.pl': 'W pracy' }, 'label.en', 'form.required')
  await refused({ 'label.en': 'a\u0000b' }, 'label.en', 'form.control_characters')
  const first = await save('new_lead', { group: 'pending' })
  t.equal(first.error('group'), words('lead_status_form.last_new'))
  const taken = await as(anna).post(URL, { ...await form('successful_order'), 'label.en': 'Paid' })
  t.equal(taken.error('won_by'), words('lead_status_form.won_by_taken', { name: 'Successful order' }))
  t.equal((await as(anna).post(URL, { group: 'new', limit_unit: 'hours', limit_clock: 'always', colour: '', won_by: '', limit: '' })).error('label.en'), words('form.required'))
  t.match(await status('in_work'), { version: 1, limitMinutes: null, labels: {} }, 'nothing was saved')
})

t.test('a status is added, changed and moved, and of two who change it the second is told', async t => {
  t.equal((await as(anna).post(URL, { 'label.en': 'Offer sent', 'label.pl': 'Oferta wysłana', group: 'pending', colour: 'red', won_by: '', limit: '3', limit_unit: 'hours', limit_clock: 'always', next: String((await status('in_work')).id), roles: String(anna.roleId) })).status, 303)
  t.match(await status('Offer sent'), { group: 'pending', colour: 'red', limitMinutes: 180, next: [(await status('in_work')).id], roles: [anna.roleId], position: 3 })
  t.equal((await status('successful_order')).position, 4, 'the others make room')
  const page = (await as(anna).get(URL)).body
  t.ok(says(page, 'lead_status_form.unreachable'))
  t.match((await as(anna).get(await at('Offer sent'))).body, 'value="Oferta wysłana"')

  const seen = await form('Offer sent')
  t.equal((await save('Offer sent', { next: [], limit: '2', limit_unit: 'days' }, olga)).status, 303)
  t.ok(says((await as(anna).get(URL)).body, 'lead_status_form.dead_end'))
  const late = await as(anna).post(await at('Offer sent'), { ...seen, 'label.en': 'Quoted' })
  t.equal(late.status, 409)
  t.ok(says(late.body, 'lead_status_form.changed_meanwhile'))
  t.match(late.body, 'value="Quoted"')
  t.match(await status('Offer sent'), { limitMinutes: 2880, version: 2 })
  t.equal((await as(anna).post(await at('Offer sent'), formOf(late.body, await at('Offer sent')))).status, 303)
  t.match(await status('Quoted'), { limitMinutes: 180, version: 3 })

  const { id } = await status('Quoted')
  const order = async () => (await listStatuses(db)).findIndex(one => one.id === id)
  await as(anna).post(`${URL}/order`, { up: id })
  t.equal(await order(), 2)
  t.notMatch((await as(anna).post(`${URL}/order`, { moved: id, ahead_of: (await status('new_lead')).id }, { fragment: true })).body, /<html/)
  t.equal(await order(), 0)
  await as(anna).post(`${URL}/order`, { up: id })
  await as(anna).post(`${URL}/order`, { moved: id, behind: 424242 })
  t.equal(await order(), 0)
  await as(anna).post(`${URL}/order`, { down: id })
  t.equal(await order(), 1)
  const entries = await db('audit_entries').whereLike('kind', 'leads.status%').orderBy('id')
  t.same(entries.map(({ kind }) => kind.slice(13)), ['added', 'changed', 'changed', 'moved', 'moved', 'moved'])
  t.match(entries[1].details.changes, [{ field: 'limit_minutes', old: 180, new: 2880 }, { field: 'may_become', old: ['In work'], new: null }])
  t.match((await as(olga).get('/settings/audit')).body, /Quoted[^]*<ins>Red</)
})

t.test('the leads in a status follow when its group changes', async t => {
  const open = await lead('waiting', { urgent: true })
  const closed = await lead('expensive', { closed_at: '2026-11-23T08:00:00Z', lost_reason: 'Too dear' })
  await save('waiting', { group: 'won' })
  t.match(await read(open), { closed_at: new Date('2026-11-23T08:00:00Z'), urgent: false })
  await save('expensive', { group: 'pending' })
  t.match(await read(closed), { closed_at: null })
  await save('expensive', { group: 'lost' })
  await save('waiting', { group: 'pending' })
  t.match(await read(open), { closed_at: null })
  t.match(await read(closed), { closed_at: new Date('2026-11-23T08:00:00Z'), lost_reason: 'Too dear' })
  t.match(await db('events').where({ lead_id: open }), [{ kind: 'lead.changed', details: { changes: [{ field: 'urgent', old: true, new: false }] } }])
  await db('leads').delete()
})

t.test('and are lost for a reason, or won by who has the right, as if each were moved', async t => {
  await db('roles').where({ id: sofia.roleId }).update({ rights: ['settings.manage', 'leads.view_all', 'leads.move'] })
  const [open, before] = [await lead('waiting'), await lead('waiting', { lost_reason: 'Too dear' })]
  const asked = (await as(anna).get(await at('waiting'))).body
  t.ok(says(asked, 'lead_status_form.becomes_lost', { count: 2, n: '2' }))
  t.ok(says(asked, 'lead_status_form.becomes_won', { count: 2, n: '2' }))
  t.notOk(says(asked, 'lead_status_form.becomes_open', { count: 2, n: '2' }))
  t.ok(says((await as(anna).get(await at('expensive'))).body, 'lead_status_form.group_hint'))

  const unsaid = await save('waiting', { group: 'lost', 'label.en': 'Too late', lost_reason: ' ' })
  t.equal(unsaid.status, 422)
  t.equal(unsaid.error('lost_reason'), words('leads.reason_needed'))
  t.match(unsaid.body, 'value="Too late"')
  const long = await save('waiting', { group: 'lost', lost_reason: 'x'.repeat(501) })
  t.equal(long.error('lost_reason'), words('form.too_long', { max: 500, length: 501 }))
  t.match(long.body, `${'x'.repeat(501)}</textarea>`)
  t.equal((await save('waiting', { group: 'won' }, sofia)).error('group'), words('lead_status_form.becomes_won_by_hand', { count: 2, n: 2 }))
  t.ok(says((await as(sofia).get(await at('waiting'))).body, 'lead_status_form.becomes_won_by_hand', { count: 2, n: '2' }))
  t.match(await read(open), { closed_at: null, lost_reason: '', version: 1 }, 'nothing has changed')

  t.equal((await save('waiting', { group: 'lost', lost_reason: 'The season is over' }, sofia)).status, 303)
  t.match(await read(open), { lost_reason: 'The season is over', version: 2 })
  t.match(await read(before), { lost_reason: 'Too dear', version: 1 }, 'one that was lost in it before keeps why')
  t.ok((await read(open)).closed_at)
  t.match(await db('events').where({ lead_id: open }), [{ kind: 'lead.changed', employee_id: sofia.id, version: 2, details: { changes: [{ field: 'lost_reason', old: '', new: 'The season is over' }] } }])
  const page = (await as(anna).get(`/leads/${open}`)).body
  t.ok(says(page, 'leads.lost_because', { reason: 'The season is over' }))
  t.match(page, '<ins>The season is over</ins>')
  t.match((await as(anna).get('/leads?columns=lost_reason&group=lost')).body, 'The season is over')
  t.ok(says((await as(anna).get(await at('waiting'))).body, 'lead_status_form.becomes_open', { count: 2, n: '2' }))

  t.equal((await save('waiting', { group: 'pending' })).status, 303)
  const again = (await as(anna).get(`/leads/${open}`)).body
  t.notOk(says(again, 'leads.lost_because', { reason: 'The season is over' }), 'an open one is not lost')
  t.notMatch((await as(anna).get('/leads?columns=lost_reason')).body, /The season is over/)
  t.equal((await save('waiting', { group: 'lost' })).status, 303, 'each is known why')
  t.match(await read(open), { lost_reason: 'The season is over', version: 2 })
  t.equal((await save('waiting', { group: 'won' })).status, 303, 'by the right that allows otherwise')
  t.equal((await save('waiting', { group: 'pending' })).status, 303)
  await db('leads').delete()
  t.equal((await save('waiting', { group: 'won' }, sofia)).status, 303, 'without leads it is a name')
  t.equal((await save('waiting', { group: 'pending' })).status, 303)
})

t.test('and when its limit does', async t => {
  const [{ id: place }] = await db('locations').insert({ name: 'Rynek' }).returning('id')
  await db('location_hours').insert({ location_id: place, weekday: 1, opens: 540, closes: 600 }) // Mondays 9 to 10
  const nowhere = await lead('waiting')
  const there = await lead('waiting', { location_id: place })
  const other = await lead('in_work', { location_id: place })
  const late = async (id: number) => (await read(id)).status_late_at?.toISOString() ?? null
  await save('waiting', { limit: '90', limit_unit: 'minutes' })
  t.same([await late(nowhere), await late(there), await late(other)], ['2026-11-23T09:30:00.000Z', '2026-11-23T09:30:00.000Z', null])
  await save('waiting', { limit_clock: 'working' })
  t.same([await late(nowhere), await late(there)], ['2026-11-23T09:30:00.000Z', '2026-11-30T08:30:00.000Z'], 'an hour this Monday, half an hour the next')

  const hours = (path: string, body: Record<string, unknown>) => as(anna).post(`/settings/locations/${place}/hours${path}`, body)
  const week = formOf((await as(anna).get(`/settings/locations/${place}/hours`)).body, `/settings/locations/${place}/hours`)
  t.equal((await hours('', { ...week, day1: '9-11' })).status, 303)
  await runJobs(app)
  t.same([await late(nowhere), await late(there)], ['2026-11-23T09:30:00.000Z', '2026-11-23T09:30:00.000Z'], 'longer hours, sooner late')
  t.match(await db('lead_alarms').where({ lead_id: there }), [{ notice: 'late', at: new Date('2026-11-23T09:30:00Z') }])
  await hours('/closed-days', { starts_on: '2026-11-23', ends_on: '', note: '' })
  await runJobs(app)
  t.equal(await late(there), '2026-11-30T09:30:00.000Z', 'closed that Monday')
  const [{ id: days }] = await db('location_closed_days')
  await hours(`/closed-days/${days}/remove`, {})
  await runJobs(app)
  t.equal(await late(there), '2026-11-23T09:30:00.000Z')
  const general = formOf((await as(anna).get('/settings/general')).body, '/settings/general')
  for (const [time_zone, at] of [['Europe/Lisbon', '2026-11-23T10:30:00.000Z'], [general.time_zone, '2026-11-23T09:30:00.000Z']] as const) {
    t.equal((await as(anna).post('/settings/general', { ...general, was: '', time_zone })).status, 303)
    await runJobs(app)
    t.equal(await late(there), at, 'hours are told in the zone of the company')
  }
  await save('waiting', { limit: '' })
  t.same([await late(nowhere), await late(there)], [null, null])
  await db('leads').delete()
})

t.test('a role that alone may move leads into a status stays, or the status would be everybody\'s', async t => {
  const [{ id }] = await db('roles').insert({ name: 'Closers', rights: [] }).returning('id')
  await save('waiting', { roles: [String(id)] })
  const kept = await as(olga).post(`/settings/roles/${id}/delete`)
  t.equal(kept.status, 422)
  t.ok(says(kept.body, 'roles.opens_status', { names: 'Waiting' }))
  await save('waiting', { roles: [String(id), String(anna.roleId)] })
  t.equal((await as(olga).post(`/settings/roles/${id}/delete`)).status, 303)
  t.same((await status('waiting')).roles, [anna.roleId])
  await save('waiting', { roles: [] })
})

t.test('a lead that is moved into a status while that is changed is as the status is afterwards', async t => {
  const id = await lead('in_work')
  const { id: waiting } = await status('waiting')
  const change = await db.transaction()
  await change('lead_statuses').where({ id: waiting }).forUpdate().select('id')
  const moving = as(anna).post(`/leads/${id}/move`, { to: waiting })
  while (Number((await change('pg_locks').whereNot({ granted: true }).whereRaw('pid <> pg_backend_pid()').count())[0]!.count) === 0);
  await change('lead_statuses').where({ id: waiting }).update({ group_key: 'won' })
  await change.commit()
  t.equal((await moving).status, 303)
  t.match(await read(id), { status_id: waiting })
  t.ok((await read(id)).closed_at)
  await db('lead_statuses').where({ id: waiting }).update({ group_key: 'pending' })
  await db('leads').delete()
})

t.test('a status is changed while leads are made in it, and neither waits for the other for good', async t => {
  const by = { id: anna.id, roleKey: 'owner', can: () => true, organisation: { timeZone: 'Europe/Warsaw', language: 'en' } } as unknown as Viewer
  const first = await status('new_lead')
  const make = () => createLead(db, by, { type_id: 1, contact_name: 'Piotr', phones: [], campaign_id: null, comment: '', due_at: null, urgent: false, location_id: null, manager_id: null })
  await make()
  const waiting = async (query: string) => Number((await db('pg_stat_activity').whereRaw("datname = current_database() and wait_event_type = 'Lock'").whereLike('query', query).count({ count: '*' }).first())!.count)
  // Held up where it has begun and changed nothing yet.
  const held = await db.transaction()
  await held.raw('lock table lead_status_moves in access exclusive mode')
  const changed = db.transaction(trx => changeStatus(trx, by, first.id, { ...first, colour: 'red' }, first.version))
  await until(async () => await waiting('%lead_status_moves%') > 0)
  const made = make()
  await until(async () => await waiting('%make_lead%') > 0)
  await held.commit()
  t.ok(await changed)
  t.ok((await made).isNew)
  t.match(await status('new_lead'), { colour: 'red' })
  await db('lead_statuses').where({ id: first.id }).update({ colour: null })
  await db('leads').delete()
})

t.test('one is deleted, and its leads go where it is said', async t => {
  t.equal((await as(anna).post(`${await at('new_lead')}/delete`)).error('delete'), '')
  t.equal((await status('new_lead')).position, 0)
  t.ok(says((await as(anna).post(`${await at('new_lead')}/delete`)).body, 'lead_status_form.is_first'))

  await save('in_work', { limit: '1', limit_unit: 'hours' })
  const [open, archived] = [await lead('waiting'), await lead('waiting', { archived_at: '2026-11-23T09:00:00Z' })]
  const asked = await as(anna).post(`${await at('waiting')}/delete`)
  t.equal(asked.status, 422)
  t.equal(asked.error('instead'), words('lead_status_form.instead_which'))
  for (const instead of [(await status('waiting')).id, 424242]) t.equal((await as(anna).post(`${await at('waiting')}/delete`, { instead })).status, 422)
  t.equal((await read(open)).status_id, (await status('waiting')).id)

  const [from, to] = [await status('waiting'), await status('in_work')]
  t.equal((await as(anna).post(`${URL}/${from.id}/delete`, { instead: to.id })).status, 303)
  for (const id of [open, archived]) {
    const now = await read(id)
    t.match(now, { status_id: to.id, closed_at: null, version: 2 })
    t.equal(now.status_late_at.getTime() - now.status_since.getTime(), 3_600_000)
    t.match(await db('lead_moves').where({ lead_id: id }), [{ from_id: from.id, to_id: to.id, employee_id: anna.id }])
    t.match(await db('events').where({ lead_id: id }), [{ kind: 'lead.moved', details: { from: from.id, to: to.id, reason: '', calmed: false } }])
    t.equal((await as(anna).get(`/leads/${id}`)).status, 200)
  }
  t.equal((await as(anna).get(`${URL}/${from.id}`)).status, 404)
  t.notOk((await status('in_work')).next.includes(from.id))
  t.equal((await as(anna).post(`${await at('mishandled')}/delete`)).status, 303, 'one without leads at once')

  const { id: canceled } = await status('canceled')
  const unsaid = await as(anna).post(`${await at('in_work')}/delete`, { instead: canceled, reason: ' ' })
  t.equal(unsaid.error('reason'), words('leads.reason_needed'))
  t.match(unsaid.body, new RegExp(`<option value="${canceled}" class="asks-why" selected`), 'the choice stays')
  t.equal((await as(anna).post(`${await at('in_work')}/delete`, { instead: canceled, reason: 'x'.repeat(501) })).error('reason'), words('form.too_long', { max: 500, length: 501 }))
  t.match(await read(open), { closed_at: null, lost_reason: '' })
  t.equal((await as(anna).post(`${await at('in_work')}/delete`, { instead: canceled, reason: 'We repair no phones any more' })).status, 303)
  t.match(await read(open), { status_late_at: null, lost_reason: 'We repair no phones any more' })
  t.match(await db('events').where({ lead_id: open }).orderBy('id', 'desc').first(), { details: { reason: 'We repair no phones any more' } })
  t.ok((await read(open)).closed_at)
  t.match(await db('audit_entries').where({ kind: 'leads.status_deleted' }).orderBy('id', 'desc').first(), { subject_name: 'In work', details: { changes: [{ field: 'deleted' }, { field: 'replaced_by', new: 'Canceled' }, { field: 'leads', new: 2 }] } })
})

t.test('leads of one that is deleted stay as they were closed, and are won by nobody who may not say so', async t => {
  const { as, db, anna, nuno } = await cast(t)
  await db('roles').where({ id: nuno.roleId }).update({ rights: ['settings.manage', 'leads.view_all', 'leads.move'] })
  const statuses = new Map((await listStatuses(db)).map(one => [one.key, one.id]))
  const id = (key: string) => statuses.get(key)!
  const lead = async (key: string, values: object = {}) => (await db('leads').insert({ number: `D-${key}`, type_id: 1, status_id: id(key), ...values }).returning('id'))[0].id
  const remove = (key: string, instead: string, who = anna, more: object = {}) => as(who).post(`${URL}/${id(key)}/delete`, { instead: id(instead), reason: 'Gone', ...more })
  const offered = async (key: string, who = anna) => [...(await as(who).get(`${URL}/${id(key)}`)).body.split('<select id="instead"')[1]!.split('</select>')[0]!.matchAll(/value="(\d+)"/g)].map(([, id]) => Number(id))
  const won = await lead('successful_order', { closed_at: '2026-11-20T08:00:00Z' })
  const lost = await lead('expensive', { closed_at: '2026-11-20T08:00:00Z', lost_reason: 'Too dear' })
  const blank = (await db('leads').insert({ number: 'D-blank', type_id: 1, status_id: id('expensive'), closed_at: '2026-11-20T08:00:00Z' }).returning('id'))[0].id
  const open = await lead('waiting')

  t.same(await offered('successful_order'), [id('successful_sale')])
  t.same(await offered('expensive'), [id('canceled'), id('mishandled')])
  t.same(await offered('waiting'), ['new_lead', 'in_work', 'successful_order', 'successful_sale', 'expensive', 'canceled', 'mishandled'].map(id))
  t.same(await offered('waiting', nuno), ['new_lead', 'in_work', 'expensive', 'canceled', 'mishandled'].map(id))

  for (const [key, instead] of [['successful_order', 'canceled'], ['successful_order', 'in_work'], ['expensive', 'successful_order'], ['expensive', 'in_work']] as const) {
    const refused = await remove(key, instead)
    t.equal(refused.status, 422, `${key} to ${instead}`)
    t.equal(refused.error('instead'), words('lead_status_form.instead_closed'))
  }
  t.equal((await remove('waiting', 'successful_order', nuno)).error('instead'), words('lead_status_form.won_by_hand'))
  await db('lead_status_roles').insert({ status_id: id('mishandled'), role_id: anna.roleId })
  t.equal((await remove('waiting', 'mishandled', nuno)).error('instead'), words('lead_status_form.instead_not_yours'))
  t.same(await offered('expensive', nuno), [id('canceled')])
  t.same((await db('leads').whereIn('id', [won, lost, open]).orderBy('id').pluck('status_id')), [id('successful_order'), id('expensive'), id('waiting')], 'nothing has moved')

  t.equal((await remove('successful_order', 'successful_sale', nuno, { reason: '' })).status, 303, 'won they are already')
  t.match(await db('leads').where({ id: won }).first(), { status_id: id('successful_sale'), closed_at: new Date('2026-11-20T08:00:00Z'), lost_reason: '' })
  t.equal((await remove('expensive', 'canceled', anna, { reason: '' })).status, 303, 'each was lost for a reason of its own')
  t.match(await db('leads').where({ id: lost }).first(), { closed_at: new Date('2026-11-20T08:00:00Z'), lost_reason: 'Too dear' })
  t.match(await db('leads').where({ id: blank }).first(), { lost_reason: words('lead_status_form.lost_by_it', { name: 'Expensive' }) })
  t.equal((await remove('waiting', 'successful_sale')).status, 303, 'by the right that allows otherwise')
  t.ok((await db('leads').where({ id: open }).first()).closed_at)

  const last = await as(anna).get(`${URL}/${id('successful_sale')}`)
  t.ok(says(last.body, 'lead_status_form.nowhere', { count: 2, n: '2' }))
  t.equal((await as(anna).post(`${URL}/${id('successful_sale')}/delete`, {})).error('instead'), '')
  t.equal((await as(anna).post(`${URL}/${id('successful_sale')}/delete`, {})).status, 422)
})

t.test('dead ends and the unreachable are found, and every move is an arrow', async t => {
  const one = (id: number, group: 'new' | 'pending' | 'lost', next: number[]) => ({ id, key: null, labels: {}, group, colour: null, role: null, position: id, limitMinutes: null, limitClock: 'always' as const, next, roles: [], version: 1 })
  const statuses = [one(1, 'new', [2, 3]), one(2, 'pending', []), one(3, 'lost', []), one(4, 'pending', [5]), one(5, 'pending', [4])]
  const trouble = findTrouble(statuses, [1])
  t.same([...trouble.values()].map(({ deadEnd, unreachable }) => [deadEnd, unreachable]), [[false, false], [true, false], [false, false], [true, true], [true, true]], 'two that lead into each other alone are never left either')
  const { arrows, boxes, width } = drawMap(statuses)
  t.same(arrows.map(({ from, to }) => [from, to]), [[1, 2], [1, 3], [4, 5], [5, 4]])
  t.equal(boxes.length, 5)
  t.ok(width <= 360, 'fits a phone')
  t.same(drawMap([]).arrows, [])
})
