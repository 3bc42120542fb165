import t from 'tap'
import { eraseClients } from '../../src/clients/erasing/erase.js'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { says, words } from '../support/words.js'

const { db, as, anna, marek, sofia, nuno, olga } = await cast(t)

const typeId: number = (await db('lead_types').where({ key: 'lead' }).first('id')).id
const statuses = Object.fromEntries((await db('lead_statuses').select('key', 'id')).map(({ key, id }) => [key, id])) as Record<string, number>
const lead = (id: number) => db('leads').where({ id }).first()
const lastId = async () => (await db('leads').max('id as id').first())!.id as number
const phone = (number: string, index = 0) => ({ phone_rows: String(index), [`phones.${index}.number`]: number })

async function make (person = anna, values: Record<string, unknown> = {}): Promise<number> {
  const answer = await as(person).post('/leads', { type_id: typeId, contact_name: 'Piotr', manager_id: person.id, ...values })
  t.equal(answer.status, 303, answer.error('contact_name') || answer.error('due_on') || answer.error('manager_id'))
  return lastId()
}

t.test('a lead is made with its number, history and feed, once however often its form is sent', async t => {
  const page = await as(sofia).get('/leads/new')
  t.match(page.body, new RegExp(`<option value="${sofia.id}" selected>`), 'who makes it is its manager')
  const form = { ...formOf(page.body, '/leads'), contact_name: 'María', ...phone('600 123 456'), comment: 'Boiler leaks', urgent: 'on', due_on: '2099-06-01', due_time: '14:30' }
  const [first, second] = [await as(sofia).post('/leads', form), await as(sofia).post('/leads', form)]
  t.equal(first.location, second.location)
  const id = Number(first.location!.split('/').at(-1))
  const row = await lead(id)
  t.match(row, { number: 'L-00001', contact_name: 'María', comment: 'Boiler leaks', urgent: true, status_id: statuses.new_lead, manager_id: sofia.id, location_id: null })
  t.equal(row.due_at.toISOString(), '2099-06-01T12:30:00.000Z', 'on the clock of the organisation')
  t.match(await db('lead_phones').where({ lead_id: id }).first(), { e164: '+48600123456' })
  t.match(await db('lead_moves').where({ lead_id: id }), [{ from_id: null, to_id: statuses.new_lead, employee_id: sofia.id }])
  const shown = await as(sofia).get(first.location!)
  t.match(shown.body, 'Boiler leaks')
  t.notMatch(shown.body, '123 456', 'phones are masked for who may not see them')
  t.match((await as(anna).get(first.location!)).body, '600 123 456')
})

t.test('bad input is said beside its field, and what was typed stays', async t => {
  const before = await lastId()
  const ask = async (values: Record<string, unknown>) => as(anna).post('/leads', { type_id: typeId, contact_name: 'Zofia', ...values })
  for (const [values, field] of [
    [{ contact_name: '' }, 'contact_name'], [{ due_on: '99999-01-01' }, 'due_on'], [{ due_on: '2001-01-01' }, 'due_on'], [{ due_time: '10:00' }, 'due_on'], [{ due_on: '2099-01-01', due_time: '25:00' }, 'due_time'],
    [phone('no number'), 'phones.0.number'], [{ manager_id: nuno.id }, 'manager_id'], [{ manager_id: 'x' }, 'manager_id'], [{ campaign_id: 999_999 }, 'campaign_id'], [{ type_id: '' }, 'type_id'], [{ comment: 'x'.repeat(10_001) }, 'comment']
  ] as const) {
    const page = await ask(values)
    t.equal(page.status, 422, JSON.stringify(values).slice(0, 60))
    t.not(page.error(field), '', `${field}: ${JSON.stringify(values).slice(0, 60)}`)
    if (!('contact_name' in values)) t.match(page.body, 'value="Zofia"')
  }
  const gone = await ask({ client_id: 999_999, comment: 'Boiler leaks' })
  t.same([gone.status, gone.error('contact_name')], [422, words('leads.client_gone')], 'a client who was merged or erased meanwhile')
  t.match(gone.body, 'Boiler leaks')
  t.equal(await lastId(), before, 'nothing is saved')
})

