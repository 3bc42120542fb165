import t from 'tap'
import { act, matchEvents, sendWaiting } from '../../src/automation/act.js'
import { causesIn } from '../../src/automation/causes.js'
import { tick } from '../../src/automation/clock.js'
import { findRule } from '../../src/automation/queries.js'
import { afterQuiet, zoneOf } from '../../src/automation/quiet.js'
import { recordEvent } from '../../src/clients/feed/record.js'
import { recordLeadEvent } from '../../src/leads/feed/record.js'
import { cast, type Cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { addFields } from '../support/fields.js'
import { fakeGateway } from '../support/gateway.js'
import { runJobs } from '../support/jobs.js'
import { addLead } from '../support/leads.js'
import { says, words } from '../support/words.js'

const URL = '/settings/notifications/clients'

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, as, anna, app } = made
  const templates: Record<string, number> = {}
  for (const [name, channel, body] of [['Mail', 'email', 'Dear {{client.first_name}}'], ['Text', 'sms', 'Hello {{client.first_name|client}} {{lead.number|}}'], ['Chat', 'whatsapp', 'Hi {{client.first_name}}']]) {
    await as(anna).post('/settings/templates', { name, channel, whose: 'all', 'subject.en': 'News', 'body.en': body })
    templates[name!] = (await db('templates').where({ name }).first()).id
  }
  const body = { name: 'Thanks', event: 'lead.created', side: 'before', at: '00:00', delay_unit: 'hours', 'template.1': templates.Chat, 'template.2': templates.Text, 'template.3': templates.Mail }
  return {
    ...made, templates, body,
    /** Makes a rule as the form does, and switches it on. */
    async rule (change: object = {}, on = true): Promise<number> {
      const id = Number((await as(anna).post(URL, { ...body, ...change })).location!.split('/').at(-2))
      if (on) await as(anna).post(`${URL}/${id}/on`)
      return id
    },
    /** A lead that came in now, with its entry in the feed. */
    async lead (fields: object = {}): Promise<{ id: number, number: string, event: number }> {
      const lead = await addLead(db, { created_at: new Date(), ...fields })
      return { ...lead, event: await recordLeadEvent(db, anna, lead.id, 'lead.created', { source: 'form' }) }
    },
    runs: () => db('automation_runs').orderBy('id'),
    jobs: () => runJobs(app),
    messages: async () => (await db('messages').orderBy('id')).map(({ channel, body_text, state }) => [channel, body_text, state])
  }
}
const reachable = (db: Cast['db'], anna: Cast['anna'], more: object = {}) => addClient(db, anna, { first_name: 'Zofia', phones: [{ number: '600 123 456', on: ['sms'] }], emails: [{ address: 'zofia@poczta.example', agrees: true }], ...more })

