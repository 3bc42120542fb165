import t from 'tap'
import { findNews, forgetOldNotices } from '../../src/notifications/queries.js'
import { ring } from '../../src/notifications/ring.js'
import { findActor } from '../../src/web/session-store.js'
import { visibleLeads } from '../../src/leads/visibility.js'
import { seesLeadOf } from '../../src/leads/visibility.js'
import { cast, type Person } from '../support/cast.js'
import { formOf } from '../support/clients.js'
import { runJobs } from '../support/jobs.js'
import { smtpServer, useServer } from '../support/smtp.js'

const { app, db, as, anna, marek, sofia, nuno, olga } = await cast(t)
const typeId: number = (await db('lead_types').where({ key: 'lead' }).first('id')).id
const statuses = Object.fromEntries((await db('lead_statuses').select('key', 'id')).map(({ key, id }) => [key, id])) as Record<string, number>
const URL = '/settings/notifications'

async function make (person: Person, values: Record<string, unknown> = {}): Promise<number> {
  const answer = await as(person).post('/leads', { type_id: typeId, contact_name: 'Piotr', manager_id: person.id, ...values })
  t.equal(answer.status, 303, answer.error('contact_name') || answer.error('due_on') || answer.error('manager_id'))
  return (await db('leads').max('id as id').first())!.id
}
/** What there is told of a lead, as "marek new", in the order of names; taken away with it. */
async function told (lead: number): Promise<string[]> {
  await runJobs(app)
  const rows = await db('notifications as n').join('employees as e', 'e.id', 'n.employee_id').where({ lead_id: lead }).orderBy(['e.name', 'n.id']).select('e.name', 'n.notice', 'n.in_app')
  await db('notifications').where({ lead_id: lead }).delete()
  return rows.map(({ name, notice, in_app: shown }) => `${name.split(' ')[0].toLowerCase()} ${notice}${shown ? '' : ' by mail'}`)
}
const letters = async () => (await db('mails').where({ kind: 'lead_notice' }).orderBy('id')).map(mail => ({ to: mail.recipient, subject: mail.subject, text: mail.body_text }))
const allow = (on: string[]) => as(anna).post(URL, { on, due_soon: '60', version: '' })
const USUAL = [`new.${marek.roleId}.in_app`, 'assigned.manager.in_app', 'assigned.manager.mail', 'comment.manager.in_app', 'overdue.manager.in_app', 'urgent.manager.in_app']

t.test('a new shop tells managers of new leads, and whose lead it is of what is theirs; never who did it', async t => {
  t.same(await told(await make(sofia)), ['marek new'], 'Sofia did it herself')
  t.same(await told(await make(marek)), [])
  const lead = await make(anna, { manager_id: sofia.id, phone_rows: '0', 'phones.0.number': '600 123 456', urgent: 'on', due_on: '2099-06-01', due_time: '14:30' })
  t.same(await told(lead), ['marek new', 'sofia assigned'])
  t.match(await letters(), [{ to: sofia.email, subject: /^L-\d+: Assigned to you by Anna Kowalska/, text: /Piotr · \+48 ••• ••• •56[^]*\/leads\/\d+/ }], 'one letter, and phones are masked in it')
  await as(marek).post(`/leads/${lead}/comments`, { body: 'Nobody answers' })
  await as(sofia).post(`/leads/${lead}/comments`, { body: 'I know' })
  t.same(await told(lead), ['sofia comment'])
  await as(anna).post(`/leads/${lead}/move`, { to: statuses.in_work })
  t.same(await told(lead), [], 'nobody asked to be told of moves')
  const form = formOf((await as(anna).get(`/leads/${lead}`)).body, `/leads/${lead}`)
  await as(anna).post(`/leads/${lead}`, { ...form, manager_id: marek.id })
  t.same(await told(lead), ['marek assigned'])
})