t.test('fifty made at once have fifty numbers, none left out', async t => {
  const before = await lastId()
  const made = await Promise.all(Array.from({ length: 50 }, (_, i) => as(anna).post('/leads', { type_id: typeId, contact_name: `Nr ${i}`, ...(i % 10 === 9 && { campaign_id: 999_999 }) })))
  t.same(made.filter(({ status }) => status === 303).length, 45)
  const numbers = (await db('leads').where('id', '>', before).pluck('number')).map(number => Number(number.slice(2))).sort((a, b) => a - b)
  t.same(numbers, Array.from({ length: 45 }, (_, i) => numbers[0]! + i))
})

t.test('whose it isn’t, it doesn’t exist for', async t => {
  const id = await make(marek)
  for (const path of ['', '/feed', '/live']) t.equal((await as(sofia).get(`/leads/${id}${path}`)).status, 404, path)
  for (const [path, body] of [['', { contact_name: 'x' }], ['/move', { to: statuses.in_work }], ['/comments', { body: 'x' }], ['/unlink', {}], ['/client', {}]] as const) t.equal((await as(sofia).post(`/leads/${id}${path}`, body)).status, 404, path)
  t.equal((await as(nuno).get(`/leads/${id}`)).status, 403)
  t.equal((await as(sofia).post(`/leads/${id}/archive`)).status, 403)
  for (const bad of ['0', 'x', '999999999']) t.equal((await as(anna).get(`/leads/${bad}`)).status, 404, bad)
  t.equal((await lead(id)).contact_name, 'Piotr')
})

t.test('of two who change the same the second is told, and what only one changed is kept', async t => {
  const id = await make(anna, { comment: 'first' })
  const opened = formOf((await as(marek).get(`/leads/${id}`)).body, `/leads/${id}`)
  t.equal((await as(anna).post(`/leads/${id}`, { ...opened, comment: 'hers', urgent: 'on' })).status, 303)
  t.equal((await as(marek).post(`/leads/${id}`, { ...opened, contact_name: 'Paweł' })).status, 303)
  t.match(await lead(id), { comment: 'hers', urgent: true, contact_name: 'Paweł' })
  const told = await as(marek).post(`/leads/${id}`, { ...opened, contact_name: 'Paweł', comment: 'his' })
  t.equal(told.status, 409)
  t.match(told.body, 'hers')
  t.match(told.body, 'Anna Kowalska')
  t.match(told.body, '>his</textarea>')
  t.equal((await lead(id)).comment, 'hers')
  t.equal((await as(marek).post(`/leads/${id}`, formOf(told.body, `/leads/${id}`))).status, 303, 'and may put his in its place')
  t.equal((await lead(id)).comment, 'his')
  t.match(await db('events').where({ lead_id: id }).orderBy('id', 'desc').first(), { kind: 'lead.changed', details: { changes: [{ field: 'comment', old: 'hers', new: 'his' }] } })
})

t.test('it moves only where its status leads, and only by those who may', async t => {
  const id = await make(marek, { urgent: 'on' })
  const move = (person: typeof anna, to: number | undefined, values = {}) => as(person).post(`/leads/${id}/move`, { to, ...values })
  t.notOk((await as(marek).get(`/leads/${id}`)).body.includes(`value="${statuses.canceled}"`), 'no button that does nothing')
  t.equal((await move(marek, statuses.canceled, { reason: 'no' })).status, 422)
  t.equal((await move(marek, statuses.in_work)).status, 303)
  const page = (await as(marek).get(`/leads/${id}`)).body
  t.notMatch(page, `name="to" value="${statuses.successful_order}"`, 'won is reached by an order')
  t.equal((await move(marek, statuses.successful_order)).status, 403)
  const reasonless = await move(marek, statuses.expensive)
  t.equal(reasonless.status, 422)
  t.ok(reasonless.error('reason'))
  t.equal((await move(marek, statuses.expensive, { reason: ' \u200b\u200f\u3164 ' })).status, 422, 'nor is what nobody can see a reason')
  await db('lead_status_roles').insert({ status_id: statuses.waiting, role_id: anna.roleId })
  t.equal((await move(marek, statuses.waiting)).status, 403)
  t.equal((await move(anna, statuses.waiting)).status, 303)
  t.match(await lead(id), { closed_at: null, urgent: true })
  t.equal((await move(olga, statuses.successful_order)).status, 303)
  t.match(await lead(id), { urgent: false, closed_at: Date })
  t.equal((await move(olga, statuses.in_work)).status, 422, 'what is closed stays so')
  t.same(await db('lead_moves').where({ lead_id: id }).orderBy('id').pluck('to_id'), [statuses.new_lead, statuses.in_work, statuses.waiting, statuses.successful_order])
})

