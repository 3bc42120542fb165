import Fastify from 'fastify'
import t from 'tap'
import permissions from '../../src/web/permissions.js'
import sameOrigin from '../../src/web/same-origin.js'
import { testApp } from '../support/app.js'

const OURS = 'http://desk.example:3000'

const cases: [headers: Record<string, string>, passes: boolean][] = [
  [{ 'sec-fetch-site': 'same-origin' }, true],
  [{ 'sec-fetch-site': 'same-site' }, false],
  [{ 'sec-fetch-site': 'cross-site' }, false],
  [{ 'sec-fetch-site': 'none' }, false],
  [{ 'sec-fetch-site': 'cross-site', origin: OURS }, false],
  [{ 'sec-fetch-site': '' }, false],
  [{ origin: OURS }, true],
  [{ origin: 'https://desk.example:3000' }, true],
  [{ origin: 'http://desk.example' }, false],
  [{ origin: 'http://evil.example' }, false],
  [{ origin: 'http://desk.example:3000.evil.example' }, false],
  [{ origin: 'null' }, false],
  [{ origin: 'null', referer: `${OURS}/clients` }, false],
  [{ origin: 'http://evil.example', referer: `${OURS}/clients` }, false],
  [{ referer: `${OURS}/clients` }, true],
  [{ referer: 'http://evil.example/desk.example:3000' }, false],
  [{ referer: 'not an address' }, false],
  [{}, false]
]

t.test('a change is taken from our own pages only', async t => {
  const { app } = await testApp(t)
  for (const [headers, passes] of cases) {
    const answer = await app.inject({ method: 'POST', url: '/sign-in', headers: { host: 'desk.example:3000', 'content-type': 'application/x-www-form-urlencoded', ...headers }, payload: 'email=&password=' })
    t.equal(answer.statusCode, passes ? 422 : 403, JSON.stringify(headers))
    if (!passes) t.match(answer.body, 'This came from another site')
  }
})

t.test('looking is allowed from everywhere, so that links work', async t => {
  const { app } = await testApp(t)
  for (const method of ['GET', 'HEAD'] as const) {
    t.equal((await app.inject({ method, url: '/sign-in', headers: { 'sec-fetch-site': 'cross-site' } })).statusCode, 200)
  }
  for (const method of ['PUT', 'DELETE', 'PATCH'] as const) {
    t.equal((await app.inject({ method, url: '/sign-in', headers: { 'sec-fetch-site': 'cross-site' } })).statusCode, 403, method)
  }
})

t.test('a route that is foreign, and so public, is asked by servers', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.decorateRequest('viewer', null)
  await app.register(permissions)
  await app.register(sameOrigin)
  app.post('/hooks', { config: { public: true, foreign: true } }, async () => 'taken')
  app.post('/ours', { config: { public: true } }, async () => 'taken')
  t.throws(() => app.post('/hidden', { config: { signedIn: true, foreign: true } }, async () => 'taken'), /POST \/hidden is foreign, so it has to be public/)
  for (const headers of [{}, { origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    t.equal((await app.inject({ method: 'POST', url: '/hooks', headers })).statusCode, 200, JSON.stringify(headers))
    t.equal((await app.inject({ method: 'POST', url: '/ours', headers })).statusCode, 403, JSON.stringify(headers))
  }
})
