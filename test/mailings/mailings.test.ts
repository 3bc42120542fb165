import t from 'tap'
import { eraseClients } from '../../src/clients/erasing/erase.js'
import { runChunks } from '../../src/mailings/run.js'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { fakeGateway } from '../support/gateway.js'
import { runJobs } from '../support/jobs.js'

const made = await cast(t)
const { app, db, as, anna, marek, sofia, nuno } = made
const sms = (name: string, number: string, more: object = {}) => addClient(db, anna, { first_name: name, phones: [{ number, on: ['sms'] }], tags: ['Write'], ...more })
const ids = {
  zofia: await sms('Zofia', '600 400 001'),
  joao: await sms('João', '600 400 002'),
  twin: await sms('Twin', '600 400 002'),
  mail: await addClient(db, anna, { first_name: 'Inês', emails: [{ address: 'ines@correio.example', agrees: true }], tags: ['Write'] }),
  off: await addClient(db, anna, { first_name: 'Ela', phones: ['600 400 004'], tags: ['Write'] }),
  invalid: await addClient(db, anna, { first_name: 'Ewa', phones: ['12345'], tags: ['Write'] }),
  nothing: await addClient(db, anna, { first_name: 'Jan', tags: ['Write'] })
}
const within = `tag=${(await db('tags').where({ name: 'Write' }).first()).id}`
const body = (more: object = {}) => ({ of: 'matching', in: within, channel_1: 'sms', text_body: 'Hello {{client.first_name}}', skips_empty: 'on', ...more })
const start = async (more: object = {}) => {
  const { status, location } = await as(marek).post('/mailings', body(more))
  if (status !== 303) throw new Error(`refused: ${status}`)
  return Number(location!.split('/').at(-1))
}
const begin = (id: number) => db('mailings').where({ id }).update({ due_at: db.raw("now() - interval '1 second'") })
const go = async (id: number) => { await begin(id); await runChunks(db, id, new AbortController().signal) }
const texts = (id: number) => db('messages').where({ cause: 'many', cause_id: id }).orderBy('id').pluck('body_text')
const state = async (id: number) => (await db('mailings').where({ id }).first()).state

