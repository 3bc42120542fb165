/**
 * A short stand-in for a value, sent along with its field: by it a save tells what its writer saw. When it is no longer
 * what is there, somebody else changed it meanwhile. 53 bits (cyrb53, by bryc): an accident, not an attack, has to be
 * excluded, and a long form needs a hundred of them, for which SHA-256 takes ten times as long.
 */
export function fingerprint (value: unknown): string {
  const text = JSON.stringify(value ?? null)
  let a = 0xdeadbeef, b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    a = Math.imul(a ^ c, 2654435761)
    b = Math.imul(b ^ c, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return ((b & 0x1fffff) * 0x100000000 + (a >>> 0)).toString(36)
}
