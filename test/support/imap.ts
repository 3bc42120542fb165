import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls'
import { once } from 'node:events'
import type { Test } from 'tap'

/** A letter in a folder of the test's server. */
export interface StoredLetter { uid: number, raw: Buffer, at: Date, flags: Set<string> }

export interface ImapOptions {
  user?: string
  password?: string
  folders?: readonly string[]
  /** Whether IDLE is offered. */
  idle?: boolean
  /** What it greets with instead; null: nothing at all. */
  greeting?: string | null
  /** TLS from the beginning, with this key and certificate. */
  tls?: { key: string, cert: string }
  port?: number
  /** Bytes after which a connection is cut in the middle of a letter, until the function says Infinity. */
  cutAfter?: () => number
  /** Told of each command once it is answered. */
  onAnswered?: (command: string) => void
}

/** A real IMAP server on loopback (RFC 3501 as far as a reader of letters asks, and IDLE of RFC 2177), scripted by its test and ended with it. */
export async function imapServer (t: Pick<Test, 'teardown'>, options: ImapOptions = {}) {
  const { user = 'desk@naprawa.example', password = 'geheim "1\\2"', folders = ['INBOX', 'Sent'], idle = true, tls } = options
  const server = new Mailserver({ ...options, user, password, folders, idle })
  const listening: Server = tls ? createTlsServer({ secureContext: createSecureContext(tls) }, socket => server.serve(socket)) : createServer(socket => server.serve(socket))
  listening.on('tlsClientError', () => {}) // whoever doesn't trust the certificate goes
  listening.listen(options.port ?? 0, '127.0.0.1')
  await once(listening, 'listening')
  const close = async () => {
    server.cut()
    if (listening.listening) await new Promise<void>(resolve => { listening.close(() => resolve()) })
  }
  t.teardown(close)
  return Object.assign(server, { user, password, port: (listening.address() as AddressInfo).port, close })
}

class Mailserver {
  readonly letters: StoredLetter[] = []
  /** What was asked, a line each, passwords left out. */
  readonly asked: string[] = []
  /** Of these all is sent, however much was asked for. */
  readonly whole = new Set<number>()
  uidValidity = 1_700_000_000
  private next = 1
  private readonly sessions = new Set<Session>()

  constructor (readonly options: Required<Pick<ImapOptions, 'user' | 'password' | 'folders' | 'idle'>> & ImapOptions) {}

  /** Puts a letter into INBOX, and tells whoever idles. */
  deliver (raw: string | Buffer, at = new Date()): StoredLetter {
    const bytes = Buffer.isBuffer(raw) ? raw : Buffer.from(raw.replace(/\r?\n/g, '\r\n'))
    const letter = { uid: this.next++, raw: bytes, at, flags: new Set<string>() }
    this.letters.push(letter)
    for (const session of this.sessions) session.tell()
    return letter
  }

  /** Gives all letters other numbers, as a server does that lost its index. */
  renumber (): void {
    this.uidValidity++
    this.next += 100
    for (const letter of this.letters) letter.uid = this.next++
  }

  get connections (): number { return this.sessions.size }
  get idling (): number { return [...this.sessions].filter(({ isIdling }) => isIdling).length }

  /** Breaks every connection off, as a network does. */
  cut (): void {
    for (const { socket } of this.sessions) socket.destroy()
  }

  serve (socket: Socket | TLSSocket): void {
    const session = new Session(this, socket)
    this.sessions.add(session)
    socket.on('error', () => {})
    socket.on('close', () => this.sessions.delete(session))
  }
}

class Session {
  isIdling = false
  private tag = ''
  private isSelected = false
  /** How many letters there are by what was said last. */
  private told = 0
  private buffer = Buffer.alloc(0)
  private line = ''
  private literal = 0
  private sent = 0

  constructor (private readonly server: Mailserver, readonly socket: Socket | TLSSocket) {
    const { greeting } = server.options
    if (greeting !== null) this.say(greeting ?? '* OK IMAP4rev1 ready')
    socket.on('data', (chunk: Buffer) => {
      this.buffer = Buffer.concat([this.buffer, chunk])
      this.read()
    })
  }

  /** Says how many letters there are, to who idles and hasn't heard it. */
  tell (): void {
    const { length } = this.server.letters
    if (!this.isSelected || !this.isIdling || length === this.told) return
    this.told = length
    this.say(`* ${length} EXISTS`)
  }

  // A command is a line; where it ends in {n}, n bytes follow and then the rest of it.
  private read (): void {
    for (;;) {
      if (this.literal > 0) {
        if (this.buffer.length < this.literal) return
        this.line += JSON.stringify(this.buffer.subarray(0, this.literal).toString())
        this.buffer = this.buffer.subarray(this.literal)
        this.literal = 0
      }
      const end = this.buffer.indexOf('\r\n')
      if (end === -1) return
      this.line += this.buffer.subarray(0, end).toString()
      this.buffer = this.buffer.subarray(end + 2)
      const [whole, size] = /\{(\d+)\+?\}$/.exec(this.line) ?? []
      if (whole) {
        this.line = this.line.slice(0, -whole.length)
        this.literal = Number(size)
        if (!whole.includes('+')) this.say('+ go on')
        continue
      }
      const { line } = this
      this.line = ''
      this.answer(line)
    }
  }