t.test('who may only make leads begins there, and finds the way back', async t => {
  await db('roles').where({ id: nuno.roleId }).update({ rights: ['leads.create'] })
  t.equal((await as(nuno).get('/')).location, '/leads/new')
  t.match((await as(nuno).get('/account')).body, '<a class="nav" href="/leads/new"')
  await db('roles').where({ id: nuno.roleId }).update({ rights: [] })
})

t.test('of two who move it the second is told', async t => {
  const id = await make(anna)
  const answers = await Promise.all([anna, olga, marek].map(person => as(person).post(`/leads/${id}/move`, { from: statuses.new_lead, to: statuses.in_work })))
  t.same(answers.map(({ status }) => status).sort(), [303, 409, 409])
  t.match(answers.find(({ status }) => status === 409)!.body, /role="alert"/)
  t.equal((await db('lead_moves').where({ lead_id: id })).length, 2)
})

t.test('a lost one says why; a status with a limit is late by the clock', async t => {
  await db('lead_statuses').where({ id: statuses.in_work }).update({ limit_minutes: 30 })
  const id = await make(anna, { due_on: '2099-01-01' })
  await as(anna).post(`/leads/${id}/move`, { to: statuses.in_work })
  const { status_since: since, status_late_at: late } = await lead(id)
  t.equal(late.getTime() - since.getTime(), 30 * 60_000)
  await db('leads').where({ id }).update({ status_late_at: db.raw("now() - interval '35 minutes'"), due_at: db.raw("now() - interval '28 hours'") })
  const { body } = await as(anna).get(`/leads/${id}`)
  t.match(body, /35 min/)
  t.match(body, /1 d 4 h/)
  t.equal((await as(anna).post(`/leads/${id}/move`, { to: statuses.canceled, reason: 'Changed their mind' })).status, 303)
  t.match(await lead(id), { lost_reason: 'Changed their mind', status_late_at: null, closed_at: Date })
  t.match((await as(anna).get(`/leads/${id}`)).body, 'Changed their mind')
})

t.test('a number that is a client’s offers to link, to those who may see clients alone', async t => {
  const client = await addClient(db, anna, { first_name: 'Ewa', surname: 'Kwiatkowska', phones: ['512 000 333'] })
  const check = '/leads/check?phones.0.number=512000333'
  t.match((await as(sofia).get(check, { fragment: true })).body, 'Kwiatkowska')
  t.equal((await as(nuno).get(check, { fragment: true })).status, 403)
  const wrong = { type_id: typeId, ...phone('512 000 333'), due_on: '2001-01-01' }
  t.match((await as(sofia).post('/leads', wrong)).body, /id="says-0"[^>]*><div class="offers">[^]*Kwiatkowska/, 'also beside what else is wrong')
  const id = await make(anna, phone('+48 512 000 333'))
  t.match((await as(anna).get(`/leads/${id}`)).body, 'Kwiatkowska', 'also without scripts')

  await db('roles').where({ id: nuno.roleId }).update({ rights: ['leads.view_all', 'leads.edit', 'leads.create'] })
  t.notMatch((await as(nuno).get(`/leads/${id}`)).body, /Kwiatkowska|class="offers"/)
  t.notMatch((await as(nuno).post('/leads', wrong)).body, /Kwiatkowska|class="offers"/)
  t.equal((await as(nuno).post(`/leads/${id}/link`, { client })).status, 404)

  t.equal((await as(anna).post(`/leads/${id}/link`, { client })).status, 303)
  const linked = (await as(anna).get(`/leads/${id}`)).body
  t.match(linked, `href="/clients/${client}"`)
  t.notMatch(linked, 'name="contact_name"')
  const hidden = (await as(nuno).get(`/leads/${id}`)).body
  t.notMatch(hidden, 'Kwiatkowska', 'who may not see clients sees what was typed')
  t.match(hidden, 'value="Piotr"')
  t.notMatch(hidden, words('leads.feed.linked'), 'nor that there is a client at all')
  const entry = (await db('events').where({ lead_id: id, kind: 'lead.linked' }).first('id')).id
  t.notMatch((await as(nuno).get(`/leads/${id}/feed?after=${entry - 1}`, { fragment: true })).body, words('leads.feed.linked'))
  t.match((await as(anna).get(`/leads/${id}/feed?after=${entry - 1}`, { fragment: true })).body, words('leads.feed.linked'))
  t.equal((await as(nuno).post(`/leads/${id}/unlink`)).status, 403)
  t.equal((await as(anna).post(`/leads/${id}/unlink`)).status, 303)
  t.match((await as(anna).get(`/leads/${id}`)).body, 'value="Piotr"', 'unlinked, what was typed is back')
})

