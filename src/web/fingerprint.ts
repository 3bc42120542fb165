import { createHash } from 'node:crypto'

/**
 * A short stand-in for a value, sent along with its field: by it a save tells what its writer saw. When it is no longer
 * what is there, somebody else changed it meanwhile. 48 bits: an accident, not an attack, has to be excluded.
 */
export const fingerprint = (value: unknown): string => createHash('sha256').update(JSON.stringify(value ?? null)).digest('base64url').slice(0, 8)
