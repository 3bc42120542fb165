import t from 'tap'
import { countUnread, listTalks } from '../../src/conversations/inbox/queries.js'
import { readInboxFilter } from '../../src/conversations/inbox/filter.js'
import { queueMessage } from '../../src/messages/queue.js'
import { receiveMessage, type Incoming } from '../../src/messages/receiving/receive.js'
import { cast } from '../support/cast.js'
import { addClient, listed } from '../support/clients.js'

const made = await cast(t)
const { app, db, as, anna, marek, sofia, nuno } = made
let n = 0
const receive = (incoming: Partial<Incoming> & { from: string, text: string }) => db.transaction(trx => receiveMessage(trx, { channel: 'sms', gateway: 'test', providerId: `r${++n}`, ...incoming }))
const inbox = async (who: typeof anna, query = '') => listed((await as(who).get(`/inbox${query}`)).body)

t.match((await as(anna).get('/inbox')).body, /Nothing has come in yet/)

const zofia = await addClient(db, anna, { first_name: 'Zofia', surname: 'Żółć', phones: [{ number: '600 200 001', on: ['sms'] }] })
await addClient(db, anna, { first_name: 'João', is_conflicted: true, phones: [{ number: '600 200 002', on: ['whatsapp'] }] })
const hurt = await addClient(db, anna, { company_name: 'Hurt S.A.', is_supplier: true, phones: ['600 200 003'] })
await receive({ from: '+48600200001', text: 'From Zofia' })
await receive({ from: '+48600200002', channel: 'whatsapp', text: 'From João, ' + 'long '.repeat(100) })
await receive({ from: '+48600200003', text: 'From the supplier' })
const { conversationId: stranger } = await receive({ from: '+48600200004', fromName: 'Żaneta Obca', text: 'From a stranger' })

t.test('the inbox has what people talk in, the newest first, as far as one may see it', async t => {
  t.same(await inbox(anna), ['Żaneta Obca', 'Hurt S.A.', 'João', 'Zofia Żółć'])
  const { body } = await as(anna).get('/inbox')
  t.match(body, /flag-warn[^]*flag-bad/, 'truck and smiley')
  t.match(body, /From João, long/)
  t.match(body, /id="inbox-count"[^>]* title="4 unread conversations"/)
  t.same(await inbox(sofia), ['Żaneta Obca', 'João', 'Zofia Żółć'], 'no supplier')
  t.match((await as(sofia).get('/clients')).body, /title="3 unread conversations"/)
  t.equal((await as(nuno).get('/inbox')).status, 403)
  t.notMatch((await as(nuno).get('/account')).body, /inbox-count/)
  t.match((await as(null).get('/inbox')).location, /sign-in/)

  // What is sent to many, or by a rule, is no talk; what somebody writes by hand is.
  const ela = await addClient(db, anna, { first_name: 'Ela', phones: [{ number: '600 200 005', on: ['sms'] }] })
  const { id: phone } = await db('client_phones').where({ client_id: ela }).first()
  await queueMessage(db, anna, { channel: 'sms', clientId: ela, to: { phoneId: phone }, text: 'A sale', cause: 'many' })
  t.notOk((await inbox(anna)).includes('Ela'))
  await queueMessage(db, anna, { channel: 'sms', clientId: ela, to: { phoneId: phone }, text: 'Hello Ela', cause: 'hand' })
  t.equal((await inbox(anna))[0], 'Ela')
})

t.test('the inbox is narrowed by its address', async t => {
  const talk = async (client: number) => (await db('conversations').where({ client_id: client }).first()).id
  await as(anna).post(`/conversations/${await talk(zofia)}/assign`, { assignee: anna.id })
  await as(anna).post(`/conversations/${await talk(hurt)}/close`)
  t.same(await inbox(anna, '?show=mine'), ['Zofia Żółć'])
  t.same(await inbox(marek, '?show=mine'), [])
  t.match((await as(marek).get('/inbox?show=mine')).body, /No conversation is assigned to you/)
  t.same(await inbox(anna, '?show=unassigned'), ['Ela', 'Żaneta Obca', 'João'])
  t.same(await inbox(anna, '?show=closed'), ['Hurt S.A.'])
  t.same(await inbox(anna, '?show=unread'), ['Żaneta Obca', 'João', 'Zofia Żółć'])
  t.same(await inbox(anna, '?channel=whatsapp'), ['João'])
  t.same(await inbox(anna, '?show=nonsense&channel=fax&after=x'), ['Ela', 'Żaneta Obca', 'João', 'Zofia Żółć'])
  for (const [q, found] of [['zolc', ['Zofia Żółć']], ['zaneta', ['Żaneta Obca']], ['200 004', ['Żaneta Obca']], ['+48 600 200 001', ['Zofia Żółć']], ['%', []], ['nobody', []]] as const) t.same(await inbox(anna, `?q=${encodeURIComponent(q)}`), found, q)
  t.same(await inbox(sofia, '?q=200004'), [], 'nobody feels their way to a number digit by digit')
  t.same(await inbox(sofia, `?q=${encodeURIComponent('600 200 004')}`), ['Żaneta Obca'])
  const fragment = await as(anna).get('/inbox?q=zolc', { fragment: true })
  t.match(fragment.body, /id="talks"/)
  t.notMatch(fragment.body, /<main/)
  t.equal((await as(anna).get('/inbox/now?show=mine')).location, '/inbox?show=mine')
  t.match((await as(anna).get('/inbox/unread', { fragment: true })).body, /^\s*<span id="inbox-count"/)
})