t.test('a client is made of what was typed, with all its phones and by the rule of uniqueness', async t => {
  const id = await make(anna, { contact_name: 'Inês Duarte', phone_rows: ['0', '1'], 'phones.0.number': '601 000 001', 'phones.1.number': '601 000 002' })
  const form = formOf((await as(anna).get(`/leads/${id}`)).body, `/leads/${id}`)
  t.equal((await as(anna).post(`/leads/${id}/client`, { ...form, contact_name: 'Inês Maria Duarte' })).status, 303)
  const { client_id: client } = await lead(id)
  t.match(await db('clients').where({ id: client }).first(), { first_name: 'Inês', surname: 'Maria Duarte' })
  t.same(await db('client_phones').where({ client_id: client }).orderBy('position').pluck('e164'), ['+48601000001', '+48601000002'])
  await db('organisation').update({ phone_uniqueness: 'refuse' })
  const twin = await make(anna, { contact_name: 'Somebody Else', ...phone('601 000 001') })
  const refused = await as(anna).post(`/leads/${twin}/client`)
  t.equal(refused.status, 422)
  t.ok(refused.error('phones.0.number'))
  t.equal((await lead(twin)).client_id, null)
})

t.test('an overdue one is saved by somebody who sees its phones masked, and they stay', async t => {
  const id = await make(sofia, phone('602 000 003'))
  await db('leads').where({ id }).update({ due_at: '2026-01-02T03:04:05Z' })
  const opened = formOf((await as(sofia).get(`/leads/${id}`)).body, `/leads/${id}`)
  t.equal((await as(sofia).post(`/leads/${id}`, { ...opened, comment: 'Rang' })).status, 303)
  t.match(await lead(id), { comment: 'Rang', due_at: new Date('2026-01-02T03:04:05Z') })
  t.same(await db('lead_phones').where({ lead_id: id }).pluck('e164'), ['+48602000003'])
  const wrong = await as(sofia).post(`/leads/${id}`, { ...opened, comment: 'Rang', due_time: '25:00' })
  t.match(wrong.body, `title="${words('phones.masked')}">+48 •••`, 'a mistake leaves them to be seen as they were')
  t.equal((await as(sofia).post(`/leads/${id}`, { ...opened, 'phones.0.number': '602 000 004' })).status, 303)
  t.same(await db('lead_phones').where({ lead_id: id }).pluck('e164'), ['+48602000004'], 'one that is masked can be replaced')
  t.equal((await as(sofia).post(`/leads/${id}`, { ...formOf((await as(sofia).get(`/leads/${id}`)).body, `/leads/${id}`), 'phones.0.remove': 'on' })).status, 303)
  t.same(await db('lead_phones').where({ lead_id: id }).pluck('e164'), [])
})

t.test('who sees a number masked takes off the one that they saw, not another that is masked alike', async t => {
  const id = await make(sofia, phone('600 123 456'))
  const path = `/leads/${id}`
  const numbers = () => db('lead_phones').where({ lead_id: id }).orderBy('position').pluck('e164')
  const form = async (who = sofia) => formOf((await as(who).get(path)).body, path)
  const stale = await form()
  t.equal((await as(anna).post(path, { ...await form(anna), 'phones.0.number': '600 999 956' })).status, 303)
  t.not((await form())['was.phones'], stale['was.phones'])
  t.equal((await as(sofia).post(path, { ...stale, 'phones.0.remove': '1' })).status, 409)
  t.same(await numbers(), ['+48600999956'])
  t.equal((await as(sofia).post(path, { ...stale, comment: 'Leaks' })).status, 303, 'who leaves it alone is asked nothing')
  t.same(await numbers(), ['+48600999956'])
  const now = await form()
  t.equal((await as(sofia).post(path, { ...now, phone_rows: ['0', '1'], 'phones.1.number': '600 111 222' })).status, 303)
  t.same(await numbers(), ['+48600999956', '+48600111222'])
  t.equal((await as(sofia).post(path, { ...await form(), 'phones.0.remove': '1' })).status, 303)
  t.same(await numbers(), ['+48600111222'])
})

