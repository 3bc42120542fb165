import { randomBytes } from 'node:crypto'
import sharp from 'sharp'
import t from 'tap'
import { cast } from '../support/cast.js'
import { hugePng, picture, upload } from '../support/upload.js'
import { says } from '../support/words.js'

const limits = { file_megabytes: '5', file_count: '3', file_kinds: ['pictures', 'others'] }

t.test('an admin says what may be attached', async t => {
  const { as, anna, marek, db } = await cast(t)
  const page = await as(anna).get('/settings/files')
  t.equal(page.status, 200)
  t.match(page.body, /name="file_megabytes" type="text" value="50"/)
  t.match(page.body, /value="pictures" checked[^]*value="others">/)
  t.notMatch((await as(anna).get('/settings/files', { fragment: true })).body, /<html/)
  t.match(await as(anna).post('/settings/files', limits), { status: 303, location: '/settings/files' })
  t.match(await db('organisation').first(), { file_megabytes: 5, file_count: 3, file_kinds: ['pictures', 'others'] })
  const log = (await as(anna).get('/settings/audit')).body
  t.ok(says(log, 'audit.kinds.settings.files') && says(log, 'audit.choices.others'))

  for (const [field, value, key, values] of [['file_megabytes', '0', 'files.between', { min: 1, max: 2000 }], ['file_megabytes', '2001', 'files.between', { min: 1, max: 2000 }], ['file_count', 'many', 'files.between', { min: 1, max: 50 }], ['file_kinds', undefined, 'files.no_kind', {}], ['file_kinds', 'viruses', 'files.no_kind', {}]] as const) {
    const wrong = await as(anna).post('/settings/files', { ...limits, file_count: '7', [field]: value })
    t.equal(wrong.status, 422)
    t.ok(says(wrong.body, key, values), `${field} ${value}`)
    if (field !== 'file_count') t.match(wrong.body, /name="file_count"[^>]*value="7"/, 'what was typed stays')
  }
  t.equal((await db('organisation').first()).file_count, 3)
  for (const ask of [as(marek).get('/settings/files'), as(marek).post('/settings/files', limits)]) t.equal((await ask).status, 403)
  t.equal((await as(null).get('/settings/files')).status, 303)
})

t.test('the logo is drawn anew, stands on every page and on the sign-in page, and is taken off again', async t => {
  const { app, as, anna, marek, db } = await cast(t)
  const send = (content: Buffer | string, who = anna) => upload(app, as(who), '/settings/general/logo', {}, [{ name: 'logo.png', content }])
  t.notMatch((await as(anna).get('/clients')).body, /class="logo"/)
  const clear = await sharp({ create: { width: 1200, height: 400, channels: 4, background: { r: 200, g: 0, b: 0, alpha: 0.5 } } }).png().toBuffer()
  t.match(await send(clear), { status: 303, location: '/settings/general' })
  const [, address = ''] = /class="logo" src="(\/logo\/[0-9a-f]{64}\.webp)"/.exec((await as(anna).get('/clients')).body)!
  for (const path of ['/sign-in', '/nothing/here']) t.match((await as(null).get(path)).body, address, path)
  const served = await app.inject(address)
  t.match(served.headers, { 'content-type': 'image/webp', 'cache-control': 'public, max-age=31536000, immutable', 'content-security-policy': /sandbox/ })
  t.match(await sharp(served.rawPayload).metadata(), { width: 512, height: 171, hasAlpha: true })
  t.ok(says((await as(anna).get('/settings/audit')).body, 'audit.kinds.settings.logo'))

  for (const [content, key, values] of [['<svg xmlns="http://www.w3.org/2000/svg"/>', 'files.logo_kind'], [hugePng(), 'files.picture_pixels', { width: 40_000, height: 40_000, max: 110 }], [randomBytes(10_000_001), 'files.too_big', { max: 10 }], ['', 'files.empty']] as const) {
    const wrong = await send(content as string)
    t.equal(wrong.status, key === 'files.too_big' ? 413 : 422, key)
    t.ok(says(wrong.body, key, values), key)
  }
  t.ok(says((await upload(app, as(anna), '/settings/general/logo', {}, [], { fragment: true })).body, 'files.logo_missing'))
  t.match((await as(anna).get('/clients')).body, address, 'the logo stays as it was')
  t.equal((await send(clear, marek)).status, 403)
  t.equal((await as(marek).post('/settings/general/logo/remove')).status, 403)

  const [file] = await db('file_contents').insert({ hash: 'a'.repeat(64), size: 1 }).returning('hash')
  t.equal((await app.inject(`/logo/${file.hash}.webp`)).statusCode, 404, 'no other content is everybody\'s')
  await send(await picture('blue', { type: 'png' }))
  t.equal((await app.inject(address)).statusCode, 404, 'nor one that was the logo')
  t.match(await as(anna).post('/settings/general/logo/remove'), { status: 303 })
  t.notMatch((await as(anna).get('/clients')).body, /class="logo"/)
  t.match((await as(null).get('/sign-in')).body, /Clientela/)
})