t.test('rules are for who may manage messages; what is wrong stands beside its field', async t => {
  const { as, sofia, anna, olga, body, db, templates, rule } = await shop(t)
  for (const path of ['', '/new', '/log', '/1', '/1/try']) t.equal((await as(sofia).get(URL + path)).status, 403)
  for (const path of ['', '/1', '/1/on', '/1/off', '/1/remove', '/1/restore']) t.equal((await as(sofia).post(URL + path)).status, 403)
  for (const path of ['/424242', '/x/try']) t.equal((await as(anna).get(URL + path)).status, 404)
  for (const path of ['/424242', '/424242/on', '/x/off', '/424242/remove']) t.equal((await as(anna).post(URL + path)).status, 404)
  for (const [change, field, key, values] of [
    [{ name: '' }, 'name', 'form.required'], [{ event: 'full.moon' }, 'event', 'form.choose'], [{ 'template.1': '', 'template.2': '', 'template.3': '' }, 'template.1', 'automation.choose_template'],
    [{ 'template.2': templates.Chat }, 'template.2', 'automation.same_channel'], [{ 'template.3': 424242 }, 'template.3', 'form.choose'], [{ event: 'date' }, 'field', 'form.choose'], [{ event: 'date', days: '400' }, 'days', 'automation.number', { max: 365 }],
    [{ delay: '31', delay_unit: 'days' }, 'delay', 'automation.long_delay'], [{ quiet_from: '21:00' }, 'quiet_to', 'automation.both_times'], [{ quiet_from: '25:00', quiet_to: '08:00' }, 'quiet_from', 'automation.time']
  ] as [object, string, string, object?][]) {
    const answer = await as(anna).post(URL, { ...body, ...change })
    t.equal(answer.status, 422, key)
    t.equal(answer.error(field), words(key, values as Record<string, unknown>))
  }
  t.same(await db('automation_rules'), [])

  const id = await rule({ location: [], tag: [], yearly: '1', days: '5' }, false), at = `${URL}/${id}`
  t.match(await findRule(db, id), { onSince: null, days: 0, yearly: false }, 'off until it was tried; what its event doesn’t ask isn’t kept')
  const seen = formOf((await as(anna).get(at)).body, at)
  t.equal((await as(anna).post(at, { ...seen, quiet_from: '21:00', quiet_to: '08:00' })).location, `${at}/try`)
  const late = await as(olga).post(at, { ...seen, name: 'Mine' })
  t.equal(late.status, 409)
  t.match(late.body, /value="Mine"/)
  t.match((await as(anna).get(URL)).body, />Thanks</)
  t.equal((await as(anna).post(`${at}/on`)).status, 303)
  t.ok((await findRule(db, id)).onSince)
  t.equal((await as(anna).post(`${at}/remove`)).status, 303)
  t.match(await findRule(db, id), { onSince: null, removed: true })
  t.equal((await as(anna).get(`${at}/try`)).status, 404)
  t.equal((await as(anna).post(`${at}/restore`)).status, 303)
  await db('templates').update({ archived_at: db.fn.now() })
  t.ok(says((await as(anna).post(`${at}/on`)).body, 'automation.no_template'))
  t.same((await db('audit_entries').where('kind', 'like', 'automation.%').orderBy('id')).map(({ kind }) => kind.split('.')[1]), ['added', 'changed', 'on', 'removed', 'restored'])
})

t.test('a lead that comes in is answered once, on the first channel that its client has agreed to, and the log says how', async t => {
  const { rule, lead, runs, jobs, messages, db, anna, as, nuno } = await shop(t)
  const id = await rule()
  const zofia = await reachable(db, anna)
  const { event, number } = await lead({ client_id: zofia })
  await jobs()
  t.same(await messages(), [['sms', `Hello Zofia ${number}`, 'caught']])
  t.match(await runs(), [{ rule_id: id, outcome: 'queued', client_id: zofia, details: { channel: 'sms', tried: [{ channel: 'whatsapp', why: 'no_consent' }] } }])
  await Promise.all([matchEvents(db, [event]), matchEvents(db, [event])])
  await jobs()
  t.equal((await messages()).length, 1, 'a job that is done again writes nobody again')
  t.match((await as(anna).get(`/clients/${zofia}`)).body, /Hello Zofia/)

  await lead({})
  await lead({ client_id: await addClient(db, anna, { first_name: 'Ela' }) })
  await lead({ client_id: await addClient(db, anna, { company_name: 'Firma', emails: [{ address: 'biuro@firma.example', agrees: true }] }) })
  await lead({ client_id: await reachable(db, anna, { archived: true }) })
  await jobs()
  t.same((await runs()).slice(1).map(({ outcome, why, details }) => [outcome, why, details.tried.map(({ why }: { why: string }) => why)]).sort(), [
    ['skipped', 'client_gone', []], ['skipped', 'no_client', []], ['skipped', 'unreachable', ['no_contact', 'no_contact', 'empty']], ['skipped', 'unreachable', ['no_contact', 'no_contact', 'no_contact']]
  ], 'an automatic message never has a hole in it')
  t.equal((await messages()).length, 1)
  const log = await as(anna).get(`${URL}/log?rule=${id}`)
  t.ok(says(log.body, 'automation.whys.no_client'))
  t.match(log.body, />Zofia</)
  t.notOk(says((await as(anna).get(`${URL}/log?outcome=queued`)).body, 'automation.whys.no_client'))
  await db('roles').where({ name: 'Nothing' }).update({ rights: ['messages.manage'] })
  t.notMatch((await as(nuno).get(`${URL}/log`)).body, />Zofia</, 'who may not see clients doesn’t read their names')
})

