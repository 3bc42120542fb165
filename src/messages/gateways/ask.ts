import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { SendFate, SendProblem } from '../fate.js'

/** What is asked of a provider's server. */
export interface Asking { method: string, url: URL, headers: Record<string, string>, body?: string }

/** What it answered, or why it didn't: `isWritten` when the request may have reached it, so that nobody knows what it did. */
export type Asked =
  | { status: number, text: string, problem?: undefined }
  | { status?: undefined, problem: SendProblem, isWritten: boolean, said: string }

/** Asks, on connections that are kept for the next question; never throws. */
export type Ask = (asking: Asking) => Promise<Asked>

export interface Limits {
  /** Milliseconds until it is connected, and until its whole answer is there. */
  connect: number
  whole: number
  /** Bytes of an answer. */
  biggest: number
}

const LIMITS: Limits = { connect: 10_000, whole: 30_000, biggest: 256 * 1024 }

/** Connections to the servers of a gateway, to be closed. Redirects lead nowhere: a message and a secret go where they were meant to go, or nowhere. */
export function openAsking (lanes: number, limits: Partial<Limits> = {}): { ask: Ask, close (): void } {
  const options = { keepAlive: true, maxSockets: lanes }
  const [http, https] = [new HttpAgent(options), new HttpsAgent(options)]
  return {
    ask: asking => ask(asking, asking.url.protocol === 'https:' ? https : http, { ...LIMITS, ...limits }),
    close () { for (const agent of [http, https]) agent.destroy() }
  }
}

function ask ({ method, url, headers, body }: Asking, agent: HttpAgent, { connect, whole, biggest }: Limits): Promise<Asked> {
  return new Promise(resolve => {
    let isWritten = false
    let isOver = false
    const end = (asked: Asked) => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      resolve(asked)
      if (asked.problem) request.destroy()
    }
    const late = () => end({ problem: 'timeout', isWritten, said: '' })
    let timer = setTimeout(late, connect)
    const written = () => {
      isWritten = true
      clearTimeout(timer)
      timer = setTimeout(late, whole)
    }
    const secure = url.protocol === 'https:'
    const request = (secure ? httpsRequest : httpRequest)(url, {
      method, agent, headers: { 'User-Agent': 'Clientela', Accept: 'application/json', ...headers, ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }) }
    })
    request.on('socket', socket => {
      if (request.reusedSocket || !socket.connecting) written()
      else socket.once(secure ? 'secureConnect' : 'connect', written)
    })
    request.on('response', response => { void read(response, biggest).then(text => end({ status: response.statusCode!, text }), error => end(explain(error, true))) })
    request.on('error', error => end(explain(error, isWritten)))
    request.end(body)
  })
}

async function read (response: IncomingMessage, biggest: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > biggest) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const OF_CERTIFICATES = /CERT|SSL|TLS|SELF_SIGNED|SIGNATURE|ISSUER|EPROTO/

function explain ({ code = '', message }: NodeJS.ErrnoException, isWritten: boolean): Asked {
  if (isWritten) return { problem: 'lost', isWritten, said: message }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return { problem: 'unknown_host', isWritten, said: message }
  return { problem: OF_CERTIFICATES.test(code) ? 'tls' : code === 'ETIMEDOUT' ? 'timeout' : 'unreachable', isWritten, said: message }
}

/**
 * How a message fared whose gateway gave no answer that tells it: what never left is tried again, and so is what did where a second try
 * is known to be one; of any other nobody knows whether it was taken.
 */
export function unanswered ({ problem, isWritten, said }: { problem: SendProblem, isWritten: boolean, said: string }, isIdempotent: boolean): SendFate {
  return { state: isWritten && !isIdempotent ? 'uncertain' : 'later', problem, said }
}

/** How it fared by the status of an answer that wasn't "taken" (RFC 9110). What is wrong with us or with them waits; what is wrong with the message doesn't. */
export function byStatus (status: number, said: string, isIdempotent: boolean): SendFate {
  const words = said === '' ? String(status) : `${status} ${said}`
  if (status === 401 || status === 403) return { state: 'later', problem: 'auth', said: words }
  if (status === 402) return { state: 'later', problem: 'no_credit', said: words }
  if (status === 413) return { state: 'failed', problem: 'too_big', said: words }
  // A proxy in between lost whoever was asked: it may have done it.
  if (status === 502 || status === 504) return unanswered({ problem: 'lost', isWritten: true, said: words }, isIdempotent)
  if (status === 408 || status === 425 || status === 429 || status >= 500) return { state: 'later', problem: 'busy', said: words }
  // Nobody is there whom we were told to ask.
  if (status < 400 || status === 404 || status === 405 || status === 410) return { state: 'later', problem: 'other', said: words }
  return { state: 'failed', problem: 'refused', said: words }
}

/** The JSON in a text, or undefined when it is none. */
export function jsonOf (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
