import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { Test } from 'tap'
import type { Visitor } from './cast.js'

/** What a mail server took: its envelope and the mail itself, headers decoded as little as possible. */
export interface TakenBySmtp { from: string, to: string[], raw: string }

export interface SmtpOptions {
  port?: number
  /** Asks for these, if given. */
  user?: { name: string, password: string }
  /** Refuses a recipient with this answer, "550 No such user". */
  refuse?: (recipient: string) => string | undefined
  /** Waited for before a mail is answered, once it is here. */
  hold?: () => Promise<void>
  /** Waited for before it greets. */
  greet?: () => Promise<void>
  /** Offers STARTTLS, with a certificate nobody trusts. */
  tls?: boolean
}

/** A real SMTP server on loopback, ended when `t` ends. */
export async function smtpServer (t: Pick<Test, 'teardown'>, { port = 0, user, refuse, hold, greet, tls = false }: SmtpOptions = {}) {
  const mails: TakenBySmtp[] = []
  const connections: string[] = []
  const server = new SMTPServer({
    disabledCommands: tls ? [] : ['STARTTLS'],
    authOptional: !user,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 50,
    onConnect (session, done) { connections.push(session.id); void (greet?.() ?? Promise.resolve()).then(() => done()) },
    onAuth: (auth, _session, done) => auth.username === user?.name && auth.password === user?.password ? done(null, { user: auth.username }) : done(new Error('Wrong user or password')),
    onRcptTo: ({ address }, _session, done) => done(answerOf(refuse?.(address))),
    onData (stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', part => { parts.push(part) })
      stream.on('end', async () => {
        mails.push({ from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '', to: session.envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(parts).toString() })
        await hold?.()
        done(null, `queued as ${mails.length}`)
      })
    }
  })
  const sockets = new Set<Socket>()
  server.server.on('connection', (socket: Socket) => { sockets.add(socket) })
  server.on('error', () => {}) // a client that goes in the middle
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  const close = () => new Promise<void>(resolve => { server.close(() => resolve()) })
  t.teardown(close)
  return { mails, connections, close, cut: () => { for (const socket of sockets) socket.destroy() }, port: (server.server.address() as AddressInfo).port }
}

const answerOf = (line: string | undefined) => line ? Object.assign(new Error(line.slice(4)), { responseCode: Number(line.slice(0, 3)) }) : null

/** Saves the settings of mail through the page, as `admin`. Gives the answer. */
export async function useServer (admin: Visitor, port: number, more: Record<string, unknown> = {}) {
  const version = /name="version" value="(\d+)"/.exec((await admin.get('/settings/mail')).body)![1]
  return admin.post('/settings/mail', { sends: 'yes', host: '127.0.0.1', port, security: 'none', username: '', password: '', sender_name: 'Naprawa & Co', sender_address: 'desk@naprawa.example', public_url: 'https://desk.naprawa.example', version, ...more })
}