t.test('conditions: the first that isn’t met is the reason', async t => {
  const { rule, lead, runs, jobs, db, anna, app } = await shop(t)
  const [location] = await db('locations').insert({ name: 'Rynek' }).returning('id')
  const { wishes } = await addFields(db, { wishes: { kind: 'one_choice', choices: ['Yes', 'No'] } })
  const zofia = await reachable(db, anna, { tags: ['VIP'] }), bare = await reachable(db, anna)
  const [tag] = await db('tags')
  await db('client_values').insert({ client_id: zofia, field_id: wishes.id, option_id: wishes.options[0]!.id })
  const types = await db('lead_types').orderBy('id')
  await rule({ location: location.id, tag: tag.id, type: types[0].id, kind: 'person', option: wishes.options[0]!.id })
  for (const fields of [{ client_id: zofia, location_id: location.id }, { client_id: zofia }, { client_id: bare, location_id: location.id }, { client_id: zofia, location_id: location.id, type_id: types[1].id }]) await lead(fields)
  await db('client_values').update({ option_id: wishes.options[1]!.id })
  await jobs()
  t.same((await runs()).toSorted((a, b) => a.lead_id - b.lead_id).map(({ why }) => why), ['choices', 'location', 'tags', 'type'])
  await db('client_values').delete()
  await db('automation_runs').delete()
  await db('automation_rules').update({ conditions: JSON.stringify({ to: [4] }), event: 'lead.moved' })
  const moved = await lead({ client_id: zofia })
  for (const to of [2, 4]) await recordLeadEvent(db, anna, moved.id, 'lead.moved', { from: 1, to, reason: '', calmed: false })
  await runJobs(app)
  t.same((await runs()).map(({ outcome, why }) => [outcome, why]), [['skipped', 'to'], ['queued', null]])
})

t.test('of a client who comes by an import a rule hears only if it says so', async t => {
  const { rule, runs, jobs, db, anna } = await shop(t)
  const id = await rule({ event: 'client.created' })
  const zofia = await reachable(db, anna)
  await recordEvent(db, anna, zofia, 'client.created', { source: 'import' })
  t.equal((await db('graphile_worker.jobs').where({ task_identifier: 'automation.match' })).length, 1, 'the one for the form')
  await jobs()
  t.same((await runs()).map(({ outcome }) => outcome), ['queued'])
  await db('automation_rules').where({ id }).update({ conditions: JSON.stringify({ imported: true }) })
  await recordEvent(db, anna, zofia, 'client.created', { source: 'import' })
  await jobs()
  t.equal((await runs()).length, 2)
})

t.test('entries that wait are gone through together, each once; and of what waits its time one that fails holds up no other', async t => {
  const { rule, lead, runs, jobs, db, anna, app } = await shop(t)
  await rule({ delay: '1', delay_unit: 'hours' })
  const zofia = await reachable(db, anna)
  for (let n = 0; n < 60; n++) await lead({ client_id: zofia })
  const handler = app.jobHandlers.get('automation.match')!
  let count = 0
  app.jobHandlers.set('automation.match', (...given) => { count++; return handler(...given) })
  t.teardown(() => app.jobHandlers.set('automation.match', handler))
  await jobs()
  t.equal(count, 2)
  t.same((await runs()).map(({ outcome }) => outcome), Array.from({ length: 60 }, () => 'waiting'))
  t.equal((await db('graphile_worker.jobs').where({ task_identifier: 'automation.send' })).length, 2)

  const [first, second, third] = await runs()
  await db('automation_runs').where({ id: second.id }).update({ details: '{}' })
  await t.rejects(sendWaiting(db, [first.id, second.id, third.id]))
  t.same((await runs()).slice(0, 4).map(({ outcome }) => outcome), ['queued', 'waiting', 'queued', 'waiting'])
})

