import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { FetchMessageObject, ImapFlow } from 'imapflow'
import { keepable } from '../../database/words.js'
import { spool } from '../../files/spool.js'
import type { Letter, LetterLimits } from '../letters/letter.js'
import { fileLimits } from '../letters/queries.js'
import type { Reader } from '../letters/reader.js'
import { takeLetter } from '../letters/take.js'
import { PASSWORD, type Mailbox, type Problem } from '../mailbox.js'
import { beginAt, goPast, placeOf, sayListening, sayProblem } from '../queries.js'
import { CHUNK, explain, MailboxProblem, openMailbox, type Timeouts } from '../server.js'
import { oldest } from './oldest.js'

export type Parts = Pick<FastifyInstance, 'db' | 'storage' | 'sealer' | 'log'> & { reader: Reader }

export interface ListenerOptions {
  timeouts?: Timeouts
  /** Milliseconds after which a folder is looked at though its server said nothing of news. */
  lookEvery?: number
  /** Milliseconds before a first try after a failure. */
  firstWait?: number
}

const LOOK_EVERY = 2 * 60_000
const FIRST_WAIT = 1000
const LONGEST_WAIT = 5 * 60_000

// What somebody has to mend is tried seldom: servers lock out whoever comes with a wrong password again and again.
const FOR_PEOPLE: readonly Problem[] = ['auth', 'no_folder', 'sealed', 'tls']
const FIRST_FOR_PEOPLE = 60_000
const LONGEST_FOR_PEOPLE = 60 * 60_000

// After so many milliseconds of listening a failure is the first again.
const STEADY = 60_000

// Bytes of a letter that are fetched; of one that is bigger nothing but its words, which stand at its beginning.
const MOST = 100 * 1024 * 1024
const BEGINNING = 1024 * 1024

// Bytes of the files of one letter that are kept.
const FILES = 25_000_000

// How often a letter is tried that makes its reading fail, before no more is taken of it than that it is there.
const TRIES = 3

/** Takes the letters of one mailbox, as they come, until it is stopped; goes on when the connection is lost, and tries again ever later when it can't be had. */
export class Listener {
  private readonly stopping = new AbortController()
  private readonly tries = new Map<number, number>()
  private running: Promise<void> | undefined
  private client: ImapFlow | undefined
  private hurried: (() => void) | undefined
  private failures = 0
  /** The letter that is being taken. */
  private current: number | undefined

  constructor (private readonly parts: Parts, readonly mailbox: Mailbox, private readonly options: ListenerOptions = {}) {}

  start (): this {
    this.running = this.run()
    return this
  }

  /** Ends the connection; resolves once nothing more is taken. */
  async stop (): Promise<void> {
    this.stopping.abort()
    this.client?.close()
    this.hurried?.()
    await this.running
  }

  /** Tries at once what waits for its next try. */
  hurry (): void {
    this.hurried?.()
  }

  private get isOver () { return this.stopping.signal.aborted }

  private async run (): Promise<void> {
    while (!this.isOver) {
      const begun = Date.now()
      try {
        await this.listen()
      } catch (error) {
        if (this.isOver) return
        if (Date.now() - begun > STEADY) this.failures = 0
        await this.waitAfter(explain(error), error as Error)
      }
    }
  }

  private async waitAfter ({ problem, said }: MailboxProblem, err: Error): Promise<void> {
    const [first, longest] = FOR_PEOPLE.includes(problem) ? [FIRST_FOR_PEOPLE, LONGEST_FOR_PEOPLE] : [this.options.firstWait ?? FIRST_WAIT, LONGEST_WAIT]
    const wait = Math.round(Math.min(first * 2 ** Math.min(this.failures++, 20), longest) * (0.9 + Math.random() * 0.2))
    this.parts.log.warn({ mailbox: this.mailbox.id, problem, wait, ...(problem === 'other' && { err }) }, 'a mailbox is not listened to')
    await sayProblem(this.parts.db, this.mailbox, problem, said, wait).catch(() => {}) // the database may be what failed
    await this.pause(wait)
  }

