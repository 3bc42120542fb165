import t from 'tap'
import { beatOf, clockOf } from '../../src/leads/list/due.js'
import { readRows } from '../../src/leads/list/queries.js'
import { translator } from '../../src/web/i18n.js'
import { formatFor } from '../../src/web/format.js'
import { Kept } from '../../src/web/kept.js'
import type { Viewer } from '../../src/web/viewer.js'
import { dayOf } from '../../src/web/zone.js'
import { cast, type Person } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { addLead } from '../support/leads.js'
import { words } from '../support/words.js'

t.test('what was rendered is given again for the same, and goes when it is not asked for', async t => {
  const kept = new Kept(40)
  const made: string[] = []
  const ask = (of: string, ...keys: string[]) => kept.joined(of, keys, place => { made.push(`${of}:${keys[place]}`); return `<${keys[place]}>` })
  t.equal(ask('en', 'a', 'b'), '<a><b>')
  t.equal(ask('en', 'b', 'c', 'a'), '<b><c><a>', 'in the order in which it is asked for')
  ask('pl', 'a')
  t.same(made.splice(0), ['en:a', 'en:b', 'en:c', 'pl:a'], 'each once, by all it hangs on')
  for (let n = 0; n < 20; n++) ask('en', 'a', `${1000 + n}`)
  t.notOk(made.splice(0).includes('en:a'), 'what is asked for again stays')
  ask('en', 'b')
  t.same(made, ['en:b'], 'what is not, gives way')
})

t.test('what a clock says stays the same on one day for as long as its beat', async t => {
  const due = new Date('2026-11-04T03:30:00Z'), zone = 'Europe/Warsaw', said = new Map<string, string>()
  for (let left = 3000.05; left > -9000; left -= 0.35) {
    const now = new Date(due.getTime() - left * 60_000), key = `${beatOf(left)} ${dayOf(now, zone)}`
    const { words } = clockOf({ closed: false, due_at: due, due_in: left }, now, zone, { t: translator('en'), fmt: formatFor('en', 'PL', zone, translator('en')) })!
    if (!said.has(key)) said.set(key, words)
    else if (said.get(key) !== words) t.equal(words, said.get(key), `${left} minutes`)
  }
  t.ok(said.size > 150)
  t.not(beatOf(0.2), beatOf(-0.2), 'late is another')
})

