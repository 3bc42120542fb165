import fc from 'fast-check'

/** Any character of Unicode. fast-check's own ("binary") makes a map of all of them first, which takes a second. */
export const codePoint = fc.integer({ min: 0, max: 0x10ffff - 0x800 }).map(n => String.fromCodePoint(n < 0xd800 ? n : n + 0x800))
