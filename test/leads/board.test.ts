import t from 'tap'
import { flashOf } from '../browser/sights/doing.js'
import { cast, type Person } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { addLead } from '../support/leads.js'
import { words } from '../support/words.js'

t.test('leads on a board, and moved where they are listed', async t => {
  const { db, as, anna, marek, sofia, nuno } = await cast(t)

  const statuses = Object.fromEntries((await db('lead_statuses').select('key', 'id')).map(({ key, id }) => [key, id])) as Record<string, number>

  /** A lead that came into its status when it was made. */
  async function add (fields: { status?: string, manager?: Person } & Record<string, unknown> = {}): Promise<{ id: number, number: string }> {
    const lead = await addLead(db, fields)
    await db('leads').where({ id: lead.id }).update({ status_since: db.ref('created_at') })
    return lead
  }

  /** The cards of a column, by number, and how many it says there are. */
  function column (body: string, status: string): { numbers: string[], count: string, open: boolean } {
    const [, attributes = '', inner = ''] = new RegExp(`<details class="column" id="column-${statuses[status]}"([^>]*)>(.*?)</ol>`, 's').exec(body) ?? []
    return { numbers: numbersIn(inner), count: /column-count-\d+">([^<]*)</.exec(inner)?.[1]!.trim() ?? '', open: attributes.includes(' open') }
  }
  const numbersIn = (part: string) => [...part.matchAll(/class="no num" href="[^"]*">([^<]+)/g)].map(([, number]) => number!)
  const more = (body: string) => /<li class="more"><a[^>]*href="([^"]*)"/.exec(body)?.[1]!.replaceAll('&amp;', '&')
  const board = async (query = '', who = anna) => (await as(who).get(`/leads/board${query}`)).body
  const move = (who: Person, id: number, body: Record<string, unknown>, fragment = true) => as(who).post(`/leads/${id}/status`, body, { fragment })

  t.test('a column a status, with its cards and what the filter leaves of them', async t => {
    const client = await addClient(db, anna, { first_name: 'María', surname: 'Núñez', phones: ['+34 612 345 678'], is_conflicted: true, conflict_reason: 'Refuses to pay' })
    const hers = await add({ client_id: client, contact_name: 'Marysia', manager: sofia, urgent: true, due_at: db.raw("now() - interval '35.5 minutes'"), status_late_at: db.raw("now() - interval '1 hour'") })
    const work = await add({ status: 'in_work', contact_name: 'Piotr', manager: marek })
    const done = await add({ status: 'expensive', contact_name: 'Carmen', manager: anna, closed_at: db.fn.now() })
    await add({ contact_name: 'Dawno', archived_at: db.fn.now() })

    const body = await board()
    t.same(column(body, 'new_lead'), { numbers: [hers.number], count: '1', open: true })
    t.same(column(body, 'in_work'), { numbers: [work.number], count: '1', open: true })
    t.same(column(body, 'expensive'), { numbers: [], count: '1', open: false }, 'what is closed is folded, and read when it is opened')
    for (const said of ['María Núñez', 'Refuses to pay', words('leads_list.urgent'), words('leads_list.late_in_status'), '35 min late', 'Sofia Ramos']) t.ok(body.includes(said), said)
    for (const hidden of ['Marysia', 'Carmen', 'Dawno']) t.notOk(body.includes(hidden), hidden)
    t.match(body, `data-status="${statuses.new_lead}" data-next="${statuses.in_work}"`)
    t.same(numbersIn((await as(anna).get(`/leads/board/columns/${statuses.expensive}`, { fragment: true })).body), [done.number])

    t.same(column(await board('?show=urgent'), 'in_work').numbers, [])
    t.equal(column(await board('?show=mine'), 'expensive').count, '0', 'my leads are those that are open')
    t.equal(column(await board('?q=carmen'), 'expensive').count, '', 'what is closed is not searched through for a number')
    t.match(await board(`?group=new&manager=${marek.id}`), words('leads_list.none_match'))
    t.notMatch(await board('?group=new'), `id="column-${statuses.in_work}"`)
    t.same(column(await board('', sofia), 'in_work'), { numbers: [], count: '0', open: true }, 'Sofia sees those she manages')
    t.notMatch(await board('?group=lost'), 'Piotr')
    t.same(column(await board('?group=lost'), 'expensive').numbers, [done.number], 'open, where there is nothing else')
    t.match(await board('?show=mine'), 'href="/leads?show=mine"', 'the table of the same')

    t.equal((await as(anna).get('/leads/board?tidy=1&q=&sort=due')).location, '/leads/board?sort=due')
    t.equal((await as(anna).get('/leads/board?q=piotr&tidy=1', { fragment: true })).headers['hx-replace-url'], '/leads/board?q=piotr')
    t.match(await board('/filters'), 'action="/leads/board"')
    for (const path of ['/leads/board', '/leads/board/now', `/leads/board/columns/${statuses.in_work}`]) {
      t.equal((await as(nuno).get(path)).status, 403, path)
      t.equal((await as(null).get(path)).status, 303, path)
    }
    for (const bad of ['0', 'x', '4242']) t.equal((await as(anna).get(`/leads/board/columns/${bad}`)).status, 404, bad)
  })

  t.test('more of a column, by key and page by page; of what is open only the columns that are asked for', async t => {
    const made = []
    for (let n = 0; n < 45; n++) made.push(await add({ status: 'waiting', contact_name: 'Jan', ...(n % 3 > 0 && { due_at: new Date(Date.UTC(2090, 0, 1 + n % 7)) }) }))
    for (const [query, wanted] of [['', made.toReversed()], ['?sort=due', await db('leads').where({ status_id: statuses.waiting }).orderByRaw('due_at nulls last, case when due_at is null then created_at end desc, case when due_at is null then -id else id end').select('number')]] as const) {
      const first = await board(query)
      const seen = column(first, 'waiting').numbers
      let at = more(first)
      for (let n = 0; at && n < 4; n++) {
        const { body } = await as(anna).get(at, { fragment: true })
        seen.push(...numbersIn(body))
        at = more(body)
      }
      t.same(seen, wanted.map(({ number }) => number), query)
    }
    const page = await as(anna).get(more(await board())!)
    t.match(page.body, 'rel="next"')
    const back = /href="([^"]*)" rel="prev"/.exec(page.body)![1]!
    t.same(numbersIn((await as(anna).get(back)).body), made.toReversed().slice(0, 20).map(({ number }) => number))

    const { body } = await as(anna).get(`/leads/board/now?columns=${statuses.waiting}.25,${statuses.expensive}.0,4242.20,x`, { fragment: true })
    t.equal(numbersIn(body).length, 40, 'as many as were open')
    t.match(body, `hx-target="#column-count-${statuses.expensive}"`)
    t.notMatch(body, `hx-target="#cards-${statuses.expensive}"`)
    t.notMatch(body, `column-count-${statuses.in_work}`)
    t.equal((await as(anna).get('/leads/board/now?columns=1.20&show=mine')).location, '/leads/board?show=mine')
  })

  t.test('a status is changed where the lead is listed, only to where it may go', async t => {
    const lead = await add({ manager: marek, contact_name: 'Inês' })
    const table = (await as(marek).get('/leads')).body
    t.match(table, `id="move-${lead.id}-${statuses.new_lead}"`)
    const menu = (await as(marek).get(`/leads/${lead.id}/status?from=${statuses.new_lead}`, { fragment: true })).body
    t.match(menu, `name="to" value="${statuses.in_work}"`)
    t.notMatch(menu, `value="${statuses.canceled}"`)

    const moved = await move(marek, lead.id, { to: statuses.in_work, from: statuses.new_lead, card: 1 })
    t.equal(moved.status, 204)
    t.same(JSON.parse(String(moved.headers['hx-trigger'])), { leads: {}, 'leads-in': { lead: lead.id, statuses: [statuses.new_lead, statuses.in_work] } })
    t.match(await db('leads').where({ id: lead.id }).first(), { status_id: statuses.in_work })

    const reasonless = await move(marek, lead.id, { to: statuses.canceled, from: statuses.in_work })
    t.equal(reasonless.status, 422)
    t.ok(reasonless.error(`reason-${lead.id}`))
    const long = await move(marek, lead.id, { to: statuses.canceled, from: statuses.in_work, reason: 'x'.repeat(501) })
    t.equal(long.status, 422)
    t.match(long.body, 'xxx</textarea>', 'what was typed stays')
    t.equal((await move(marek, lead.id, { to: statuses.successful_order, from: statuses.in_work })).status, 403, 'won is reached by an order')
    t.equal((await move(marek, lead.id, { to: 'x', from: statuses.in_work })).status, 422)
    for (const id of [0, 4242]) t.equal((await move(marek, id, { to: statuses.waiting })).status, 404)
    t.equal((await move(sofia, lead.id, { to: statuses.waiting })).status, 404)
    t.equal((await as(sofia).get(`/leads/${lead.id}/status`)).status, 404)
    t.equal((await as(nuno).get(`/leads/${lead.id}/status`)).status, 403)
    t.equal((await move(nuno, lead.id, { to: statuses.waiting })).status, 403)
    t.match(await db('leads').where({ id: lead.id }).first(), { status_id: statuses.in_work })

    const page = await as(marek).get(`/leads/${lead.id}/status`, { headers: { referer: 'http://localhost:3000/leads/board?show=mine' } })
    t.match(page.body, '<h1')
    const form = formOf(page.body, `/leads/${lead.id}/status`)
    t.equal(form.back, '/leads/board?show=mine')
    const wrong = await move(marek, lead.id, { ...form, to: statuses.canceled }, false)
    t.match(wrong.body, 'value="/leads/board?show=mine"')
    t.equal((await move(marek, lead.id, { ...form, to: statuses.canceled, reason: 'Bought another' }, false)).location, '/leads/board?show=mine')
    t.equal((await move(anna, (await add()).id, { to: statuses.in_work, back: '//evil.example/' }, false)).location, '/leads', 'and nowhere else')
    t.match(await db('leads').where({ id: lead.id }).first(), { lost_reason: 'Bought another' })
    const closed = (await as(marek).get(`/leads/${lead.id}/status`, { fragment: true })).body
    t.match(closed, words('leads.no_moves'))
    t.notMatch((await as(marek).get('/leads?show=all')).body, `id="move-${lead.id}-`, 'no menu where it can go nowhere')
  })

  t.test('who is the second to move it is told, and sees where it is', async t => {
    const lead = await add({ manager: marek })
    await move(marek, lead.id, { to: statuses.in_work, from: statuses.new_lead })
    for (const [body, wanted] of [[{}, `hx-target="#move-${lead.id}-${statuses.new_lead}"`], [{ card: 1 }, 'hx-target="#flash"']] as const) {
      const told = await move(anna, lead.id, { to: statuses.in_work, from: statuses.new_lead, ...body })
      t.equal(told.status, 409)
      t.match(told.body, wanted)
      t.match(told.body, 'Marek Nowak')
      t.same(JSON.parse(String(told.headers['hx-trigger']))['leads-in'].statuses, [statuses.new_lead, statuses.in_work])
    }
    const page = await move(anna, lead.id, { to: statuses.in_work, from: statuses.new_lead }, false)
    t.match(page.body, 'Marek Nowak')
    t.match(page.body, `name="to" value="${statuses.waiting}"`, 'what may be done with it now')
    t.equal((await db('lead_moves').where({ lead_id: lead.id })).length, 2)
  })

  t.test('from a lead to the next and the previous where it was opened', async t => {
    await db('leads').delete()
    const [first, second, third] = [await add({ manager: anna, contact_name: 'A' }), await add({ manager: marek, contact_name: 'B' }), await add({ manager: anna, contact_name: 'C' })]
    const step = async (id: number, to: string, query: string) => (await as(anna).get(`/leads/${id}/${to}${query}`)).location
    t.match((await as(anna).get('/leads?show=mine')).body, `href="/leads/${third.id}?in=table&amp;show=mine"`)
    t.equal(await step(third.id, 'next', '?in=table&show=mine'), `/leads/${first.id}?in=table&show=mine`)
    t.equal(await step(third.id, 'next', '?in=table'), `/leads/${second.id}?in=table`)
    t.equal(await step(first.id, 'previous', '?in=table&show=mine'), `/leads/${third.id}?in=table&show=mine`)
    const last = await as(anna).get(`/leads/${first.id}/next?in=table`)
    t.equal(last.location, `/leads/${first.id}?in=table`)
    t.match((await as(anna).get(last.location!, { headers: { cookie: `${as(anna).cookie}; ${flashOf(last.headers['set-cookie'])}` } })).body, words('leads.last_one'))
    const column = `?in=board&column=${statuses.new_lead}`
    t.match(await board(), `href="/leads/${third.id}${column.replace('&', '&amp;')}"`)
    t.equal(await step(third.id, 'next', column), `/leads/${second.id}${column}`)
    t.equal((await as(anna).post(`/leads/${second.id}/move${column}`, { to: statuses.in_work })).location, `/leads/${second.id}${column}`, 'what is done on the page keeps it')
    t.equal(await step(second.id, 'next', column), `/leads/${third.id}${column}`, 'also where it isn’t any more')
    t.match((await as(anna).get(`/leads/${first.id}?in=table&own=a&own=b`)).body, `href="/leads/${first.id}/next?in=table&amp;own=a&amp;own=b"`, 'all that was asked is kept')
    t.notMatch((await as(anna).get(`/leads/${first.id}`)).body, 'lead-steps')
    t.equal((await as(sofia).get(`/leads/${first.id}/next?in=table`)).status, 404)
    t.equal((await as(anna).get('/leads/x/next?in=table')).status, 404)
  })
})
