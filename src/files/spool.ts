import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BrokenOff } from '../web/errors.js'

/** Bytes on this machine's disk on their way into the storage. */
export interface Spooled { path: string, hash: string, size: number }

const DAY = 24 * 3600_000

/** A new name in the folder for what isn't whole yet. */
export async function temporaryPath (folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return join(folder, randomBytes(16).toString('hex'))
}

/** Writes a stream to disk as it comes, a chunk at a time in memory. Nothing is left when it breaks off; then it throws BrokenOff. */
export async function spool (stream: Readable, folder: string): Promise<Spooled> {
  const path = await temporaryPath(folder)
  const hash = createHash('sha256')
  let size = 0
  const meter = new PassThrough()
  meter.on('data', (chunk: Buffer) => {
    hash.update(chunk)
    size += chunk.length
  })
  const output = createWriteStream(path, { flags: 'wx', mode: 0o600 })
  // Whichever of the two fails takes the other along: the first one tells whose fault it is.
  let failed: Readable | typeof output | undefined = stream.errored ? stream : undefined
  for (const one of [stream, output]) one.once('error', () => { failed ??= one })
  try {
    await pipeline(stream, meter, output)
  } catch (error) {
    await rm(path, { force: true })
    throw failed === stream ? new BrokenOff() : error
  }
  return { path, hash: hash.digest('hex'), size }
}

/** What a file that was written by somebody else holds. */
export async function measure (path: string): Promise<Spooled> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return { path, hash: hash.digest('hex'), size: (await stat(path)).size }
}

/** Clears away what processes that were killed left behind. */
export async function clearTemporary (folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name)
    const at = await stat(path).catch(() => null)
    if (at && Date.now() - at.mtimeMs > DAY) await rm(path, { recursive: true, force: true })
  }
}
