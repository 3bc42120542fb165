import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { MailParser, type AddressObject, type AttachmentStream, type HeaderLines, type Headers, type MessageText } from 'mailparser'
import { cleanName } from '../../files/name.js'
import { temporaryPath } from '../../files/spool.js'
import type { LeftOut } from '../../messages/receiving/receive.js'
import { isAutomatic, type Head } from './auto.js'
import type { Address, Letter, LetterFile, LetterLimits } from './letter.js'
import { idsIn, readReport, type Report } from './report.js'

/** A letter on disk, whose files are put into a folder. Of one that isn't read to its end (`most` bytes, or because it isn't all there) no file is kept. */
export interface ParseJob { path: string, folder: string, most: number | null, isWhole: boolean, limits: LetterLimits }

const LONGEST_TEXT = 50_000
const LONGEST_HTML = 1_000_000
const LONGEST_HTML_TO_READ = 2_000_000
const LONGEST_SUBJECT = 300
const MOST_REFERENCES = 50

// Of the parts of a report.
const LONGEST_REPORT = 64 * 1024

// Pictures inside of HTML: a small one is decoration (a logo, an icon) and no file; what stays in the HTML has to be small too.
const DECORATION = 20_000
const LARGEST_INLINE = 150_000
const LARGEST_INLINES = 600_000
const INLINE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']

interface Part extends LetterFile { type: string, cid: string | null }

/**
 * Reads a letter piece by piece: its words come into memory, its files go to disk, where they are the caller's. What is too big or too
 * much is left out and named. Throws for what can't be read as a letter at all.
 */
export async function parseLetter ({ path, folder, most, isWhole, limits }: ParseJob): Promise<Letter> {
  const parser = new MailParser({
    ignoreEmbedded: true, keepDeliveryStatus: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true, checksumAlgo: false,
    maxHtmlLengthToParse: LONGEST_HTML_TO_READ, maxChildNodes: 1000
  })
  let headers: Headers = new Map()
  let lines: HeaderLines = []
  parser.on('headers', given => { headers = given })
  parser.on('headerLines', given => { lines = given })
  const collected = new Collected(folder, limits, isWhole)
  let text: MessageText | undefined
  await pipeline(createReadStream(path, most === null ? {} : { end: most - 1 }), parser as unknown as Transform, async function (parts: AsyncIterable<AttachmentStream | MessageText>) {
    for await (const part of parts) {
      if (part.type === 'text') text = part
      else {
        await collected.take(part)
        part.release?.()
      }
    }
  })
  const head = headOf(lines)
  const html = await withPictures(clean(text?.html ?? ''), collected.parts)
  const decorations = new Set(collected.parts.filter(part => isDecoration(part, text?.html ?? '')))
  await Promise.all([...decorations].map(({ path }) => rm(path, { force: true })))
  const words = clean(text?.text ?? '').replace(/\[cid:[^\]\n]*\]/g, '').replace(/\n{4,}/g, '\n\n\n').trim()
  return {
    messageId: idsOf(headers.get('message-id'))[0] ?? null,
    inReplyTo: idsOf(headers.get('in-reply-to'))[0] ?? null,
    references: idsOf(headers.get('references')).slice(-MOST_REFERENCES),
    from: addressIn(headers, 'from') ?? addressIn(headers, 'sender'),
    replyTo: addressIn(headers, 'reply-to'),
    subject: oneLine(String(headers.get('subject') ?? '')).slice(0, LONGEST_SUBJECT),
    text: words.length > LONGEST_TEXT ? `${words.slice(0, LONGEST_TEXT)}…` : words,
    html: html === '' || html.length > LONGEST_HTML ? null : html,
    files: collected.parts.filter(part => !decorations.has(part)).map(({ path, hash, size, name }) => ({ path, hash, size, name })),
    leftOut: [...collected.leftOut, ...words.length > LONGEST_TEXT ? [{ name: '', size: null, error: { key: 'mailboxes.left.words' } }] : []],
    isAuto: isAutomatic(head),
    report: reportOf(headers, head, collected),
    fingerprint: createHash('sha256').update(lines.map(({ line }) => line).join('\n')).digest('hex')
  }
}

/** The parts of a letter that aren't its words. */
class Collected {
  readonly parts: Part[] = []
  readonly leftOut: LeftOut[] = []
  /** Of a report: what it says of the delivery, and the head of the letter it is about. */
  status = ''
  original = ''
  private sum = 0
  private number = 0

  constructor (private readonly folder: string, private readonly limits: LetterLimits, private readonly isWhole: boolean) {}

  async take (part: AttachmentStream): Promise<void> {
    const type = part.contentType.toLowerCase()
    if (/^message\/(global-)?delivery-status$/.test(type)) this.status += `\n\n${await beginningOf(part.content, LONGEST_REPORT)}`
    else if (type === 'text/rfc822-headers' || type === 'message/global-headers') this.original ||= await beginningOf(part.content, LONGEST_REPORT)
    else await this.keep(part, type)
  }

