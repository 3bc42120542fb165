import t from 'tap'
import { writeValues } from '../../src/form-editor/values.js'
import type { OwnValue } from '../../src/form-editor/value.js'
import { cast } from '../support/cast.js'
import { addClient, listed } from '../support/clients.js'
import { addFields } from '../support/fields.js'
import { says } from '../support/words.js'

const link = (body: string, rel: string) => new RegExp(`href="([^"]*)" rel="${rel}"`).exec(body)?.[1]?.replaceAll('&amp;', '&')

/** A bicycle shop with a field of every kind, and clients who have something in some of them. */
async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, anna, as } = made
  const fields = await addFields(db, {
    frame: { kind: 'unique_id', label: 'Frame number' }, brand: { kind: 'short_text' }, story: { kind: 'long_text' }, site: { kind: 'link' }, size: { kind: 'number', label: 'Frame size' },
    bought: { kind: 'date' }, seen: { kind: 'date_time' }, insured: { kind: 'yes_no' }, type: { kind: 'one_choice', label: 'Bike type', choices: ['Road', 'City', 'Cargo'] }, extras: { kind: 'several_choices', choices: ['Lights', 'Lock', 'Child seat'] }
  })
  const option = (key: 'type' | 'extras', n: number) => fields[key].options[n]!.id
  const add = async (name: string, values: Partial<Record<keyof typeof fields, OwnValue>> = {}) => {
    const id = await addClient(db, anna, { company_name: name })
    await db.transaction(trx => writeValues(trx, 'client', id, Object.entries(values).map(([key, value]) => ({ field: fields[key as keyof typeof fields], value: value! }))))
    return id
  }
  const page = async (query: string, who = anna) => (await as(who).get(`/clients?${query}`, { fragment: true })).body
  const list = async (query: string) => listed(await page(query)).join(' ')
  const [road, city, cargo] = [0, 1, 2].map(n => option('type', n))
  const [lights, lock, seat] = [0, 1, 2].map(n => option('extras', n))
  await add('A', { frame: 'WBA 123 x', brand: 'Żubr 100%', size: 54, bought: '2026-01-10', seen: '2026-07-09T22:30:00Z', insured: true, type: cargo!, extras: [lights!, lock!], site: 'https://a.example/bike' })
  await add('B', { frame: 'wbb999', brand: 'Kross', story: `${'long '.repeat(100)}the końcówka`, size: 58.5, bought: '2026-02-01', insured: false, type: road! })
  await add('C', { brand: 'Kross Trans', size: -3, bought: '2025-12-31', seen: '2026-07-10T21:59:00Z', type: road!, extras: [seat!] })
  await add('D')
  return { ...made, fields, add, page, list, road, city, cargo, lights, lock, seat }
}

const shared = await shop(t)

