import { once } from 'node:events'
import { readFileSync, existsSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { testDatabase } from '../support/database.js'
import { addClientBy, setUpCompany } from '../support/http.js'
import { startServer } from '../support/server-process.js'

const MB = 1e6
const CHUNK = Buffer.alloc(64 * 1024, 'Zażółć gęślą jaźń. ')

t.test('a file of 200 MB goes through the server without filling its memory, whether it is kept or refused', async t => {
  const { db, url } = await testDatabase(t)
  const { address, child } = await startServer(t, { env: { DATABASE_URL: url } })
  const owner = await setUpCompany(address)
  const client = await addClientBy(owner, 'Łukasz')
  const most = () => existsSync('/proc/self/status') ? Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) * 1024 : 0

  t.equal((await send(`${address}${client}/files`, owner.cookie, 100_000)).status, 303)
  const before = most()

  const refused = await send(`${address}${client}/files`, owner.cookie, 200 * MB)
  t.equal(refused.status, 413)
  t.match(refused.body, /Too big: a file may have 50 MB at most/)
  t.match(refused.body, />What was typed<\/textarea>/)

  await db('organisation').update({ file_megabytes: 250 })
  t.equal((await send(`${address}${client}/files`, owner.cookie, 200 * MB)).status, 303)
  const { token, size } = await db('files').orderBy('id', 'desc').first('token', 'size')
  t.equal(size, 200 * MB)
  t.equal(await download(`${address}${client}/files/${token}/big.txt`, owner.cookie), 200 * MB)

  const grown = (most() - before) / MB
  t.comment(`the most memory it ever had grew by ${grown.toFixed(0)} MB over 600 MB of traffic`)
  t.ok(grown < 100, `${grown.toFixed(0)} MB`)
})

/** Sends a form with words and one text file of so many bytes, made as they go. */
async function send (address: string, cookie: string, size: number): Promise<{ status: number, body: string }> {
  const part = (head: string) => `--xxx\r\nContent-Disposition: form-data; ${head}\r\n\r\n`
  const [start, end] = [`${part('name="body"')}What was typed\r\n${part('name="files"; filename="big.txt"')}`, '\r\n--xxx--\r\n']
  const sent = request(address, { method: 'POST', headers: { cookie, origin: new URL(address).origin, 'content-type': 'multipart/form-data; boundary=xxx', 'content-length': Buffer.byteLength(start) + size + Buffer.byteLength(end) } })
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  sent.write(start)
  for (let left = size; left > 0; left -= CHUNK.length) if (!sent.write(CHUNK.subarray(0, Math.min(left, CHUNK.length)))) await once(sent, 'drain')
  sent.end(end)
  const [response] = await answered
  return { status: response.statusCode!, body: await text(response) }
}

/** Reads a file as a slow browser does; gives the bytes that came. */
async function download (address: string, cookie: string): Promise<number> {
  const asked = request(address, { headers: { cookie } }).end()
  const [response] = await once(asked, 'response') as [IncomingMessage]
  let bytes = 0
  await sleep(200) // who reads late must not make the server read on
  for await (const chunk of response) bytes += (chunk as Buffer).length
  return bytes
}
