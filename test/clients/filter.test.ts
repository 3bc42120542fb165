import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient, addClients, listed } from '../support/clients.js'

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const ids = await addClients(made.db, made.anna)
  const list = async (query: string) => listed((await made.as(made.anna).get(`/clients?${query}`, { fragment: true })).body)
  return { ...made, ids, list }
}

const COMPANIES = ['Części Hurt S.A.', 'Rowery Kowalski sp. z o.o.']

t.test('each button shows its kind, and the archived stay out of all of them', async t => {
  const { list } = await shop(t)
  t.equal((await list('')).length, 11)
  t.same(await list('show=companies'), COMPANIES)
  t.same((await list('show=people')).length, 9)
  t.same(await list('show=suppliers'), ['Części Hurt S.A.'])
  t.same(await list('show=conflicted'), ['João Conceição'])
  t.same(await list('show=archived'), ['Stanisław Nowak'])
  for (const show of ['', 'show=people', 'q=nowak']) t.notOk((await list(show)).includes('Stanisław Nowak'), show)
  t.same(await list('show=archived&q=stanislaw'), ['Stanisław Nowak'])
})

t.test('the button that is on says so, and every button keeps the rest of the address', async t => {
  const { as, anna } = await shop(t)
  const { body } = await as(anna).get('/clients?q=a&show=companies&sort=created&tag=1')
  t.match(body, /class="chip on[^"]*" href="[^"]*show=companies[^"]*" aria-current="true">\s*Companies/)
  t.match(body, /href="\/clients\?q=a&amp;tag=1&amp;sort=created"[^>]*>All</)
  t.match(body, /href="\/clients\?q=a&amp;show=people&amp;tag=1&amp;sort=created"/)
})

t.test('the supplier\'s truck and the smiley of a conflict stand beside the name, with their reason', async t => {
  const { as, anna } = await shop(t)
  const { body } = await as(anna).get('/clients')
  t.match(body, /Części Hurt S\.A\.<\/a>\s*<svg[^>]*aria-label="Supplier"/)
  t.match(body, /João Conceição<\/a>\s*<svg[^>]*aria-label="Conflicted: Refuses to pay"/)
})

t.test('a row shows the first phone as it is read, how many more there are, e-mail and tags', async t => {
  const { as, anna } = await shop(t)
  const { body } = await as(anna).get('/clients?q=wojcik')
  t.match(body, /\+48 601 234 567/)
  t.match(body, /title="1 more phone">\+1</)
  t.match(body, />Rowery<\/span>/)
  const other = await as(anna).get('/clients?q=zolkiewski')
  t.match(other.body, /lukasz@poczta\.example/)
  t.match(other.body, /<abbr class="on" title="WhatsApp: agreed">/)
  t.match(other.body, /<abbr title="SMS: not agreed">/)
})

t.test('a price type of either discount narrows it, and a type of phone that is still there', async t => {
  const { as, anna, db, ids, list } = await shop(t)
  const [staff] = await db('price_types').insert({ name: 'Staff', mark_up: 0 }).returning('id')
  await db('clients').where({ id: ids.lukasz }).update({ discount_services: 0, price_type_services_id: staff.id })
  await db('clients').where({ id: ids.jose }).update({ discount_products: 0, price_type_products_id: staff.id })
  t.equal((await list(`price=${staff.id}`)).length, 2)
  t.equal((await list(`price=${staff.id}&show=companies`)).length, 0)

  const work = (await db('phone_types').where({ key: 'work' }).first('id')).id
  await db('client_phones').update({ type_id: work }).whereIn('client_id', [ids.lukasz, ids.zofia])
  const ofWork = await list(`phone_type=${work}`)
  t.ok(ofWork.length >= 2)
  await db('client_phones').where({ client_id: ids.lukasz }).update({ removed_at: db.fn.now() })
  t.equal((await list(`phone_type=${work}`)).length, ofWork.length - 1)

  const { body } = await as(anna).get(`/clients?price=${staff.id}&phone_type=${work}`)
  t.match(body, /class="chip on" href="\/clients\?phone_type=\d+"[^>]*><span class="cut">Staff</)
  t.match(body, /class="chip on" href="\/clients\?price=\d+"[^>]*><span class="cut">Type of phone: Work</)
  const form = (await as(anna).get(`/clients/filters?price=${staff.id}&phone_type=${work}`)).body
  t.match(form, new RegExp(`<select id="f-price"[^]*<option value="${staff.id}" selected>Staff`))
  t.match(form, new RegExp(`<select id="f-phone_type"[^]*<option value="${work}" selected>Work`))
  t.match((await as(anna).get('/settings/price-types')).body, `href="/clients?price=${staff.id}"`)
})

t.test('tags, campaign and location narrow it, together', async t => {
  const { as, anna, db, ids, list } = await shop(t)
  const tag = async (name: string) => (await db('tags').where({ name }).first('id')).id
  const [spring] = await db('campaigns').insert({ name: 'Wiosna' }).returning('id')
  const [rynek] = await db('locations').insert({ name: 'Rynek' }).returning('id')
  await db('clients').whereIn('id', [ids.lukasz, ids.zofia]).update({ campaign_id: spring.id })
  await db('clients').whereIn('id', [ids.zofia, ids.jose]).update({ location_id: rynek.id })

  t.same(await list(`tag=${await tag('Rowery')}`), ['Łukasz Żółkiewski', 'Zofia Wójcik-Dąbrowska'])
  t.same(await list(`tag=${await tag('Rowery')}&tag=${await tag('VIP')}`), ['Łukasz Żółkiewski'], 'every tag has to be there')
  t.same(await list(`campaign=${spring.id}`), ['Łukasz Żółkiewski', 'Zofia Wójcik-Dąbrowska'])
  t.same(await list(`location=${rynek.id}`), ['José Luis García Núñez', 'Zofia Wójcik-Dąbrowska'])
  t.same(await list(`campaign=${spring.id}&location=${rynek.id}&tag=${await tag('Rowery')}&show=people&q=zofia`), ['Zofia Wójcik-Dąbrowska'])
  t.same(await list(`campaign=${spring.id}&show=companies`), [])

  const { body } = await as(anna).get(`/clients?campaign=${spring.id}&location=${rynek.id}`)
  t.match(body, new RegExp(`class="chip on" href="/clients\\?location=${rynek.id}"[^>]*><span class="cut">Wiosna`), 'each filter can be taken off by itself')
  t.match(body, new RegExp(`class="chip on" href="/clients\\?campaign=${spring.id}"[^>]*><span class="cut">Rynek`))
})

