import t from 'tap'
import { cast, type Answer } from '../support/cast.js'
import { says, words } from '../support/words.js'
import { translator } from '../../src/web/i18n.js'

/** What an error says, as a page or as a part of one. */
const isSaid = ({ body }: Answer, key: string) => says(body, `errors.${key}.title`) && says(body, `errors.${key}.text`)
const form = { 'content-type': 'application/x-www-form-urlencoded' }

// Those that break the database or change somebody have a cast of their own.
const shared = await cast(t)

t.test('what isn\'t there is 404, to somebody signed in as to a stranger', async t => {
  const { as, anna } = shared
  for (const path of ['/nothing', '/clients/42/nothing', '/clients/424242', `/clients/${'9'.repeat(200)}`, '//evil.example/x', '/index.php?x=<script>']) {
    for (const who of [anna, null]) {
      const answer = await as(who).get(path)
      if (!who && /^\/clients\/\d+$/.test(path)) continue // a real address: the stranger is asked to sign in
      t.equal(answer.status, 404, `${path} for ${who?.name ?? 'a stranger'}`)
      t.ok(isSaid(answer, 'not_found'), path)
      t.match(answer.body, /<html lang="en"/)
      t.notMatch(answer.body, '<script>')
    }
  }
  t.match((await as(anna).get('/nothing')).body, 'href="/clients"', 'with the menu of whoever is signed in')
  t.notMatch((await as(null).get('/nothing')).body, 'href="/clients"')
})

t.test('an address that can\'t be decoded is one that isn\'t there', async t => {
  const { as, anna, app } = shared
  for (const path of ['/%zz', '/clients/%', '/clients/%/feed', '/clients/%ff?q=%', '/%', '/clients/42%25%']) {
    const answer = await as(anna).get(path)
    t.equal(answer.status, 404, path)
    t.match(answer.headers['content-type'], 'text/html')
    t.ok(isSaid(answer, 'not_found'), path)
    t.match(answer.body, 'href="/clients"', 'with the menu of whoever is signed in')
    const part = await as(anna).get(path, { fragment: true })
    t.same([part.status, part.headers['hx-retarget']], [404, '#flash'])
    t.notMatch(part.body, '<html')
  }
  t.equal((await as(anna).post('/clients/%/archive', { a: 'b' })).status, 404)
  for (const name of ['%'.repeat(9000), '9'.repeat(20_000), '%'.repeat(20_000)]) {
    const long = await as(anna).get(`/clients/${name}`)
    t.equal(long.status, 404, 'however long')
    t.ok(isSaid(long, 'not_found'))
  }
  t.equal((await as(null).get('/%zz')).status, 404)
  const asked = await as(null).get('/clients/%')
  t.same([asked.status, asked.headers.location], [303, '/sign-in?to=%2Fclients%2F%2525'], 'a stranger is asked to sign in first, as for any client')
  const polish = await app.inject({ url: '/%zz', headers: { 'accept-language': 'pl' } })
  t.match(polish.body, '<html lang="pl"')
})

t.test('a form above 1 MB is refused whole', async t => {
  const { as, anna, db } = shared
  const answer = await as(anna).post('/clients', { kind: 'person', first_name: 'Ela', note: 'x'.repeat(1024 * 1024) })
  t.equal(answer.status, 413)
  t.ok(isSaid(answer, 'body_too_large'))
  t.equal((await db('clients')).length, 0)
  t.equal((await as(null).post('/sign-in', { email: 'x'.repeat(1024 * 1024 + 1) })).status, 413)
})

t.test('a format that no form has is refused', async t => {
  const { app, as, anna } = shared
  for (const type of ['multipart/form-data; boundary=x', 'application/json', 'text/plain', 'text/xml', 'application/octet-stream', 'nonsense']) {
    const answer = await app.inject({ method: 'POST', url: '/clients', headers: { cookie: as(anna).cookie, 'sec-fetch-site': 'same-origin', 'content-type': type }, payload: 'first_name=Ela' })
    t.equal(answer.statusCode, 415, type)
    t.ok(says(answer.body, 'errors.wrong_type.title'), type)
  }
})

