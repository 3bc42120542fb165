import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { DkimSettings } from './queries.js'

/** A key that signs letters: what signs, as PEM, and what everybody may know, in base64. */
export interface DkimKey { pem: string, public: string }

/** Makes a key. 2048 bits of RSA are what every receiver reads (RFC 8301). */
export async function makeKey (): Promise<DkimKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  return of(privateKey)
}

/** The key in a PEM that somebody pasted; null when it is none that can sign letters. */
export function keyFrom (pem: string): DkimKey | null {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 1024 ? of(key) : null
  } catch {
    return null
  }
}

const of = (key: KeyObject): DkimKey => ({
  pem: key.export({ type: 'pkcs8', format: 'pem' }) as string,
  public: createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64')
})

/** What to publish in the DNS (RFC 6376, 3.6), for who receives a letter to find the key; null without one. */
export const dnsRecord = ({ dkimDomain, dkimSelector, dkimPublic }: DkimSettings): { name: string, value: string } | null =>
  dkimDomain === null ? null : { name: `${dkimSelector}._domainkey.${dkimDomain}`, value: `v=DKIM1; k=rsa; p=${dkimPublic}` }
