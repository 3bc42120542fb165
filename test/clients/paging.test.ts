import t from 'tap'
import { cast } from '../support/cast.js'
import { listed } from '../support/clients.js'
import { words } from '../support/words.js'

const link = (body: string, rel: string) => new RegExp(`href="([^"]*)" rel="${rel}"`).exec(body)?.[1]?.replaceAll('&amp;', '&')

/** A shop with 130 clients of whom 60 are called the same, and a walk through the pages of a list. */
async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  await made.db.raw(`
    insert into clients (kind, first_name, surname, created_at, active_at, is_conflicted)
    select 'person', 'Jan', case when n between 31 and 90 then 'Kowalski' when n <= 30 then 'Adamski ' || n else 'Zieliński ' || n end,
      now() - (n / 40) * interval '1 day', now() - (n / 40) * interval '1 hour', n % 2 = 0
    from generate_series(1, 130) n`)
  const page = async (path: string) => (await made.as(made.anna).get(path, { fragment: true })).body
  const ids = (body: string) => [...body.matchAll(/href="\/clients\/(\d+)"/g)].map(([, id]) => Number(id))
  const walk = async (path: string, rel: 'next' | 'prev') => {
    const pages: number[][] = []
    for (let at: string | undefined = path; at; ) {
      const body = await page(at)
      pages.push(ids(body))
      at = link(body, rel)
      if (pages.length > 10) throw new Error('no end')
    }
    return pages
  }
  return { ...made, page, ids, walk }
}

for (const sort of ['', 'order=desc', 'sort=created', 'sort=created&order=asc', 'sort=active', 'sort=active&order=asc']) {
  t.test(`pages follow each other over equal values, forwards and back: ${sort || 'by name'}`, async t => {
    const { db, page, ids, walk } = await shop(t)
    const forwards = await walk(`/clients?${sort}`, 'next')
    t.same(forwards.map(page => page.length), [50, 50, 30])
    t.equal(new Set(forwards.flat()).size, 130, 'each once')
    const [column, order] = [sort.includes('created') ? 'created_at' : sort.includes('active') ? 'active_at' : 'name_key', sort.includes('desc') || (sort.includes('sort') && !sort.includes('asc')) ? 'desc' : 'asc']
    t.same(forwards.flat(), (await db('clients').orderBy([{ column, order }, { column: 'id', order }]).select('id')).map(({ id }) => id))

    const last = `/clients?${sort}&after=${forwards[1]!.at(-1)}`
    const back = await walk(last, 'prev')
    t.same(back, forwards.toReversed(), 'and back the same way')
    t.notOk(link(await page(`/clients?${sort}`), 'prev'), 'nothing comes before the first')
    t.notOk(link(await page(last), 'next'), 'nor after the last')
    t.same(ids(await page(`/clients?${sort}&before=${forwards[1]![0]}`)), forwards[0])
  })
}

t.test('a page keeps the rest of the address', async t => {
  const { page, walk } = await shop(t)
  const first = await page('/clients?show=conflicted&q=jan')
  t.match(link(first, 'next'), /^\/clients\?q=jan&show=conflicted&after=\d+$/)
  t.same((await walk('/clients?show=conflicted&q=jan', 'next')).map(page => page.length), [50, 15])
  t.match(first, /hx-target="#count"[^>]*>\s*65\s*</)
})

t.test('exactly one full page has no next', async t => {
  const { page, db } = await shop(t)
  await db('clients').where('id', '>', 50).delete()
  const body = await page('/clients')
  t.equal(listed(body).length, 50)
  t.notMatch(body, /rel="next"|rel="prev"/)
})

t.test('behind the last and before the first there is nothing, and a way back', async t => {
  const { db, page } = await shop(t)
  const last = await db('clients').orderBy('name_key', 'desc').orderBy('id', 'desc').first('id')
  const body = await page(`/clients?after=${last.id}&show=people`)
  t.ok(body.includes(words('clients.none_further')))
  t.match(body, new RegExp(`href="/clients\\?show=people">${words('clients.first_page')}`))
  t.ok((await page('/clients?after=424242')).includes(words('clients.none_further')))
})

t.test('after wins over before', async t => {
  const { page, ids, walk } = await shop(t)
  const [first, second] = await walk('/clients', 'next')
  t.same(ids(await page(`/clients?after=${first!.at(-1)}&before=${first![10]}`)), second)
})

t.test('the count is capped', async t => {
  const { db, page } = await shop(t)
  await db.raw("insert into clients (kind, company_name) select 'company', 'Firma ' || n from generate_series(1, 871) n")
  t.match(await page('/clients'), /hx-target="#count"[^>]*>\s*1,000\+\s*</)
  t.match(await page('/clients?show=companies'), /hx-target="#count"[^>]*>\s*871\s*</)
  const [{ id }] = await db('locations').insert({ name: 'Far' }).returning('id')
  await db.raw("insert into clients (kind, company_name, location_id) select 'company', 'Firma x' || n, case when n > 200 then ?::bigint end from generate_series(101, 270) n", [id])
  t.match(await page(`/clients?q=firma&location=${id}`), /hx-target="#count"[^>]*>\s*50\+\s*</, 'no fewer than are shown')
})

t.test('of a small shop all who have something inside of a word are counted', async t => {
  const { db, page } = await shop(t)
  await db.raw("insert into clients (kind, company_name) select 'company', 'Przychodnia ' || n from generate_series(1, 640) n")
  await db.raw('analyze clients')
  t.match(await page('/clients?q=chodnia'), /hx-target="#count"[^>]*>\s*640\s*</)
  t.match(await page('/clients?q=chodnia&sort=created'), /hx-target="#count"[^>]*>\s*640\s*</)
})

t.test('a hidden supplier\'s place in the order stays hidden too', async t => {
  const { as, db, sofia } = await shop(t)
  const [supplier] = await db('clients').insert({ kind: 'company', company_name: 'Jan Kowalski Hurt', is_supplier: true }).returning('id')
  const { body } = await as(sofia).get(`/clients?after=${supplier.id}`)
  t.same(listed(body), [], 'or one could find out what it is called')
  t.same(body.replaceAll(String(supplier.id), '9999'), (await as(sofia).get('/clients?after=9999')).body.replaceAll(String(supplier.id), '9999'))
})

t.test('archived clients and suppliers who are searched for are counted by what they are', async t => {
  const { db, page } = await shop(t)
  const found = async (query: string) => /data-found="([^"]*)"/.exec(await page(`/clients?${query}`))?.[1]
  await db('clients').where({ surname: 'Kowalski' }).update({ archived_at: new Date() })
  await db('clients').whereLike('surname', 'Zieliński%').update({ is_supplier: true })
  t.match([await found('q=kowalski'), await found('q=kowalski&show=archived'), await found('q=kow&show=archived'), await found('q=ko&show=archived'), await found('q=kowalski+jan&show=archived')], [/^(No|0)/, /^60 /, /^60 /, /^60 /, /^60 /])
  t.match([await found('q=jan'), await found('q=jan&show=suppliers'), await found('q=ja&show=suppliers'), await found('q=jan+ziel&show=suppliers')], [/^70 /, /^40 /, /^40 /, /^40 /])
})