t.test('who can be reached is counted before, and why the others can’t', async t => {
  const page = await as(marek).post('/mailings', { ...body(), count: '1' }, { fragment: true })
  t.equal(page.status, 200)
  const said = page.body.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')
  for (const words of ['2 can be reached', '5 can&#39;t', 'no number or address for these channels: 2', 'no valid number: 1', 'haven&#39;t agreed to these channels: 1', 'the same number or address as another: 1']) t.ok(said.includes(words), words)
  t.match((await as(marek).post('/mailings', { ...body({ channel_2: 'email' }), count: '1' })).body, /3 can be reached[^]*SMS 2 · e-mail 1/)
  t.equal(await db('mailings').first(), undefined)
  t.match((await as(marek).get(`/clients?${within}`)).body, /href="\/mailings\/new\?of=matching/)
})

t.test('it is for those who may, and what is wrong is said beside its field, with what was typed', async t => {
  t.equal((await as(sofia).get('/mailings/new')).status, 403)
  t.equal((await as(sofia).post('/mailings', body())).status, 403)
  t.equal((await as(nuno).get('/mailings')).status, 403)
  t.match((await as(null).get('/mailings')).location, /sign-in/)
  for (const path of ['/mailings/999999', '/mailings/x']) t.equal((await as(marek).get(path)).status, 404)
  t.equal((await as(marek).post('/mailings/999999/stop')).status, 404)
  t.match((await as(marek).get('/mailings')).body, /Nothing has been written to many/)
  for (const [wrong, field] of [[{ channel_1: '' }, 'channel_1'], [{ text_body: '' }, 'text_body'], [{ text_body: 'Hi {{client.nmae}}' }, 'text_body'], [{ text_template: '999999' }, 'text_body'], [{ per_minute: 'many' }, 'per_minute'], [{ due_on: '2020-01-01' }, 'due_on'], [{ due_on: 'x' }, 'due_on'], [{ channel_1: 'email', text_body: '', email_body: 'kept' }, 'subject']] as const) {
    const refused = await as(marek).post('/mailings', body(wrong))
    t.equal(refused.status, 422, JSON.stringify(wrong))
    if (!('text_template' in wrong)) t.match(refused.body, new RegExp(`id="${field}-error"|id="${field.replace('_', '-')}-error"`), JSON.stringify(wrong))
  }
  t.match((await as(marek).post('/mailings', body({ text_body: 'kept words {{client.nmae}}' }))).body, /kept words/)
  t.equal((await as(marek).post('/mailings', body({ in: 'q=nobodyatall' }))).status, 422)
  t.equal(await db('mailings').first(), undefined, 'nothing half saved')
})

t.test('what the first of them on each channel gets is shown before, and nothing is sent', async t => {
  await as(anna).post('/settings/mail/letters', { signature: 'The workshop', per_minute: '60', attachment_mb: '2', version: '0' })
  const asked = { ...body({ channel_2: 'email', subject: 'News', email_body: 'Dear {{client.first_name}}, **news** <b>.' }), preview: '1' }
  for (const fragment of [true, false]) {
    const { status, body: shown } = await as(marek).post('/mailings', asked, { fragment })
    t.equal(status, 200)
    t.match(shown, /Zofia[^]*\+48 600 400 001[^]*Hello Zofia[^]*1 part[^]*Inês[^]*News[^]*Dear Inês, &lt;strong&gt;news[^]*&amp;lt;b&amp;gt;[^]*The workshop/)
    t.notMatch(shown, fragment ? /<main|Hello João/ : /Hello João/)
  }
  const wrong = await as(marek).post('/mailings', { ...asked, text_body: 'Hi {{client.nmae}}' }, { fragment: true })
  t.equal(wrong.status, 422)
  t.match(wrong.body, /id="preview"[^]*client\.nmae/)
  t.match((await as(marek).post('/mailings', { ...asked, text_body: 'To {{client.address}}' })).body, /They are left out/)
  t.equal((await as(sofia).post('/mailings', asked)).status, 403)
  t.equal(await db('mailings').first(), undefined)
})

t.test('each is written to once, by the first channel they agreed to, in words of their own', async t => {
  const page = await as(marek).get(`/mailings/new?of=matching&in=${encodeURIComponent(within)}`)
  const sent = { ...formOf(page.body, '/mailings'), ...body({ channel_2: 'email', subject: 'News', email_body: 'Dear {{client.first_name}}, **news**.' }) }
  const { location } = await as(marek).post('/mailings', sent)
  t.equal((await as(marek).post('/mailings', sent)).location, location, 'once, however often the form is sent')
  const id = Number(location!.split('/').at(-1))
  await runJobs(app)
  t.same(await texts(id), [], 'it can be taken back before it begins')
  await go(id)
  await runJobs(app)
  t.same((await texts(id)).sort(), ['Dear Inês, news.\n\n-- \nThe workshop', 'Hello João', 'Hello Zofia'])
  t.match(await db('messages').where({ cause_id: id, channel: 'email' }).first(), { subject: 'News', body_html: /<strong>news<\/strong>/, priority: 9, state: 'caught' })
  t.match(await db('mailings').where({ id }).first(), { state: 'done', total: 7, done: 7 })
  await go(id)
  await db('mailings').where({ id }).update({ state: 'running' })
  await go(id)
  t.equal((await texts(id)).length, 3, 'and never again')
  const shown = await as(marek).get(`/mailings/${id}`)
  t.match(shown.body, /Dear \{\{client\.first_name\}\}, \*\*news\*\*[^]*Hello \{\{client\.first_name\}\}/, 'and what was written')
  t.match(shown.body, /In the test mailbox <b class="num">3<\/b>/)
  const skipped = await as(marek).get(`/mailings/${id}?state=skipped&why=same_address`, { fragment: true })
  t.match(skipped.body, />Twin</)
  t.notMatch(skipped.body, />Zofia<|<main/)
  t.match((await as(marek).get('/mailings')).body, new RegExp(`/mailings/${id}"`))
})

t.test('a mailing is paused, gone on with and stopped', async t => {
  const id = await start({ per_minute: '1' })
  await go(id)
  t.equal((await texts(id)).length, 1, 'no more than one a minute')
  t.equal((await as(marek).post(`/mailings/${id}/pause`)).location, `/mailings/${id}`)
  await runJobs(app)
  t.same(await db('messages').where({ cause_id: id }).pluck('state'), ['held'], 'what is queued waits too')
  await db('mailing_recipients').whereNotNull('queued_at').update({ queued_at: db.raw("now() - interval '2 minutes'") })
  await go(id)
  t.equal((await texts(id)).length, 1)
  await as(marek).post(`/mailings/${id}/resume`)
  await runJobs(app)
  t.same((await db('messages').where({ cause_id: id }).orderBy('id').pluck('state')).sort(), ['caught', 'caught'])
  await db('messages').where({ cause_id: id }).orderBy('id').limit(1).update({ state: 'due', due_at: db.raw("now() + interval '1 hour'") })
  await as(marek).post(`/mailings/${id}/stop`)
  t.equal(await state(id), 'stopped')
  t.same((await db('messages').where({ cause_id: id }).pluck('state')).filter(one => one === 'due'), [])
  t.ok(await db('message_fates').join('messages as m', 'm.id', 'message_fates.message_id').where({ cause_id: id, 'message_fates.state': 'canceled' }).first())
  await db('mailing_recipients').whereNotNull('queued_at').update({ queued_at: db.raw("now() - interval '2 minutes'") })
  await go(id)
  t.equal((await texts(id)).length, 2, 'stopped is stopped')
  const undone = await start()
  t.equal((await as(marek).post(`/mailings/${undone}/stop`)).location, `/mailings/${undone}`)
  await go(undone)
  t.same(await texts(undone), [])
})

t.test('one bad recipient keeps nobody else from their message', async t => {
  const id = await start({ text_body: 'Hello {{client.first_name}} {{client.address}}', skips_empty: undefined })
  // A message that the database refuses.
  await db.raw(`create function refuse_one() returns trigger language plpgsql as $$ begin if new.body_text like '%João%' then raise exception 'no'; end if; return new; end $$`)
  await db.raw('create trigger refuse_one before insert on messages for each row execute function refuse_one()')
  await go(id)
  await db.raw('drop trigger refuse_one on messages; drop function refuse_one()')
  t.same(await texts(id), ['Hello Zofia'])
  t.match(await db('mailing_recipients').where({ mailing_id: id, client_id: ids.joao }).first(), { outcome: 'skipped', why: 'error' })
  t.equal(await state(id), 'done')

  const empty = await start({ text_body: 'To {{client.address}}' })
  await go(empty)
  t.same(await texts(empty), [])
  t.equal((await db('mailing_recipients').where({ mailing_id: empty, why: 'empty_variable' })).length, 2)
})

t.test('consent counts in the moment of sending, whoever is gone is left out, and who may no longer write writes to nobody', async t => {
  const id = await start()
  await as(anna).post(`/clients/${ids.zofia}/archive`)
  const gone = await sms('Gone', '600 400 010')
  await db('mailing_recipients').insert({ mailing_id: id, client_id: gone })
  await db.transaction(trx => eraseClients(trx, { id: anna.id } as never, [gone], 'deleted'))
  t.equal(await db('mailing_recipients').where({ client_id: gone }).first(), undefined)
  await go(id)
  t.same(await texts(id), ['Hello João'])
  await as(anna).post(`/clients/${ids.zofia}/restore`)

  await runJobs(app)
  const gateway = fakeGateway(t, app, 'sms')
  const late = await start()
  await go(late)
  const { id: phone } = await db('client_phones').where({ client_id: ids.zofia }).first()
  await db.transaction(async trx => {
    await trx('client_phones').where({ id: phone }).update({ sms: false })
    await trx('consents').insert({ client_id: ids.zofia, phone_id: phone, channel: 'sms', address: '', given: false, source: 'form' })
  })
  await runJobs(app)
  t.same(gateway.given.map(({ text }) => text), ['Hello João'])
  t.match((await as(marek).get(`/mailings/${late}?state=refused`)).body, /Zofia[^]*has not agreed/)

  const refused = await start()
  await db('employees').where({ id: marek.id }).update({ role_id: sofia.roleId })
  await go(refused)
  t.equal(await state(refused), 'failed')
  t.same(await texts(refused), [])
  await db('employees').where({ id: marek.id }).update({ role_id: marek.roleId })
})
