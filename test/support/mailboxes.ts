import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { Listeners, type ListenersOptions } from '../../src/mailboxes/listening/listeners.js'
import type { Visitor } from './cast.js'
import type { imapServer } from './imap.js'

type ImapServer = Awaited<ReturnType<typeof imapServer>>

/** What the form of a mailbox on the test's server sends. */
export const mailboxBody = ({ user, password, port }: ImapServer, more: Record<string, unknown> = {}) =>
  ({ name: 'Reception', host: '127.0.0.1', port, security: 'none', username: user, password, folder: 'INBOX', is_on: '1', version: 0, ...more })

/** Adds a mailbox through the page, as `admin`. Gives its id. */
export async function addMailbox (admin: Visitor, server: ImapServer, more: Record<string, unknown> = {}): Promise<number> {
  const { status, location } = await admin.post('/settings/mailboxes', mailboxBody(server, more))
  if (status !== 303) throw new Error(`The mailbox was not added: ${status}`)
  return Number(location!.split('/').at(-1))
}

/** Listens as a process does that is open to visitors, until the test ends; in a hurry where that one has time. */
export function listenTo (t: Pick<Test, 'teardown'>, { db, storage, sealer, log, live }: FastifyInstance, url: string, options: ListenersOptions = {}): Listeners {
  const listeners = new Listeners({ db, storage, sealer, log, live, url }, { takeEvery: 100, firstWait: 40, timeouts: { connect: 2000, greeting: 1000, silence: 5000 }, ...options })
  listeners.start()
  t.teardown(() => listeners.close())
  return listeners
}
