import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { dueOf } from '../../src/tasks/task.js'
import { dayOf, daysLater } from '../../src/web/zone.js'
import { cast, type Person } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { says } from '../support/words.js'

const today = dayOf(new Date(), 'Europe/Warsaw')
const [yesterday, tomorrow] = [daysLater(today, -1), daysLater(today, 1)]

async function shop (t: Test) {
  const made = await cast(t)
  const { db, anna, as } = made
  const client = await addClient(db, anna, { first_name: 'Zofia' })
  const add = async (who: Person, body: object = {}, id = client): Promise<number> => {
    const answer = await as(who).post(`/clients/${id}/tasks`, { what: 'Call back', due_on: today, due_time: '', assignee: who.id, ...body })
    if (answer.status !== 303) throw new Error(`The task was refused: ${answer.status}`)
    return (await db('tasks').max('id as id').first())!.id
  }
  const kinds = () => db('events').where({ client_id: client }).whereLike('kind', 'task.%').orderBy('id').pluck('kind')
  return { ...made, client, add, kinds }
}

t.test('a task is added to a client, once however often its form is sent, and stands above the feed and in it', async t => {
  const { as, sofia, marek, client, db } = await shop(t)
  const page = await as(sofia).get(`/clients/${client}/tasks/new`)
  t.equal(page.status, 200)
  const form = formOf(page.body, `/clients/${client}/tasks`)
  t.match(form, { due_on: today, due_time: '', assignee: String(sofia.id) }, 'for oneself, today')
  const fragment = await as(sofia).get(`/clients/${client}/tasks/new`, { fragment: true })
  t.match(fragment.body, /^\s*<div class="task-form"[^]*hx-post/)
  for (let i = 0; i < 2; i++) t.match(await as(sofia).post(`/clients/${client}/tasks`, { ...form, what: 'Order <b>the</b> screen', due_time: '9:05', assignee: marek.id }), { status: 303, location: `/clients/${client}` })
  t.match(await db('tasks').select('*'), [{ what: 'Order <b>the</b> screen', due_on: today, due_time: '09:05:00', assignee_id: marek.id, created_by: sofia.id, done_at: null }])
  const { body } = await as(sofia).get(`/clients/${client}`)
  t.match(body, /id="open-tasks">[^]*Order &lt;b&gt;the&lt;\/b&gt; screen[^]*Marek Nowak[^]*id="events"[^]*Task added:/)
  t.match((await as(sofia).get(`/clients/${client}?feed=tasks`)).body, /id="events"[^]*Task added:/)
  t.notMatch((await as(sofia).get(`/clients/${client}/feed?feed=comments`, { fragment: true })).body, /Task added:/)

  const answer = await as(sofia).post(`/clients/${client}/tasks`, { ...form, token: randomUUID(), what: 'More' }, { fragment: true })
  t.equal(answer.headers['hx-trigger'], 'commented, tasks')
  t.match(answer.body, /hx-target="#flash"[^]*The task is added[^]*hx-target="#new-task"/)
  const newer = await as(sofia).get(`/clients/${client}/feed?after=1`, { fragment: true })
  t.match(newer.body, /hx-target="#open-tasks"/, 'what is new in the feed brings the open tasks along')
})

