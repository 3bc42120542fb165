import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { secondApp } from '../support/app.js'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { folderOf } from '../support/database.js'
import { listen } from '../support/desk.js'
import { hugePng, photograph, picture, upload, type Sent } from '../support/upload.js'
import { says } from '../support/words.js'

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const id = await addClient(made.db, made.sofia, { first_name: 'Łukasz' })
  const path = `/clients/${id}`
  const send = (who: Parameters<typeof made.as>[0], files: Sent[], fields: Record<string, string | string[]> = {}, ask: { fragment?: boolean, to?: string } = {}) =>
    upload(made.app, made.as(who), `${path}/${ask.to ?? 'files'}`, fields, files, ask)
  const bytes = async (url: string, headers: Record<string, string> = {}, who: Parameters<typeof made.as>[0] = made.sofia) => made.app.inject({ url, headers: { cookie: made.as(who).cookie, ...headers } })
  const addresses = (body: string) => [...new Set([...body.matchAll(/href="(\/clients\/\d+\/files\/[^"]+)"/g)].map(([, url]) => url!))]
  const thumbnails = (body: string) => [...body.matchAll(/src="(\/clients\/\d+\/thumbnails\/[^"]+)"/g)].map(([, url]) => url!)
  const kept = async () => (await readdir(join(folderOf(made.url), 'files'), { recursive: true, withFileTypes: true })).filter(one => one.isFile()).map(one => join(one.parentPath, one.name))
  return { ...made, id, path, send, bytes, addresses, thumbnails, kept }
}

const text = (name: string, content = 'plain words'): Sent => ({ name, content })

t.test('pictures and a document become one entry with what was written, and are served', async t => {
  const { as, sofia, path, send, bytes, addresses, thumbnails, db, kept } = await shop(t)
  const red = await picture('red', { width: 900, height: 600 })
  const answer = await send(sofia, [{ name: 'Błotnik przód.JPG', content: red, type: 'text/html' }, { name: 'b.png', content: await picture('blue', { type: 'png' }) }, text('Wycena "1".csv', 'a;b\n1;2')], { body: 'Before the repair', token: '' })
  t.same([answer.status, answer.location], [303, path])
  const event = await db('events').where({ kind: 'files.added' }).first()
  t.match(event, { employee_id: sofia.id, body: 'Before the repair', details: { files: [{ name: 'Błotnik przód.JPG' }, { name: 'b.png' }, { name: 'Wycena "1".csv' }] } })

  const { body } = await as(sofia).get(path)
  t.match(body, /Before the repair/)
  t.same([addresses(body).length, thumbnails(body).length], [3, 2])
  t.match(addresses(body)[0], /\/files\/[\w-]{22}\/B%C5%82otnik%20prz%C3%B3d\.JPG$/)
  const [photo, , sheet] = await Promise.all(addresses(body).map(url => bytes(url)))
  for (const { headers } of [photo!, sheet!]) {
    t.match(headers, { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox", 'x-content-type-options': 'nosniff', 'cache-control': 'private, no-cache' })
  }
  t.match(photo!.headers, { 'content-type': 'image/jpeg', 'content-disposition': /^inline; filename="B_otnik przod\.JPG"; filename\*=UTF-8''B%C5%82otnik%20prz%C3%B3d\.JPG$/ })
  t.match(sheet!.headers, { 'content-type': 'text/plain; charset=utf-8', 'content-disposition': /^attachment; filename="Wycena _1_\.csv"/ })
  t.equal(sheet!.body, 'a;b\n1;2')
  t.notOk(sheet!.headers['content-encoding'], 'not compressed anew at each visit')
  t.match(await sharp(photo!.rawPayload).metadata(), { width: 900, height: 600, format: 'jpeg' })
  const small = await bytes(thumbnails(body)[0]!)
  t.match(small.headers, { 'content-type': 'image/webp', 'content-disposition': /^inline/ })
  t.match(await sharp(small.rawPayload).metadata(), { width: 320, height: 213 })
  t.equal((await kept()).length, 5, 'three contents and two small pictures, and nothing left on the way')

  t.same((await as(sofia).get(`${path}/feed?feed=files`, { fragment: true })).body.match(/id="event-\d+"/g)?.length, 1)
  const fragment = await send(sofia, [text('again.txt')], { body: '' }, { fragment: true })
  t.match(fragment, { status: 200, headers: { 'hx-trigger': 'commented' } })
  t.equal((await kept()).length, 6, 'of two files with one content it is kept once')
})

t.test('a part of a file can be asked for, and what a browser has isn\'t sent again', async t => {
  const { as, sofia, path, send, bytes, addresses } = await shop(t)
  await send(sofia, [text('a.txt', '0123456789')])
  const [url = ''] = addresses((await as(sofia).get(path)).body)
  const whole = await bytes(url)
  const etag = String(whole.headers.etag)
  for (const [range, status, body, shown] of [['bytes=2-4', 206, '234', 'bytes 2-4/10'], ['bytes=7-', 206, '789', 'bytes 7-9/10'], ['bytes=-2', 206, '89', 'bytes 8-9/10'], ['bytes=8-99', 206, '89', 'bytes 8-9/10'], ['bytes=10-', 416, '', 'bytes */10'], ['bytes=5-2', 200, '0123456789', undefined], ['bytes=0-1,4-5', 200, '0123456789', undefined], ['lines=1', 200, '0123456789', undefined]] as const) {
    const answer = await bytes(url, { range })
    t.same([answer.statusCode, answer.body, answer.headers['content-range']], [status, body, shown], range)
  }
  t.equal((await bytes(url, { range: 'bytes=2-4', 'if-range': '"other"' })).body, '0123456789')
  t.equal((await bytes(url, { range: 'bytes=2-4', 'if-range': etag })).body, '234')
  t.equal((await bytes(url, { 'if-none-match': etag })).statusCode, 304)
})

t.test('a photograph loses where and with what it was taken, and keeps its upright side', async t => {
  const { as, sofia, path, send, bytes, addresses, thumbnails } = await shop(t)
  const original = await sharp(await photograph()).metadata()
  t.match(original.exif!.toString('latin1'), 'Aparat 9', 'the original has it')
  t.ok(original.xmp)
  const turned = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'tan' } }).withMetadata({ orientation: 6 }).jpeg().toBuffer()
  await send(sofia, [{ name: 'place.jpg', content: await photograph() }, { name: 'turned.jpg', content: turned }])
  const { body } = await as(sofia).get(path)
  const [place = '', upright = ''] = addresses(body)
  const { rawPayload } = await bytes(place)
  const cleaned = await sharp(rawPayload).metadata()
  t.same([cleaned.exif, cleaned.xmp, cleaned.iptc], [undefined, undefined, undefined])
  t.notMatch(rawPayload.toString('latin1'), /Telefon|Aparat|GPS|51,6N/)
  t.equal((await sharp((await bytes(upright)).rawPayload).metadata()).orientation, 6)
  t.match(await sharp((await bytes(thumbnails(body)[1]!)).rawPayload).metadata(), { width: 40, height: 60 })
})