  private pause (milliseconds: number): Promise<void> {
    return new Promise(resolve => {
      if (this.isOver) return resolve()
      const timer = setTimeout(resolve, milliseconds)
      this.hurried = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Connects and takes letters for as long as the connection holds. Never returns but when it is over; throws what went wrong. */
  private async listen (): Promise<void> {
    const { mailbox, options, parts: { db, sealer } } = this
    const password = await sealer.open(mailbox.passwordSealed, PASSWORD)
    if (password === null) throw new MailboxProblem('sealed', '')
    const client = this.client = await openMailbox(mailbox, password, { isReadOnly: !mailbox.marksSeen, signal: this.stopping.signal, ...(options.timeouts && { timeouts: options.timeouts }) })
    const news = new News(client)
    try {
      await sayListening(db, mailbox)
      while (!this.isOver) {
        news.forget()
        await this.catchUp(client)
        await news.wait(options.lookEvery ?? LOOK_EVERY)
      }
    } catch (error) {
      const cause = news.lost ?? error
      if (this.current !== undefined && isTheLetters(cause)) this.tries.set(this.current, (this.tries.get(this.current) ?? 0) + 1)
      throw cause
    } finally {
      this.current = undefined
      client.close()
    }
  }

  /** Takes every letter that came since the last one. */
  private async catchUp (client: ImapFlow): Promise<void> {
    const { db } = this.parts
    const place = await placeOf(db, this.mailbox)
    if (!place || !client.mailbox) return // it was changed, and this is about to be stopped
    const uidValidity = Number(client.mailbox.uidValidity)
    let last = place.lastUid
    if (place.uidValidity !== uidValidity) {
      // Its letters were numbered anew: a day of them is looked at again, and those that were received are known.
      const since = place.uidValidity === null ? place.since : new Date(Math.max((place.letterAt ?? place.since).getTime() - 86_400_000, place.since.getTime()))
      last = await oldest(client, since) - 1
      await beginAt(db, this.mailbox, uidValidity, last)
    }
    const found = await client.search({ uid: `${last + 1}:*` }, { uid: true })
    if (!Array.isArray(found)) throw new MailboxProblem('refused', 'SEARCH')
    // "*" is the last letter, also where its number is smaller.
    for (const uid of found.filter(uid => uid > last).sort((a, b) => a - b)) {
      if (this.isOver) return
      await this.take(client, uidValidity, uid, place.since)
      this.failures = 0
    }
  }

  private async take (client: ImapFlow, uidValidity: number, uid: number, since: Date): Promise<void> {
    const head = await client.fetchOne(String(uid), { uid: true, internalDate: true, size: true, envelope: true }, { uid: true })
    const at = head ? new Date(head.internalDate ?? Date.now()) : null
    // One that is gone again, or that somebody moved here who got it long ago.
    if (!head || !at || at.getTime() < since.getTime() - 86_400_000) {
      await goPast(this.parts.db, this.mailbox, uidValidity, uid)
      return
    }
    this.current = uid
    await this.receive(client, head, { uidValidity, uid, at })
    this.current = undefined
    this.tries.delete(uid)
    if (this.mailbox.marksSeen) await client.messageFlagsAdd(String(uid), ['\\Seen'], { uid: true }).catch(() => false)
  }

  private async receive (client: ImapFlow, head: FetchMessageObject, place: { uidValidity: number, uid: number, at: Date }): Promise<void> {
    const { db, storage } = this.parts
    const limits = await fileLimits(db)
    const folder = join(storage.temporary, `letter-${randomBytes(12).toString('hex')}`)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    try {
      const letter = (this.tries.get(place.uid) ?? 0) < TRIES ? await this.fetch(client, head, folder, { file: limits.megabytes * 1e6, files: FILES, count: limits.count }) : envelopeOf(head)
      const taken = letter === null ? await goPast(db, this.mailbox, place.uidValidity, place.uid) : await takeLetter(this.parts, this.mailbox, place, letter, limits)
      this.parts.log.info({ mailbox: this.mailbox.id, uid: place.uid, taken }, 'a letter was taken')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** A letter, by way of the disk; null when it is gone. */
  private async fetch (client: ImapFlow, head: FetchMessageObject, folder: string, limits: LetterLimits): Promise<Letter | null> {
    const isBigger = (head.size ?? 0) > MOST
    const { content } = await client.download(String(head.uid), undefined, { uid: true, chunkSize: CHUNK, maxBytes: isBigger ? BEGINNING : MOST })
    if (!content) return null
    let failed: Error | undefined
    content.once('error', error => { failed = error })
    const { path } = await spool(content, folder).catch(error => { throw failed ?? error })
    const job = { path, folder, limits }
    const { reader } = this.parts
    const letter = await reader.read({ ...job, most: null, isWhole: !isBigger })
    if (letter) return letter
    this.stopping.signal.throwIfAborted() // its reader was stopped, then
    // Its beginning at least: what its reader fell over may be behind.
    const beginning = await reader.read({ ...job, most: BEGINNING, isWhole: false })
    this.stopping.signal.throwIfAborted()
    return beginning ?? envelopeOf(head)
  }
}

/** What a server itself says of a letter that we can't read. */
function envelopeOf ({ uid, size, envelope }: FetchMessageObject): Letter {
  const first = (addresses: { name?: string | undefined, address?: string | undefined }[] | undefined) => addresses?.[0]?.address ? { name: plain(addresses[0].name ?? '', 200), address: plain(addresses[0].address, 254) } : null
  const id = (value: string | undefined) => /^<([\x21-\x7e]{1,500})>$/.exec(value ?? '')?.[1] ?? null
  return {
    messageId: id(envelope?.messageId), inReplyTo: id(envelope?.inReplyTo), references: [], from: first(envelope?.from), replyTo: first(envelope?.replyTo), subject: plain(envelope?.subject ?? '', 300),
    text: '', html: null, files: [], leftOut: [{ name: '', size: size ?? null, error: { key: 'mailboxes.left.unreadable' } }], isAuto: false, report: null, fingerprint: `${uid} ${envelope?.date?.toString() ?? ''}`
  }
}

// eslint-disable-next-line no-control-regex
const plain = (text: string, most: number): string => keepable(text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim(), most)

/** Whether the letter itself made its reading fail, as far as can be told: not the connection, the disk or the database that is away. */
function isTheLetters (error: unknown): boolean {
  return explain(error).problem === 'nonsense' || /^2[23]\w{3}$/.test((error as { code?: string }).code ?? '')
}

/** What a server tells by itself, while it is listened to. */
class News {
  private isThere = false
  private wake: (() => void) | undefined
  private isClosed = false
  /** Why the connection was lost. */
  lost: Error | undefined

  constructor (private readonly client: ImapFlow) {
    client.on('exists', () => this.tell())
    client.on('error', error => {
      this.lost ??= error as Error
      this.tell()
    })
    client.on('close', () => {
      this.isClosed = true
      this.tell()
    })
  }

  forget (): void {
    this.isThere = false
  }

  /** Waits until there may be news: the server says so, or has said nothing for so many milliseconds. Throws when the connection is gone. */
  async wait (most: number): Promise<void> {
    if (!this.isThere && !this.isClosed && this.client.usable) {
      this.client.idle().catch(() => {}) // whatever breaks it off tells by 'close'
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, most)
        this.wake = () => {
          clearTimeout(timer)
          resolve()
        }
        if (this.isThere) this.wake()
      })
    }
    if (this.isClosed || !this.client.usable) throw this.lost ?? new MailboxProblem('lost', this.client.byeReason || '')
  }

  private tell (): void {
    this.isThere = true
    this.wake?.()
  }
}
