import { once } from 'node:events'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import type { Test } from 'tap'

export interface HttpAnswer { status: number, body: string, location: string, headers: Headers }

/** Somebody with a cookie, asking a server that really listens, as a browser would. */
export class HttpVisitor {
  constructor (readonly base: string, public cookie = '') {}

  /** The same person at another server, or at the same one after it was started again. */
  at (base: string): HttpVisitor { return new HttpVisitor(base, this.cookie) }

  get (path: string): Promise<HttpAnswer> { return this.send(path) }

  post (path: string, body: Record<string, string>): Promise<HttpAnswer> {
    return this.send(path, { method: 'POST', body: new URLSearchParams(body) })
  }

  /** Begins a POST and sends only the first half of its body; `finish` sends the rest and gives the answer's status. */
  async postSlowly (path: string, body: Record<string, string>): Promise<{ finish (): Promise<number> }> {
    const text = new URLSearchParams(body).toString()
    const headers = { ...this.headers(), 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(text), expect: '100-continue' }
    const sent: ClientRequest = request(this.base + path, { method: 'POST', headers })
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>
    answered.catch(() => {}) // said by finish()
    sent.flushHeaders()
    await once(sent, 'continue') // the server has its headers
    sent.write(text.slice(0, text.length / 2))
    return {
      async finish () {
        sent.end(text.slice(text.length / 2))
        const [response] = await answered
        response.resume()
        return response.statusCode!
      }
    }
  }

  private headers () {
    return { cookie: this.cookie, origin: this.base, 'user-agent': 'test' }
  }

  private async send (path: string, init: RequestInit = {}): Promise<HttpAnswer> {
    const response = await fetch(this.base + path, { ...init, redirect: 'manual', headers: this.headers() })
    const cookie = response.headers.getSetCookie().find(one => one.startsWith('clientela='))
    if (cookie) this.cookie = cookie.split(';')[0]!
    return { status: response.status, body: await response.text(), location: response.headers.get('location') ?? '', headers: response.headers }
  }
}

export const OWNER = { name: 'Olga Wójcik', email: 'olga@clientela.example', password: 'correct horse battery' }

/** Makes the company and its owner by the first page, and gives the owner, signed in. */
export async function setUpCompany (base: string): Promise<HttpVisitor> {
  const owner = new HttpVisitor(base)
  const { status, body } = await owner.post('/setup', { company: 'Naprawa & Co', country: 'PL', currency: 'PLN', time_zone: 'Europe/Warsaw', language: 'en', ...OWNER })
  if (status !== 303) throw new Error(`The first page refused: ${status} ${body}`)
  return owner
}

/** Makes a client and gives its page. */
export async function addClientBy (visitor: HttpVisitor, first_name: string): Promise<string> {
  const { status, location, body } = await visitor.post('/clients', { kind: 'person', first_name })
  if (status !== 303) throw new Error(`The client was refused: ${status} ${body}`)
  return location
}

/** An open stream of server-sent events. */
export interface EventStream {
  /** Names of the events that came, in their order, each with its id: "new 42". */
  events: string[]
  /** Resolves when the server ends it; rejects when the connection breaks. */
  ended: Promise<void>
}

/** Opens a stream and waits for its first bytes. Closed when `t` ends. */
export async function openStream (t: Pick<Test, 'teardown'>, visitor: HttpVisitor, path: string): Promise<EventStream> {
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const response = await fetch(visitor.base + path, { headers: { cookie: visitor.cookie }, signal: abort.signal })
  if (response.status !== 200) throw new Error(`The stream was refused: ${response.status}`)
  const events: string[] = []
  const ended = read(response.body!, events)
  ended.catch(() => {}) // for who asks
  return { events, ended }
}

async function read (body: ReadableStream<Uint8Array>, events: string[]): Promise<void> {
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>)) {
    const parts = (rest + text).split('\n\n')
    rest = parts.pop()!
    for (const part of parts) {
      const name = /^event: (.*)$/m.exec(part)?.[1]
      if (name) events.push(`${name} ${/^id: (.*)$/m.exec(part)?.[1] ?? ''}`.trim())
    }
  }
}