t.test('days of creation are those of the organisation\'s zone, both included', async t => {
  const { db, anna, list } = await shop(t)
  const at = async (name: string, moment: string) => {
    const id = await addClient(db, anna, { company_name: name })
    await db('clients').where({ id }).update({ created_at: moment })
  }
  // Warsaw is two hours ahead of UTC in July.
  await at('Day before', '2026-07-09T21:59:59.999Z')
  await at('First moment', '2026-07-09T22:00:00Z')
  await at('Last moment', '2026-07-10T21:59:59.999Z')
  await at('Day after', '2026-07-10T22:00:00Z')
  const names = (list: string[]) => list.filter(name => /moment|Day/.test(name))
  t.same(names(await list('from=2026-07-10&to=2026-07-10')), ['First moment', 'Last moment'])
  t.same(names(await list('to=2026-07-10')), ['Day before', 'First moment', 'Last moment'])
  t.same(names(await list('from=2026-07-10&to=2026-07-09')), [])
  t.same(names(await list('from=2026-07-11&to=2026-07-11')), ['Day after'])

  // In winter one hour; and elsewhere another zone.
  await at('Winter moment', '2026-01-31T23:00:00Z')
  t.same(names(await list('from=2026-02-01&to=2026-02-01')), ['Winter moment'])
  await db('organisation').update({ time_zone: 'America/Sao_Paulo' })
  t.same(names(await list('from=2026-01-31&to=2026-01-31')), ['Winter moment'])
  t.same(names(await list('from=2026-07-10&to=2026-07-10')), ['Day after', 'Last moment'])
})

t.test('it is sorted by name, creation and activity, each both ways', async t => {
  const { db, ids, list } = await shop(t)
  await db('clients').update({ created_at: db.raw("now() - id * interval '1 day'"), active_at: db.raw("now() - (id % 5) * interval '1 day' - id * interval '1 minute'") })
  const rows = await db('clients').whereNull('archived_at').select('id', 'name', 'created_at', 'active_at')
  const by = (column: string) => rows.toSorted((a, b) => a[column] - b[column]).map(row => row.name)

  const byName = await list('')
  t.same(byName.slice(0, 4), ['Antônio Araújo', 'Części Hurt S.A.', 'Ela Wąs', 'Grzegorz Brzęczyszczykiewicz'])
  t.equal(byName.indexOf('Łukasz Żółkiewski'), byName.indexOf('José Luis García Núñez') + 1, 'Ł stands with L')
  t.same(await list('sort=name&order=asc'), byName)
  t.same(await list('order=desc'), byName.toReversed())
  t.same(await list('sort=created'), by('created_at').toReversed(), 'the newest first, as one expects of days')
  t.same(await list('sort=created&order=desc'), by('created_at').toReversed())
  t.same(await list('sort=created&order=asc'), by('created_at'))
  t.same(await list('sort=active'), by('active_at').toReversed())
  t.same(await list('sort=active&order=asc'), by('active_at'))
  t.ok(ids)
})

t.test('the head of a column says how it is sorted and turns it round', async t => {
  const { as, anna } = await shop(t)
  const { body } = await as(anna).get('/clients?show=people')
  t.match(body, /aria-sort="ascending">(<input[^>]*> )?<a href="\/clients\?show=people&amp;order=desc">Name/)
  const turned = await as(anna).get('/clients?show=people&order=desc')
  t.match(turned.body, /aria-sort="descending">(<input[^>]*> )?<a href="\/clients\?show=people">Name/)
  const created = await as(anna).get('/clients?sort=created')
  t.match(created.body, /aria-sort="descending"><a href="\/clients\?sort=created&amp;order=asc">Created/)
})

t.test('what makes no sense in the address is left out', async t => {
  const { as, anna, list } = await shop(t)
  const all = await list('')
  for (const query of [
    'show=nonsense', 'show=constructor', 'sort=drop', 'sort=__proto__', 'order=up', 'tag=abc', 'tag=-1', 'tag=0', 'tag=1.5', 'tag=1e3', "tag=1'", 'campaign=abc', 'campaign=99999999999999999999',
    'location=%00', 'from=yesterday', 'from=2026-02-31', 'to=2026-13-01', 'from=0000-01-01', 'to=2026-2-1', 'from=2026-00-10', 'after=abc', 'before=-4', 'after=%27', 'unknown=1', 'show=people&show=', 'from[]=1', 'q[]=zofia', '__proto__=1', 'constructor=1'
  ]) {
    const page = await as(anna).get(`/clients?${query}`)
    t.equal(page.status, 200, query)
    if (!query.startsWith('show=people') && !query.includes('drop')) t.same(listed(page.body), all, query)
  }
  t.same(await list('to=9999-12-31'), all)
  t.same(await list('campaign=424242'), [], 'a campaign that isn\'t there has no clients')
  t.same(await list('tag=424242'), [])
})