  private say (line: string | Buffer): void {
    if (!this.socket.writable) return
    const limit = this.server.options.cutAfter?.() ?? Infinity
    this.sent += line.length
    if (this.sent > limit) {
      this.socket.write(line.slice(0, Math.max(0, line.length - (this.sent - limit))))
      this.socket.destroy()
      return
    }
    this.socket.write(line)
    this.socket.write('\r\n')
  }

  private answer (line: string): void {
    if (this.isIdling) {
      this.isIdling = false
      return this.say(`${this.tag} OK done`)
    }
    const [, tag = '*', command = '', rest = ''] = /^(\S+) ((?:UID )?\S+) ?(.*)$/is.exec(line) ?? []
    this.tag = tag
    this.server.asked.push(/^(login|authenticate)/i.test(command) ? command : `${command} ${rest}`.trim())
    const does = DOES[command.toUpperCase()]
    if (does) does.call(this, rest)
    else this.say(`${tag} BAD unknown`)
    this.server.options.onAnswered?.(command.toUpperCase())
  }

  ok (words = 'done'): void { this.say(`${this.tag} OK ${words}`) }
  no (words: string): void { this.say(`${this.tag} NO ${words}`) }

  capability (): void {
    this.say(`* CAPABILITY IMAP4rev1${this.server.options.idle ? ' IDLE' : ''}`)
    this.ok()
  }

  login (rest: string): void {
    const [user, password] = [...rest.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) => quoted?.replace(/\\(.)/g, '$1') ?? bare)
    if (user === this.server.options.user && password === this.server.options.password) this.ok('logged in')
    else this.no('[AUTHENTICATIONFAILED] Invalid credentials (Failure)')
  }

  list (rest: string): void {
    if (!/""\s+""$/.test(rest)) for (const folder of this.server.options.folders) this.say(`* LIST (\\HasNoChildren) "/" "${folder}"`)
    this.ok()
  }

  select (rest: string): void {
    const folder = rest.replace(/^"?([^"(]*?)"?( .*)?$/, '$1')
    if (!this.server.options.folders.includes(folder)) return this.no('Mailbox doesn\'t exist')
    const { letters, uidValidity } = this.server
    this.isSelected = true
    this.told = letters.length
    for (const line of ['FLAGS (\\Seen \\Answered)', `${letters.length} EXISTS`, '0 RECENT', `OK [UIDVALIDITY ${uidValidity}] ok`, `OK [UIDNEXT ${(letters.at(-1)?.uid ?? 0) + 1}] ok`]) this.say(`* ${line}`)
    this.ok('[READ-WRITE] selected')
  }

  search (rest: string): void {
    const since = /SINCE (\S+)/i.exec(rest)?.[1]?.replaceAll('"', '')
    const uids = /UID (\S+)/i.exec(rest)?.[1]
    const found = this.among(uids ?? '1:*').filter(({ at }) => !since || at.getTime() >= Date.parse(`${since} 00:00:00Z`))
    this.say(`* SEARCH ${found.map(({ uid }) => uid).join(' ')}`.trim())
    this.ok()
  }

  fetch (rest: string): void {
    const [, set = '', items = ''] = /^(\S+) (.*)$/s.exec(rest) ?? []
    for (const letter of this.among(set)) {
      const parts: (string | Buffer)[] = [`* ${this.server.letters.indexOf(letter) + 1} FETCH (UID ${letter.uid}`]
      if (/FLAGS/.test(items)) parts.push(` FLAGS (${[...letter.flags].join(' ')})`)
      if (/INTERNALDATE/.test(items)) parts.push(` INTERNALDATE "${internal(letter.at)}"`)
      if (/RFC822\.SIZE/.test(items)) parts.push(` RFC822.SIZE ${letter.raw.length}`)
      if (/ENVELOPE/.test(items)) parts.push(` ENVELOPE ${envelope(letter.raw)}`)
      const [asked, offset, length] = /BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?/.exec(items) ?? []
      if (asked) {
        const bytes = length && !this.server.whole.has(letter.uid) ? letter.raw.subarray(Number(offset), Number(offset) + Number(length)) : letter.raw
        parts.push(` BODY[]${length ? `<${offset}>` : ''} {${bytes.length}}\r\n`, bytes)
      }
      parts.push(')')
      this.say(Buffer.concat(parts.map(part => Buffer.from(part))))
    }
    this.ok()
  }

  store (rest: string): void {
    const [, set = '', flags = ''] = /^(\S+) \+FLAGS(?:\.SILENT)? \(([^)]*)\)/i.exec(rest) ?? []
    for (const letter of this.among(set)) for (const flag of flags.split(' ')) letter.flags.add(flag)
    this.ok()
  }

  idle (): void {
    this.isIdling = true
    this.say('+ idling')
    this.tell() // what came since the last command's end
  }

  logout (): void {
    this.say('* BYE good bye')
    this.ok()
    this.socket.end()
  }

  private among (set: string): StoredLetter[] {
    const { letters } = this.server
    const last = letters.at(-1)?.uid ?? 0
    const number = (text: string) => text === '*' ? last : Number(text)
    return letters.filter(({ uid }) => set.split(',').some(range => {
      const [from = '', to = from] = range.split(':')
      const [a, b] = [number(from), number(to)]
      return uid >= Math.min(a, b) && uid <= Math.max(a, b)
    }))
  }
}