t.test('a client who is erased leaves a lead without its person', async t => {
  const client = await addClient(db, anna, { first_name: 'Ola', surname: 'Niknie', phones: ['603 000 004'] })
  const id = await make(anna, { contact_name: 'Ola N.', ...phone('603 000 004'), client_id: client })
  await as(anna).post(`/leads/${id}/comments`, { body: 'Ola rang' })
  await db.transaction(trx => eraseClients(trx, anna, [client], 'request'))
  t.match(await lead(id), { client_id: null, contact_name: '', comment: '', status_id: statuses.new_lead })
  t.same(await db('lead_phones').where({ lead_id: id }), [])
  t.same((await db('events').where({ lead_id: id }).whereNotNull('body')), [])
  t.equal((await as(anna).get(`/leads/${id}`)).status, 200)
})

t.test('comments are in the feed, and its author takes one back', async t => {
  const id = await make(anna)
  t.equal((await as(marek).post(`/leads/${id}/comments`, { body: 'Called, no answer' })).status, 303)
  t.equal((await as(marek).post(`/leads/${id}/comments`, { body: ' ' })).status, 422)
  const event = (await db('events').where({ lead_id: id, kind: 'comment' }).first('id')).id
  t.match((await as(anna).get(`/leads/${id}/feed?after=${event - 1}`, { fragment: true })).body, 'Called, no answer')
  t.equal((await as(anna).post(`/leads/${id}/feed/${event}/delete`)).status, 403)
  t.equal((await as(marek).post(`/leads/${id}/feed/${event}/delete`)).status, 303)
  t.notMatch((await as(anna).get(`/leads/${id}`)).body, 'Called, no answer')
})

t.test('of one that was deleted while its form was written in, what was typed stays, to make a new one of it', async t => {
  const id = await make(sofia, phone('600 777 001'))
  const { number } = await lead(id)
  const open = async (person = anna) => formOf((await as(person).get(`/leads/${id}`)).body, `/leads/${id}`)
  const typed = { ...await open(), contact_name: 'Ewa <b>', comment: 'typed meanwhile', ...phone('600 777 002') }
  const masked = { ...await open(sofia), comment: 'typed meanwhile' }
  t.equal((await as(olga).post(`/leads/${id}/delete`, { sure: '1' })).status, 303)
  const before = await lastId()

  for (const path of ['', '/client', '/link']) {
    const late = await as(anna).post(`/leads/${id}${path}`, { ...typed, client: await addClient(db, anna, { first_name: 'Ewa' }) })
    t.equal(late.status, 410, path)
    t.match(late.body, `${number} (today`, 'which')
    t.match(late.body, /role="alert">[^]*Olga Wójcik/, 'by whom')
    t.ok(says(late.body, 'leads.gone.as_new'))
    t.match(late.body, '>typed meanwhile</textarea>')
    const form = formOf(late.body, '/leads')
    t.match(form, { contact_name: 'Ewa <b>', 'phones.0.number': '600 777 002', comment: 'typed meanwhile' })
    t.same(Object.keys(form).filter(name => name.startsWith('was.')), [])
    if (path) continue
    t.equal((await as(anna).post('/leads', form)).status, 303, 'becomes a new lead')
    t.match(await db('leads').where('id', '>', before), [{ contact_name: 'Ewa <b>', comment: 'typed meanwhile' }])
    t.not((await db('leads').where('id', '>', before).first()).number, number)
  }
  const part = await as(anna).post(`/leads/${id}`, { ...typed, switch_type: '1' }, { fragment: true })
  t.equal(part.status, 410)
  t.equal(part.headers['hx-retarget'], '#flash', 'the form stays in the page as it is')
  t.ok(says(part.body, 'errors.lead_deleted.text', { number, name: 'Olga Wójcik' }))
  t.equal((await as(anna).get(`/leads/${id}`)).status, 410)
  t.equal((await as(anna).post(`/leads/${id}/comments`, { body: 'x' })).status, 410)
  const reason = { to: statuses.in_work, reason: 'Wanted it <yesterday>' }
  for (const path of ['move', 'status']) for (const fragment of [false, true]) {
    const lost = await as(anna).post(`/leads/${id}/${path}`, reason, { fragment })
    t.equal(lost.status, 410)
    t.match(lost.body, 'readonly>Wanted it &lt;yesterday&gt;</textarea>', `what was written is given back: ${path}`)
  }
  t.match((await as(sofia).post(`/leads/${id}/move`, reason)).body, 'readonly>Wanted it &lt;yesterday&gt;</textarea>')
  t.notMatch((await as(anna).get(`/leads/${id}?reason=x`)).body, 'readonly')

  const stranger = await as(sofia).post(`/leads/${id}`, masked)
  t.equal(stranger.status, 404, 'nobody knows any more whether she might see it')
  t.notMatch(/role="alert">[^]*?<\/p>/.exec(stranger.body)![0], /Olga|L-0/)
  t.ok(says(stranger.body, 'leads.gone.not_there'))
  t.match(stranger.body, '>typed meanwhile</textarea>')
  t.notMatch(stranger.body, /\.masked"|\.id"/, 'a phone that she saw masked is nobody’s')
  t.equal((await as(sofia).get(`/leads/${id}`)).status, 404)
  t.equal((await as(anna).post('/leads/424242', typed)).status, 404)

  const rights: string[] = (await db('roles').where({ id: sofia.roleId }).first()).rights
  await db('roles').where({ id: sofia.roleId }).update({ rights: rights.filter(right => right !== 'leads.create') })
  const kept = await as(sofia).post(`/leads/${id}`, masked)
  t.ok(says(kept.body, 'leads.gone.to_copy'))
  t.match(kept.body, '>typed meanwhile</textarea>')
  t.notMatch(kept.body, 'action="/leads"')
  const shown = kept.body.split('id="form-body"')[1]!.split('</main>')[0]!
  t.notMatch(shown, /<button|hx-|<fieldset disabled/, 'to be read and copied, and nothing else')
  await db('roles').where({ id: sofia.roleId }).update({ rights })
})

