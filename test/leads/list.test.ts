import t from 'tap'
import { LateClock } from '../../src/leads/list/live.js'
import { cast, type Person, type Visitor } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { addFields } from '../support/fields.js'
import { addLead } from '../support/leads.js'
import { until } from '../support/until.js'
import { words } from '../support/words.js'

const numbers = (body: string) => [...body.matchAll(/class="no" href="\/leads\/\d+\?in=table[^"]*">([^<]+)/g)].map(([, number]) => number)
const badges = (body: string) => Object.fromEntries([...body.matchAll(/href="([^"]*)"[^>]*>(?:<svg.*?<\/svg>)?([^<]+) <b class="num">\s*([\d,+]+)/g)].map(([, , name, count]) => [name!.trim(), count]))
const link = (body: string, rel: string) => new RegExp(`href="([^"]*)" rel="${rel}"`).exec(body)?.[1]?.replaceAll('&amp;', '&')

t.test('the table, its badges and what narrows it', async t => {
  const { as, db, anna, marek, sofia, nuno } = await cast(t)
  const [rynek, porto] = await db('locations').insert([{ name: 'Rynek' }, { name: 'Porto' }]).returning('id')
  const [ads] = await db('campaigns').insert({ name: 'Google Ads' }).returning('id')
  const maria = await addClient(db, anna, { first_name: 'María', surname: 'Núñez', phones: ['+34 612 345 678'], is_conflicted: true, conflict_reason: 'Refuses to pay' })
  const hurt = await addClient(db, anna, { company_name: 'Części Hurt', is_supplier: true, phones: ['61 855 12 34'] })
  const at = (minutes: number) => db.raw("now() + ? * interval '1 minute'", [minutes])
  const linked = await addLead(db, { client_id: maria, contact_name: 'Marysia', manager: sofia, urgent: true, due_at: at(-35.5), campaign_id: ads.id, phones: ['+48 699 000 111'] })
  const work = await addLead(db, { status: 'in_work', contact_name: 'Piotr', manager: marek, due_at: at(-28.5 * 60), location_id: rynek.id, phones: ['+48 512 000 333'] })
  const waiting = await addLead(db, { status: 'waiting', contact_name: 'João', manager: anna, due_at: at(50.5), status_late_at: at(-5), location_id: porto.id })
  const supplier = await addLead(db, { client_id: hurt, contact_name: 'Hurtownik', manager: sofia, phones: ['+48 700 800 900'] })
  const lost = await addLead(db, { status: 'expensive', contact_name: 'Carmen', manager: anna, due_at: at(-600), closed_at: db.fn.now() })
  const archived = await addLead(db, { contact_name: 'Dawno', manager: anna, archived_at: db.fn.now() })
  const list = async (query = '', who = anna) => (await as(who).get(`/leads${query}`)).body
  const found = async (query: string, who?: Person) => numbers(await list(query, who))
  const open = [supplier, waiting, work, linked].map(({ number }) => number)

  const body = await list()
  t.same(numbers(body), open, 'open ones, the newest first')
  for (const said of ['María Núñez', 'Refuses to pay', '+34 612 34 56 78', 'Google Ads', 'Części Hurt', '35 min late', '1 d 4 h late', 'in 50 min', 'Rynek', 'Marek Nowak', words('leads_list.late_in_status')]) t.ok(body.includes(said), said)
  for (const hidden of ['Marysia', '+48 699 000 111', 'Carmen', 'Dawno']) t.notOk(body.includes(hidden), `${hidden} gives way`)
  t.same(badges(body), { 'All open': '4', Urgent: '1', New: '2', 'My leads': '1', Overdue: '2', 'Status overdue': '1', Pending: '1' })

  for (const [query, wanted] of [
    ['?show=urgent', [linked]], ['?show=new', [supplier, linked]], ['?show=mine', [waiting]], ['?show=overdue', [work, linked]], ['?show=late', [waiting]], ['?show=pending', [waiting]],
    ['?show=all', [lost, supplier, waiting, work, linked]], ['?show=archived', [archived]], ['?group=lost', [lost]], [`?campaign=${ads.id}`, [linked]], [`?location=${rynek.id}`, [work]], ['?location=none', [supplier, linked]],
    [`?manager=${sofia.id}`, [supplier, linked]], ['?closed_from=2020-01-01', [lost]], ['?created_to=2020-01-01', []], ['?sort=due', [work, linked, waiting, supplier]], ['?sort=due&order=desc', [waiting, linked, work, supplier]],
    ['?q=00002', [work]], ['?q=L-00003', [waiting]], ['?q=piotr', [work]], ['?q=12 000', [work]], ['?q=512000333', [work]], ['?q=joao', [waiting]], ['?q=nunez', [linked]], ['?q=612345', [linked]], ['?q=carmen', [lost]], ['?q=piotr+carmen', []], ['?q=pi', [work]], ['?q=io', []], ['?q=00001+nunez', [linked]], ['?q=00002+nunez', []], ['?q=%25', []],
    ['?q=carmen&show=open', []], ['?status=x&sort=y&show=z&after=w&created_from=2026-99-99', [supplier, waiting, work, linked]]
  ] as const) t.same(await found(query), wanted.map(({ number }) => number), query)
  // What a lead is found by follows its client, and its own phones.
  await db('clients').where({ id: maria }).update({ surname: 'Ibáñez' })
  await db('client_phones').where({ client_id: maria }).update({ e164: '+34699888777', digits: '34699888777' })
  await db('lead_phones').where({ lead_id: work.id }).update({ digits: '48512999333' })
  await db('leads').where({ id: waiting.id }).update({ client_id: maria })
  for (const [query, wanted] of [['?q=ibanez', [waiting, linked]], ['?q=nunez', []], ['?q=699888', [waiting, linked]], ['?q=612345', []], ['?q=512999', [work]], ['?q=512000', []]] as const) t.same(await found(query), wanted.map(({ number }) => number), query)
  await db('leads').where({ id: waiting.id }).update({ client_id: null })
  t.same(await found('?q=ibanez'), [linked.number], 'unlinked')
  await db('lead_phones').where({ lead_id: work.id }).delete()
  t.same(await found('?q=512999'), [])

  t.match(await list('?status=4242'), new RegExp(words('leads_list.none_match')))

  // Sofia sees those she manages, and of a supplier nothing.
  const hers = await list('', sofia)
  t.same(numbers(hers), [supplier, linked].map(({ number }) => number))
  t.match(hers, /Hurtownik/)
  t.notMatch(hers, /Części|56 78|800 900|Piotr/)
  t.match(hers, /\+34 [• ]+78/)
  t.equal(badges(hers)['All open'], '2')
  t.same(await found('?q=czesci', sofia), [], 'nor is found by it')
  t.same(await found('?q=700800', sofia), [], 'or felt for, digit by digit')
  t.same(await found('?q=700+800+900', sofia), [supplier.number], 'a whole number is known already')
  t.same(numbers(await list(`?after=${work.id}`, sofia)), [], 'a stranger\'s lead has no place in the order')

  const [own] = await db('roles').insert({ name: 'Branch', rights: ['leads.view_locations'] }).returning('id')
  await db('employees').where({ id: nuno.id }).update({ role_id: own.id })
  await db('employee_locations').insert({ employee_id: nuno.id, location_id: porto.id })
  const branch = await list('', nuno)
  t.same(numbers(branch), [waiting.number])
  t.notMatch(branch, /href="\/leads\/new"/)
  t.notMatch(await list('?show=all', nuno), /María|Marysia/)
  await db('employees').where({ id: nuno.id }).update({ role_id: nuno.roleId })
  t.equal((await as(nuno).get('/leads')).status, 403)
  t.equal((await as(null).get('/leads')).status, 303)

  const fragment = await as(anna).get('/leads?q=piotr&tidy=1&status=', { fragment: true })
  t.equal(fragment.headers['hx-replace-url'], '/leads?q=piotr')
  t.match(fragment.body, /^\s*<section id="list"[\s\S]*hx-target="#count"[^>]*>\s*1\s*</)
  t.same([(await as(anna).get('/leads?tidy=1&q=&status=&show=open&sort=due')).location, (await as(anna).get('/leads/now?q=a')).location], ['/leads?sort=due', '/leads?q=a'])
  const now = await as(anna).get('/leads/now', { fragment: true })
  t.same(numbers(now.body), open)
  t.equal(now.headers['hx-replace-url'], undefined)
  const filters = await list(`/filters?manager=${sofia.id}`)
  t.match(filters, /<option value="\d+" selected>Sofia Ramos/)
  t.match(await list(`?manager=${sofia.id}`), /href="\/leads"[^>]*><span class="cut">Sofia Ramos/)
  const lit = async (query: string) => (await list(query)).includes(`aria-current="true">${words('leads_list.shows.all')}`)
  t.same([await lit('?show=all'), await lit('?group=pending')], [true, false], 'a group says by itself whether its leads are closed')
})

/** The numbers on the pages from one on, as its links lead. */
async function walkFrom (visitor: Visitor, from: string, rel: string): Promise<string[][]> {
  const pages: string[][] = []
  for (let at: string | undefined = from; at && pages.length < 9;) {
    const { body }: { body: string } = await visitor.get(at, { fragment: true })
    pages.push(numbers(body) as string[])
    at = link(body, rel)
    if (!at) pages.push([body])
  }
  return pages.slice(0, -1)
}

t.test('pages follow each other, forwards and back, over equal and missing times', async t => {
  const { as, db, anna } = await cast(t)
  await db.raw(`
    insert into leads (number, type_id, status_id, created_at, due_at, status_since)
    select 'N-' || n, (select min(id) from lead_types), (select min(id) from lead_statuses), now() - (n / 30) * interval '1 day', case when n % 3 > 0 then now() + (n / 40) * interval '1 hour' end, now() - (n / 50) * interval '1 hour'
    from generate_series(1, 130) n`)
  for (const [query, order] of [['', 'created_at desc, id desc'], ['sort=due', 'due_at nulls last, case when due_at is null then created_at end desc, case when due_at is null then -id else id end'], ['sort=due&order=desc', 'due_at desc nulls last, case when due_at is null then created_at end desc, id desc'], ['sort=since', 'status_since, id']]) {
    const wanted = (await db('leads').orderByRaw(order!).pluck('number')) as string[]
    const walk = (from: string, rel: string) => walkFrom(as(anna), from, rel)
    const there = await walk(`/leads?${query}`, 'next')
    t.same(there, [wanted.slice(0, 50), wanted.slice(50, 100), wanted.slice(100)], query)
    const at = (await db('leads').where({ number: wanted[99] }).first('id')).id
    t.same(await walk(`/leads?${query}&after=${at}`, 'prev'), there.toReversed(), `${query}, back`)
  }
  await db.raw("insert into leads (number, type_id, status_id) select 'M-' || n, (select min(id) from lead_types), (select min(id) from lead_statuses) from generate_series(1, 900) n")
  const { body } = await as(anna).get('/leads')
  t.match(body, /id="count">\s*1,000\+\s*</)
  t.equal(badges(body)['All open'], '1,000+')
})

t.test('and by own fields, those without a value last and newest first', async t => {
  const { as, db, anna, marek } = await cast(t)
  const fields = await addFields(db, { price: { kind: 'number' }, bought: { kind: 'date' }, device: { kind: 'short_text' }, colour: { kind: 'one_choice', choices: ['Red', 'Blue', 'Green'] }, parts: { kind: 'several_choices', choices: ['Wheel'] } }, 'lead')
  await db.raw(`
    insert into leads (number, type_id, status_id, created_at)
    select 'N-' || n, (select min(id) from lead_types), (select min(id) from lead_statuses), now() - (n % 7) * interval '1 day' from generate_series(1, 130) n`)
  const set = (field: keyof typeof fields, column: string, value: string) =>
    db.raw(`insert into lead_values (lead_id, field_id, ${column}) select id, ?, ${value} from leads, lateral (select substr(number, 3)::int as n) of where n % 5 > 0`, [fields[field].id])
  await set('price', 'number_value', '(n * 7 % 13) / 2.0')
  await set('bought', 'day_value', "date '2026-01-01' + n % 11")
  await set('device', 'text_value', "(array['Łódź', 'lodz 2', 'Żuk', 'atlas'])[1 + n % 4]")
  await set('colour', 'option_id', `(array[${fields.colour.options.map(({ id }) => id)}])[1 + n % 3]`)
  const NONE = 'case when v.field_id is null then created_at end desc, case when v.field_id is null then leads.id end desc'
  for (const [field, column] of [['price', 'number_value'], ['bought', 'day_value'], ['device', 'sort_text'], ['colour', 'option_id']] as const) {
    for (const order of ['asc', 'desc']) {
      const query = `sort=own.${field}&order=${order}&columns=own.${field}`
      const wanted = (await db('leads').joinRaw('left join lead_values v on v.lead_id = leads.id and v.field_id = ?', [fields[field].id]).orderByRaw(`v.${column} ${order} nulls last, ${NONE}, leads.id ${order}`).pluck('number')) as string[]
      const there = await walkFrom(as(anna), `/leads?${query}`, 'next')
      t.same(there, [wanted.slice(0, 50), wanted.slice(50, 100), wanted.slice(100)], query)
      const at = (await db('leads').where({ number: wanted[99] }).first('id')).id
      t.same(await walkFrom(as(anna), `/leads?${query}&after=${at}`, 'prev'), there.toReversed(), `${query}, back`)
      const first = (await db('leads').where({ number: wanted[0] }).first('id')).id
      const next = (await as(anna).get(`/leads/${first}/next?in=table&${query}`)).location
      t.match(next, `/leads/${(await db('leads').where({ number: wanted[1] }).first('id')).id}?`, 'the next of a lead is the next of its list')
    }
  }
  const { body } = await as(anna).get('/leads?sort=own.price&columns=own.price,own.parts')
  t.match(body, /<th scope="col" class="c-number" aria-sort="ascending"><a href="[^"]*sort=own\.price&amp;order=desc/)
  t.match(body, /<th scope="col" class="c-long">parts/, 'several choices have no order')
  t.match((await as(anna).get('/leads/filters?sort=own.price', { fragment: true })).body, 'value="own.price" selected')
  t.notMatch((await as(anna).get('/leads/board/filters', { fragment: true })).body, 'value="own.price"')
  t.equal((await as(anna).get('/leads?tidy=1&sort=own.price&order=asc')).location, '/leads?sort=own.price')
  t.same(numbers((await as(anna).get('/leads?sort=own.parts')).body), numbers((await as(anna).get('/leads')).body), 'what makes no sense is left out')

  // Of a lead that isn't theirs to see nobody learns what it has.
  await db('roles').where({ id: marek.roleId }).update({ rights: ['leads.view_own'] })
  await db('leads').where('id', '>', (await db('leads').min('id as id').first())!.id + 3).update({ manager_id: marek.id })
  const theirs = (await db('leads').min('id as id').first())!.id
  t.same(numbers((await as(marek).get(`/leads?sort=own.price&after=${theirs}`)).body), [])
})

t.test('what comes in, moves or comes due is told to those who may see it', async t => {
  const { app, db, marek, sofia } = await cast(t)
  const heard: string[] = []
  await app.ready()
  const topics = ['leads', `leads of ${sofia.id}`, `leads of ${marek.id}`, 'leads at 7']
  t.teardown(() => { for (const stop of stops) stop() })
  const stops = topics.map(topic => app.live.subscribe(topic, event => { heard.push(`${topic}: ${(event as { name: string }).name}`) }))
  const heardOf = (names: string[], whose: string[]) => whose.flatMap(topic => names.map(name => `${topic}: ${name}`)).sort()
  const told = async () => {
    // What is told comes in order: behind a word of our own all of it has come.
    const done = new Promise<void>(resolve => { const stop = app.live.subscribe('leads test', () => { stop(); resolve() }) })
    await db.raw("select pg_notify('clientela', '{\"topic\":\"leads test\",\"name\":\"x\"}')")
    await done
    return heard.splice(0).sort()
  }
  const { id } = await addLead(db, { contact_name: 'Ewa', manager: sofia })
  const [first, second] = (await db('lead_statuses').orderBy('id').pluck('id')) as number[]
  t.same(await told(), heardOf(['leads', `leads-in-${first}`], ['leads', `leads of ${sofia.id}`]))
  await db('leads').where({ id }).update({ manager_id: marek.id })
  t.same(await told(), heardOf(['leads', `leads-in-${first}`], ['leads', `leads of ${sofia.id}`, `leads of ${marek.id}`]), 'to whom it was and whose it is')
  await db('leads').where({ id }).update({ status_id: second })
  t.same(await told(), heardOf(['leads', `leads-in-${first}`, `leads-in-${second}`], ['leads', `leads of ${marek.id}`]), 'where it was and where it is')
  const clock = new LateClock(db, app.live, error => { throw error })
  await clock.look()
  t.same(heard.splice(0), [])
  await db('leads').where({ id }).update({ due_at: db.fn.now() })
  await told()
  await clock.look()
  t.same(heard.splice(0).sort(), heardOf(['leads', 'leads-anew'], topics), 'overdue by now')
  await clock.look()
  t.same(heard, [], 'once')
})

t.test('a lead is among the overdue ones as soon as it is due, though nothing has changed', async t => {
  const { as, db, anna } = await cast(t)
  const { id, number } = await addLead(db, { contact_name: 'Ewa', manager: anna, due_at: db.raw("now() + interval '2 seconds'") })
  const paths = ['/leads?show=overdue', '/leads/board?show=overdue']
  const shown = async () => { const found: boolean[] = []; for (const path of paths) found.push((await as(anna).get(path)).body.includes(number)); return found }
  const before = [await shown(), await shown()]
  const isDue = async () => (await db('leads').where({ id }).whereRaw('due_at <= now()').first('id')) !== undefined
  if (!await isDue()) t.same(before, [[false, false], [false, false]])
  await until(isDue)
  t.same(await shown(), [true, true])
})
