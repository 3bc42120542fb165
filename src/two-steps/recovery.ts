import { createHash, randomInt } from 'node:crypto'

/** How many codes there are at once. */
export const RECOVERY_CODES = 10

// Without 0, 1, I, L, O and U: written down by hand they are read again. 16 of 30 letters are 78 bits, beyond guessing even from the hash.
const LETTERS = '23456789ABCDEFGHJKMNPQRSTVWXYZ'

/** New codes such as "7K3M-QWX2-9PTA-ZB4H". */
export const newRecoveryCodes = (): string[] => Array.from({ length: RECOVERY_CODES }, () => Array.from({ length: 4 }, () => letters(4)).join('-'))

const letters = (count: number) => Array.from({ length: count }, () => LETTERS[randomInt(LETTERS.length)]).join('')

/** What is kept of a code, typed with or without hyphens, in whatever case. */
export const recoveryHash = (employeeId: number, code: string): string =>
  createHash('sha256').update(`${employeeId}:${code.toUpperCase().replace(/[^A-Z0-9]/g, '')}`).digest('base64url')