t.test('what was told is told once, however often its job is done', async t => {
  const lead = await make(anna, { manager_id: sofia.id })
  const before = (await letters()).length
  const event = (await db('events').where({ lead_id: lead }).first('id'))!.id
  for (let n = 0; n < 3; n++) await app.jobHandlers.get('leads.notify')!({ events: [event] } as never, {} as never)
  await runJobs(app)
  t.equal((await letters()).length, before + 1)
  t.same(await told(lead), ['marek new', 'sofia assigned'])
  const failed = await db.transaction(async trx => {
    await trx('events').insert({ lead_id: lead, kind: 'comment', employee_id: anna.id, body: 'never kept' })
    throw new Error('no')
  }).catch(() => 'not kept')
  t.equal(failed, 'not kept')
  t.same(await told(lead), [], 'without its cause there is nothing to tell')
})

t.test('the clock tells by the time, also of what came while no server ran, once, and of another time again', async t => {
  const lead = await make(anna, { manager_id: sofia.id, due_on: '2099-06-01' })
  await allow([...USUAL, 'due_soon.manager.in_app', `late.${anna.roleId}.in_app`])
  await told(lead)
  const at = async (interval: string, column = 'due_at') => { await db('leads').where({ id: lead }).update({ [column]: db.raw(`now() + interval '${interval}'`) }) }
  const rung = async () => { await Promise.all([ring(db, 'http://x.example'), ring(db, 'http://x.example')]); return told(lead) }
  t.same(await rung(), [])
  await at('50 minutes')
  t.same(await rung(), ['sofia due_soon'])
  t.same(await rung(), [], 'once')
  await at('-3 hours')
  t.same(await rung(), ['sofia overdue'], 'not due soon as well')
  t.same(await rung(), [])
  await at('30 minutes')
  t.same(await rung(), ['sofia due_soon'], 'another time, another notice')
  await at('-35 minutes', 'status_late_at')
  t.same(await rung(), ['anna late'])
  await as(anna).post(`/leads/${lead}/move`, { to: statuses.in_work })
  await as(anna).post(`/leads/${lead}/move`, { to: statuses.canceled, reason: 'No' })
  await at('-1 minute')
  t.same(await rung(), [], 'nobody waits for a closed one')
  t.equal((await db('lead_alarms').where({ lead_id: lead }).where('at', '<', db.fn.now())).length, 0)
  await allow(USUAL)
})

t.test('only those are told who may see the lead, and it is theirs to read only as long as they may', async t => {
  const [rynek] = await db('locations').insert({ name: 'Rynek' }).returning('id')
  await allow([...USUAL, `new.${sofia.roleId}.in_app`, `new.${nuno.roleId}.mail`, `new.${olga.roleId}.in_app`])
  t.same(await told(await make(anna, { manager_id: marek.id })), ['marek assigned', 'olga new'], 'neither Sofia’s nor Nuno’s to see')
  await db('roles').where({ id: nuno.roleId }).update({ rights: ['leads.view_locations'] })
  await db('employee_locations').insert({ employee_id: nuno.id, location_id: rynek.id })
  const before = (await letters()).length
  t.same(await told(await make(anna, { location_id: rynek.id })), ['marek new', 'nuno new by mail', 'olga new'])
  t.match((await letters()).slice(before), [{ to: nuno.email }])

  const mine = await make(anna, { manager_id: sofia.id })
  await runJobs(app)
  const number = (await db('leads').where({ id: mine }).first('number'))!.number
  t.match((await as(sofia).get('/notifications')).body, number)
  await db('leads').where({ id: mine }).update({ manager_id: marek.id })
  t.notMatch((await as(sofia).get('/notifications')).body, number)
  t.equal((await findNews(db, (await findActor(db, sofia.id))!)).count, 0)
  const row = await db('notifications').where({ lead_id: mine, employee_id: sofia.id }).first('id')
  t.equal((await as(sofia).post(`/notifications/${row!.id}/open`)).status, 404)

  await db('employees').where({ id: olga.id }).update({ deactivated_at: db.fn.now() })
  t.same(await told(await make(anna)), ['marek new'])
  await db('employees').where({ id: olga.id }).update({ deactivated_at: null })

  for (const person of [anna, marek, sofia, nuno, olga]) {
    const viewer = (await findActor(db, person.id))!
    const { rows } = await db.raw(`select l.id from leads l cross join employees e join roles r on r.id = e.role_id where e.id = ? and ${seesLeadOf('e', 'r')} order by l.id`, [person.id])
    t.same(rows.map(({ id }: { id: number }) => id), await db('leads').modify(visibleLeads(viewer)).orderBy('id').pluck('id'), `the rule for all is the rule for ${person.name}`)
  }
  await allow(USUAL)
  await db('roles').where({ id: nuno.roleId }).update({ rights: [] })
})