t.test('a kept row is nothing older than the database, and nobody else\'s', async t => {
  const { as, db, anna, olga, marek, sofia } = await cast(t)
  const [shop] = await db('campaigns').insert({ name: 'Szyld' }).returning('id')
  const id = await addClient(db, anna, { first_name: 'Łucja', surname: 'Żak', phones: [{ number: '+48 600 700 800', on: ['sms'] }], emails: ['lucja@example.com'], tags: ['Stały'], campaign_id: shop.id })
  const lead = await addLead(db, { client_id: id, manager: marek, phones: ['+48 600 700 800'], due_at: db.raw("now() + interval '90.5 minutes'") })
  const bare = await addLead(db, { contact_name: 'Zenon', manager: sofia })
  const seen = async (path: string, who: Person = anna) => {
    const first = (await as(who).get(path, { fragment: true })).body
    t.equal((await as(who).get(path, { fragment: true })).body, first, 'the same again')
    return first
  }
  const rights = async (key: string, change: (rights: string[]) => string[]) => {
    const { rights } = await db('roles').where({ key }).first('rights')
    await db('roles').where({ key }).update({ rights: change(rights) })
  }
  const status = await db('lead_statuses').where({ key: 'new_lead' }).first('id', 'labels')

  t.match(await seen('/clients?show=all'), /Łucja Żak[^]*\+48 600 700 800[^]*lucja@example\.com[^]*Stały[^]*Szyld/)
  for (const [change, now] of [
    [() => db('client_phones').update({ display: '+48 611 711 811' }), /\+48 611 711 811/],
    [() => db('tags').update({ name: 'Nowy' }), /Nowy/], [() => db('campaigns').update({ name: 'Radio' }), /Radio/], [() => db('client_emails').update({ address: 'l@example.com' }), />l@example\.com</],
    [() => db('clients').where({ id }).update({ is_conflicted: true, conflict_reason: 'Late' }), /Late/]
  ] as const) {
    await change()
    t.match(await seen('/clients?show=all'), now, 'what somebody else changed is seen at once')
  }
  t.match(await seen('/leads'), new RegExp(`${translator('en')('lead_statuses.new_lead')}[^]*in 1 h[^]*Marek Nowak`))
  for (const [change, now] of [
    [() => db('leads').where({ id: lead.id }).update({ urgent: true }), words('leads_list.urgent')], [() => db('employees').where({ id: marek.id }).update({ name: 'Marek Zima' }), 'Marek Zima'],
    [() => db('leads').where({ id: lead.id }).update({ due_at: db.raw("now() + interval '20.5 minutes'") }), 'in 20 min'], [() => db('leads').where({ id: lead.id }).update({ due_at: db.raw("now() - interval '20.5 minutes'") }), '20 min late'],
    [() => db('leads').where({ id: bare.id }).update({ status_late_at: db.raw('now()') }), words('leads_list.late_in_status')], [() => db('lead_statuses').where({ id: status.id }).update({ labels: { en: 'Fresh' }, colour: 'teal' }), 'Fresh']
  ] as const) {
    await change()
    for (const path of ['/leads', '/leads/board']) t.ok((await seen(path)).includes(now), `${path}: ${now}`)
  }
  await db('lead_statuses').where({ id: status.id }).update({ labels: status.labels })
  const [row] = await readRows(db, { can: () => true } as unknown as Viewer, [lead.id])
  t.ok(row!.text.includes(`${beatOf(row!.read().due_in)} `), 'and is another one as time goes by')

  await db('employees').where({ id: olga.id }).update({ language: 'pl' })
  const said = (key: string) => [translator('en')(key), translator('pl')(key)] as const
  for (const [path, [english, polish]] of [['/clients?show=all', said('clients.conflicted_because').map(text => text.replace('{{reason}}', 'Late')) as [string, string]], ['/leads', said('lead_statuses.new_lead')], ['/leads/board', said('leads_list.urgent')]] as const) {
    const [hers, theirs] = [await seen(path), await seen(path, olga)]
    t.ok(hers.includes(english) && !hers.includes(polish) && theirs.includes(polish) && !theirs.includes(english), `${path} in the words of who asks`)
  }

  const number = '+48 611 711 811', full = (list: readonly string[]) => list.includes('contacts.view_full')
  t.ok(full((await db('roles').where({ key: 'admin' }).first('rights')).rights))
  const views = ['/clients?show=all', '/leads']
  for (const path of views) t.ok((await seen(path)).includes(number), path)
  await as(olga).post(`/settings/roles/${anna.roleId}/view`)
  await rights('admin', rights => rights.filter(right => right !== 'contacts.view_full'))
  for (const path of views) for (const who of [anna, olga]) t.notOk((await seen(path, who)).includes(number), `${path}: masked for ${who.name}, who lost the right or looks as who did`)
  t.match(await seen('/leads'), 'class="menu move"')
  await rights('admin', rights => rights.filter(right => !['clients.view', 'suppliers.view', 'leads.move'].includes(right)))
  for (const path of ['/leads', '/leads/board']) for (const who of [anna, olga]) t.notMatch(await seen(path, who), /Łucja|menu move/, `${path}: neither the client nor a status to change`)
  await as(olga).post('/view-as/stop')
  for (const path of views) t.ok((await seen(path, olga)).includes(number), path)
  t.match(await seen('/leads', olga), 'class="menu move"')

  const found = await seen('/leads?q=Zenon&show=all', olga)
  t.match(found, `href="/leads/${bare.id}?in=table&amp;q=Zenon"`, 'a row leads on to the list it stands in')
  t.match(await seen('/leads/board', olga), `href="/leads/${bare.id}?in=board&amp;column=${status.id}"`)
  await as(olga).post('/clients/selection', { page: String(id), client: String(id) })
  t.match(await seen('/clients?show=all', olga), new RegExp(`value="${id}"[^>]* checked`), 'ticked for who ticked it')
  await db('client_selection').where({ employee_id: olga.id }).delete()
  t.notMatch(await seen('/clients?show=all', olga), new RegExp(`value="${id}"[^>]* checked`))
  await db('organisation').update({ time_zone: 'Pacific/Kiritimati' })
  const at = async (zone: string) => { await db('organisation').update({ time_zone: zone }); return /title="([^"]*)"><svg[^>]*>(?:<[^>]*>)*<\/svg> <span data-due/.exec(await seen('/leads', olga))?.[1] }
  t.not(await at('Pacific/Kiritimati'), await at('Pacific/Pago_Pago'), 'by the clock of the company')
})