t.test('of several files the bad ones are named with the reason, the others wait, and what was written stays', async t => {
  const { as, sofia, path, send, db } = await shop(t)
  await db('organisation').update({ file_megabytes: 1 })
  const bad: [Sent, string, object?][] = [
    [{ name: 'film.bin', content: Buffer.alloc(1_000_001) }, 'files.too_big', { max: 1 }],
    [{ name: '../../x.html', content: '<!doctype html><script>alert(1)</script>' }, 'files.refused.others'],
    [{ name: 'logo.svg', content: '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', type: 'image/png' }, 'files.refused.others'],
    [{ name: 'drawing.xml', content: '<?xml version="1.0"?><!-- --><svg xmlns="http://www.w3.org/2000/svg"/>' }, 'files.refused.others'],
    [{ name: 'run.exe', content: Buffer.concat([Buffer.from('MZ'), Buffer.alloc(100)]) }, 'files.refused.others'],
    [{ name: 'words.html', content: 'harmless words under a name that a browser would run' }, 'files.refused.others'],
    [{ name: 'huge.png', content: hugePng() }, 'files.picture_pixels', { width: 40_000, height: 40_000, max: 110 }],
    [{ name: 'half.jpg', content: (await picture('red', { width: 600, height: 600 })).subarray(0, 1500) }, 'files.picture_broken'],
    [{ name: 'IMG_1.HEIC', content: Buffer.from('00000018667479706865696300000000686569636d696631', 'hex') }, 'files.picture_kind', { kind: 'HEIC' }],
    [{ name: 'nothing.txt', content: '' }, 'files.empty']
  ]
  const answer = await send(sofia, [text('good.txt'), ...bad.map(([file]) => file), { name: 'good.png', content: await picture('green', { type: 'png' }) }], { body: 'What I wrote' })
  t.equal(answer.status, 413)
  for (const [{ name }, key, values] of bad) t.ok(says(answer.body, key, values as Record<string, unknown>), `${name}: ${key}`)
  t.match(answer.body, />x\.html</, 'a name loses its path')
  t.notMatch(answer.body, '../../')
  t.match(answer.body, />What I wrote<\/textarea>/)
  const tokens = [...answer.body.matchAll(/name="file" value="([\w-]{22})"/g)].map(([, token]) => token!)
  t.equal(tokens.length, 2, 'good.txt and good.png are kept')
  t.equal((await db('events').where({ kind: 'files.added' })).length, 0, 'and nothing is half done')

  const off = await send(sofia, [], { body: 'What I wrote', file: tokens, drop: tokens[0]! })
  t.equal(off.status, 200)
  t.same([...off.body.matchAll(/name="file" value="([\w-]{22})"/g)].map(([, token]) => token), [tokens[1]], 'one is taken off again')
  t.equal((await send(sofia, [], { body: 'What I wrote', file: tokens })).status, 303)
  t.match((await db('events').where({ kind: 'files.added' }).first()).details.files, [{ name: 'good.txt' }, { name: 'good.png' }])
  t.match((await as(sofia).get(path)).body, /What I wrote/)
})