t.test('what is broken is 400', async t => {
  const { app } = shared
  const answer = await app.inject({ method: 'POST', url: '/sign-in', headers: { ...form, 'sec-fetch-site': 'same-origin', 'content-length': '5' }, payload: 'email=&password=' })
  t.equal(answer.statusCode, 400)
  t.ok(says(answer.body, 'errors.bad_request.title'))
})

t.test('what nobody foresaw is 500, with a reference and without details', async t => {
  const { as, anna, db } = await cast(t)
  await db.raw('alter table clients rename to clients_gone')
  for (const answer of [await as(anna).get('/clients?q=rower'), await as(anna).post('/clients', { kind: 'person', first_name: 'Ela' })]) {
    t.equal(answer.status, 500)
    t.ok(isSaid(answer, 'unexpected'))
    t.match(answer.body, /reference: [0-9a-f]{8}-[0-9a-f-]{27}/)
    t.notMatch(answer.body, /select|insert|relation|42P01|node_modules|\.js:\d/)
  }
  t.equal((await as(anna).get('/account')).status, 200, 'the rest works on')
})

t.test('an error of a part of a page is said in the page\'s #flash', async t => {
  const { as, anna, nuno, db } = await cast(t)
  const asFragment = async (answer: Answer, status: number, key: string) => {
    t.equal(answer.status, status)
    t.match(answer.headers, { 'hx-retarget': '#flash', 'hx-reswap': 'innerHTML' })
    t.notMatch(answer.body, /<html|<h1/)
    t.ok(isSaid(answer, key))
  }
  const fragment = { fragment: true }
  await asFragment(await as(anna).get('/nothing', fragment), 404, 'not_found')
  await asFragment(await as(nuno).get('/clients', fragment), 403, 'forbidden')
  await asFragment(await as(anna).post('/clients', { note: 'x'.repeat(1024 * 1024 + 1) }, fragment), 413, 'body_too_large')
  await asFragment(await as(anna).post('/clients', {}, { fragment: true, headers: { 'sec-fetch-site': 'cross-site' } }), 403, 'cross_site')
  await db.raw('alter table clients rename to clients_gone')
  await asFragment(await as(anna).get('/clients', fragment), 500, 'unexpected')
  // A whole form that htmx sends from one of our pages stays in it, too, where it can be sent again.
  const whole = { headers: { 'hx-request': 'true', 'hx-request-type': 'full', 'page-viewer': String(anna.id) } }
  await asFragment(await as(anna).post('/clients', { kind: 'person', first_name: 'Ela' }, whole), 500, 'unexpected')
  await asFragment(await as(anna).post('/clients', { note: 'x'.repeat(1024 * 1024 + 1) }, whole), 413, 'body_too_large')
  t.notOk((await as(anna).post('/nothing', {}, whole)).headers['hx-retarget'])
  const page = await as(anna).get('/nothing')
  t.notOk(page.headers['hx-retarget'])
})

t.test('an error speaks the viewer\'s language, else the browser\'s', async t => {
  const { as, anna, db } = await cast(t)
  await db('employees').where({ id: anna.id }).update({ language: 'pl' })
  const german = { headers: { 'accept-language': 'de, pt-BR;q=0.9, en;q=0.8' } }
  const polish = await as(anna).get('/nothing', german)
  t.match(polish.body, translator('pl')('errors.not_found.title'))
  t.match(polish.body, '<html lang="pl">')
  const portuguese = await as(null).get('/nothing', german)
  t.match(portuguese.body, translator('pt')('errors.not_found.title'))
  t.match((await as(null).post('/clients', {}, { headers: { ...german.headers, 'sec-fetch-site': 'cross-site' } })).body, translator('pt')('errors.cross_site.title'))
  t.not(translator('pt')('errors.not_found.title'), words('errors.not_found.title'))
})
