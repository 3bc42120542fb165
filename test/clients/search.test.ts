import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient, addClients, listed } from '../support/clients.js'
import { words } from '../support/words.js'

const at = (q: string, more = '') => `/clients?q=${encodeURIComponent(q)}${more}`

/** A shop with the dozen, and the names the list shows for what is typed into its search. */
async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const ids = await addClients(made.db, made.anna)
  const find = async (q: string, who = made.anna) => listed((await made.as(who).get(at(q), { fragment: true })).body)
  return { ...made, ids, find }
}

const LUKASZ = 'Łukasz Żółkiewski'
const JOSE = 'José Luis García Núñez'
const ZOFIA = 'Zofia Wójcik-Dąbrowska'

t.test('a name is found without its accents, in any case, by any part and in any order', async t => {
  const { find } = await shop(t)
  for (const q of ['lukasz', 'LUKASZ', 'Łukasz', 'ukas', 'zolkiew', 'ŻÓŁKIEWSKI', 'zolkiewski lukasz', 'Łukasz  Żółk', ' lukasz ']) t.same(await find(q), [LUKASZ], q)
  for (const q of ['nunez', 'jose garcia', 'nunez luis jose', 'García Núñez, José'.replace(',', '')]) t.same(await find(q), [JOSE], q)
  t.same(await find('goncalves'), ['Inês Gonçalves'])
  t.same(await find('conceicao joao'), ['João Conceição'])
  t.same(await find('peña'), ['María de los Ángeles Peña'])
  t.same(await find('wojcik dabrowska'), [ZOFIA])
  t.same(await find('czesci'), ['Części Hurt S.A.'])
  t.same(await find('lukasz goncalves'), [], 'every word has to be there')
})

t.test('letters decomposed by a Mac are the same letters', async t => {
  const { find } = await shop(t)
  t.same(await find('Núñez'.normalize('NFD')), [JOSE])
})

t.test('any part of a phone is enough, however it is spaced and with or without the country', async t => {
  const { find } = await shop(t)
  for (const q of ['600123456', '600 123 456', '600-123-456', '(600) 123.456', '+48600123456', '+48 600 123 456', '0048 600 123 456', '0048600123456', '48600123456', '0600123456', '0600 123 456', '600 123', '48 600']) {
    t.same(await find(q), [LUKASZ], q)
  }
  t.same(await find('612 34 56 78'), [JOSE])
  t.same(await find('0034 612'), [JOSE])
  t.same(await find('22 123 45 67'), [ZOFIA], 'not the first phone')
  t.same(await find('12345').then(names => names.includes('Ela Wąs')), true, 'a number that is no valid one')
  t.same((await find('+55')), ['Antônio Araújo'], 'a country code alone')
  t.same(await find('0034'), [JOSE, 'María de los Ángeles Peña'])
  t.same((await find('123 456')).sort(byKey), ['Antônio Araújo', 'Inês Gonçalves', JOSE, 'João Conceição', LUKASZ, 'María de los Ángeles Peña', ZOFIA].sort(byKey))
})

t.test('a nought in brackets, as people write it after the country, is no digit of the number', async t => {
  const { find } = await shop(t)
  t.same(await find('+48 (0) 600 123 456'), [LUKASZ])
})

t.test('an e-mail is found by any part', async t => {
  const { find } = await shop(t)
  for (const q of ['lukasz@poczta.example', 'lukasz@', 'LUKASZ@POCZTA']) t.same(await find(q), [LUKASZ], q)
  t.same((await find('poczta.example')).length, 2)
  t.same(await find('biuro'), ['Rowery Kowalski sp. z o.o.'])
})

t.test('a tag is found, and words may be of different kinds', async t => {
  const { find } = await shop(t)
  t.same(await find('vip'), [LUKASZ])
  t.same(await find('rowery'), [LUKASZ, 'Rowery Kowalski sp. z o.o.', ZOFIA], 'a tag of two, a name of the third')
  t.same(await find('rowery 600'), [LUKASZ], 'tag and phone')
  t.same(await find('zolkiewski 600 poczta'), [LUKASZ], 'name, phone and e-mail')
  t.same(await find('fleet 34'), [JOSE])
})

// As the database orders: accents and case away.
const byKey = (a: string, b: string) => plain(a) < plain(b) ? -1 : 1
const plain = (name: string) => name.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('Ł', 'L').replaceAll('ł', 'l').toLowerCase()