t.test('a long inbox pages by key', async t => {
  await db.raw("insert into conversations (channel, address, talked_at, last_channel) select 'sms', '+4879' || lpad(n::text, 7, '0'), timestamptz '2020-01-01' + (n / 3) * interval '1 day', 'sms' from generate_series(1, 90) n")
  const seen: string[] = []
  let at: string | undefined = '/inbox'
  while (at && seen.length < 200) {
    const { body } = await as(anna).get(at)
    seen.push(...[...body.matchAll(/id="talk-(\d+)"/g)].map(([, id]) => id!))
    at = /href="([^"]*)" rel="next"/.exec(body)?.[1]?.replaceAll('&amp;', '&')
  }
  t.equal(seen.length, 94)
  t.equal(new Set(seen).size, 94)
  await db('conversations').where('address', 'like', '+4879%').delete()
})

t.test('a stranger turns out to be a client, old or new, or is made a lead of', async t => {
  const path = `/conversations/${stranger}`
  const page = await as(marek).get(path)
  t.match(page.body, /Żaneta Obca[^]*\+48 600 200 004/)
  t.notMatch((await as(sofia).get(path)).body, /600 200 004/)
  t.equal((await as(marek).post(path, { to: 'sms', body: 'Who is it?' })).location, path)
  const answer = await db('messages').where({ conversation_id: stranger, direction: 'out' }).first()
  t.same([answer.address, answer.client_id, answer.channel], ['+48600200004', null, 'sms'])

  t.equal((await as(sofia).get(`${path}/link`)).status, 403)
  t.match((await as(marek).get(`${path}/link`)).body, /value="Żaneta Obca"/)
  t.match((await as(marek).get(`${path}/link?q=zolc`, { fragment: true })).body, /Zofia Żółć/)
  t.equal((await as(marek).post(`${path}/link`, {})).status, 422)
  t.equal((await as(marek).post(`${path}/link`, { client: 999999 })).status, 404)
  t.match((await as(marek).post(`${path}/client`, { name: ' ' })).error('name'), /./)

  const lead = await as(marek).post(`${path}/lead`)
  t.match(lead.location, /^\/leads\/\d+$/)
  t.equal((await as(marek).post(`${path}/lead`)).location, lead.location, 'one')
  t.match(await db('leads').where({ id: lead.location!.split('/').at(-1) }).first(), { contact_name: 'Żaneta Obca', comment: 'From a stranger' })
  t.match((await as(marek).get(path)).body, new RegExp(`href="${lead.location}"`))

  t.match((await as(marek).get(lead.location!)).body, new RegExp(`href="${path}">Conversation`), 'and the lead leads back')
  t.equal((await as(marek).post(`${path}/link`, { client: zofia, keep: 'on' })).location, `/clients/${zofia}/conversation`)
  t.match((await as(marek).get(`/clients/${zofia}/conversation`)).body, /From Zofia[^]*From a stranger[^]*Who is it\?/)
  t.same(await db('client_phones').where({ client_id: zofia }).orderBy('id').pluck('e164'), ['+48600200001', '+48600200004'])
  t.same(await db('events').where({ client_id: zofia }).whereIn('kind', ['message.in', 'message.out', 'phone.added']).orderBy('id').pluck('kind'), ['message.in', 'phone.added', 'message.in', 'message.out'])
  t.equal((await db('conversations').where({ client_id: zofia }).first()).unread, 1, 'what was unread goes along')
  t.equal((await as(marek).get(path)).status, 404)
  t.equal((await receive({ from: '+48600200004', text: 'Again' })).clientId, zofia)

  t.match(await db('leads').where({ id: lead.location!.split('/').at(-1) }).first(), { client_id: zofia }, 'the lead is the client’s too')
  t.match((await as(marek).get(lead.location!)).body, new RegExp(`href="/clients/${zofia}/conversation">Conversation`))

  // The other way round: whose lead it is, theirs is what was written.
  const { conversationId: late } = await receive({ from: '+48600200044', fromName: 'Iga', text: 'From Iga' })
  const made2 = (await as(marek).post(`/conversations/${late}/lead`)).location!
  t.equal((await as(marek).post(`${made2}/client`)).status, 303)
  const { client_id: iga } = await db('leads').where({ id: made2.split('/').at(-1) }).first()
  t.match((await as(marek).get(`/clients/${iga}/conversation`)).body, /From Iga/)
  t.equal((await as(marek).get(`/conversations/${late}`)).status, 404)

  const { conversationId } = await receive({ from: 'ines@correio.example', channel: 'email', fromName: 'Inês Gonçalves', subject: 'Olá', text: 'Bom dia' })
  const made = await as(marek).post(`/conversations/${conversationId}/client`, { name: 'Inês Gonçalves' })
  const client = Number(/clients\/(\d+)/.exec(made.location!)![1])
  t.match(await db('clients').where({ id: client }).first(), { first_name: 'Inês', surname: 'Gonçalves' })
  t.same(await db('client_emails').where({ client_id: client }).pluck('address'), ['ines@correio.example'])
  t.match((await as(marek).get(made.location!)).body, /Bom dia/)
})