  private async keep (part: AttachmentStream, type: string): Promise<void> {
    const name = cleanName(part.filename ?? nameFor(type, ++this.number))
    const path = await temporaryPath(this.folder)
    const hash = createHash('sha256')
    const { limits } = this
    let size = 0
    let beginning = ''
    // What doesn't fit is still read to its end: its size is told, and the parts behind it are reached.
    const isOver = () => !this.isWhole || size > limits.file || this.sum + size > limits.files || this.parts.length >= limits.count
    const meter = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        size += chunk.length
        hash.update(chunk)
        if (type === 'message/rfc822' && beginning.length < LONGEST_REPORT) beginning += chunk.toString('latin1')
        done(null, isOver() ? undefined : chunk)
      }
    })
    await pipeline(part.content, meter, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
    // The letter that came back with a report: its head says which.
    if (type === 'message/rfc822') this.original ||= beginning
    const error = !this.isWhole ? { key: 'mailboxes.left.unread' } : this.parts.length >= limits.count ? { key: 'files.too_many', values: { count: limits.count } } : size > limits.file
      ? { key: 'files.too_big', values: { max: Math.floor(limits.file / 1e6) } }
      : this.sum + size > limits.files ? { key: 'mailboxes.left.sum', values: { max: Math.floor(limits.files / 1e6) } } : null
    if (size === 0 || error) {
      await rm(path, { force: true })
      if (error) this.leaveOut({ name, size: this.isWhole ? size : null, error })
      return
    }
    this.sum += size
    this.parts.push({ path, hash: hash.digest('hex'), size, name, type, cid: part.cid ?? null })
  }

  private leaveOut (one: LeftOut): void {
    if (this.leftOut.length < 50) this.leftOut.push(one)
  }
}

async function beginningOf (stream: Readable, most: number): Promise<string> {
  let text = ''
  for await (const chunk of stream) if (text.length < most) text += String(chunk)
  return text.slice(0, most)
}

const nameFor = (type: string, number: number): string => type === 'message/rfc822' ? `letter-${number}.eml` : type === 'text/calendar' ? `invitation-${number}.ics` : `file-${number}`

function reportOf (headers: Headers, head: Head, { status, original }: Collected): Report | null {
  const answered = [...idsOf(headers.get('in-reply-to')), ...idsOf(headers.get('references')).toReversed()]
  if (status !== '') {
    const { deliveries, ids } = readReport(status, original)
    return deliveries.length === 0 ? null : { deliveries, ids: [...ids, ...answered] }
  }
  // Exim's, of the older kind, and others' that name whom they couldn't reach in the head.
  const failed = head('x-failed-recipients').flatMap(line => line.split(',')).map(address => address.trim()).filter(address => address.includes('@'))
  const isFromServer = head('return-path').includes('<>') || head('from').some(from => /mailer-daemon|postmaster/.test(from))
  if (failed.length === 0 || !isFromServer) return null
  return { deliveries: failed.slice(0, 20).map(address => ({ address, fate: 'failed', status: '', said: '' })), ids: [...idsIn(/^message-id:[^\n]*(\n[ \t][^\n]*)*/im.exec(original)?.[0] ?? ''), ...answered] }
}

const headOf = (lines: HeaderLines): Head => name => lines.filter(({ key }) => key === name).map(({ line }) => line.slice(line.indexOf(':') + 1).replace(/\s+/g, ' ').trim().toLowerCase())

// Ids are kept as they were written: nobody else's program decodes them either.
const idsOf = (value: unknown): string[] => idsIn([value ?? []].flat().join(' ')).filter(id => /^[\x21-\x7e]+$/.test(id))

function addressIn (headers: Headers, name: string): Address | null {
  const [given] = [headers.get(name) ?? []].flat() as AddressObject[]
  const one = given?.value.flatMap(entry => entry.group ?? [entry])[0]
  return one?.address ? { name: oneLine(one.name).slice(0, 200), address: oneLine(one.address).slice(0, 254) } : null
}

// eslint-disable-next-line no-control-regex
const clean = (text: string): string => text.replace(/\p{Cs}/gu, '\ufffd').replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')

const oneLine = (text: string): string => clean(text).replace(/[\s\u2028\u2029]+/g, ' ').trim()

const isDecoration = ({ cid, size, type }: Part, html: string): boolean => cid !== null && size < DECORATION && type.startsWith('image/') && html.includes(`cid:${cid}`)

/** Puts small pictures into the HTML that names them: a frame that shows it loads nothing. */
async function withPictures (html: string, parts: readonly Part[]): Promise<string> {
  const pictures = new Map(parts.filter(({ cid, type, size }) => cid !== null && INLINE_TYPES.includes(type) && size <= LARGEST_INLINE).map(part => [part.cid!, part]))
  if (pictures.size === 0 || html.length > LONGEST_HTML) return html
  const sources = new Map<string, string>()
  for (const [cid, { path, type }] of pictures) if (html.includes(`cid:${cid}`)) sources.set(cid, `data:${type};base64,${(await readFile(path)).toString('base64')}`)
  let room = Math.min(LARGEST_INLINES, LONGEST_HTML - html.length)
  return html.replace(/\bcid:([^'"\s>)]{1,256})/g, (whole, cid: string) => {
    const source = sources.get(cid)
    if (!source || source.length > room) return whole
    room -= source.length
    return source
  })
}
