import { tmpdir } from 'node:os'
import { Readable } from 'node:stream'
import nodemailer from 'nodemailer'
import type { MailSettings } from '../queries.js'
import type { Secrets } from '../secrets.js'
import type { Fate, Problem } from './queries.js'

/** A letter as a server is given it. */
export interface Letter {
  to: { name: string, address: string }
  subject: string
  text: string
  html?: string | undefined
  /** As its header says, without brackets. */
  messageId: string
  inReplyTo?: string | undefined
  references?: readonly string[]
  headers?: Record<string, string>
  attachments?: readonly { name: string, type: string, open (): Promise<Readable> }[]
}

/** Connections to a mail server, kept open from one letter to the next. */
export interface MailServer {
  /** Tries to send. Never throws: how it went is the answer. */
  send (letter: Letter): Promise<Fate | { state: 'failed', problem: 'file_gone', said: string }>
  /** Whether the last failure was the server's, so that the next letter would fail just so. */
  isDown: boolean
  close (): void
}

export interface MailServerOptions {
  connections?: number
  /** Milliseconds until it is given up that the server greets, or answers. */
  timeouts?: { greeting: number, answer: number }
}

interface SmtpError extends Error { code?: string, originalCode?: string, command?: string, responseCode?: number, response?: string, permanent?: boolean }

/** How far the sending of one letter has come: a part of it was read for the server, or a file of it couldn't be read. */
interface Watch { body?: { readableDidRead: boolean }, fileLost?: boolean }

const BY_CODE: Record<string, Problem> = { EAUTH: 'auth', ENOAUTH: 'auth', EDNS: 'unknown_host', ETIMEDOUT: 'timeout', ETLS: 'tls', ECONNECTION: 'unreachable', ESOCKET: 'unreachable' }
const OF_CERTIFICATES = /CERT|SSL|TLS|SELF_SIGNED|SIGNATURE|ISSUER/

// What DKIM signs: what nodemailer would, and the header that RFC 8058 asks to be signed too.
const SIGNED = 'From:Reply-To:Subject:Date:Message-ID:To:MIME-Version:Content-Type:Content-Transfer-Encoding:In-Reply-To:References:List-Unsubscribe:List-Unsubscribe-Post'

/** Opens the server of these settings, when the first letter is sent. */
export function openMailServer (settings: MailSettings, { password, dkimKey }: Secrets, { connections = 1, timeouts = { greeting: 30_000, answer: 60_000 } }: MailServerOptions = {}): MailServer {
  const transport = nodemailer.createTransport({
    pool: true,
    maxConnections: connections,
    maxRequeues: 1, // it repeats only what it hasn't begun to send
    host: settings.host!,
    port: settings.port!,
    secure: settings.security === 'tls',
    requireTLS: settings.security === 'starttls',
    ignoreTLS: settings.security === 'none',
    ...(settings.username && { auth: { user: settings.username, pass: password ?? '' } }),
    ...(dkimKey && { dkim: { domainName: settings.dkimDomain!, keySelector: settings.dkimSelector!, privateKey: dkimKey, headerFieldNames: SIGNED, cacheDir: tmpdir(), cacheTreshold: 1024 * 1024 } }),
    connectionTimeout: 15_000,
    greetingTimeout: timeouts.greeting,
    dnsTimeout: 15_000,
    socketTimeout: timeouts.answer,
    disableFileAccess: true,
    disableUrlAccess: true
  })
  // Once a part of a letter is on its way and the connection is lost, nobody knows whether it arrives.
  transport.use('stream', (mail, done) => {
    const watch = (mail.data as { watch?: Watch }).watch!
    const create = mail.message.createReadStream.bind(mail.message)
    mail.message.createReadStream = options => {
      readAnew(mail.message as unknown as Node)
      const stream = create(options)
      watch.body = stream
      return stream
    }
    done()
  })

  const server: MailServer = {
    isDown: false,
    async send (letter) {
      const watch: Watch = {}
      try {
        const info = await transport.sendMail({
          from: { name: settings.senderName ?? '', address: settings.senderAddress! },
          to: letter.to,
          subject: letter.subject,
          text: letter.text,
          html: letter.html,
          messageId: `<${letter.messageId}>`,
          ...(letter.inReplyTo && { inReplyTo: `<${letter.inReplyTo}>` }),
          ...(letter.references?.length && { references: letter.references.map(id => `<${id}>`) }),
          headers: letter.headers,
          attachments: letter.attachments?.map(({ name, type, open }) => ({ filename: name, contentType: type, content: whenRead(open, watch) })),
          watch
        } as Parameters<typeof transport.sendMail>[0])
        server.isDown = false
        return { state: 'sent', said: info.response }
      } catch (error) {
        if (watch.fileLost) return { state: 'failed', problem: 'file_gone', said: '' }
        const { isDown, ...fate } = explain(error as SmtpError, watch.body?.readableDidRead ?? false)
        server.isDown = isDown
        return fate
      }
    },
    close: () => transport.close()
  }
  return server
}

type Source = Readable & { again?: () => Source }
interface Node { content?: Source, childNodes?: Node[] }

/** A file that is opened when it is read. It can be read once, so it knows how to be there again. */
function whenRead (open: () => Promise<Readable>, watch: Watch): Source {
  const stream: Source = Readable.from(read(), { objectMode: false })
  stream.again = () => whenRead(open, watch)
  return stream

  async function * read () {
    try {
      yield * await open()
    } catch (error) {
      watch.fileLost = true
      throw error
    }
  }
}

/** A letter that is tried over another connection has its files from their beginning. */
function readAnew (node: Node): void {
  if (node.content?.again) node.content = node.content.again()
  for (const child of node.childNodes ?? []) readAnew(child)
}

// What a server says before it has heard who the letter is for is about us, whatever its number: every other letter would fare the same.
const isAboutUs = ({ command = '', responseCode }: SmtpError) => responseCode === 421 || (responseCode !== 552 && !/^(RCPT TO|DATA)/.test(command))

function explain (error: SmtpError, begun: boolean) {
  const said = error.response ?? error.message
  const problem = BY_CODE[error.code ?? '']
  if (problem !== 'auth' && error.responseCode) {
    if (isAboutUs(error)) return { state: 'later' as const, problem: error.responseCode === 530 ? 'auth' as const : problem === 'tls' ? problem : error.permanent ? 'refused' as const : 'busy' as const, said, isDown: true }
    // Every 5yz reply is for good, every 4yz for now (RFC 5321, 4.2.1).
    return error.permanent ? { state: 'failed' as const, problem: 'refused' as const, said, isDown: false } : { state: 'later' as const, problem: 'busy' as const, said, isDown: false }
  }
  if (begun) return { state: 'uncertain' as const, problem: 'lost' as const, said, isDown: true }
  if (OF_CERTIFICATES.test(error.originalCode ?? '')) return { state: 'later' as const, problem: 'tls' as const, said, isDown: true }
  return { state: 'later' as const, problem: problem ?? 'other' as const, said, isDown: true }
}
