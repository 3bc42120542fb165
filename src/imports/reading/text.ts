import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { wideEncoding } from './kind.js'

/** What a text may be written in. ISO-8859-1 is read as Windows-1252, which has the same letters and a few more. */
export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1250', 'windows-1252', 'iso-8859-2', 'iso-8859-1'] as const
export const isEncoding = (name: string | undefined): boolean => (ENCODINGS as readonly string[]).includes(name ?? '')

/** A text file, piece by piece, without its byte-order mark. */
export async function * decoded (path: string, encoding: string, signal?: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of createReadStream(path, { highWaterMark: 128 * 1024, ...(signal && { signal }) })) yield decoder.decode(chunk as Buffer, { stream: true })
  yield decoder.decode()
}

/** The beginning of a text file. */
export async function beginning (path: string, encoding: string, bytes = 128 * 1024): Promise<string> {
  const file = await open(path)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
    return new TextDecoder(encoding).decode(buffer.subarray(0, bytesRead), { stream: true })
  } finally {
    await file.close()
  }
}

const MOST_EVIDENCE = 500_000

/** Finds out what a text is written in: by its mark, by being right UTF-8 to its end, else by which letters its bytes would be. */
export async function encodingOf (path: string, signal?: AbortSignal): Promise<{ encoding: string, isSure: boolean }> {
  let first = true
  let broken = 0
  let whole = 0
  let evidence: Buffer[] = []
  let gathered = 0
  let left: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024, ...(signal && { signal }) }) as AsyncIterable<Buffer>) {
    if (first) {
      first = false
      const wide = wideEncoding(chunk)
      if (wide) return { encoding: wide, isSure: true }
    }
    const bytes = left.length > 0 ? Buffer.concat([left, chunk]) : chunk
    const end = wholeEnd(bytes)
    left = bytes.subarray(end)
    const part = bytes.subarray(0, end)
    const decodes = right(part)
    if (!decodes) broken++
    whole++
    if (gathered < MOST_EVIDENCE && !isAscii(part)) {
      const some = words(part)
      evidence.push(some)
      gathered += some.length
    }
    if (broken > 0 && gathered >= MOST_EVIDENCE) break
  }
  if (left.length > 0 && !right(left)) broken++
  if (broken === 0) return { encoding: 'utf-8', isSure: true }
  const bytes = Buffer.concat(evidence.length > 0 ? evidence : [left])
  // A few bytes that were cut through don't make another encoding of the rest.
  if (mostlyUtf8(bytes)) return { encoding: 'utf-8', isSure: false }
  return { encoding: byLetters(bytes), isSure: false }
}

// Where the last whole character of UTF-8 ends.
function wholeEnd (bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return bytes.length
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? bytes.length - back : bytes.length
  }
  return bytes.length
}

const strict = new TextDecoder('utf-8', { fatal: true })
function right (bytes: Buffer): boolean {
  try {
    strict.decode(bytes)
    return true
  } catch {
    return false
  }
}

const isAscii = (bytes: Buffer) => !bytes.some(byte => byte >= 0x80)

/** The words that have a letter beyond ASCII, as bytes. */
function words (bytes: Buffer): Buffer {
  const text = bytes.toString('latin1')
  return Buffer.from((text.match(/[A-Za-z\u0080-\u00ff]*[\u0080-\u00ff][A-Za-z\u0080-\u00ff]*/g) ?? []).join(' '), 'latin1')
}

function mostlyUtf8 (bytes: Buffer): boolean {
  const text = bytes.toString('latin1')
  const pairs = text.match(/[\u00c2-\u00df][\u0080-\u00bf]|[\u00e0-\u00ef][\u0080-\u00bf]{2}|[\u00f0-\u00f4][\u0080-\u00bf]{3}/g) ?? []
  const inPairs = pairs.reduce((sum, pair) => sum + pair.length, 0)
  return inPairs > 20 * ((text.match(/[\u0080-\u00ff]/g) ?? []).length - inPairs)
}

const CANDIDATES = ['windows-1252', 'windows-1250', 'iso-8859-2'] as const

// Letters of Polish, of Spanish and Portuguese, and of their neighbours.
const POLISH = new Set('ąćęłńóśźżĄĆĘŁŃÓŚŹŻ')
const ROMANCE = new Set('áéíóúüñçãõâêôàÁÉÍÓÚÜÑÇÃÕÂÊÔÀªº')
const OTHER = new Set('äöüßÄÖÜèìòùûîëïåøæÈÅØÆčďěňřšťůžČĎĚŇŘŠŤŮŽőűŐŰľĺŕýÝ')

/** The encoding in which the words have letters that go together. */
function byLetters (bytes: Buffer): string {
  let best: string = CANDIDATES[0]
  let most = -Infinity
  for (const encoding of CANDIDATES) {
    const score = scoreOf(new TextDecoder(encoding).decode(bytes), encoding === 'windows-1252' ? ROMANCE : POLISH)
    if (score > most) [best, most] = [encoding, score]
  }
  return best
}

function scoreOf (text: string, own: Set<string>): number {
  let score = 0
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!
    if (letter < '\u0080') continue
    if (own.has(letter)) score += likely(letter, text[at + 1] ?? ' ') ? 2 : 0
    else if (OTHER.has(letter)) score += 0.2
    else if (/\p{L}/u.test(letter)) score -= 1
    // A sign within a word, or a control character.
    else if (/\p{L}/u.test(text[at - 1] ?? '') || /\p{Cc}/u.test(letter)) score -= 4
  }
  return score
}

// One byte is ñ before a vowel and ń elsewhere; another ê before m and s, and ę elsewhere.
function likely (letter: string, next: string): boolean {
  const isVowel = /[aeiouyáéíóúãõâêôąęAEIOUYÁÉÍÓÚÃÕ]/.test(next)
  if (letter === 'ñ' || letter === 'Ñ') return isVowel
  if (letter === 'ń' || letter === 'Ń') return !isVowel
  if (letter === 'ê' || letter === 'Ê') return /[msnis]/i.test(next) || next === ' '
  return true
}