type Does = (this: Session, rest: string) => void

const DOES: Record<string, Does> = {
  CAPABILITY () { this.capability() },
  NOOP () { this.ok() },
  LOGIN (rest) { this.login(rest) },
  LIST (rest) { this.list(rest) },
  LSUB () { this.ok() },
  SELECT (rest) { this.select(rest) },
  EXAMINE (rest) { this.select(rest) },
  CLOSE () { this.ok() },
  IDLE () { this.idle() },
  LOGOUT () { this.logout() },
  'UID SEARCH' (rest) { this.search(rest) },
  'UID FETCH' (rest) { this.fetch(rest) },
  'UID STORE' (rest) { this.store(rest) }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const internal = (at: Date): string => `${String(at.getUTCDate()).padStart(2, '0')}-${MONTHS[at.getUTCMonth()]}-${at.getUTCFullYear()} ${at.toISOString().slice(11, 19)} +0000`

function envelope (raw: Buffer): string {
  const head = raw.subarray(0, 4096).toString('latin1').split('\r\n\r\n')[0]!
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]
  const text = (value: string | undefined) => value === undefined ? 'NIL' : `"${value.replace(/[\\"]/g, '\\$&')}"`
  const [, name = '', mailbox, host] = /^(?:"?([^"<]*?)"? ?<)?([^@<>\s]+)@([^>\s]+)>?$/.exec(field('From') ?? '') ?? []
  const from = mailbox ? `((${text(name)} NIL ${text(mailbox)} ${text(host)}))` : 'NIL'
  return `(${text(field('Date'))} ${text(field('Subject'))} ${from} ${from} ${from} NIL NIL NIL ${text(field('In-Reply-To'))} ${text(field('Message-ID'))})`
}

/** A letter as text. `head` comes before its other fields. */
export const letter = ({ from = 'Zofia Zielińska <zofia@example.com>', subject = 'Pralka', id, text = 'Dzień dobry', head = '' }: { from?: string, subject?: string, id?: string, text?: string, head?: string }): string =>
  `${head}${head ? '\n' : ''}From: ${from}\nTo: desk@naprawa.example\nSubject: ${subject}\nDate: ${new Date().toUTCString()}\n${id ? `Message-ID: <${id}>\n` : ''}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${text}\n`


/** A picture of one dot. */
export const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64')

let count = 0

/** A letter with words in both forms and files: name, type as its sender says, content. */
export function attached (text: string, files: readonly [name: string, type: string, content: Buffer][], from = 'Zofia Zielińska <zofia@example.com>'): string {
  const parts = files.map(([name, type, content]) => `Content-Type: ${type}\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename*=utf-8''${encodeURIComponent(name)}\n\n${content.toString('base64').replace(/.{76}/g, '$&\n')}`)
  const words = `Content-Type: multipart/alternative; boundary=b2\n\n--b2\nContent-Type: text/plain; charset=utf-8\n\n${text}\n--b2\nContent-Type: text/html; charset=utf-8\n\n<p><b>${text}</b></p>\n--b2--`
  return `From: ${from}\nTo: desk@naprawa.example\nSubject: Pliki\nMessage-ID: <attached-${++count}@example.com>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b1\n\n${[words, ...parts].map(part => `--b1\n${part}\n`).join('')}--b1--\n`
}

/** What a server says of a letter that it couldn't deliver (RFC 3464). */
export const bounce = ({ to, status, action, said, original }: { to: string, status: string, action: string, said: string, original?: string }): string =>
  `Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nTo: desk@naprawa.example\nSubject: Undelivered Mail\nMessage-ID: <bounce-${++count}@mx.example.com>\nAuto-Submitted: auto-replied\nMIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\nContent-Type: text/plain\n\nSorry.\n--r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; ${to}\nAction: ${action}\nStatus: ${status}\nDiagnostic-Code: smtp;\n ${said}\n
--r\nContent-Type: text/rfc822-headers\n\nFrom: desk@naprawa.example\nTo: ${to}\n${original ? `Message-ID: <${original}>\n` : ''}\n--r--\n`