t.test('what is wrong is said beside its field, and what was typed stays', async t => {
  const { as, anna, nuno, client, db } = await shop(t)
  const good = { what: 'Call back', due_on: today, due_time: '', assignee: anna.id }
  const WRONG: [field: string, value: unknown, says: RegExp][] = [
    ['what', ' ', /Fill this in/], ['what', 'x'.repeat(10_000), /10000 characters, 2000 at most/], ['what', 'a\0b', /control characters/],
    ['due_on', '', /Fill this in/], ['due_on', '2026-02-31', /isn't a date/], ['due_on', '0026-01-01', /isn't a date/], ['due_on', 'tomorrow', /isn't a date/], ['due_on', '2026-01-01\0', /control/],
    ['due_time', '25:00', /isn't a time/], ['due_time', 'noon', /isn't a time/],
    ['assignee', '', /Choose one/], ['assignee', 'x', /Choose one/], ['assignee', '424242', /can't be given/], ['assignee', nuno.id, /can't be given/]
  ]
  for (const [field, value, says] of WRONG) {
    const page = await as(anna).post(`/clients/${client}/tasks`, { ...good, [field]: value })
    t.equal(page.status, 422, `${field}: ${String(value).slice(0, 20)}`)
    t.match(page.error(field), says)
    if (field !== 'what') t.match(page.body, />Call back<\/textarea>/)
  }
  t.match((await as(anna).post(`/clients/${client}/tasks`, { ...good, due_on: '2026-02-31', due_time: '10:00' })).error('due_on'), /isn't a date/)
  const gap = await as(anna).post(`/clients/${client}/tasks`, { ...good, due_on: '2027-03-28', due_time: '02:30' })
  t.match(gap.error('due_time'), /doesn't exist/, 'the clocks go from 02:00 to 03:00 that night')
  const fragment = await as(anna).post(`/clients/${client}/tasks`, { ...good, what: '' }, { fragment: true })
  t.equal(fragment.status, 422)
  t.match(fragment.body, /^\s*<div class="task-form"/)
  t.same(await db('tasks'), [])
})

t.test('it is finished and opened again, each told of once, whoever comes second', async t => {
  const { as, anna, marek, add, kinds, client, db } = await shop(t)
  const id = await add(anna)
  const both = await Promise.all([anna, marek].map(who => as(who).post(`/tasks/${id}/done`, { back: '/tasks' })))
  t.match(both, [{ status: 303, location: '/tasks' }, { status: 303, location: '/tasks' }])
  t.same(await kinds(), ['task.added', 'task.done'])
  const by = (await db('tasks').where({ id }).first()).done_by
  const second = await as(marek).post(`/tasks/${id}/done`, {}, { fragment: true })
  t.ok(says(second.body, 'tasks.done_already', { name: by === anna.id ? anna.name : marek.name }))
  const { body } = await as(anna).get(`/clients/${client}`)
  t.equal(body.split(`action="/tasks/${id}/reopen"`).length, 2, 'the box stands in its newest entry alone')
  t.notMatch(body, /class="tasks"/)
  t.equal((await as(anna).post(`/tasks/${id}/reopen?back=${encodeURIComponent('//evil.example')}`)).location, `/clients/${client}`)
  t.same(await kinds(), ['task.added', 'task.done', 'task.reopened'])
  t.match(await db('tasks').where({ id }).first(), { done_at: null, done_by: null })
})

t.test('it is changed, and of two windows the second is told', async t => {
  const { as, anna, marek, add, kinds, client, db } = await shop(t)
  const id = await add(anna)
  const [mine, theirs] = await Promise.all([anna, marek].map(async who => formOf((await as(who).get(`/tasks/${id}/edit`)).body, `/tasks/${id}`)))
  t.match(await as(marek).post(`/tasks/${id}`, { ...theirs, what: 'Write to her', due_on: tomorrow, due_time: '14:30', assignee: marek.id }), { status: 303, location: `/clients/${client}` })
  const told = await as(anna).post(`/tasks/${id}`, { ...mine, what: 'Call her mother' })
  t.equal(told.status, 409)
  t.match(told.body, /Somebody changed this task meanwhile[^]*Write to her[^]*14:30[^]*Marek Nowak[^]*>Call her mother<\/textarea>/)
  t.equal((await db('tasks').where({ id }).first()).what, 'Write to her')
  t.equal((await as(anna).post(`/tasks/${id}`, formOf(told.body, `/tasks/${id}`))).status, 303)
  t.match(await db('tasks').where({ id }).first(), { what: 'Call her mother', version: 3 })
  await as(anna).post(`/tasks/${id}`, formOf((await as(anna).get(`/tasks/${id}/edit`)).body, `/tasks/${id}`))
  t.same(await kinds(), ['task.added', 'task.changed', 'task.changed'], 'saved as it stood, it is no entry')
  t.match((await as(anna).get(`/clients/${client}`)).body, /Task changed:[^]*<del class="what">Call back<\/del>/)

  await as(marek).post(`/tasks/${id}/delete`)
  const gone = await as(anna).post(`/tasks/${id}`, { ...mine, what: 'Kept' })
  t.equal(gone.status, 409)
  t.match(gone.body, /deleted this task meanwhile[^]*>Kept<\/textarea>[^]*\/restore"/)
  t.equal((await as(anna).post(`/tasks/${id}/done`)).status, 404)
  t.equal((await as(anna).post(`/tasks/${id}/restore`)).status, 303)
  t.same((await kinds()).slice(3), ['task.deleted', 'task.restored'])
})

t.test('its author, its assignee and whoever edits clients may change it; a client one may not see hides it', async t => {
  const { as, anna, sofia, nuno, marek, olga, add, client, db } = await shop(t)
  const id = await add(anna)
  const actions = ['', '/done', '/reopen', '/delete', '/restore', '/noticed']
  for (const action of actions) {
    t.equal((await as(nuno).post(`/tasks/${id}${action}`)).status, 403)
    t.equal((await as(null).post(`/tasks/${id}${action}`)).status, 401)
    for (const bad of ['424242', 'abc', '0', '99999999999999999999']) t.equal((await as(anna).post(`/tasks/${bad}${action}`)).status, 404)
  }
  t.equal((await as(null).get('/tasks')).status, 303)
  t.equal((await as(nuno).get('/tasks')).status, 403)
  const [{ id: viewer }] = await db('roles').insert({ name: 'Viewer', rights: ['clients.view'] }).returning('id')
  await db('employees').where({ id: nuno.id }).update({ role_id: viewer })
  for (const action of actions) t.equal((await as(nuno).post(`/tasks/${id}${action}`)).status, 403, `somebody else's${action}`)
  t.equal((await as(nuno).get(`/tasks/${id}/edit`)).status, 403)
  t.match((await as(nuno).get(`/clients/${client}`)).body, /id="open-tasks">[^]*Call back/)
  const own = await add(nuno)
  t.equal((await as(nuno).post(`/tasks/${own}/done`)).status, 303)
  t.equal((await as(sofia).post(`/tasks/${id}/done`)).status, 303, 'who edits clients')

  const supplier = await addClient(db, anna, { company_name: 'Hurt', is_supplier: true })
  const hidden = await add(marek, { what: 'Order parts' }, supplier)
  t.match((await as(anna).post(`/clients/${supplier}/tasks`, { what: 'x', due_on: today, assignee: sofia.id })).error('assignee'), /can't be given/, 'Sofia may not see suppliers')
  await db('tasks').where({ id: hidden }).update({ assignee_id: sofia.id })
  t.notMatch((await as(sofia).get('/tasks')).body, /Order parts/)
  t.match((await as(sofia).get('/tasks')).body, /id="tasks-count">/, 'and isn\'t counted')
  for (const path of ['done', 'delete', 'noticed']) t.equal((await as(sofia).post(`/tasks/${hidden}/${path}`)).status, 404)
  t.equal((await as(sofia).get(`/tasks/${hidden}/edit`)).status, 404)

  await db('employees').where({ id: marek.id }).update({ deactivated_at: new Date() })
  const left = await add(olga)
  await db('tasks').where({ id: left }).update({ assignee_id: marek.id })
  t.match((await as(olga).get('/tasks?who=all')).body, /Marek Nowak <span class="late">\(left\)/)
  const count = Number((await db('tasks').where({ assignee_id: marek.id }).whereNull('done_at').whereNull('deleted_at').count({ n: '*' }).first())!.n)
  const his = (await as(olga).get(`/settings/employees/${marek.id}`)).body
  t.ok(his.includes(`href="/tasks?who=${marek.id}"`) && says(his, 'employees.open_tasks', { count }), 'where one is deactivated it is said what they leave behind')
  const form = formOf((await as(olga).get(`/tasks/${left}/edit`)).body, `/tasks/${left}`)
  t.equal(form.assignee, String(marek.id))
  t.equal((await as(olga).post(`/tasks/${left}`, { ...form, what: 'Still his' })).status, 303)
  t.equal((await as(olga).post(`/tasks/${left}`, { ...formOf((await as(olga).get(`/tasks/${left}/edit`)).body, `/tasks/${left}`), assignee: olga.id })).status, 303)
  t.equal((await db('tasks').where({ id: left }).first()).assignee_id, olga.id)
})

t.test('My tasks: overdue, today, later, done lately; others\' for those who may see them', async t => {
  const { as, anna, sofia, marek, add } = await shop(t)
  t.match((await as(sofia).get('/tasks')).body, /You have nothing to do here/)
  await add(sofia, { what: 'Later on', due_on: tomorrow })
  await add(sofia, { what: 'Long ago', due_on: yesterday })
  await add(sofia, { what: 'For today' })
  await as(sofia).post(`/tasks/${await add(sofia, { what: 'Over with' })}/done`)
  await add(marek, { what: 'Somebody else\'s' })
  const page = await as(sofia).get('/tasks')
  t.match(page.body, /Overdue<[^]*Long ago[^]*1 day late[^]*Today<[^]*For today[^]*Later<[^]*Later on[^]*Done lately<[^]*Over with/)
  t.notMatch(page.body, /Somebody else|who=all|name="who"/)
  t.match(page.body, /class="count num late" title="2 tasks for today or overdue"/)
  t.match((await as(sofia).get('/tasks', { fragment: true })).body, /^\s*<div id="task-list"/)
  t.match((await as(sofia).get('/tasks?show=done')).body, /Over with/)
  for (const who of ['all', marek.id]) t.equal((await as(sofia).get(`/tasks?who=${who}`)).status, 403)
  t.match((await as(marek).get('/tasks?who=all')).body, /Long ago[^]*Somebody else&#39;s/)
  t.match((await as(marek).get(`/tasks?who=${sofia.id}`)).body, /Tasks: Sofia Ramos[^]*Long ago/)
  for (const who of ['x', '424242', '0']) t.equal((await as(anna).get(`/tasks?who=${who}`)).status, 404)
})

t.test('the list pages by key', async t => {
  const { as, anna, client, db } = await shop(t)
  await db('tasks').insert(Array.from({ length: 120 }, (_, i) => ({ client_id: client, what: `No. ${i}.`, due_on: daysLater(today, i % 7), due_time: i % 2 ? '10:00' : null, assignee_id: anna.id, created_by: anna.id })))
  for (const show of ['open', 'done']) {
    if (show === 'done') await db.raw("update tasks set done_by = ?, done_at = now() - id % 9 * interval '1 second'", [anna.id])
    const seen: string[] = []
    for (let next: string | undefined = `/tasks?show=${show}`; next;) {
      const { body, status } = await as(anna).get(next)
      t.equal(status, 200)
      seen.push(...[...body.slice(0, body.includes('Done lately') ? body.indexOf('Done lately') : undefined).matchAll(/title="(No\. \d+\.)"/g)].map(([, what]) => what!))
      next = /rel="next" href="([^"]*)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')
    }
    t.equal(seen.length, 120)
    t.equal(new Set(seen).size, 120, 'each once')
  }
  for (const after of ['x', '2026-02-31T00:00:00_1', '2026-01-01T99:00:00_1', "'", '2026-01-01T10:00:00_99999999999999999999']) t.equal((await as(anna).get(`/tasks?after=${encodeURIComponent(after)}`)).status, 200, after)
})

t.test('how a task stands at a moment', async t => {
  const at = (now: string, due_on: string, due_time: string | null = null) => dueOf({ due_on, due_time }, 'Europe/Warsaw', new Date(now))
  t.same(at('2026-06-10T21:59:00Z', '2026-06-10'), { due: 'today', late: null }, 'until midnight in Warsaw')
  t.same(at('2026-06-10T22:00:00Z', '2026-06-10'), { due: 'overdue', late: { unit: 'days', count: 1 } })
  t.same(at('2026-06-09T10:00:00Z', '2026-06-10'), { due: 'later', late: null })
  t.same(at('2026-06-10T07:59:00Z', '2026-06-10', '10:00'), { due: 'today', late: null })
  t.same(at('2026-06-10T08:00:00Z', '2026-06-10', '10:00'), { due: 'overdue', late: { unit: 'minutes', count: 1 } })
  t.same(at('2026-06-10T10:30:00Z', '2026-06-10', '10:00'), { due: 'overdue', late: { unit: 'hours', count: 2 } })
  t.same(at('2026-06-12T08:00:00Z', '2026-06-10', '10:00'), { due: 'overdue', late: { unit: 'days', count: 2 } })
  t.same(at('2026-03-29T01:10:00Z', '2026-03-29', '01:50'), { due: 'overdue', late: { unit: 'minutes', count: 20 } }, 'the clocks went forward between')
})
