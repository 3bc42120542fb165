import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import t from 'tap'
import { cast, type Cast } from '../support/cast.js'

/** The address that pages give a joined file: "/assets/app.Wr6EUIGIK4.css". */
const addressOf = async ({ as }: Pick<Cast, 'as'>, extension: 'css' | 'js') =>
  new RegExp(`"(/assets/app\\.[^"]+\\.${extension})"`).exec((await as(null).get('/sign-in')).body)![1]!

// No test here changes what another one looks at.
const shared = await cast(t)

t.test('files have their content in their name and are kept for ever', async t => {
  const { app, as } = shared
  const { body } = await as(null).get('/sign-in')
  const paths = [...body.matchAll(/"(\/assets\/[^"]+)"/g)].map(match => match[1]!)
  t.ok(paths.length >= 2)
  for (const path of paths) {
    const answer = await app.inject(path)
    t.equal(answer.statusCode, 200, path)
    t.match(path, /^\/assets\/[\w-]+\.[\w-]{10}\.\w+$/)
    t.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable')
    t.equal(answer.headers['x-content-type-options'], 'nosniff')
    t.notOk(answer.headers['set-cookie'])
  }
  t.match((await app.inject(await addressOf({ as }, 'css'))).headers['content-type'], 'text/css')
  t.match((await app.inject(await addressOf({ as }, 'js'))).headers['content-type'], 'javascript')
})

t.test('they lie compressed on the disk, and are chosen by what the browser takes', async t => {
  const { app, as } = shared
  const path = await addressOf({ as }, 'js')
  const plain = (await app.inject(path)).body
  for (const [accepted, encoding, unpack] of [['gzip, deflate, br', 'br', brotliDecompressSync], ['gzip', 'gzip', gunzipSync]] as const) {
    const answer = await app.inject({ url: path, headers: { 'accept-encoding': accepted } })
    t.equal(answer.headers['content-encoding'], encoding)
    t.match(answer.headers['content-type'], 'javascript')
    t.match(String(answer.headers.vary).toLowerCase(), 'accept-encoding')
    t.equal(unpack(answer.rawPayload).toString(), plain)
  }
})

t.test('a file asks the database nothing, whoever wants it', async t => {
  const { app, as, anna, db } = shared
  const path = await addressOf({ as }, 'css')
  let queries = 0
  db.on('query', () => { queries++ })
  t.equal((await as(anna).get(path)).status, 200)
  t.equal((await app.inject({ method: 'HEAD', url: path, headers: { cookie: as(anna).cookie } })).statusCode, 200)
  t.equal(queries, 0)
})

t.test('what is no file of ours is not found, by whatever way it is asked for', async t => {
  const { app, as } = shared
  const css = await addressOf({ as }, 'css')
  for (const path of ['app.css', 'app.0000000000.css', '', '..%2f..%2fpackage.json', '..%2F..%2F..%2Fetc%2Fpasswd', '%2e%2e%2fpackage.json', '../package.json', '..%5c..%5cpackage.json', '%00', '.', '.%2f', `${css.slice(8)}.br`, `${css.slice(8)}%00`, '%zz', 'x'.repeat(200), 'a/b.css']) {
    const answer = await app.inject(`/assets/${path}`)
    t.equal(answer.statusCode, 404, path)
    t.notMatch(answer.body, /"clientela"|root:|Error/)
    t.notMatch(String(answer.headers['cache-control']), 'immutable', path)
    t.match(answer.headers, { 'x-content-type-options': 'nosniff' }, path)
  }
  t.equal((await app.inject({ method: 'POST', url: css, headers: { 'sec-fetch-site': 'same-origin' } })).statusCode, 404)
})
