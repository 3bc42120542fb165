import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** Whether two texts are the same, in a time that tells nothing of where they differ. */
export function isSame (one: string, other: string): boolean {
  const [a, b] = [one, other].map(text => createHash('sha256').update(text).digest()) as [Buffer, Buffer]
  return timingSafeEqual(a, b)
}

/** What signs a text: HMAC (RFC 2104). */
export const signature = (algorithm: 'sha1' | 'sha256', key: string, of: string | Buffer, encoding: 'hex' | 'base64' | 'base64url'): string =>
  createHmac(algorithm, key).update(of).digest(encoding)

/** What HTTP's Basic authentication says of a user (RFC 7617). */
export const basicOf = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