t.test('figures in a company\'s name are found as they stand there', async t => {
  const { db, anna, find } = await shop(t)
  await addClient(db, anna, { company_name: 'Studio 54 2020' })
  await addClient(db, anna, { company_name: '4x4 Garaż 1000' })
  for (const q of ['studio 54 2020', 'studio 54', '2020', '54 2020', '2020 studio']) t.same(await find(q), ['Studio 54 2020'], q)
  t.same(await find('garaz 1000 4x4'), ['4x4 Garaż 1000'])
})

t.test('what was searched stands in the box, the count above, and no other address is needed', async t => {
  const { as, anna } = await shop(t)
  const page = await as(anna).get(at('rowery'))
  t.equal(page.status, 200)
  t.match(page.body, /type="search" name="q" value="rowery"/)
  t.match(page.body, /id="count">\s*3\s*</)
  t.match(page.body, /<html/)
})

t.test('a fragment has the list and its count alone, and shows the short address', async t => {
  const { as, anna } = await shop(t)
  const fragment = await as(anna).get(at('lukasz', '&order=asc&sort='), { fragment: true })
  t.equal(fragment.status, 200)
  t.notMatch(fragment.body, /<html|type="search"/)
  t.match(fragment.body, /<section id="list"/)
  t.match(fragment.body, /hx-target="#count"[^]*>\s*1\s*</)
  t.equal(fragment.headers['hx-replace-url'], '/clients?q=lukasz')
  t.equal(fragment.headers.vary, 'HX-Request-Type')
  t.ok(fragment.body.length < 10_000)
})

t.test('nothing found says so and leads back', async t => {
  const { as, anna } = await shop(t)
  const page = await as(anna).get(at('nobody is called this'))
  t.ok(page.body.includes(words('clients.none_match')))
  t.match(page.body, /href="\/clients">/)
})

t.test('hostile words find nothing, break nothing and come back as text', async t => {
  const { as, anna, find } = await shop(t)
  for (const q of ["'", '"', '%', '_', '\\', '%%', '\\%', '\\\\', "'; drop table clients; --", "' or 1=1 --", '*', '(', ')', '[', '?', '$1', ':q', '{}', '%00', '＼', '％', '＿', '𝒳', '++', '+', '+++48']) {
    const page = await as(anna).get(at(q))
    t.equal(page.status, 200, q)
    if (!/^[()[\]]$/.test(q)) t.same(listed(page.body), [], `nothing is called ${q}`)
  }
  t.equal((await find('')).length, 11, 'they are all still there')
  const page = await as(anna).get(at('<script>alert(1)</script>"><img src=x>'))
  t.notMatch(page.body, /<script>alert|<img src=x/)
  t.match(page.body, /value="&lt;script&gt;alert/)
})

t.test('signs that mean something to LIKE are looked for as themselves', async t => {
  const { db, anna, find } = await shop(t)
  await addClient(db, anna, { company_name: '100% Roweru' })
  await addClient(db, anna, { company_name: 'a_b\\c' })
  t.same(await find('100%'), ['100% Roweru'])
  t.same(await find('%'), ['100% Roweru'])
  t.same(await find('％'), ['100% Roweru'], 'the full-width sign is folded to the plain one')
  t.same(await find('a_b'), ['a_b\\c'])
  t.same(await find('b\\c'), ['a_b\\c'])
  t.same(await find('axb'), [])
})

t.test('NUL, control characters and 10,000 letters are no reason to fail', async t => {
  const { as, anna } = await shop(t)
  t.same(listed((await as(anna).get('/clients?q=%00lukasz%00')).body), [LUKASZ])
  t.same(listed((await as(anna).get('/clients?q=lukasz%0a%09zolk')).body), [LUKASZ])
  for (const raw of ['%ED%A0%80', '%zz', '%', '%C3', '=', '&&']) t.equal((await as(anna).get(`/clients?q=${raw}`)).status, 200, raw)
  for (const long of ['a'.repeat(10_000), '9'.repeat(10_000), 'ab '.repeat(3000), '%'.repeat(10_000), '٣'.repeat(4000)]) t.equal((await as(anna).get(at(long))).status, 200)
})

t.test('the same question twice takes the first', async t => {
  const { as, anna } = await shop(t)
  t.same(listed((await as(anna).get('/clients?q=lukasz&q=zofia')).body), [LUKASZ])
})
