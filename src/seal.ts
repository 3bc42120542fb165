import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.js'

/** Keeps secrets of others (the password of a mail server) so that who reads the database alone can't read them. */
export interface Sealer {
  /** Seals a text by AES-256-GCM. `purpose` has to be the same again to open it. */
  seal (text: string, purpose: string): Promise<string>
  /** The text again, or null when it was sealed with another key, for another purpose, or changed since. */
  open (sealed: string, purpose: string): Promise<string | null>
}

/**
 * Seals with the key of SECRET_KEY, else with one from a file of the data folder, made when first needed. Processes that
 * share a database need the same key.
 */
export function makeSealer (config: Pick<Config, 'secretKey' | 'dataDirectory'>): Sealer {
  let secret: Promise<string> | undefined
  const keyFor = async (purpose: string) => {
    secret ??= config.secretKey ? Promise.resolve(config.secretKey) : secretOf(config.dataDirectory)
    try {
      return Buffer.from(hkdfSync('sha256', await secret, '', `clientela ${purpose}`, 32))
    } catch (error) {
      secret = undefined // a folder that couldn't be written may be writable next time
      throw error
    }
  }
  return {
    async seal (text, purpose) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', await keyFor(purpose), nonce)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
    },
    async open (sealed, purpose) {
      const key = await keyFor(purpose)
      try {
        const bytes = Buffer.from(sealed, 'base64url')
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 }).setAuthTag(bytes.subarray(12, 28))
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
      } catch {
        return null
      }
    }
  }
}

/** The secret in `<folder>/secret.key`, readable by its owner alone; of two processes that make it at once both get the same. */
async function secretOf (folder: string): Promise<string> {
  const file = join(folder, 'secret.key')
  const known = await readFile(file, 'utf8').catch(() => '')
  if (known) return known.trim()
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const own = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  await writeFile(own, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  // A link, unlike a move, fails where somebody was first.
  await link(own, file).catch((error: NodeJS.ErrnoException) => { if (error.code !== 'EEXIST') throw error })
  await rm(own)
  return (await readFile(file, 'utf8')).trim()
}