t.test('what an admin has allowed is kept, and is never more than a download', async t => {
  const { as, sofia, path, send, bytes, addresses, db } = await shop(t)
  await db('organisation').update({ file_kinds: ['others'] })
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
  t.equal((await send(sofia, [{ name: '../../x.html', content: '<html><script>alert(1)</script>' }, { name: 'logo.svg', content: svg }])).status, 303)
  for (const url of addresses((await as(sofia).get(path)).body)) {
    t.match((await bytes(url)).headers, { 'content-type': 'application/octet-stream', 'content-disposition': /^attachment; filename="(x\.html|logo\.svg)"/, 'content-security-policy': /sandbox/ })
  }
  t.equal((await send(sofia, [text('a.txt')])).status, 422, 'documents are off now')
})

t.test('files that are sent ahead wait for their entry, for their sender alone', async t => {
  const { as, app, sofia, anna, path, send, bytes, db } = await shop(t)
  const ahead = await send(sofia, [{ name: 'one.png', content: await picture('red', { type: 'png' }) }], {}, { to: 'uploads', fragment: true })
  t.equal(ahead.status, 200)
  t.notMatch(ahead.body, /<html/)
  const [, token = ''] = /name="file" value="([\w-]{22})"/.exec(ahead.body)!
  t.equal((await bytes(`${path}/thumbnails/${token}.webp`)).statusCode, 200)
  t.equal((await bytes(`${path}/thumbnails/${token}.webp`, {}, anna)).statusCode, 404, 'not yet anybody else\'s to see')
  t.equal((await send(anna, [], { body: 'mine', file: token })).status, 422)
  const refused = await send(sofia, [text('a.svg', '<svg/>')], {}, { to: 'uploads', fragment: true })
  t.equal(refused.status, 422)
  t.ok(says(refused.body, 'files.refused.others'))
  t.match(await send(sofia, [text('b.txt')], {}, { to: 'uploads' }), { status: 200, body: /<html[^]*name="file"/ })

  const once = { body: '', file: token, token: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff' }
  const both = await Promise.all([send(sofia, [], once), send(sofia, [], once)])
  t.same(both.map(({ status }) => status), [303, 303], 'sent twice it is one')
  t.equal((await db('events').where({ kind: 'files.added' })).length, 1)
  t.equal((await bytes(`${path}/thumbnails/${token}.webp`, {}, anna)).statusCode, 200)
  const gone = await send(sofia, [], { body: 'again', file: token })
  t.equal(gone.status, 422)
  t.ok(says(gone.body, 'files.gone'))
  t.match(gone.body, />again<\/textarea>/)

  t.equal((await send(sofia, [], { body: 'only words' })).status, 303)
  t.match(await db('events').orderBy('id', 'desc').first(), { kind: 'comment', body: 'only words' })
  const empty = await send(sofia, [], { body: ' ' })
  t.equal(empty.status, 422)
  t.ok(says(empty.body, 'files.nothing'))
  await db('organisation').update({ file_count: 2 })
  const many = await send(sofia, ['1', '2', '3'].map(name => text(name, name)))
  t.equal(many.status, 422)
  t.ok(says(many.body, 'files.too_many', { count: 2 }))
  t.equal((await app.inject({ method: 'POST', url: `${path}/comments`, payload: 'x', headers: { cookie: as(sofia).cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'multipart/form-data; boundary=x' } })).statusCode, 415, 'other forms take no files')
})

t.test('a file is removed and put back, with a trace', async t => {
  const { as, sofia, marek, path, send, bytes, addresses, db } = await shop(t)
  await send(sofia, [text('a.txt'), { name: 'b.png', content: await picture('red', { type: 'png' }) }])
  const [url = ''] = addresses((await as(sofia).get(path)).body)
  const at = url.slice(0, url.lastIndexOf('/'))
  const removed = await as(marek).post(`${at}/remove`, {}, { fragment: true })
  t.equal(removed.status, 200)
  t.ok(says(removed.body, 'files.gone_from', { name: 'b.png' }))
  t.match(removed.body, new RegExp(`action="${at}/restore"`))
  t.equal((await bytes(url)).statusCode, 404)
  t.equal((await as(marek).post(`${at}/remove`)).status, 404)
  t.match(await db('events').orderBy('id', 'desc').first(), { kind: 'file.removed', employee_id: marek.id })
  t.match(await as(sofia).post(`${at}/restore`), { status: 303, location: path })
  t.equal((await bytes(url)).statusCode, 200)
  t.match((await as(sofia).get(path)).body, /File back:/)
  t.match(await as(sofia).post(`${at}/remove`), { status: 303 })
})

t.test('what is no form, or breaks off, is refused, leaves nothing, and is no failure of ours', async t => {
  const { as, sofia, path, kept, db, url } = await shop(t)
  const lines: string[] = []
  const app = await secondApp(t, { db, url }, { env: { LOG_LEVEL: 'warn' }, logTo: { write: line => { lines.push(line) } } })
  const part = (head: string, content: string) => `--xxx\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}`
  const half = part('name="files"; filename="half.txt"', 'the beginning')
  const send = (type: string, payload: string, cookie = as(sofia).cookie) => app.inject({ method: 'POST', url: `${path}/files`, payload, headers: { cookie, 'content-type': type, 'sec-fetch-site': 'same-origin' } })
  for (const [type, payload] of [['', 'words'], ['; boundary=xxx', 'words'], ['; boundary=xxx', half], ['; boundary=xxx', part('name="body"', 'typed')]] as const) {
    t.equal((await send(`multipart/form-data${type}`, payload)).statusCode, 400, payload)
  }
  t.equal((await send('multipart/form-data; boundary=xxx', 'words', '')).statusCode, 400, 'of a stranger too')

  const address = await listen(app)
  await new Promise<void>(resolve => {
    const sent = request(`${address}${path}/uploads`, { method: 'POST', headers: { cookie: as(sofia).cookie, origin: address, 'content-type': 'multipart/form-data; boundary=xxx', 'content-length': 1e6 } })
    sent.on('error', () => {}).on('close', resolve)
    sent.write(half, () => setImmediate(() => sent.destroy()))
  })
  await app.close() // which waits for what is going on
  t.same([lines, await kept(), await db('files')], [[], [], []])
})

t.test('the words beside files are their author\'s to change', async t => {
  const { as, sofia, anna, path, send, db } = await shop(t)
  await send(sofia, [text('a.txt')], { body: 'Frist' })
  const event = (await db('events').where({ kind: 'files.added' }).first('id')).id
  t.equal((await as(sofia).post(`${path}/feed/${event}`, { body: 'First' })).status, 303)
  t.match((await as(sofia).get(path)).body, /First[^]*a\.txt/)
  t.equal((await as(anna).post(`${path}/feed/${event}`, { body: 'x' })).status, 403)
  t.equal((await as(sofia).post(`${path}/feed/${event}/delete`)).status, 404, 'files aren\'t deleted as a comment is')
})

t.test('who may not edit clients attaches nothing, who may not see the client gets nothing, and addresses can\'t be guessed', async t => {
  const { as, sofia, nuno, marek, id, path, send, bytes, addresses, db } = await shop(t)
  await send(sofia, [text('a.txt')])
  const [url = ''] = addresses((await as(sofia).get(path)).body)
  const [{ id: viewer }] = await db('roles').insert({ name: 'Viewer', rights: ['clients.view'] }).returning('id')
  t.equal((await bytes(url, {}, nuno)).statusCode, 403)
  await db('employees').where({ id: nuno.id }).update({ role_id: viewer })
  t.equal((await bytes(url, {}, nuno)).statusCode, 200)
  const page = (await as(nuno).get(path)).body
  t.match(page, /action="\/clients\/\d+\/comments"/)
  t.notMatch(page, /type="file"|\/remove"/)
  for (const to of ['files', 'uploads']) t.equal((await send(nuno, [text('b.txt')], {}, { to })).status, 403, to)
  const at = url.slice(0, url.lastIndexOf('/'))
  for (const action of ['remove', 'restore']) t.equal((await as(nuno).post(`${at}/${action}`)).status, 403)

  await db('clients').where({ id }).update({ is_supplier: true })
  t.equal((await bytes(url, {}, nuno)).statusCode, 404, 'suppliers aren\'t theirs to see')
  t.equal((await bytes(url, {}, sofia)).statusCode, 404)
  t.equal((await send(sofia, [text('b.txt')])).status, 404)
  t.equal((await bytes(url, {}, marek)).statusCode, 200)
  t.equal((await bytes(url.replace(/files\/(.)/, (_, first) => first === '_' ? 'files/x' : 'files/_'), {}, marek)).statusCode, 404)
  t.equal((await bytes(url.replace(`/${id}/`, `/${id + 1}/`), {}, marek)).statusCode, 404)
  t.equal((await bytes(url, { cookie: '' })).statusCode, 303, 'a stranger is sent to sign in')
})

t.test('whose session has ended while sending gets back the words, and is told of the files', async t => {
  const { as, app, sofia, path, send, db } = await shop(t)
  t.equal((await send(null, [text('a.txt')], { body: 'typed' }, { fragment: true })).status, 401)
  const page = await send(null, [text('a.txt')], { body: 'typed' })
  t.equal(page.status, 401)
  const [, kept = ''] = /name="kept" value="([^"]*)"/.exec(page.body)!
  const fields = JSON.parse(kept.replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&amp;', '&'))
  const resumed = await as(sofia).post(`${path}/files`, fields)
  t.equal(resumed.status, 422)
  t.match(resumed.body, />typed<\/textarea>/)
  t.ok(says(resumed.body, 'files.choose_again'))
  t.equal((await upload(app, as(sofia), `${path}/files`, {}, [text('a.txt')], { headers: { 'sec-fetch-site': 'cross-site' } })).status, 403)
  t.equal((await db('files')).length, 0)
})
