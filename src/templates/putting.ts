import { createHash } from 'node:crypto'

const plain = (text: string): string => text.replace(/\r\n?/g, '\n').trim()

/** What a form says of the words a template put into it, to tell later whether somebody has written since. */
export const markOf = (text: string): string => createHash('sha256').update(plain(text)).digest('base64url').slice(0, 12)

/** A template's words before what somebody has written, of which nothing is lost; in place of what another template put there untouched (`mark`). */
export function putBefore (source: string, written: string, mark: string): string {
  const own = plain(written)
  return own === '' || own === plain(source) || markOf(own) === mark ? source : `${source}\n\n${own}`
}
