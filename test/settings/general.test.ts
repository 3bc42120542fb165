import t from 'tap'
import { cast } from '../support/cast.js'

const porto = { company: 'Oficina São Jorge', country: 'PT', currency: 'EUR', time_zone: 'Europe/Lisbon', language: 'pt' }

// Those that change the settings have a cast of their own.
const untouched = await cast(t)

t.test('shows the company as it is', async t => {
  const { as, anna } = untouched
  const page = await as(anna).get('/settings/general')
  t.equal(page.status, 200)
  t.match(page.body, /value="Naprawa &amp; Co"/)
  for (const value of ['PL', 'PLN', 'Europe/Warsaw', 'en']) t.match(page.body, new RegExp(`<option value="${value}"( lang="en")? selected>`))
  const fragment = await as(anna).get('/settings/general', { fragment: true })
  t.notMatch(fragment.body, /<html/)
  t.match(fragment.body, /<form/)
})

t.test('keeps what was changed', async t => {
  const { as, anna, db } = await cast(t)
  const answer = await as(anna).post('/settings/general', porto)
  t.equal(answer.status, 303)
  t.equal(answer.location, '/settings/general')
  t.match(await db('organisation').first(), { name: 'Oficina São Jorge', country: 'PT', currency: 'EUR', time_zone: 'Europe/Lisbon', language: 'pt', phone_uniqueness: 'warn' })
  t.match((await as(anna).get('/settings/general')).body, /value="Oficina São Jorge"/)

  const fragment = await as(anna).post('/settings/general', porto, { fragment: true })
  t.equal(fragment.headers['hx-redirect'], '/settings/general')
})

t.test('says which field is wrong, and what was typed stays', async t => {
  const { as, anna, db } = untouched
  const page = await as(anna).post('/settings/general', { ...porto, company: ' ', time_zone: 'Europe/Atlantis' })
  t.equal(page.status, 422)
  t.match(page.error('company'), /Fill this in/)
  t.match(page.error('time_zone'), /Choose one/)
  t.equal(page.error('country'), '')
  t.match(page.body, '<option value="PT" selected>')
  t.match(page.body, /2 fields need a look/)
  t.equal(page.headers['hx-push-url'], 'false')

  for (const [field, value] of [['country', 'XX'], ['currency', 'EURO'], ['language', 'de']] as const) {
    const wrong = await as(anna).post('/settings/general', { ...porto, [field]: value })
    t.equal(wrong.status, 422, field)
    t.match(wrong.error(field), /Choose one/)
    t.match(wrong.body, /value="Oficina São Jorge"/)
  }
  const long = await as(anna).post('/settings/general', { ...porto, company: 'a'.repeat(201) }, { fragment: true })
  t.equal(long.status, 422)
  t.match(long.error('company'), /201 characters, 200 at most/)
  t.notMatch(long.body, /<html/)

  const empty = await as(anna).post('/settings/general')
  t.equal(empty.status, 422)
  t.equal((await db('organisation').first('name')).name, 'Naprawa & Co')
})

t.test('of two who change them at once, the second is told, and may save again', async t => {
  const { as, anna, olga, db } = await cast(t)
  for (const [path, first, second, field] of [
    ['/settings/general', porto, { ...porto, company: 'Oficina Nova' }, 'name'],
    ['/settings/clients', { phone_uniqueness: 'refuse', email_uniqueness: 'warn' }, { phone_uniqueness: 'allow', email_uniqueness: 'warn' }, 'phone_uniqueness'],
    ['/settings/files', { file_megabytes: '10', file_count: '5', file_kinds: 'pictures' }, { file_megabytes: '12', file_count: '5', file_kinds: 'pictures' }, 'file_megabytes']
  ] as const) {
    const shown = /name="was" value="([\w-]+)"/.exec((await as(olga).get(path)).body)![1]!
    t.equal((await as(anna).post(path, { ...first, was: shown })).status, 303, path)
    const told = await as(olga).post(path, { ...second, was: shown })
    t.equal(told.status, 409)
    t.match(told.body, /Somebody else changed these settings/)
    t.not(String((await db('organisation').first(field))[field]), Object.values(second)[0])
    const now = /name="was" value="([\w-]+)"/.exec(told.body)![1]!
    t.equal((await as(olga).post(path, { ...second, was: now })).status, 303)
    t.equal(String((await db('organisation').first(field))[field]), Object.values(second)[0])
  }
})

t.test('is for those who manage settings', async t => {
  const { as, marek, sofia, db } = untouched
  for (const person of [marek, sofia]) {
    t.equal((await as(person).get('/settings/general')).status, 403)
    t.equal((await as(person).post('/settings/general', porto)).status, 403)
  }
  t.equal((await as(null).get('/settings/general')).status, 303)
  t.equal((await as(null).post('/settings/general', porto)).status, 401)
  t.equal((await db('organisation').first('country')).country, 'PL')
})
