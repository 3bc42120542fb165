import { createHash, randomBytes } from 'node:crypto'

/** A token nobody can guess: 256 bits as base64url. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** What is kept of a token: who reads the table can't make the link or cookie of it. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('base64url')
