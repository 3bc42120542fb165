import type { Readable } from 'node:stream'
import yauzl from 'yauzl'
import { LIMITS } from '../limits.js'
import { Unreadable } from '../reading.js'

/** A zip archive on disk; only what is asked for is unpacked. */
export interface Archive {
  has (name: string): boolean
  /** Bytes it unpacks to. */
  size (name: string): number
  /** Unpacks one file as it is read. Throws Unreadable when there is none, or it unpacks to more than it may. */
  read (name: string): Promise<Readable>
  close (): void
}

/** Opens an archive. Throws Unreadable when it is none, or only the beginning of one. */
export async function openArchive (path: string): Promise<Archive> {
  const zip = await new Promise<yauzl.ZipFile>((resolve, reject) => {
    yauzl.open(path, { lazyEntries: true, autoClose: false }, (error, zip) => error ? reject(unreadable(error)) : resolve(zip!))
  })
  const entries = await entriesOf(zip).catch(error => {
    zip.close()
    throw unreadable(error)
  })
  const find = (name: string) => entries.get(name.toLowerCase())
  return {
    has: name => find(name) !== undefined,
    size: name => find(name)?.uncompressedSize ?? 0,
    read: name => unpack(zip, find(name)),
    close: () => zip.close()
  }
}

function entriesOf (zip: yauzl.ZipFile): Promise<Map<string, yauzl.Entry>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, yauzl.Entry>()
    if (zip.entryCount > LIMITS.entries) return reject(new Unreadable('too_much'))
    zip.on('entry', (entry: yauzl.Entry) => {
      entries.set(entry.fileName.toLowerCase(), entry)
      zip.readEntry()
    })
    zip.on('end', () => resolve(entries))
    zip.on('error', reject)
    zip.readEntry()
  })
}

// yauzl ends a file that unpacks to more than it says, so what it says can be held against the limits.
async function unpack (zip: yauzl.ZipFile, entry: yauzl.Entry | undefined): Promise<Readable> {
  if (!entry) throw new Unreadable('damaged')
  if (entry.isEncrypted()) throw new Unreadable('password')
  const { compressedSize: packed, uncompressedSize: size } = entry
  if (size > LIMITS.unpackedMost || (size > LIMITS.unpacked && size > packed * LIMITS.ratio)) throw new Unreadable('too_much')
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => error ? reject(unreadable(error)) : resolve(stream!))
  })
}

function unreadable (error: unknown): Error {
  if (error instanceof Unreadable) return error
  return new Unreadable(/end of central directory|too small/i.test(String(error)) ? 'cut_off' : 'damaged')
}