t.test('own fields narrow the list, each kind in its way', async t => {
  const { db, list, road, city, cargo, lights, seat } = shared
  await db('clients').where({ name: 'B' }).update({ is_conflicted: true })
  for (const [query, names] of Object.entries({
    'own.frame=WBA123X': 'A', 'own.frame=wba': '', 'own.frame=wb&own.frame.how=starts': 'A B', 'own.frame=23%20X&own.frame.how=contains': 'A', 'own.frame.how=empty': 'C D', 'own.frame.how=filled': 'A B',
    'own.brand=kross': 'B C', 'own.brand=ZUBR': 'A', 'own.brand=100%25': 'A', 'own.brand=%25': 'A', 'own.brand=_': '', 'own.brand=trans&own.brand.how=starts': '', 'own.brand=Kross&own.brand.how=is': 'B', 'own.brand=kro&own.brand.how=starts': 'B C',
    'own.story=koncowka': 'B', 'own.site=a.example': 'A', 'own.brand=kross&show=conflicted': 'B', 'own.story=koncowka&show=conflicted': 'B', 'own.brand=zubr&show=conflicted': '', 'own.brand=kross&show=suppliers': '',
    'own.size.from=54': 'A B', 'own.size.to=54': 'A C', 'own.size.from=58,5&own.size.to=58.5': 'B', 'own.size.from=60&own.size.to=1': '', 'own.size.how=empty': 'D', 'own.size.from=-3&own.size.to=0': 'C',
    'own.bought.from=2026-01-10&own.bought.to=2026-02-01': 'A B', 'own.bought.to=2025-12-31': 'C', 'own.bought.how=past': 'A B C', 'own.bought.how=empty': 'D',
    'own.seen.from=2026-07-10T00:30&own.seen.to=2026-07-10T00:30': 'A', 'own.seen.from=2026-07-10&own.seen.to=2026-07-10': 'A C', 'own.seen.from=2026-07-11': '', 'own.seen.how=filled': 'A C',
    'own.insured=yes': 'A', 'own.insured=no': 'B', 'own.insured=empty': 'C D', 'own.insured=no&own.insured=empty': 'B C D', 'own.insured=filled': 'A B',
    [`own.type=${road}`]: 'B C', [`own.type=${road}&own.type=${cargo}`]: 'A B C', [`own.type=${city}`]: '', [`own.type=${city}&own.type=empty`]: 'D',
    [`own.extras=${lights}`]: 'A', [`own.extras=${lights}&own.extras=${seat}`]: 'A C', 'own.extras=empty': 'B D', 'own.extras=filled': 'A C',
    [`own.type=${road}&own.size.from=0`]: 'B', [`own.type=${road}&q=trans`]: 'C'
  })) t.equal(await list(query), names, query)
})

