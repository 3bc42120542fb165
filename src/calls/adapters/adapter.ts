import type { Failure } from '../call.js'

/** A call to be made: somebody here is rung first, then the number. */
export interface Order {
  /** Ours. */
  callId: number
  /** Nobody else's, for providers that take an id of ours. */
  token: string
  /** Where who calls is rung: an extension or a number, as they have set it. */
  from: string
  /** E.164, or the digits of a number that only this company's telephones know. */
  to: string
}

/** What makes calls. What it hears of them comes as reports. */
export interface Dialer {
  /** By which id reports will name a call, where that is known before it begins. */
  idFor? (token: string): string
  /** Begins the call. Returns the id by which reports name it. Throws CallRefused. */
  call (order: Order): Promise<string>
}

/** The telephony made no call of it. */
export class CallRefused extends Error {
  constructor (readonly why: Failure, said = '') { super(said || why) }
}

// Milliseconds until somebody who waits is told that nothing comes.
const LONGEST = 10_000

/** Asks a telephony over HTTP; its answer is never more than 64 kB. Throws CallRefused. */
export async function ask (url: string, init: RequestInit): Promise<string> {
  let response: Response
  try {
    response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(LONGEST) })
    const text = await limited(response)
    if (!response.ok) throw new CallRefused('refused', `${response.status} ${text.slice(0, 300)}`)
    return text
  } catch (error) {
    if (error instanceof CallRefused) throw error
    throw new CallRefused('unreachable', (error as Error).message)
  }
}

const MOST = 64 * 1024

async function limited (response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MOST) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
