import nodemailer from 'nodemailer'
import type { MailSettings } from '../queries.js'
import type { Fate, Problem, TakenMail } from './queries.js'

/** A connection to a mail server, kept open from one mail to the next. */
export interface MailServer {
  /** Tries to send. Never throws: how it went is the answer. */
  send (mail: Omit<TakenMail, 'id' | 'attempts'>): Promise<Fate>
  /** Whether the last failure was the server's, so that the next mail would fail just so. */
  isDown: boolean
  close (): void
}

interface SmtpError extends Error { code?: string, originalCode?: string, responseCode?: number, response?: string, permanent?: boolean }

const BY_CODE: Record<string, Problem> = { EAUTH: 'auth', ENOAUTH: 'auth', EDNS: 'unknown_host', ETIMEDOUT: 'timeout', ETLS: 'tls', ECONNECTION: 'unreachable', ESOCKET: 'unreachable' }
const OF_CERTIFICATES = /CERT|SSL|TLS|SELF_SIGNED|SIGNATURE|ISSUER/

/** Opens the server of these settings, when the first mail is sent. */
export function openMailServer (settings: MailSettings, password: string | null): MailServer {
  const transport = nodemailer.createTransport({
    pool: true,
    maxConnections: 1,
    maxRequeues: 1, // it repeats only what it hasn't begun to send
    host: settings.host!,
    port: settings.port!,
    secure: settings.security === 'tls',
    requireTLS: settings.security === 'starttls',
    ignoreTLS: settings.security === 'none',
    ...(settings.username && { auth: { user: settings.username, pass: password ?? '' } }),
    connectionTimeout: 15_000,
    greetingTimeout: 15_000,
    dnsTimeout: 15_000,
    socketTimeout: 60_000,
    disableFileAccess: true,
    disableUrlAccess: true
  })
  // Once a part of a mail is on its way and the connection is lost, nobody knows whether it arrives.
  let body: { readableDidRead: boolean } | undefined
  const hasBegun = () => body?.readableDidRead ?? false
  transport.use('stream', (mail, done) => {
    const create = mail.message.createReadStream.bind(mail.message)
    mail.message.createReadStream = options => {
      const stream = create(options)
      body = stream
      return stream
    }
    done()
  })

  const server: MailServer = {
    isDown: false,
    async send (mail) {
      body = undefined
      try {
        const info = await transport.sendMail({
          from: { name: settings.senderName ?? '', address: settings.senderAddress! },
          to: { name: mail.recipientName ?? '', address: mail.recipient },
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: `<${mail.messageId}@${settings.senderAddress!.split('@').at(-1)!}>`,
          headers: { 'Auto-Submitted': 'auto-generated' } // RFC 3834: no holiday notes in return
        })
        server.isDown = false
        return { state: 'sent', said: info.response }
      } catch (error) {
        const fate = explain(error as SmtpError, hasBegun())
        server.isDown = fate.problem !== 'refused' && fate.problem !== 'busy'
        return fate
      }
    },
    close: () => transport.close()
  }
  return server
}

function explain (error: SmtpError, begun: boolean) {
  const said = error.response ?? error.message
  const problem = BY_CODE[error.code ?? '']
  if (problem !== 'auth' && error.responseCode) {
    // Every 5yz reply is for good, every 4yz for now (RFC 5321, 4.2.1).
    return error.permanent ? { state: 'failed' as const, problem: 'refused' as const, said } : { state: 'later' as const, problem: 'busy' as const, said }
  }
  if (begun) return { state: 'uncertain' as const, problem: 'lost' as const, said }
  if (OF_CERTIFICATES.test(error.originalCode ?? '')) return { state: 'later' as const, problem: 'tls' as const, said }
  return { state: 'later' as const, problem: problem ?? 'other' as const, said }
}
