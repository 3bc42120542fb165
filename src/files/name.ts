const LONGEST = 200
const LONGEST_EXTENSION = 20

// Control characters, line separators, and what turns the direction of writing: with it "gpj.exe" reads as "exe.jpg".
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

/**
 * The name under which a file is shown and downloaded: as it was typed, without a path, invisible characters and what systems
 * refuse at its end; 200 characters at most, its extension kept. "file" when nothing is left.
 */
export function cleanName (typed: string): string {
  // Browsers write a quotation mark as %22 (WHATWG HTML, multipart/form-data); half a character becomes U+FFFD.
  const plain = Buffer.from(typed.replaceAll('%22', '"')).toString().normalize('NFC').replace(HIDDEN, '').replace(/\s+/g, ' ')
  const name = plain.split(/[\\/]/).at(-1)!.trim().replace(/[. ]+$/, '')
  if (name === '') return 'file'
  const characters = [...name]
  if (characters.length <= LONGEST) return name
  const extension = /\.[^.]*$/.exec(name)?.[0] ?? ''
  const end = extension.length <= LONGEST_EXTENSION ? extension : ''
  return characters.slice(0, LONGEST - [...end].length).join('') + end
}

/** "pdf" of "Invoice.PDF", or "". */
export const extensionOf = (name: string): string => /\.([^.]+)$/.exec(name)?.[1]!.toLowerCase() ?? ''

/** `Content-Disposition` (RFC 6266) with the name in ASCII for old programs and in full (RFC 8187) for the others. */
export function disposition (kind: 'inline' | 'attachment', name: string): string {
  const ascii = name.normalize('NFKD').replace(/\p{M}/gu, '').replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const full = encodeURIComponent(name).replace(/['()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${full}`
}
