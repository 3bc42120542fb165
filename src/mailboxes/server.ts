import type { ImapFlow } from 'imapflow'
import type { MailboxServer, Problem } from './mailbox.js'

/** Why a mailbox couldn't be opened, or was lost: `said` in the server's own words; `folders` that there are, where the one asked for isn't. */
export class MailboxProblem extends Error {
  constructor (readonly problem: Problem, readonly said: string, readonly folders: readonly string[] = []) { super(`${problem}: ${said}`) }
}

/** Milliseconds until it is given up that a server is reached, that it greets, or that it says anything. */
export interface Timeouts { connect: number, greeting: number, silence: number }

const TIMEOUTS: Timeouts = { connect: 15_000, greeting: 15_000, silence: 90_000 }

// Servers end a connection that idles for half an hour (RFC 2177), and routers one in which nothing is said for a few minutes.
const LONGEST_IDLE = 4 * 60_000

// Bytes of a letter that are asked for at a time; what a server may say at once beyond that is nothing it was asked for.
export const CHUNK = 256 * 1024
const MOST_AT_ONCE = 8 * 1024 * 1024

// How many folders are named to who asked for one that isn't there.
const MOST_FOLDERS = 30

export interface Opening { isReadOnly: boolean, timeouts?: Timeouts, signal?: AbortSignal }

/** Connects to a mail server and opens a folder. Throws MailboxProblem. Whoever gets the connection listens to its 'error' and closes it. */
export async function openMailbox ({ host, port, security, username, folder }: MailboxServer, password: string, { isReadOnly, timeouts = TIMEOUTS, signal }: Opening): Promise<ImapFlow> {
  const { ImapFlow } = await import('imapflow') // 8 MB, which a desk without mailboxes needn't take
  const client = new ImapFlow({
    host, port, secure: security === 'tls', ...(security !== 'tls' && { doSTARTTLS: security === 'starttls' }),
    auth: { user: username, pass: password },
    logger: false, clientInfo: { name: 'Clientela' }, disableAutoIdle: true, disableCompression: true, maxIdleTime: LONGEST_IDLE,
    connectionTimeout: timeouts.connect, greetingTimeout: timeouts.greeting, socketTimeout: timeouts.silence,
    maxLineLength: MOST_AT_ONCE, maxLiteralSize: MOST_AT_ONCE, maxResponseSize: 2 * MOST_AT_ONCE, maxResponseTokens: 200_000
  })
  let lost: Error | undefined
  client.on('error', error => { lost ??= error as Error })
  const abort = () => client.close()
  signal?.addEventListener('abort', abort)
  try {
    signal?.throwIfAborted()
    await client.connect()
    await client.mailboxOpen(folder, { readOnly: isReadOnly })
    return client
  } catch (error) {
    const folders = (error as ImapError).mailboxMissing ? await foldersOf(client) : []
    client.close()
    throw explain(lost && !(error as ImapError).responseStatus ? lost : error, folders)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

const foldersOf = (client: ImapFlow): Promise<string[]> => client.list().then(list => list.filter(({ flags }) => !flags.has('\\Noselect')).slice(0, MOST_FOLDERS).map(({ path }) => path), () => [])

interface ImapError extends Error { code?: string, response?: unknown, responseText?: string, responseStatus?: string, reason?: string, authenticationFailed?: boolean, tlsFailed?: boolean, mailboxMissing?: boolean }

const BY_CODE: Record<string, Problem> = {
  ENOTFOUND: 'unknown_host', EAI_AGAIN: 'unknown_host', ENODATA: 'unknown_host', EAI_NODATA: 'unknown_host',
  ECONNREFUSED: 'unreachable', EHOSTUNREACH: 'unreachable', ENETUNREACH: 'unreachable', EADDRNOTAVAIL: 'unreachable', EACCES: 'unreachable',
  CONNECT_TIMEOUT: 'timeout', GREETING_TIMEOUT: 'timeout', UPGRADE_TIMEOUT: 'tls', ETIMEDOUT: 'timeout', ETIMEOUT: 'timeout',
  ECONNRESET: 'lost', EPIPE: 'lost', NoConnection: 'lost', EConnectionClosed: 'lost', ClosedAfterConnectText: 'lost', StateLogout: 'lost', ClosedAfterConnectTLS: 'tls', EPROTO: 'tls', STARTTLS_INJECTION: 'tls'
}
const OF_CERTIFICATES = /CERT|SSL|TLS|SELF_SIGNED|SIGNATURE|ISSUER/
const OF_NONSENSE = /^ParserError|^(UnexpectedTag|MissingTag|InvalidResponse|ResponseProcessingFailed|MAX_IMAP_NESTING_REACHED|LineTooLarge|LiteralTooLarge|ResponseTooLarge|TooManyTokens|TooManyResponses|DownloadOverflow|DownloadIncomplete)$/

/** What went wrong with a mail server, in a word of ours and in its own. */
export function explain (error: unknown, folders: readonly string[] = []): MailboxProblem {
  if (error instanceof MailboxProblem) return error
  const failed = error as ImapError
  const said = failed.responseText ?? (typeof failed.response === 'string' ? failed.response : undefined) ?? failed.reason ?? failed.message
  const problem = problemOf(failed)
  // Of what is none of the server's, the words may repeat what stands in a letter.
  return new MailboxProblem(problem, problem === 'other' ? failed.code ?? '' : String(said).slice(0, 500), folders)
}

function problemOf ({ code = '', authenticationFailed, tlsFailed, mailboxMissing, responseStatus, message }: ImapError): Problem {
  if (authenticationFailed) return 'auth'
  if (mailboxMissing) return 'no_folder'
  if (tlsFailed || OF_CERTIFICATES.test(code) || /wrong version number|tlsv1|alert/i.test(message)) return 'tls'
  return BY_CODE[code] ?? (OF_NONSENSE.test(code) ? 'nonsense' : responseStatus ? 'refused' : 'other')
}
