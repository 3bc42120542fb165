import t from 'tap'
import { cast, type Person } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { addLead } from '../support/leads.js'
import { says } from '../support/words.js'

const { db, as, anna, marek, sofia, nuno } = await cast(t)
const maria = await addClient(db, anna, { first_name: 'María', surname: 'Núñez', phones: ['+34 612 345 678', '+34 612 345 679'], is_conflicted: true, conflict_reason: 'Refuses to pay' })
const linked = await addLead(db, { client_id: maria, contact_name: 'Marysia', manager: sofia, comment: 'The tap drips', created_by: anna.id, phones: ['+48 699 000 111'] })
const waiting = await addLead(db, { status: 'waiting', contact_name: 'João', manager: sofia, phones: ['+48 700 800 900'] })
const lost = await addLead(db, { status: 'expensive', contact_name: 'Carmen', manager: anna, closed_at: '2026-03-01T10:00:00Z', lost_reason: 'Too far away' })

const numbers = (body: string) => [...body.matchAll(/class="no" href="\/leads\/\d+[^"]*">([^<]+)/g)].map(([, number]) => number)
const heads = (body: string) => [...body.slice(body.indexOf('<thead>'), body.indexOf('</thead>')).matchAll(/class="l-(\w+)"/g)].map(([, name]) => name)
const get = async (who: Person, path: string) => (await as(who).get(path)).body
const keep = async (who: Person, body: Record<string, string>) => Number(/view=(\d+)|views\/(\d+)/.exec((await as(who).post('/leads/views', body)).location!)!.slice(1).find(Boolean))

t.test('columns are chosen and put in order, and read what they show', async t => {
  const body = await get(anna, '/leads?show=all&columns=created_by,flags,phones,type,comment,since,time,closed,lost_reason,nothing')
  t.same(heads(body), ['number', 'created_by', 'flags', 'phones', 'type', 'comment', 'since', 'time', 'closed', 'lost_reason'])
  for (const said of ['Anna Kowalska', 'Refuses to pay', '+34 612 34 56 78, +34 612 34 56 79', 'The tap drips', '1 Mar', 'Too far away']) t.ok(body.includes(said), said)
  t.notOk(body.includes('+48 699 000 111'), 'a client\'s phones stand for what was typed')
  const hers = await get(sofia, '/leads?columns=phones')
  t.match(hers, /\+48 ••• ••• •00/)
  t.notMatch(hers, /612 34|700 800/)
  t.same(heads(await get(anna, '/leads?columns=')), ['number', 'status', 'client', 'phone', 'campaign', 'due', 'location', 'manager'])
  const chooser = await as(anna).get('/leads/columns?columns=due,status&group=lost', { fragment: true })
  t.same([...chooser.body.matchAll(/name="columns" value="(\w+)" checked/g)].map(([, name]) => name), ['due', 'status'])
  t.match(chooser.body, /name="group" value="lost"/)
  t.equal((await as(anna).get('/leads?tidy=1&show=open&columns=due&columns=status')).location, '/leads?columns=due,status')
})

t.test('a view keeps filter, order and columns; a search within it stays among what it shows', async t => {
  const id = await keep(marek, { name: 'Lost ones', query: 'group=lost&columns=lost_reason', shared: '1' })
  const body = await get(anna, `/leads?view=${id}`)
  t.same(numbers(body), [lost.number])
  t.same(heads(body), ['number', 'lost_reason'])
  t.match(body, /aria-current="true"><span class="cut">Lost ones/)
  const open = await keep(anna, { name: 'All of mine', query: `manager=${sofia.id}` })
  t.same(numbers(await get(anna, `/leads?view=${open}&q=l-`)), [waiting.number, linked.number])
  t.same(numbers(await get(anna, `/leads?view=${open}&q=carmen`)), [])
  t.equal((await as(anna).get(`/leads?view=${open}&q=l-`, { fragment: true })).headers['hx-replace-url'], `/leads?view=${open}&q=l-`)
  t.match(await get(anna, `/leads?view=${open}&q=l-&show=all`), new RegExp(`action="/leads/views/${open}"`), 'gone on from it can be kept in it')
  t.equal((await get(marek, '/leads')).includes('All of mine'), false)

  await as(anna).post('/leads/views/opening', { opening: String(open) })
  t.equal((await as(anna).get('/leads')).location, `/leads?view=${open}`)
  const everything = /<nav class="tabs views"[^>]*>\s*<a href="([^"]*)"/.exec(await get(anna, `/leads?view=${open}`))![1]!
  t.equal(everything, '/leads?show=open')
  t.same(numbers(await get(anna, everything)), [waiting.number, linked.number])
  await as(anna).post('/leads/views/opening', { opening: '' })
  t.equal((await as(nuno).get('/leads/views')).status, 403)
})

t.test('an admin puts a view above the list as a badge, counted for each by what they may see', async t => {
  const { location } = await as(anna).post('/leads/views', { name: 'Waiting', query: 'group=pending', badge: '1' })
  t.match(location, /^\/leads\/views\/\d+\/badge$/)
  const page = await get(anna, location!)
  const refused = await as(anna).post(location!, { ...formOf(page, location!), icon: 'no such', 'label.en': 'x'.repeat(41) })
  t.equal(refused.status, 422)
  t.ok(says(refused.body, 'form.too_long', { max: 40, length: 41 }))
  t.match(formOf(refused.body, location!), { 'label.en': 'x'.repeat(41) })
  t.equal((await as(anna).post(location!, { ...formOf(page, location!), icon: 'wrench', colour: 'amber', 'label.en': 'For parts', 'label.pl': 'Na części' })).status, 303)
  const badge = (body: string) => /class="btn badge made amber[^>]*>.*?<span class="cut">([^<]*)<\/span> <b class="num">\s*(\d+)/.exec(body)?.slice(1)
  t.same(badge(await get(sofia, '/leads')), ['For parts', '1'])
  t.same(badge(await get(marek, '/leads?q=carmen')), ['For parts', '1'])
  await db('employees').where({ id: marek.id }).update({ language: 'pl' })
  t.same(badge(await get(marek, '/leads')), ['Na części', '1'])
  await db('employees').where({ id: marek.id }).update({ language: 'en' })
  await db('leads').where({ id: waiting.id }).update({ manager_id: anna.id })
  t.same(badge(await get(sofia, '/leads')), ['For parts', '0'])
  t.notMatch(await get(sofia, '/leads'), /<span class="cut">Waiting</, 'and not among the views as well')
  t.match(await db('audit_entries').orderBy('id', 'desc').first(), { kind: 'views.changed', details: { changes: [{ field: 'badge', old: false, new: true }, {}, {}, {}, { field: 'shared' }] } })

  const stale = await as(anna).post(location!, { version: '1', icon: '', colour: '' })
  t.equal(stale.status, 409)
  t.equal((await as(anna).post(location!, formOf(stale.body, location!))).status, 303)
  t.equal(badge(await get(sofia, '/leads')), undefined)
  for (const who of [marek, sofia, nuno]) t.equal((await as(who).get(location!)).status, 403)
  t.equal((await as(anna).get('/leads/views/999/badge')).status, 404)
  t.equal((await as(anna).get('/clients/views/1/badge')).status, 404, 'clients have no badges')
})
