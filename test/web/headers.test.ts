import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import t from 'tap'
import { secondApp } from '../support/app.js'
import { cast, visitor } from '../support/cast.js'

const POLICY = "default-src 'self';object-src 'none';base-uri 'none';form-action 'self';frame-ancestors 'none'"

// No test here changes what another one looks at.
const shared = await cast(t)

t.test('every answer carries the same protection: pages, redirects, errors', async t => {
  const { as, anna } = shared
  const answers = [
    [200, await as(anna).get('/clients')], [200, await as(anna).get('/clients', { fragment: true })], [200, await as(null).get('/sign-in')], [200, await as(null).get('/healthz')], [303, await as(null).get('/clients')],
    [404, await as(anna).get('/nothing')], [404, await as(null).get('/nothing')], [422, await as(anna).post('/clients')], [401, await as(null).post('/clients')], [403, await as(anna).post('/clients', {}, { headers: { 'sec-fetch-site': 'cross-site' } })]
  ] as const
  for (const [status, { status: actual, headers }] of answers) {
    t.equal(actual, status)
    t.equal(headers['content-security-policy'], POLICY)
    t.match(headers, { 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'same-origin', 'cross-origin-opener-policy': 'same-origin' })
    t.notOk(headers['strict-transport-security'], 'no TLS, no promise of it')
    t.notOk(headers['x-powered-by'])
  }
})

t.test('pages hold no inline script or style, so that the policy needs no exception', async t => {
  const { as, anna } = shared
  for (const path of ['/sign-in', '/clients', '/clients/new', '/account', '/settings', '/nothing']) {
    const { body } = await as(path === '/sign-in' ? null : anna).get(path)
    t.notMatch(body, /<script(?![^>]+src=)|<style|\sstyle="|\son[a-z]+="|javascript:/, path)
    t.notMatch(body, /(src|href|action)="(https?:)?\/\//, `${path} asks nobody else`)
  }
})

t.test('behind TLS the browser is told to stay with it', async t => {
  const { db, url } = shared
  const behind = visitor(await secondApp(t, { db, url }, { env: { TRUST_PROXY: '1' } }), '')
  t.equal((await behind.get('/sign-in', { headers: { 'x-forwarded-proto': 'https' } })).headers['strict-transport-security'], 'max-age=15552000')
  t.equal((await behind.get('/clients', { headers: { 'x-forwarded-proto': 'https' } })).headers['strict-transport-security'], 'max-age=15552000')
  t.notOk((await behind.get('/sign-in', { headers: { 'x-forwarded-proto': 'http' } })).headers['strict-transport-security'])
})

t.test('pages are stored nowhere, and known to differ for fragments', async t => {
  const { as, anna } = shared
  for (const path of ['/clients', '/account', '/settings', '/nothing']) {
    for (const ask of [{}, { fragment: true }, { headers: { 'accept-encoding': 'gzip' } }]) {
      const { headers } = await as(anna).get(path, ask)
      t.equal(headers['cache-control'], 'no-store', path)
      t.match(String(headers.vary).toLowerCase(), 'hx-request-type', path)
    }
  }
})

t.test('pages are compressed when the browser can take it', async t => {
  const { app, as, anna } = shared
  const { cookie } = as(anna)
  const plain = (await as(anna).get('/clients')).body
  for (const [accepted, encoding, unpack] of [['gzip, deflate, br', 'br', brotliDecompressSync], ['gzip', 'gzip', gunzipSync]] as const) {
    const answer = await app.inject({ url: '/clients', headers: { cookie, 'accept-encoding': accepted } })
    t.equal(answer.headers['content-encoding'], encoding)
    t.match(String(answer.headers.vary).toLowerCase(), 'accept-encoding')
    t.equal(unpack(answer.rawPayload).toString(), plain)
  }
  t.notOk((await app.inject({ url: '/clients', headers: { cookie, 'accept-encoding': 'identity' } })).headers['content-encoding'])
})