t.test('each mutes what is for them', async t => {
  const { body } = await as(sofia).get('/account')
  const form = formOf(body, '/account/notifications')
  t.notMatch(body, 'value="new.in_app"', 'what doesn’t come to them is no choice')
  t.same([form.on].flat().sort(), ['assigned.in_app', 'assigned.mail', 'comment.in_app', 'overdue.in_app', 'urgent.in_app'])
  t.equal((await as(sofia).post('/account/notifications', { ...form, on: ['assigned.in_app', 'bad.name'] })).status, 303)
  const before = (await letters()).length
  const lead = await make(anna, { manager_id: sofia.id })
  await as(anna).post(`/leads/${lead}/comments`, { body: 'Are you there?' })
  t.same(await told(lead), ['marek new', 'sofia assigned'])
  t.equal((await letters()).length, before)
  await allow([...USUAL, `new.${sofia.roleId}.in_app`])
  await as(sofia).post('/account/notifications', { ...form, on: [] })
  t.same(await told(await make(anna, { manager_id: sofia.id })), ['marek new', 'sofia new'], 'what is muted isn\'t what another is told as')
  await allow(USUAL)
  await as(sofia).post('/account/notifications', { ...form })
  t.equal((await db('notification_mutes').where({ employee_id: sofia.id, in_app: true })).length, 0, 'and hears it again')
})

t.test('the list has the unread first, by pages, and marks what is read', async t => {
  await db('notifications').delete()
  const lead = await make(anna, { manager_id: sofia.id, contact_name: 'Ewa <b>' })
  await runJobs(app)
  await db('notifications').delete()
  await db.raw("insert into notifications (employee_id, lead_id, notice, in_app, due_at, read_at) select ?, ?, 'overdue', true, now(), case when n <= 20 then now() end from generate_series(1, 65) n", [sofia.id, lead])
  const first = (await as(sofia).get('/notifications')).body
  t.match(first, /45 unread notifications/)
  t.match(first, /Ewa &lt;b&gt;/)
  t.match(first, /id="news-count" class="count num"/)
  const rows = (body: string) => [...body.matchAll(/notifications\/(\d+)\/open/g)].map(([, id]) => Number(id))
  const seen: number[] = []
  for (let path: string | undefined = '/notifications', page = 0; path && page < 5; page++) {
    const { body } = await as(sofia).get(path)
    seen.push(...rows(body))
    path = /href="(\/notifications\?after=[^"]+)"/.exec(body)?.[1]
  }
  t.equal(new Set(seen).size, 65)
  const unread: number[] = await db('notifications').whereNull('read_at').orderBy('id', 'desc').pluck('id')
  t.same(seen.slice(0, 45), unread)
  t.match(await as(sofia).post(`/notifications/${unread[3]}/open`), { status: 303, location: `/leads/${lead}` })
  t.equal((await as(sofia).post(`/notifications/${unread[4]}/read`)).status, 303)
  const now = await as(sofia).get('/notifications/now', { fragment: true })
  t.match(now.body, /^\s*<hx-partial[^]*>43</)
  t.equal((await as(marek).post(`/notifications/${unread[5]}/open`)).status, 404, 'nobody else’s')
  for (const bad of ['0', 'x', '99999999']) t.equal((await as(sofia).post(`/notifications/${bad}/read`)).status, 404)
  await as(sofia).post('/notifications/read', { up_to: unread[10] })
  t.equal((await db('notifications').whereNull('read_at')).length, 10 - 2, 'what came since their page was shown stays unread')
  t.equal((await as(nuno).get('/notifications')).status, 403)
  t.match((await as(sofia).get('/notifications?after=unread-nonsense')).status, 200)
  await db.raw("update notifications set at = now() - interval '91 days' where id <= ?", [seen.at(-1)!])
  t.equal(await forgetOldNotices(db), 1)
})