t.test('an archived one is left as it is until it is back', async t => {
  const id = await make(anna)
  const open = (await as(anna).get(`/leads/${id}`)).body
  t.equal((await as(anna).post(`/leads/${id}/archive`)).status, 303)
  t.equal((await as(anna).post(`/leads/${id}/move`, { to: statuses.in_work })).status, 422)
  t.equal((await as(anna).post(`/leads/${id}`, { type_id: typeId, contact_name: 'x', 'was.contact_name': '' })).status, 403)
  const late = await as(anna).post(`/leads/${id}`, { ...formOf(open, `/leads/${id}`), comment: 'typed meanwhile' })
  t.equal(late.status, 403)
  t.ok(says(late.body, 'leads.is_archived'), 'says why')
  t.match(late.body, '>typed meanwhile</textarea>', 'what was typed stays')
  for (const path of ['/client', '/link']) {
    const asked = await as(anna).post(`/leads/${id}${path}`, { ...formOf(open, `/leads/${id}`), comment: 'typed meanwhile', client: await addClient(db, anna, { first_name: 'Ewa' }) })
    t.equal(asked.status, 403)
    t.ok(says(asked.body, 'leads.is_archived'), 'says why')
    t.match(asked.body, '>typed meanwhile</textarea>', 'what was typed stays')
  }
  const bare = await as(anna).post(`/leads/${id}/client`)
  t.equal(bare.status, 403)
  t.ok(says(bare.body, 'leads.is_archived'))
  t.notMatch(bare.body, `formaction="/leads/${id}/client"`, 'nor is there a button')
  const making = await as(anna).get(`/clients/new?lead=${id}`)
  t.equal(making.status, 403)
  t.ok(says(making.body, 'errors.lead_archived.text', { number: (await lead(id)).number }))
  t.ok(says((await as(anna).get(`/leads/${id}`)).body, 'leads.restore'))
  t.equal((await as(anna).post(`/leads/${id}/restore`)).status, 303)
  t.equal((await as(anna).post(`/leads/${id}`, formOf(late.body, `/leads/${id}`))).status, 303, 'and is sent once it is back')
  t.equal((await lead(id)).comment, 'typed meanwhile')
  t.equal((await as(anna).post(`/leads/${id}/move`, { to: statuses.in_work })).status, 303)
})