t.test('merged clients’ conversations are one, and what waits in them waits still', async t => {
  const [a, b] = [await addClient(db, anna, { first_name: 'Ewa', phones: ['600 200 011'] }), await addClient(db, anna, { first_name: 'Ewa', phones: ['600 200 012'] })]
  await receive({ from: '+48600200011', text: 'one' })
  await receive({ from: '+48600200012', text: 'two' })
  await db('messages').where({ client_id: b }).update({ client_id: a })
  t.match(await db('conversations').where({ client_id: a }).first(), { unread: 2 })
  t.equal((await db('conversations').where({ client_id: b }).first()).unread, 0)
  t.match((await as(anna).get(`/clients/${a}/conversation`)).body, /one[^]*two/)
})

t.test('the pages of 100,000 conversations are read by index', async t => {
  await db.raw('alter table conversations disable trigger user')
  await db.raw("insert into conversations (channel, address, talked_at, last_channel, unread, closed_at, assignee_id) select 'sms', '+4878' || lpad(n::text, 7, '0'), now() - n * interval '1 minute', case when n % 50 = 0 then 'viber' else 'sms' end, case when n % 100 = 0 then 1 else 0 end, case when n % 3 > 0 then now() end, case when n % 500 = 0 then ?::bigint end from generate_series(1, 100000) n", [anna.id])
  await db.raw('alter table conversations enable trigger user')
  await db.raw('analyze conversations')
  const asked: { sql: string, bindings: readonly unknown[] }[] = []
  db.on('query', keep)
  const viewer = { id: anna.id, can: () => true, organisation: { country: 'PL' } } as never
  for (const query of [{}, { show: 'mine' }, { show: 'unassigned' }, { show: 'unread' }, { show: 'closed' }, { channel: 'viber' }, { after: '1700000000000000-5' }]) await listTalks(db, viewer, readInboxFilter(query))
  await countUnread(db, viewer)
  db.removeListener('query', keep)
  t.equal(asked.length, 8)
  for (const { sql, bindings } of asked) {
    const { rows } = await db.raw(`explain ${sql.replace(/\$\d+/g, '?')}`, bindings as never)
    t.notMatch(rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n'), /Seq Scan on conversations/, sql)
  }
  await db('conversations').where('address', 'like', '+4878%').delete()

  function keep ({ sql, bindings }: { sql: string, bindings: readonly unknown[] }) { asked.push({ sql, bindings }) }
})

t.test('however many messages come in, open pages are told at once, and of a count only when it is another', async t => {
  const heard: string[] = []
  t.teardown(app.live.subscribe(`employee:${marek.id}`, event => { heard.push(typeof event === 'string' ? event : 'name' in event ? event.name : 'event') }))
  t.teardown(app.live.subscribe('inbox lists', event => { heard.push(typeof event === 'string' ? event : `list ${'name' in event ? event.name : ''}`) }))
  const until = async (count: number) => { for (let waited = 0; heard.length < count && waited < 400; waited++) await new Promise(resolve => { setTimeout(resolve, 10) }) }
  const from = '+48600200099'
  await receive({ from, text: 'one' })
  await until(2)
  t.same(heard.splice(0).sort(), ['list inbox', 'unread'])
  for (const text of ['two', 'three', 'four']) await receive({ from, text })
  await until(1)
  t.same(heard.splice(0), ['list inbox'], 'as many conversations as before')
})
