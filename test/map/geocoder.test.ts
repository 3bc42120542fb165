import t from 'tap'
import { lookUp, plainAddress, type Looking } from '../../src/map/geocoder.js'
import { findMapSettings, takeTurn } from '../../src/map/queries.js'
import { openDatabase } from '../../src/database/knex.js'
import { testDatabase } from '../support/database.js'
import { found, startMapServer } from '../support/map-server.js'

async function desk (t: Parameters<typeof testDatabase>[0]) {
  const { db, url } = await testDatabase(t)
  const server = await startMapServer(t)
  await db('map_settings').update({ geocoder_url: server.geocoder, contact: 'office@naprawa.example' })
  const settings = await findMapSettings(db)
  const look = (address: string, more: Partial<Looking> = {}) => lookUp(db, { settings, address, country: 'PL', language: 'pl', ...more })
  /** As if the second since the last lookup had gone by. */
  const nextSecond = () => db('geocoder_turn').update({ next_at: db.raw("now() - interval '1 second'") })
  const pause = async () => (await db.raw('select extract(epoch from next_at - now())::int as seconds from geocoder_turn')).rows[0].seconds as number
  return { db, url, server, settings, look, nextSecond, pause }
}

t.test('an address is asked for once, whatever its spelling, and says who asks', async t => {
  const { look, server, db } = await desk(t)
  const place = { latitude: 51.107885, longitude: 17.038538, label: 'Somewhere, pl' }
  t.same(await look('ul. Kwiatowa 5,  50-123 Wrocław'), { place })
  t.same(await look(' UL. KWIATOWA 5 , 50-123\tWrocław, '), { place })
  t.equal(server.lookups.length, 1)
  t.match(server.lookups[0], { query: 'ul. kwiatowa 5, 50-123 wrocław', headers: { 'user-agent': /^Clientela\/\d+\.\d+\.\d+ \(office@naprawa\.example\)$/, 'accept-language': 'pl', accept: 'application/json' } })
  t.notMatch(server.lookups[0]!.headers, { cookie: /./ })
  t.match(server.lookups[0]!.url, /^\/search\?q=.*&format=jsonv2/)

  await db('geocoder_answers').update({ expires_at: db.raw("now() - interval '1 day'") })
  await db('geocoder_turn').update({ next_at: db.raw("now() - interval '1 second'") })
  await look('ul. Kwiatowa 5, 50-123 Wrocław')
  t.equal(server.lookups.length, 2, 'what is too old is asked for again')
})

t.test('what is not there is remembered as well, for a shorter time', async t => {
  const { look, server, db } = await desk(t)
  server.answer = []
  t.same(await look('Nowhere 1'), { place: null })
  t.same(await look('nowhere 1'), { place: null })
  t.equal(server.lookups.length, 1)
  const { rows: [{ days }] } = await db.raw('select extract(day from expires_at - now())::int as days from geocoder_answers')
  t.ok(days < 10)
})

t.test('of several places the one in the company\'s country is meant', async t => {
  const { look, server, nextSecond } = await desk(t)
  server.answer = [found(40, -3, 'es'), found(51, 17, 'pl')]
  t.match(await look('Rynek 1'), { place: { latitude: 51, longitude: 17 } })
  await nextSecond()
  t.match(await look('Rynek 1', { country: 'PT' }), { place: { latitude: 40, longitude: -3 } }, 'the first, when none is; and another question than the one before')
})

t.test('whatever a geocoder answers, nothing breaks and nothing wrong is kept', async t => {
  const { look, server, nextSecond, db, settings } = await desk(t)
  let asked = 0
  const elsewhere = await startMapServer(t)
  const tries: [name: string, answer: typeof server.answer, problem: string][] = [
    ['no JSON', response => { response.end('<html>') }, 'failed'],
    ['another shape', response => { response.end('{"features":[]}') }, 'failed'],
    ['null', response => { response.end('null') }, 'failed'],
    ['no place on earth', [found(91, 17)], 'failed'],
    ['no number', [{ lat: 'NaN', lon: '17' }], 'failed'],
    ['nothing for a number', [{ lat: '', lon: '' }], 'failed'],
    ['an error', response => { response.writeHead(500).end('[]') }, 'failed'],
    ['a refusal', response => { response.writeHead(403).end('blocked') }, 'refused'],
    ['a redirect', response => { response.writeHead(302, { location: elsewhere.geocoder }).end() }, 'failed'],
    ['a megabyte', response => { response.end(`[${'1,'.repeat(500_000)}1]`) }, 'failed'],
    ['half an answer', response => { response.writeHead(200, { 'content-length': '100' }).write('[') ; response.destroy() }, 'failed']
  ]
  for (const [name, answer, problem] of tries) {
    server.answer = answer
    await nextSecond()
    t.same(await look('Kwiatowa 5'), { problem }, name)
    t.equal(server.lookups.length, ++asked, name)
  }
  t.equal(elsewhere.lookups.length, 0, 'nobody is sent elsewhere')
  await nextSecond()
  server.answer = () => {} // never
  t.same(await look('Kwiatowa 5', { timeout: 30 }), { problem: 'failed' }, 'too slow')
  await nextSecond()
  t.same(await look('Kwiatowa 5', { settings: { ...settings, geocoder_url: 'http://127.0.0.1:1/search' } }), { problem: 'failed' }, 'not there at all')
  t.same(await db('geocoder_answers'), [])
  t.same(await look('Kwiatowa 5', { settings: { ...settings, geocoder_url: '' } }), { problem: 'off' })
  t.same(await look(' , '), { place: null })
})

t.test('a geocoder that asks for a pause gets it, from everybody', async t => {
  const { look, server, pause, nextSecond } = await desk(t)
  for (const [after, least, most] of [['120', 110, 121], ['1', 50, 61], ['999999', 3500, 3601], [new Date(Date.now() + 600_000).toUTCString(), 500, 601], ['soon', 50, 61]] as const) {
    await nextSecond()
    server.answer = response => { response.writeHead(429, { 'retry-after': after }).end() }
    t.same(await look(`Kwiatowa ${after}`), { problem: 'busy' })
    const seconds = await pause()
    t.ok(seconds >= least && seconds <= most, `${after}: ${seconds}`)
    server.answer = [found(51, 17)]
    const asked = server.lookups.length
    t.same(await look('Lipowa 1'), { problem: 'busy' }, 'nobody asks meanwhile')
    t.equal(server.lookups.length, asked)
  }
})

t.test('turns are a second apart, whichever process takes them, and nobody waits for ever', async t => {
  const { db, url, nextSecond } = await desk(t)
  const other = openDatabase(url)
  t.teardown(() => other.destroy())
  await nextSecond()
  // In one transaction the clock of the database goes on, but nobody else's turn comes between.
  const begun = Date.now()
  const waits = await Promise.all([db, other, db, other, db, other, db].map(one => takeTurn(one)))
  const spent = Date.now() - begun
  const taken = waits.filter(wait => wait !== null).sort((a, b) => a - b)
  t.equal(taken[0], 0, 'the first needn\'t wait')
  for (const [n, wait] of taken.entries()) t.ok(wait > n * 1100 - spent - 2 && wait <= n * 1100, `turn ${n} waits ${wait} ms`)
  t.ok(taken.length >= 4 && taken.length < waits.length, `${waits.length - taken.length} are told to come again`)
})

t.test('addresses are compared in plain form', async t => {
  t.equal(plainAddress('Rua  Augusta,12\n1100-053 ;Lisboa'), 'rua augusta, 12, 1100-053, lisboa')
  t.equal(plainAddress('Żo\u0301łta 1'), plainAddress('żółta 1'))
})
