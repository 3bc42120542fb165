import t from 'tap'
import { eraseClients } from '../../src/clients/erasing/erase.js'
import { dayOf } from '../../src/web/zone.js'
import { cast, type Person } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { upload } from '../support/upload.js'
import { says, words } from '../support/words.js'

t.test('tasks, files and comments of leads', async t => {
  const { app, db, as, anna, marek, sofia, nuno } = await cast(t)

  const today = dayOf(new Date(), 'Europe/Warsaw')
  const type = (await db('lead_types').where({ key: 'lead' }).first('id')).id
  await db('roles').where({ id: nuno.roleId }).update({ rights: ['leads.view_own', 'leads.edit'] })

  async function make (person: Person, values: Record<string, unknown> = {}): Promise<{ id: number, path: string, number: string }> {
    await as(anna).post('/leads', { type_id: type, contact_name: 'Piotr', manager_id: person.id, ...values })
    const { id, number } = await db('leads').orderBy('id', 'desc').first('id', 'number')
    return { id, number, path: `/leads/${id}` }
  }
  const addTask = (who: Person, path: string, assignee: Person, values = {}) => as(who).post(`${path}/tasks`, { what: 'Ring back', due_on: today, due_time: '', assignee: assignee.id, ...values })

  t.test('a task of a lead stands in its feed and among one’s own, with the way to it', async t => {
    const { id, path, number } = await make(nuno)
    t.match((await as(nuno).get(`${path}/tasks/new`)).body, `action="${path}/tasks"`)
    t.equal((await addTask(nuno, path, sofia)).status, 422, 'who may not see the lead is given none of its tasks')
    t.equal((await addTask(nuno, path, nuno)).location, path)
    const task = (await db('tasks').where({ lead_id: id }).first()).id
    t.match((await as(nuno).get(path)).body, /id="open-tasks">[^]*Ring back[^]*id="events"[^]*Task added:/)
    const list = await as(nuno).get('/tasks')
    t.match(list.body, new RegExp(`href="${path}">${number}</a> <span class="quiet">Piotr<`))
    t.match(list.body, /id="tasks-count" class="count/, 'without any right to clients')
    t.match((await as(anna).get('/tasks?who=all')).body, number)
    t.equal((await as(sofia).get(`/tasks/${task}/edit`)).status, 404)
    t.equal((await as(sofia).post(`/tasks/${task}/done`)).status, 404)
    t.equal((await as(nuno).post(`/tasks/${task}/done`, { back: path })).location, path)
    t.same(await db('events').where({ lead_id: id }).whereLike('kind', 'task.%').orderBy('id').pluck('kind'), ['task.added', 'task.done'])
    t.equal((await as(nuno).get('/clients/1/tasks/new')).status, 403)

    await db('leads').where({ id }).update({ manager_id: marek.id })
    t.notMatch((await as(nuno).get('/tasks?show=done')).body, number, 'a task of a lead that is no longer theirs to see')
  })

  t.test('a file of a lead is shown in its feed, and served to who may see the lead alone', async t => {
    const { id, path } = await make(nuno)
    t.equal((await upload(app, as(nuno), `${path}/files`, { body: 'The offer' }, [{ name: 'offer.txt', content: 'plain words' }])).location, path)
    const page = (await as(nuno).get(path)).body
    t.match(page, 'The offer')
    const url = /href="(\/leads\/\d+\/files\/[^"]+)"/.exec(page)![1]!
    t.equal((await as(nuno).get(url)).body, 'plain words')
    for (const [who, status] of [[sofia, 404], [null, 303]] as const) t.equal((await as(who).get(url)).status, status)
    t.equal((await as(anna).get(url.replace(/\/\d+\//, '/999999/'))).status, 404)
    t.equal((await as(anna).get(url.replace('/leads/', '/clients/'))).status, 404)
    t.equal((await as(sofia).post(url.replace(/[^/]+$/, 'remove'))).status, 404)
    t.equal((await as(nuno).post(url.replace(/[^/]+$/, 'remove'))).status, 303)
    t.equal((await as(nuno).get(url)).status, 404)
    t.match((await as(nuno).get(`${path}/feed?feed=files`, { fragment: true })).body, /offer\.txt/)
    t.same(await db('events').where({ lead_id: id }).whereLike('kind', 'file%').orderBy('id').pluck('kind'), ['files.added', 'file.removed'])
    t.equal((await upload(app, as(sofia), `${path}/uploads`, {}, [{ name: 'a.txt', content: 'a' }])).status, 404)
  })

  t.test('its author changes a comment of a lead, nobody else', async t => {
    const { id, path } = await make(marek)
    await as(marek).post(`${path}/comments`, { body: 'Called' })
    const event = `${path}/feed/${(await db('events').where({ lead_id: id, kind: 'comment' }).first()).id}`
    t.match((await as(marek).get(`${event}/edit`)).body, 'Called</textarea>')
    t.equal((await as(anna).get(`${event}/edit`)).status, 403)
    t.equal((await as(anna).post(event, { body: 'x' })).status, 403)
    t.equal((await as(sofia).post(event, { body: 'x' })).status, 404)
    t.equal((await as(marek).post(event, { body: ' ' })).status, 422)
    t.match((await as(marek).post(event, { body: 'Called twice' }, { fragment: true })).body, /Called twice[^]*edited/)
    t.ok(says((await as(anna).get(`${path}?feed=comments`)).body, 'feed.edited'))
  })

  t.test('with a client who is erased go the tasks, files and own values of their leads', async t => {
    const client = await addClient(db, anna, { first_name: 'Ola', phones: ['603 000 004'] })
    const { id, path } = await make(anna, { client_id: client })
    await addTask(anna, path, anna)
    await upload(app, as(anna), `${path}/files`, { body: 'x' }, [{ name: 'passport.txt', content: 'secret' }])
    await db.transaction(trx => eraseClients(trx, anna, [client], 'request'))
    for (const table of ['tasks', 'files', 'lead_values']) t.same(await db(table).where({ lead_id: id }), [], table)
    const page = await as(anna).get(path)
    t.equal(page.status, 200)
    t.notMatch(page.body, /passport|Ring back/)
  })

  t.test('a lead is deleted for good by who may, once they mean it, and its number is never given again', async t => {
    const { id, path, number } = await make(marek, { comment: 'x' })
    await addTask(anna, path, marek)
    await upload(app, as(anna), `${path}/files`, { body: '' }, [{ name: 'a.txt', content: 'of the deleted one' }])
    t.equal((await as(marek).get(`${path}/delete`)).status, 403)
    t.equal((await as(marek).post(`${path}/delete`, { sure: '1' })).status, 403)
    t.equal((await as(anna).post('/leads/999999/delete', { sure: '1' })).status, 404)
    t.match((await as(anna).get(path)).body, `href="${path}/delete"`)
    t.match((await as(anna).get(`${path}/delete`)).body, number)
    const asked = await as(anna).post(`${path}/delete`)
    t.same([asked.status, asked.error('sure')], [422, words('leads.deleting.say_sure')])
    t.equal((await as(anna).post(`${path}/delete`, { sure: '1' })).location, '/leads')
    t.equal((await as(anna).get(path)).status, 410)
    t.equal((await as(sofia).get(path)).status, 404, 'who doesn\'t see all leads isn\'t told')
    for (const table of ['lead_phones', 'lead_moves', 'events', 'tasks', 'files']) t.same(await db(table).where({ lead_id: id }), [], table)
    t.match(await db('audit_entries').where({ kind: 'leads.deleted' }).first(), { employee_id: anna.id, subject_id: id, subject_name: number })

    const last = (await db('lead_counters').where({ period: '' }).first()).last
    await db('lead_counters').update({ last: Number(number.replace(/\D/g, '')) - 1 })
    const next = await make(anna)
    t.not(next.number, number)
    await db('lead_counters').update({ last })
  })
})