t.test('when a message fails for good the next channel is taken, and the log says when none is left', async t => {
  const { rule, lead, runs, jobs, messages, db, anna, app } = await shop(t)
  const gateway = fakeGateway(t, app, 'sms')
  await rule()
  await lead({ client_id: await reachable(db, anna) })
  await jobs()
  t.equal(gateway.given.length, 1)
  await db('messages').update({ state: 'failed' })
  await db('messages').update({ state: 'bounced' }) // told twice
  await jobs()
  t.same((await messages()).map(([channel, , state]) => [channel, state]), [['sms', 'bounced'], ['email', 'caught']])
  t.match(await runs(), [{ outcome: 'queued', details: { channel: 'email', tried: [{ channel: 'whatsapp', why: 'no_consent' }, { channel: 'sms', why: 'bounced' }] } }])
  await db('messages').where({ channel: 'email' }).update({ state: 'failed' })
  await jobs()
  t.match(await runs(), [{ outcome: 'failed', why: 'all_failed' }])
  t.equal((await messages()).length, 2)
})

t.test('what waits is sent as things stand then, and not when the rule was switched off', async t => {
  const { rule, lead, runs, jobs, messages, db, anna, as } = await shop(t)
  const id = await rule({ delay: '2' })
  const zofia = await reachable(db, anna)
  const later = async () => { await db.raw('update graphile_worker._private_jobs set run_at = now()'); await jobs() }
  await lead({ client_id: zofia })
  const gone = await lead({ client_id: zofia })
  await jobs()
  t.same((await runs()).map(({ outcome }) => outcome), ['waiting', 'waiting'])
  t.same(await messages(), [])
  await db('clients').where({ id: zofia }).update({ first_name: 'Zofia Maria' })
  await db('leads').where({ id: gone.id }).update({ archived_at: db.fn.now() })
  await later()
  t.same((await runs()).map(({ outcome, why }) => [outcome, why]).sort(), [['queued', null], ['skipped', 'lead_gone']])
  t.match(await messages(), [['sms', /Hello Zofia Maria/, 'caught']])
  await lead({ client_id: zofia })
  await jobs()
  await as(anna).post(`${URL}/${id}/off`)
  await later()
  t.match((await runs()).at(-1), { outcome: 'skipped', why: 'switched_off' })
})

t.test('the clock: what was overdue or due before the rule was on is not told, what comes due is, once', async t => {
  const { rule, runs, jobs, db, anna } = await shop(t)
  const zofia = await reachable(db, anna), hour = 3_600_000, now = Date.now()
  await addLead(db, { client_id: zofia, due_at: new Date(now - hour) })
  const [overdue, task] = [await rule({ event: 'lead.overdue' }), await rule({ event: 'task.due', name: 'Task', words: 'remind' })]
  const due = await addLead(db, { client_id: zofia, due_at: new Date(now + hour) })
  await addLead(db, { client_id: zofia, due_at: new Date(now + hour), closed_at: new Date(now), status: 'canceled' })
  const local = new Date(now + hour).toLocaleString('sv-SE', { timeZone: 'Europe/Warsaw' })
  for (const what of ['Remind of the pick-up', 'Something else']) await db('tasks').insert({ client_id: zofia, what, due_on: local.slice(0, 10), due_time: local.slice(11, 16), assignee_id: anna.id, created_by: anna.id })
  await tick(db, new Date(now + 10_000))
  t.same(await runs(), [])
  for (const minutes of [61, 62]) await Promise.all([tick(db, new Date(now + minutes * 60_000)), tick(db, new Date(now + minutes * 60_000))])
  await jobs()
  t.same((await runs()).map(({ rule_id, lead_id, outcome, why }) => [rule_id, lead_id, outcome, why]).sort(), [[overdue, due.id, 'queued', null], [task, null, 'queued', null], [task, null, 'skipped', 'words']].sort())
})

t.test('a birthday comes each year, also that of 29 February; a date so many days ahead once', async t => {
  const { rule, runs, db, anna } = await shop(t)
  const { born, service } = await addFields(db, { born: { kind: 'date' }, service: { kind: 'date' } })
  const on = async (day: string, field = born) => { const id = await reachable(db, anna); await db('client_values').insert({ client_id: id, field_id: field.id, day_value: day }); return id }
  const [leap, last] = [await on('1992-02-29'), await on('1980-02-28')]
  await on('1980-03-01')
  const serviced = await on('2027-03-07', service)
  const [birthday, ahead] = [await rule({ event: 'date', field: born.id, yearly: '1', at: '10:00' }), await rule({ name: 'Ahead', event: 'date', field: service.id, days: '7', side: 'before', at: '09:00' })]
  await db('automation_rules').update({ on_since: '2027-02-01' })
  await tick(db, new Date('2027-02-28T07:30:00Z')) // 08:30 in Wrocław
  t.same(await runs(), [])
  for (const time of ['08:01', '09:01', '10:30', '20:00']) await tick(db, new Date(`2027-02-28T${time}:00Z`))
  t.same((await runs()).map(({ rule_id, client_id }) => [rule_id, client_id]).sort(), [[birthday, leap], [birthday, last], [ahead, serviced]].sort())
  await tick(db, new Date('2028-02-28T12:00:00Z'))
  t.same((await runs()).slice(3).map(({ client_id }) => client_id), [last], 'in a leap year the 29th has its own day')
})