t.test('what a page asks for by itself keeps no session alive', async t => {
  const idle = () => db('sessions').where({ employee_id: marek.id }).first('seen_at')
  await db('sessions').where({ employee_id: marek.id }).update({ seen_at: db.raw("now() - interval '2 minutes'") })
  const before = await idle()
  for (const path of ['/notifications/now', '/tasks/due', '/leads/now']) t.equal((await as(marek).get(path, { fragment: true })).status, 200)
  t.same(await idle(), before)
  await as(marek).get('/notifications')
  t.not((await idle())!.seen_at.getTime(), before!.seen_at.getTime())
})

t.test('many at once to one person are one letter, and letters are really sent', async t => {
  const server = await smtpServer(t)
  await useServer(as(anna), server.port)
  const first = await make(anna, { manager_id: sofia.id })
  await db('notifications').delete()
  await runJobs(app)
  await app.outbox.wake()
  t.match(server.mails.map(({ to, raw }) => [to[0], /https:\/\/desk\.naprawa\.example\/leads\/\d+/.exec(raw)?.[0]]), [[sofia.email, `https://desk.naprawa.example/leads/${first}`]])
  await db.raw("insert into events (lead_id, kind, employee_id, details) select id, 'lead.changed', ?, ?::jsonb from leads where manager_id = ?", [anna.id, JSON.stringify({ changes: [{ field: 'manager_id', old: null, new: { id: sofia.id, name: 'Sofia' } }] }), sofia.id])
  await runJobs(app)
  await app.outbox.wake()
  t.equal(server.mails.length, 2)
  t.match(server.mails[1]!.raw, /Subject: \d+ notifications of leads/)
})

t.test('of much that waits all are told in a few jobs, each thing once, in letters that list them', async t => {
  const lead = await make(anna, { manager_id: sofia.id })
  await told(lead)
  await allow([...USUAL, 'comment.manager.mail'])
  const before = (await letters()).length
  for (let n = 1; n <= 250; n++) await db('events').insert({ lead_id: lead, kind: 'comment', employee_id: anna.id, body: `Comment ${n}` })
  const handler = app.jobHandlers.get('leads.notify')!
  let jobs = 0
  app.jobHandlers.set('leads.notify', (...given) => { jobs++; return handler(...given) })
  t.teardown(() => app.jobHandlers.set('leads.notify', handler))
  t.same(await told(lead), Array.from({ length: 250 }, () => 'sofia comment'))
  t.equal(jobs, 2)
  const said = (await letters()).slice(before)
  t.same(said.map(({ to }) => to), [sofia.email, sofia.email])
  t.equal(said.flatMap(({ text }) => text.match(/commented/g) ?? []).length, 250, 'none is left out')
  await allow(USUAL)
})

t.test('settings: whom, of what and how; of two who save the second is told', async t => {
  t.equal((await as(marek).get(URL)).status, 403)
  t.equal((await as(marek).post(URL)).status, 403)
  const [mine, theirs] = await Promise.all([anna, olga].map(async who => formOf((await as(who).get(URL)).body, URL)))
  t.same([mine!.on].flat().sort(), USUAL.toSorted())
  t.equal((await as(olga).post(URL, { ...theirs, on: ['late.manager.mail', `assigned.${marek.roleId}.mail`, 'new.424242.mail', 'bad'], due_soon: '120' })).status, 303)
  t.match(await db('notification_rules'), [{ notice: 'late', role_id: null, in_app: false, mail: true }])
  t.equal((await db('audit_entries').where({ kind: 'leads.notifications' }).orderBy('id', 'desc').first()).details.changes.length, 2)
  const told = await as(anna).post(URL, { ...mine })
  t.equal(told.status, 409)
  t.match(told.body, /role="alert"/)
  t.equal((await as(anna).post(URL, formOf(told.body, URL))).status, 303)
  const wrong = await as(anna).post(URL, { on: USUAL, due_soon: '7' })
  t.equal(wrong.status, 422)
  t.not(wrong.error('due_soon'), '')
  t.match(wrong.body, /value="overdue\.manager\.in_app"[^>]* checked/)
})
