import t, { type Test } from 'tap'
import { secondApp, testApp } from '../support/app.js'
import { visitor } from '../support/cast.js'
import { formOf } from '../support/clients.js'
import { words } from '../support/words.js'

const filled = { company: 'Naprawa & Co', country: 'PL', currency: 'PLN', time_zone: 'Europe/Warsaw', language: 'pl', name: 'Olga Wójcik', email: 'olga@naprawa.example', password: 'a brand new one' }
const elsewhere = { headers: { 'x-forwarded-for': '203.0.113.7' } }

async function fresh (t: Test) {
  const made = await testApp(t, { organisation: false })
  const { setup_code: code } = await made.db('installation').first('setup_code') as { setup_code: string }
  return { ...made, code, visit: visitor(made.app, '') }
}

t.test('who doesn\'t sit at this machine is asked for the code that the start printed', async t => {
  const { app, visit, db, url } = await fresh(t)
  const asks = async (headers: Record<string, string>) => {
    const page = await visit.get('/setup', { headers })
    const sent = await visit.post('/setup', { ...filled, name: '' }, { headers })
    t.equal('code' in formOf(page.body, '/setup'), sent.error('code') !== '', JSON.stringify(headers))
    return sent.error('code') !== ''
  }
  for (const host of ['localhost', 'localhost:3000', '127.0.0.1:3000', '127.1.2.3', '[::1]:3000']) t.equal(await asks({ host }), false, host)
  await db('sign_in_failures').delete()
  for (const host of ['desk.example', '192.168.1.10:3000', 'localhost.evil.example', '127.0.0.1.evil.example']) t.equal(await asks({ host }), true, host)
  await db('sign_in_failures').delete()
  for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip']) t.equal(await asks({ [header]: '127.0.0.1' }), true, header)

  const behind = visitor(await secondApp(t, { db, url }, { env: { TRUST_PROXY: '1' } }), '')
  t.match((await behind.get('/setup')).body, 'name="code"', 'a proxy that says nothing of whom it serves')

  const remote = await app.inject({ url: '/setup', headers: { host: 'localhost:3000' }, remoteAddress: '192.168.1.20' })
  t.match(remote.body, 'name="code"')
})

t.test('a wrong code makes nothing, whatever it is', async t => {
  const { visit, db, code } = await fresh(t)
  for (const wrong of ['', '00000000', `${code}0`, code.slice(1), 'ąćęłńóśź', '１２３４５６７８', [code, code]]) {
    const answer = await visit.post('/setup', { ...filled, code: wrong }, elsewhere)
    t.equal(answer.status, 422, String(wrong))
    t.equal(answer.error('code'), words('setup.code_wrong'), String(wrong))
    t.match(formOf(answer.body, '/setup'), { company: filled.company })
    await db('sign_in_failures').delete()
  }
  t.equal((await db('organisation')).length, 0)
})

t.test('guessing it is slowed down, and the right one is refused during the wait', async t => {
  const { visit, db, code } = await fresh(t)
  const answers = await Promise.all(Array.from({ length: 30 }, () => visit.post('/setup', { ...filled, code: '00000000' }, elsewhere)))
  const late = answers.filter(({ status }) => status === 429)
  t.ok(late.length >= 24, `${late.length} were not looked at`)
  const seconds = Number(late[0]!.headers['retry-after'])
  t.ok(seconds > 0)
  t.equal(late[0]!.error('code'), words('sign_in.wait', { count: seconds }))
  await db('sign_in_failures').whereNotNull('blocked_until').update({ blocked_until: db.raw("now() + interval '1 minute'") })
  t.equal((await visit.post('/setup', { ...filled, code }, elsewhere)).status, 429)
  t.equal((await db('organisation')).length, 0)
  t.equal((await visit.post('/setup', filled)).status, 303, 'who sits at the machine needs none')
})

t.test('the right code opens the desk from anywhere, with or without spaces', async t => {
  const { visit, db, code } = await fresh(t)
  const answer = await visit.post('/setup', { ...filled, code: ` ${code.slice(0, 4)} ${code.slice(4)} ` }, elsewhere)
  t.same([answer.status, answer.location], [303, '/'])
  t.match(await db('organisation'), [{ name: filled.company }])
})

t.test('whoever has the right code may be wrong about the rest as often as it takes', async t => {
  const { visit, code } = await fresh(t)
  for (let n = 0; n < 10; n++) t.equal((await visit.post('/setup', { ...filled, code, password: 'short' }, elsewhere)).error('code'), '', `mistake ${n}`)
  t.equal((await visit.post('/setup', { ...filled, code }, elsewhere)).status, 303)
})
