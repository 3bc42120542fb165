import { open } from 'node:fs/promises'
import type { FileKind } from './file.js'
import { extensionOf } from './name.js'

export interface FoundType { type: string, kind: FileKind }

const DOCUMENTS = /^(application\/(pdf|rtf|xml|x-cfb|epub\+zip|postscript|vnd\.(openxmlformats-|ms-|oasis\.opendocument|visio|apple\.|wordperfect).*)|text\/.*|image\/vnd\.(dwg|djvu))$/
const ARCHIVES = /^application\/(zip|gzip|x-(7z-compressed|rar-compressed|tar|bzip2|xz|lzip|compress|zstd|lz4)|zstd|vnd\.rar)$/

// A name never makes a file harmless, but it can make it harmful: this is what a double click would run.
const RISKY = new Set(('html htm xhtml xht shtml mht mhtml svg svgz hta js mjs cjs jse vbs vbe wsf wsh ps1 psm1 bat cmd com exe msi msp scr pif cpl dll lnk url reg ' +
  'jar jnlp apk app dmg pkg deb rpm sh bash desktop py rb pl php xll chm scf inf gadget application appref-ms settingcontent-ms iso img vhd').split(' '))

/** Finds out what a file is from its content. The name is never believed; it can only make the answer stricter. */
export async function findType (path: string, name: string): Promise<FoundType> {
  const { fileTypeFromFile } = await import('file-type') // 60 ms, which a start needn't take
  const known = await fileTypeFromFile(path)
  const found = known && known.mime !== 'application/xml' ? { type: known.mime.split(';')[0]!, kind: kindOf(known.mime.split(';')[0]!) } : await readText(path)
  return RISKY.has(extensionOf(name)) ? { type: found.type, kind: 'others' } : found
}

function kindOf (type: string): FileKind {
  if (DOCUMENTS.test(type)) return 'documents'
  if (ARCHIVES.test(type)) return 'archives'
  if (/^(audio|video)\//.test(type) || type === 'application/ogg' || type === 'application/mp4') return 'media'
  return type.startsWith('image/') && type !== 'image/svg+xml' ? 'pictures' : 'others'
}

/** What no magic number tells: text, a web page or drawing that can hold scripts, or something unknown. */
async function readText (path: string): Promise<FoundType> {
  const bytes = await beginningOf(path, 64 * 1024)
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (isWide && bytes[0] === 0xfe) bytes.subarray(0, bytes.length & ~1).swap16()
  const text = bytes.toString(isWide ? 'utf16le' : 'utf8').replace(/^\ufeff/, '')
  if (/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text)) return { type: 'application/octet-stream', kind: 'others' }
  if (text.startsWith('#!')) return { type: 'application/octet-stream', kind: 'others' }
  if (!/^\s*<[!?a-z]/i.test(text)) return { type: 'text/plain', kind: 'documents' }
  const isData = /^\s*<\?xml/i.test(text) && !/<svg|<html|<script|xml-stylesheet|w3\.org\/(1999\/xhtml|2000\/svg)/i.test(text)
  return isData ? { type: 'application/xml', kind: 'documents' } : { type: 'application/octet-stream', kind: 'others' }
}

async function beginningOf (path: string, length: number): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