t.test('quiet hours by the clock of the client’s country', t => {
  const night = { quietFrom: 21 * 60, quietTo: 8 * 60 }, wroclaw = { country: 'PL', timeZone: 'Europe/Warsaw' }
  const sent = (at: string, zone = 'Europe/Warsaw', hours = night) => afterQuiet(hours, new Date(at), zone).toISOString().slice(0, 16)
  t.equal(sent('2026-11-03T19:59Z'), '2026-11-03T19:59')
  t.equal(sent('2026-11-03T20:00Z'), '2026-11-04T07:00', '21:00 in Wrocław: the next morning')
  t.equal(sent('2026-11-03T06:59Z'), '2026-11-03T07:00')
  t.equal(sent('2026-11-03T07:00Z'), '2026-11-03T07:00')
  t.equal(sent('2026-03-28T22:00Z'), '2026-03-29T06:00', 'the night the clocks go forward')
  t.equal(sent('2026-11-03T12:30Z', 'Europe/Warsaw', { quietFrom: 13 * 60, quietTo: 15 * 60 }), '2026-11-03T14:00')
  t.equal(zoneOf('+351912345678', wroclaw), 'Europe/Lisbon')
  t.equal(zoneOf('+48600123456', { country: 'PL', timeZone: 'Europe/Lisbon' }), 'Europe/Lisbon', 'at home the company’s own')
  t.equal(zoneOf('+12025550123', wroclaw), 'Europe/Warsaw', 'a country of many clocks says nothing')
  t.equal(zoneOf(null, wroclaw), 'Europe/Warsaw')
  t.end()
})

t.test('a rule is tried on the last thirty days: how many, on which channel, why not, and nothing is sent', async t => {
  const { rule, lead, runs, messages, db, anna, as } = await shop(t)
  const id = await rule({}, false)
  const zofia = await reachable(db, anna)
  await lead({ client_id: zofia })
  await lead({ client_id: zofia })
  await lead({})
  await lead({ client_id: zofia, created_at: new Date(Date.now() - 40 * 86_400_000) })
  const page = await as(anna).get(`${URL}/${id}/try`)
  t.ok(says(page.body, 'automation.looked', { count: 3, n: '3', days: 30, event: words('automation.events.lead_created') }))
  t.match(page.body, /SMS: 2/)
  t.ok(says(page.body, 'automation.whys.no_client'))
  t.match(page.body, /Hello Zofia/)
  t.ok(says((await as(anna).get(`${URL}/${id}/try`, { fragment: true })).body, 'automation.would'))
  t.same([await runs(), await messages()], [[], []])

  const [field] = [(await addFields(db, { born: { kind: 'date' } })).born]
  await db('client_values').insert({ client_id: zofia, field_id: field.id, day_value: new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10) })
  for (const change of [{ event: 'client.created' }, { event: 'lead.moved' }, { event: 'lead.overdue' }, { event: 'task.due' }, { event: 'date', field: field.id, yearly: '1' }]) {
    const one = await rule(change, false)
    const causes = await causesIn(db, await findRule(db, one), { from: new Date(Date.now() - 30 * 86_400_000), to: new Date(Date.now() + 1000), limit: 10, anew: false }, 'Europe/Warsaw')
    t.equal(causes.length, { 'client.created': 1, date: 1 }[change.event as string] ?? 0, change.event)
    t.equal((await as(anna).get(`${URL}/${one}/try`)).status, 200)
  }
  await act(db, await findRule(db, id), [], { country: 'PL', timeZone: 'Europe/Warsaw' })
  t.same(await runs(), [])
})
