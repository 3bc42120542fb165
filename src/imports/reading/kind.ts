import { open } from 'node:fs/promises'
import { Unreadable, type Format } from './reading.js'

const HEAD = 64 * 1024

/** What a file is by its content, whatever its name says, and its beginning. Throws Unreadable for what isn't read, with words for what it is. */
export async function kindOf (path: string): Promise<Format> {
  const file = await open(path)
  try {
    const head = await read(file, 0, HEAD)
    if (head.length === 0) throw new Unreadable('empty')
    if (starts(head, 'PK\u0003\u0004') || starts(head, 'PK\u0005\u0006')) return 'xlsx'
    if (starts(head, '\u00d0\u00cf\u0011\u00e0')) throw new Unreadable(await isEncrypted(file, head) ? 'password' : 'old_excel')
    return textKind(head)
  } finally {
    await file.close()
  }
}

type File = Awaited<ReturnType<typeof open>>

async function read (file: File, at: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, at)
  return buffer.subarray(0, bytesRead)
}

const starts = (head: Buffer, with_: string) => head.subarray(0, with_.length).equals(Buffer.from(with_, 'latin1'))

/**
 * What is encrypted with a password is, like an .xls, a compound file, and tells itself by the name of a stream in its directory
 * ([MS-CFB] 2.2 and 2.6, [MS-OFFCRYPTO] 2.3.4.4).
 */
async function isEncrypted (file: File, head: Buffer): Promise<boolean> {
  if (head.length < 512) return false
  const sector = 2 ** Math.min(Math.max(head.readUInt16LE(30), 9), 12)
  const directory = await read(file, (head.readUInt32LE(48) + 1) * sector, 16 * 128)
  return directory.includes(Buffer.from('EncryptedPackage', 'utf16le')) || directory.includes(Buffer.from('EncryptionInfo', 'utf16le'))
}

// Beginnings of what is no list of people: PDF, pictures, sound, archives, programs.
const OTHERS = ['%PDF', '%!PS', '\u0089PNG', 'GIF8', '\u00ff\u00d8\u00ff', 'BM', 'RIFF', '{\\rtf', '\u001f\u008b', 'Rar!', '7z\u00bc\u00af', 'BZh', '\u007fELF', 'MZ', 'SQLite format', 'ID3']

function textKind (head: Buffer): Format {
  if (OTHERS.some(other => starts(head, other) && (other.length > 2 || head.includes(0)))) throw new Unreadable('other_kind')
  const wide = wideEncoding(head)
  if (!wide && head.includes(0)) throw new Unreadable('other_kind')
  const text = new TextDecoder(wide ?? 'utf-8').decode(head).trimStart()
  if (text === '' && head.length < HEAD) throw new Unreadable('empty')
  if (/^BEGIN:VCARD\s/i.test(text)) return 'vcf'
  // Many programs call a page or the XML of 2003 "clients.xls".
  if (/^<(?:\?xml|!doctype|html|head|meta|table|style|workbook|ss:)/i.test(text)) throw new Unreadable('old_excel')
  if (/^(?:\{\s*"|\[\s*[[{])/.test(text)) throw new Unreadable('other_kind')
  return 'csv'
}

/** UTF-16 by its mark or, without one, by where the noughts of plain letters stand. */
export function wideEncoding (head: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  const noughts = [0, 0]
  for (let at = 0; at < head.length; at++) if (head[at] === 0) noughts[at % 2]!++
  const [even, odd] = noughts as [number, number]
  const half = head.length / 2
  if (odd > half * 0.4 && even < half * 0.05) return 'utf-16le'
  if (even > half * 0.4 && odd < half * 0.05) return 'utf-16be'
  return null
}
