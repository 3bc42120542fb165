import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createHash } from 'node:crypto'
import sharp from 'sharp'
import t from 'tap'
import { readConfig } from '../../src/config.js'
import { openStorage } from '../../src/files/storage/open.js'
import { sweep } from '../../src/files/queries.js'
import { secondApp } from '../support/app.js'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { folderOf } from '../support/database.js'
import { picture, upload } from '../support/upload.js'
import { says } from '../support/words.js'

interface Server { run (): Promise<{ port: number }>, close (): Promise<void> }
const S3rver = createRequire(import.meta.url)('@20minutes/s3rver') as new (options: object) => Server

/** A real S3 server over HTTP, with the bucket "shop"; gives what the environment says of it. */
async function bucket (t: Tap): Promise<{ env: Record<string, string>, stop (): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'clientela-s3-'))
  const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory, configureBuckets: [{ name: 'shop' }] })
  const { port } = await server.run()
  let isOpen = true
  const stop = async () => { if (isOpen) { isOpen = false; await server.close() } }
  t.teardown(async () => {
    await stop()
    await rm(directory, { recursive: true, force: true })
  })
  return { env: { FILES_S3_BUCKET: 'shop', FILES_S3_ENDPOINT: `http://127.0.0.1:${port}`, FILES_S3_KEY: 'S3RVER', FILES_S3_SECRET: 'S3RVER', FILES_S3_PATH_STYLE: 'true' }, stop }
}
type Tap = Pick<typeof t, 'teardown'>

t.test('a content is kept once, read whole or in part, and forgotten', async t => {
  const { env, stop } = await bucket(t)
  const storage = openStorage(readConfig({ ...env, DATA_DIR: await mkdtemp(join(tmpdir(), 'clientela-')) }))
  const content = 'Zażółć gęślą jaźń '.repeat(10_000)
  const hash = createHash('sha256').update(content).digest('hex')
  const size = Buffer.byteLength(content)
  for (const time of ['1', '2']) {
    const path = join(await mkdtemp(join(tmpdir(), 'clientela-')), time)
    await writeFile(path, content)
    await storage.put(hash, path, size)
    t.same(await readdir(join(path, '..')), [], 'nothing is left on this machine')
  }
  t.equal(await text(await storage.get(hash)), content)
  t.equal(await text(await storage.get(hash, { start: 0, end: 2 })), 'Za\u{fffd}')
  await storage.delete(hash)
  await storage.delete(hash)
  await t.rejects(storage.get(hash), /storage_down/)
  await stop()
  await t.rejects(storage.get(hash), /storage_down/)
})

t.test('with a bucket the whole program keeps nothing on its own disk', async t => {
  const made = await cast(t)
  const { db, url, sofia } = made
  const { env, stop } = await bucket(t)
  const app = await secondApp(t, made, { env })
  const as = made.as(sofia, app)
  const path = `/clients/${await addClient(db, sofia, { first_name: 'Łukasz' })}`
  const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(300_000, 'x')])
  t.equal((await upload(app, as, `${path}/files`, { body: 'both' }, [{ name: 'a.png', content: await picture('red', { width: 640, height: 400, type: 'png' }) }, { name: 'b.pdf', content: pdf }])).status, 303)
  const { body } = await as.get(path)
  const [image = '', document = ''] = [...body.matchAll(/href="(\/clients\/\d+\/files\/[^"]+)"/g)].map(([, address]) => address!)
  const [, small = ''] = /src="(\/clients\/\d+\/thumbnails\/[^"]+)"/.exec(body)!
  const bytes = (address: string, headers = {}) => app.inject({ url: address, headers: { cookie: as.cookie, ...headers } })
  t.match(await sharp((await bytes(image)).rawPayload).metadata(), { width: 640, height: 400 })
  t.match(await sharp((await bytes(small)).rawPayload).metadata(), { width: 320, height: 200 })
  t.ok((await bytes(document)).rawPayload.equals(pdf))
  t.match(await bytes(document, { range: 'bytes=0-7' }), { statusCode: 206, body: '%PDF-1.7' })
  t.same((await readdir(join(folderOf(url), 'files'), { recursive: true })).filter(name => name !== 'temporary'), [])

  await db.raw("update file_contents set used_at = now() - interval '2 days'")
  await db('files').where({ name: 'b.pdf' }).delete()
  t.equal(await sweep({ db, storage: app.storage }), 1, 'what nothing names goes, everything else stays')
  t.equal((await bytes(image)).statusCode, 200)
  t.equal((await db('file_contents')).length, 2)
  t.equal((await upload(app, as, `${path}/files`, {}, [{ name: 'b.pdf', content: pdf }])).status, 303, 'and is kept anew when it is sent again')

  await stop()
  const down = await upload(app, as, `${path}/files`, { body: 'while it is down' }, [{ name: 'c.txt', content: 'other words' }], { fragment: true })
  t.equal(down.status, 503)
  t.ok(says(down.body, 'errors.storage_down.text'))
  t.equal((await bytes(image)).statusCode, 503)
  t.equal((await db('events').where({ kind: 'files.added' })).length, 2, 'nothing is half saved')
  t.same(await readdir(app.storage.temporary), [], 'or left lying about')
})

t.test('a configuration that can\'t be meant is named', async t => {
  for (const [env, says] of [[{ FILES_S3_BUCKET: 'shop', FILES_S3_ENDPOINT: 'ftp://store' }, /FILES_S3_ENDPOINT/], [{ FILES_S3_BUCKET: 'shop', FILES_S3_KEY: 'k' }, /FILES_S3_SECRET/]] as const) t.throws(() => readConfig(env), says)
  t.equal(readConfig({ FILES_S3_BUCKET: '' }).s3, undefined)
})
