import t, { type Test } from 'tap'
import { secondApp, testApp } from '../support/app.js'
import { visitor } from '../support/cast.js'
import { formOf } from '../support/clients.js'
import { sessionCookie } from '../support/cookies.js'
import { words } from '../support/words.js'

const filled = { company: 'Naprawa & Co', country: 'PL', currency: 'PLN', time_zone: 'Europe/Warsaw', language: 'pl', name: 'Olga Wójcik', email: 'Olga@naprawa.example', password: 'a brand new one' }

async function fresh (t: Test) {
  const made = await testApp(t, { organisation: false })
  return { ...made, visit: visitor(made.app, '') }
}

t.test('until there is a company every page leads to the first run', async t => {
  const { app, visit } = await fresh(t)
  for (const path of ['/', '/clients', '/sign-in', '/sign-in?to=/clients', '/nothing', '/settings/general']) {
    const answer = await visit.get(path)
    t.same([answer.status, answer.location], [303, '/setup'], path)
  }
  t.same([(await visit.post('/sign-in', { email: 'a@b.example', password: 'x' })).location], ['/setup'])
  t.equal((await visit.get('/setup')).status, 200)
  t.equal((await app.inject('/healthz')).statusCode, 200)
  t.equal((await app.inject('/readyz')).statusCode, 200)
  const stylesheet = /href="(\/assets\/app\.[^"]+\.css)"/.exec((await visit.get('/setup')).body)![1]!
  t.equal((await visit.get(stylesheet)).status, 200)
})

t.test('the form proposes what is usual where the browser is', async t => {
  const { visit } = await fresh(t)
  for (const [language, proposed] of [
    ['pl', { country: 'PL', currency: 'PLN', time_zone: 'Europe/Warsaw', language: 'pl' }], ['pt-BR,pt;q=0.9', { country: 'BR', currency: 'BRL', time_zone: 'America/Sao_Paulo', language: 'pt' }],
    ['es', { country: 'ES', currency: 'EUR', language: 'es' }], ['de', { country: 'GB', currency: 'GBP', language: 'en' }], ['', { language: 'en' }]
  ] as const) {
    const page = await visit.get('/setup', { headers: { 'accept-language': language } })
    t.match(formOf(page.body, '/setup'), proposed, language)
    t.match(page.body, `<html lang="${proposed.language}">`)
  }
})

t.test('it makes the company and its owner, and signs them in', async t => {
  const { app, db, visit } = await fresh(t)
  const page = await visit.get('/setup')
  const answer = await visit.post('/setup', { ...formOf(page.body, '/setup'), ...filled })
  t.same([answer.status, answer.location], [303, '/'])
  t.match(await db('organisation').first(), { id: 1, name: 'Naprawa & Co', country: 'PL', currency: 'PLN', time_zone: 'Europe/Warsaw', language: 'pl' })
  t.match(await db('employees').join('roles', 'roles.id', 'role_id').select('employees.name', 'email', 'language', 'key', 'password_hash'), [{ name: 'Olga Wójcik', email: 'Olga@naprawa.example', language: 'pl', key: 'owner', password_hash: /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/ }])
  t.equal((await db('employees')).length, 1)
  t.equal((await db('clients')).length, 0)
  const inside = visitor(app, sessionCookie(answer))
  t.equal((await inside.get('/clients')).status, 200)
  t.match((await inside.get('/account')).body, 'Olga Wójcik')
  t.equal((await visit.post('/sign-in', { email: filled.email, password: filled.password })).status, 303)
})

t.test('with example data there are clients to look at', async t => {
  const { app, db, visit } = await fresh(t)
  const inside = visitor(app, sessionCookie(await visit.post('/setup', { ...filled, example: 'on' })))
  const clients = await db('clients').select('name')
  t.ok(clients.length > 0)
  t.match((await inside.get('/clients')).body, /href="\/clients\/\d+"/)
})

t.test('bad input names the field and keeps what was typed, but for the password', async t => {
  const { db, visit } = await fresh(t)
  for (const [field, value, key] of [
    ['company', ' ', 'form.required'], ['name', '', 'form.required'], ['email', 'no address', 'form.email'], ['country', 'XX', 'form.choose'], ['currency', 'EURO', 'form.choose'],
    ['time_zone', 'Europe/Wroclaw', 'form.choose'], ['language', 'de', 'form.choose'], ['password', 'password2026', 'form.password_common'], ['company', 'a\u0000b', 'form.control_characters']
  ] as const) {
    const answer = await visit.post('/setup', { ...filled, [field]: value })
    t.equal(answer.status, 422, field)
    t.equal(answer.error(field), words(key), field)
    if (value !== 'a\u0000b') t.match(formOf(answer.body, '/setup'), { company: filled.company, name: filled.name, country: 'PL', time_zone: 'Europe/Warsaw', language: 'pl', ...(field !== 'password' && /^(company|name|email)$/.test(field) && { [field]: value }), ...(/^(country|currency|time_zone|language)$/.test(field) && { [field]: String }) })
    t.notMatch(answer.body, filled.password)
  }
  t.match((await visit.post('/setup', { ...filled, password: 'short' })).error('password'), words('form.password_short', { min: 10 }))
  t.match(formOf((await visit.post('/setup', { ...filled, name: '', example: 'on' })).body, '/setup'), { example: 'on' })
  t.equal((await visit.post('/setup')).status, 422)
  t.equal((await db('organisation')).length, 0)
  t.equal((await db('employees')).length, 0)
})

t.test('there is one first run', async t => {
  const { db, url, visit, app } = await fresh(t)
  const other = visitor(await secondApp(t, { db, url }), '')
  t.equal((await other.get('/clients')).location, '/setup')
  await visit.post('/setup', filled)
  for (const who of [visit, other]) {
    t.equal((await who.get('/setup')).location, '/', 'also who goes back')
    const again = await who.post('/setup', { ...filled, company: 'Thieves', email: 'thief@evil.example' })
    t.same([again.status, again.location], [303, '/sign-in'])
    t.notOk(again.headers['set-cookie'])
    t.equal((await who.get('/clients')).location, '/sign-in?to=%2Fclients', 'another process noticed too')
  }
  t.match(await db('organisation'), [{ name: 'Naprawa & Co' }])
  t.equal((await db('employees')).length, 1)
  t.equal((await app.inject('/setup')).statusCode, 303)
})

t.test('two who send it at once make one company', async t => {
  const { db, visit } = await fresh(t)
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map(name => visit.post('/setup', { ...filled, company: name, email: `${name}@naprawa.example`, example: 'on' })))
  t.same(answers.map(answer => answer.status), [303, 303, 303, 303])
  t.equal(answers.filter(answer => answer.headers['set-cookie']).length, 1, 'one of them is in')
  t.equal((await db('organisation')).length, 1)
  t.equal((await db('employees')).length, 1)
})