t.test('a page of the list is two queries whatever it shows, beside those that say what it is and how many there are', async t => {
  const { db, as, anna } = shared
  const asked: string[] = []
  db.on('query', ({ sql }: { sql: string }) => { if (/client_values|client_phones|from "?clients/.test(sql) && !/from calls/.test(sql)) asked.push(sql) }) // beside who is calling
  await as(anna).get('/clients?columns=own.extras,own.type,phone,email,own.size,own.bought,tags')
  t.equal(asked.length, 2)
})

t.test('filters and columns are chosen on pages of their own, without a script too', async t => {
  const { as, anna, road } = shared
  const filters = await as(anna).get(`/clients/filters?own.type=${road}&own.size.from=54&show=companies&columns=phone`)
  t.equal(filters.status, 200)
  t.match(filters.body, new RegExp(`name="own.type" value="${road}" checked`))
  t.match(filters.body, /name="own\.size\.from" value="54"/)
  t.match(filters.body, /name="columns" value="phone"/)
  t.notMatch((await as(anna).get('/clients/filters', { fragment: true })).body, /<html/)

  const sent = await as(anna).get('/clients?tidy=1&show=companies&campaign=&from=&own.size.how=between&own.size.from=54&own.size.to=&own.brand.how=contains&own.brand=&columns=phone&columns=own.size')
  t.equal(sent.status, 303)
  t.equal(sent.location, '/clients?show=companies&own.size.from=54&columns=phone,own.size', 'a form leads to the short address')
  const { body } = await as(anna).get(sent.location!)
  t.equal(listed(body).join(' '), 'A B')
  t.match(body, /href="\/clients\?show=companies&amp;columns=phone,own\.size"[^>]*><span class="cut">Frame size: from 54</, 'and can be taken off')
  t.equal((await as(anna).get('/clients?tidy=1&q=&show=all', { headers: { 'hx-request': 'true' } })).headers['hx-push-url'], '/clients')

  const columns = await as(anna).get('/clients/columns?columns=phone,own.size')
  const names = (body: string) => [...body.matchAll(/name="columns" value="([^"]*)"( checked)?/g)].map(([, name, on]) => on ? `+${name}` : name)
  t.same(names(columns.body).slice(0, 3), ['+phone', '+own.size', 'email'])
  const moved = await as(anna).get('/clients/columns?arranged=phone&arranged=own.size&arranged=email&columns=phone&columns=email&up=email', { fragment: true })
  t.same(names(moved.body).slice(0, 3), ['+phone', '+email', 'own.size'], 'moved, with the ticks as they were')
  t.same(names((await as(anna).get('/clients/columns?arranged=phone&up=phone&down=none')).body)[0], 'phone')
  t.ok(says(moved.body, 'list.name_first'))
})
t.test('what makes no sense in the address is left out, and so is a field that has gone', async t => {
  const { db, as, anna, list, fields, road } = shared
  for (const query of ['own.size.from=many', 'own.size.how=drop', 'own.bought.from=2026-02-30', 'own.bought.how=contains', 'own.seen.from=2026-01-01T25:00', 'own.type=999999', 'own.type=x', 'own.insured=maybe', 'own.brand=', 'own.brand.how=starts', 'own.nothing=1', 'own.__proto__=1',
    'own.constructor.how=empty', 'columns=nothing', 'columns=,,', 'columns=own.none', 'own.size=54', 'own.brand.from=1', 'own.size.from=%00', 'own.size.from=1e5', 'own.type=1%00', 'view=99', 'view=x', 'own.brand=%00']) {
    const { status, body } = await as(anna).get(`/clients?${query}`)
    t.equal(status, 200, query)
    t.equal(listed(body).join(' '), 'A B C D', query)
  }
  t.equal(await list('own.brand=\'"%3Cscript%3E'), '')
  t.equal((await as(anna).get(`/clients?own.brand=${'x'.repeat(8000)}`)).status, 200)

  const query = `own.type=${road}&sort=own.size&columns=own.type,own.size,phone`
  t.equal(await list(query), 'C B')
  await db('form_items').where({ field_id: fields.type.id }).update({ hidden: true })
  await db('fields').where({ id: fields.size.id }).update({ removed_at: db.fn.now() })
  await db('form_versions').increment('version')
  const { status, body } = await as(anna).get(`/clients?${query}`)
  t.equal(status, 200)
  t.equal(listed(body).join(' '), 'A B C D')
  t.ok(says(body, 'list.in_vain', { names: 'Bike type' }), 'and says that it asks for less')
  t.notMatch(body, /Bike type<\/|Frame size/)
  await db('form_items').where({ field_id: fields.type.id }).update({ hidden: false })
  await db('fields').where({ id: fields.size.id }).update({ removed_at: null })
  await db('form_versions').increment('version')
})

t.test('it is sorted by own fields, who has nothing in one stands last both ways', async t => {
  const { add, list } = shared
  await add('E', { size: 54, type: null })
  for (const [query, names] of Object.entries({
    'sort=own.size': 'C A E B D', 'sort=own.size&order=desc': 'B E A C D', 'sort=own.frame': 'A B C D E', 'sort=own.frame&order=desc': 'B A E D C', 'sort=own.bought': 'C A B D E', 'sort=own.seen&order=desc': 'C A E D B',
    'sort=own.brand': 'B C A D E', 'sort=own.insured': 'B A C D E', 'sort=own.type': 'B C A D E', 'sort=own.type&order=desc': 'A C B E D', 'sort=own.story': 'B A C D E', 'sort=own.site': 'A B C D E',
    'sort=own.extras': 'A B C D E', 'sort=own.none': 'A B C D E', 'sort=own.size&own.size.to=54': 'C A E'
  })) t.equal(await list(query), names, query)
})

t.test('today is the company\'s day', async t => {
  const { db, add, list } = shared
  const day = async (days: number) => (await db.raw("select to_char((now() at time zone 'Europe/Warsaw')::date + ?::int, 'YYYY-MM-DD') as day", [days])).rows[0].day
  for (const days of [-30, -1, 0, 7, 31]) await add(`day${days}`, { bought: await day(days), seen: `${await day(days)}T12:00:00Z` })
  for (const field of ['bought', 'seen']) {
    const found = async (how: string) => (await list(`own.${field}.how=${how}`)).split(' ').filter(name => name.startsWith('day'))
    t.same(await found('today'), ['day0'], field)
    t.same(await found('next_7'), ['day0', 'day7'])
    t.same(await found('next_30'), ['day0', 'day7'])
    t.same(await found('last_7'), ['day-1', 'day0'])
    t.same(await found('last_30'), ['day-1', 'day-30', 'day0'])
    t.same(await found('past'), ['day-1', 'day-30'])
  }
})

t.test('chosen columns stand in their order, own fields as they are read', async t => {
  const { page, fields, as, anna, db } = shared
  const body = await page('columns=own.extras,own.type,phone,own.size,own.bought,own.insured,own.site,own.frame,note,own.type')
  const heads = [...body.matchAll(/<th scope="col"[^>]*>(?:<input[^>]*>)?\s*(?:<a[^>]*>)?([^<]*)/g)].map(([, words]) => words!.trim())
  t.same(heads, ['Name', 'extras', 'Bike type', 'Phone', 'Frame size', 'bought', 'insured', 'site', 'Frame number', 'Note'])
  const row = /<tr>\s*<td class="who">(?:(?!<tr>)[^])*?>A<\/a>([^]*?)<\/tr>/.exec(body)![1]!
  const said = [...row.matchAll(/<td[^>]*>([^]*?)<\/td>/g)].map(([, cell]) => cell!.replace(/<[^>]*>/g, '').trim())
  t.same(said, ['Lights, Lock', 'Cargo', '—', '54', '10 Jan 2026', 'Yes', 'a.example/bike', 'WBA 123 x', '—'])
  t.match(row, /<a href="https:\/\/a\.example\/bike" target="_blank" rel="noopener noreferrer">/)
  t.match(await page('sort=own.size'), /aria-sort="ascending"><a href="\/clients\?sort=own\.size&amp;order=desc">Frame size/, 'what it is sorted by is seen')

  await db('client_values').where({ field_id: fields.site.id }).update({ text_value: 'javascript:alert(1)//<b>' })
  const unsafe = await page('columns=own.site')
  t.notMatch(unsafe, /href="javascript|<b>/)
  await db('fields').where({ id: fields.type.id }).update({ labels: { en: 'Bike type', es: 'Tipo de bici' } })
  await db('form_versions').increment('version')
  await db('employees').where({ id: anna.id }).update({ language: 'es' })
  t.match((await as(anna).get('/clients?columns=own.type,own.insured&order=asc')).body, /Tipo de bici[^]*>Sí</)
})

t.test('pages follow each other over equal and missing values, forwards and back', async t => {
  const { db, fields, page, sofia, as } = await shop(t)
  await db.raw("insert into clients (kind, company_name) select 'company', 'Firma ' || n from generate_series(1, 126) n")
  for (const [sort, field, value, values] of [
    ['sort=own.size', fields.size, 'number_value', [1, 2, 3]], ['sort=own.size&order=desc', fields.size, 'number_value', [1, 2, 3]], ['sort=own.type', fields.type, 'option_id', fields.type.options.map(({ id }) => id)]
  ] as const) {
    await db.raw(`insert into client_values (client_id, field_id, ${value}) select id, ?, (?::bigint[])[1 + id % 3] from clients where id % 4 > 0 on conflict do nothing`, [field.id, [...values]])
    const walk = async (path: string, rel: string) => {
      const pages: number[][] = []
      for (let at: string | undefined = path; at && pages.length < 9;) {
        const body = await page(at)
        pages.push([...body.matchAll(/href="\/clients\/(\d+)"/g)].map(([, id]) => Number(id)))
        at = link(body, rel)?.split('?')[1]
      }
      return pages
    }
    const forwards = await walk(sort, 'next')
    t.same(forwards.map(page => page.length), [50, 50, 30], sort)
    t.equal(new Set(forwards.flat()).size, 130, 'each once')
    t.same(await walk(`${sort}&after=${forwards[1]!.at(-1)}`, 'prev'), forwards.toReversed(), 'and back the same way')
    t.notOk(link(await page(sort), 'prev'))

    const hidden = forwards[0]![9]!
    await db('clients').where({ id: hidden }).update({ is_supplier: true })
    t.same(listed((await as(sofia).get(`/clients?${sort}&after=${hidden}`)).body), [], 'a hidden client has no place')
    await db('clients').where({ id: hidden }).update({ is_supplier: false })
  }
})
