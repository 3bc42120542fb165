import type { OutgoingHttpHeaders } from 'node:http'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import pg from 'pg'
import { sessionKeyOf } from './session.js'

/** What a change tells: "client:42", the event's id, and whether it is new or was changed; or "employee:7" and a name that pages listen for. */
export type LiveEvent = { topic: string, event: number, is_new: boolean } | { topic: string, name: string }

/** What Postgres tells: one event; or each of some names to each of some topics, which may be named twice. */
type Notice = LiveEvent | { topics: string[], names: string[] }

export interface LiveOptions {
  url: string
  /** Milliseconds between two signs of life of a stream; at each its viewer's right is looked at again. */
  heartbeat?: number
}

/** What every open page listens for besides its own: the name of the event, and whether the page that asks shows something older by now. */
export interface EveryStream { name: string, isBehind: (request: FastifyRequest) => Promise<boolean> }

declare module 'fastify' {
  interface FastifyInstance {
    live: Live
    streams: Streams
    /** A noun adds its own; events of these names are told to the topic "employee:<id>", which every page's stream hears. */
    everyStream: EveryStream[]
  }
}

// Milliseconds until a lost connection is tried again.
const FIRST_DELAY = 250
const LONGEST_DELAY = 10_000

// Bytes that a page hasn't taken yet.
const MOST_WAITING = 256 * 1024

/** HTML as a message of a stream: an unnamed one, which htmx swaps; the id tells of a stream that comes back. `html` is bytes: see templates.ts. */
export const messageOf = (html: string): Buffer => Buffer.from(`id: page\n${html.split('\n').map(line => `data: ${line}\n`).join('')}\n`, 'latin1')

type Listener = (event: LiveEvent | 'resync') => void

/** Events of this and every other process on the database, by topic, through Postgres LISTEN/NOTIFY. */
export class Live {
  private readonly listeners = new Map<string, Set<Listener>>()
  private client: pg.Client | undefined
  private closed = false

  constructor (private readonly url: string, private readonly warn: (error: Error) => void) {}

  /** Calls `listener` for each event of `topic`, and with "resync" when some may have been missed. Returns how to stop. */
  subscribe (topic: string, listener: Listener): () => void {
    const set = this.listeners.get(topic) ?? new Set()
    this.listeners.set(topic, set.add(listener))
    return () => {
      set.delete(listener)
      if (set.size === 0) this.listeners.delete(topic)
    }
  }

  /** Tells the listeners of this process alone: of what every process finds out by itself. */
  tellHere (event: LiveEvent): void {
    for (const listener of this.listeners.get(event.topic) ?? []) listener(event)
  }

  /** The topics that begin so and have listeners in this process. */
  topics (prefix: string): string[] {
    return [...this.listeners.keys()].filter(topic => topic.startsWith(prefix))
  }

  /** Connects and listens; tries again by itself whenever the connection is lost, after `delay` milliseconds, then after ever more. */
  async open (delay = FIRST_DELAY): Promise<void> {
    if (this.closed) return
    const client = this.client = new pg.Client({ connectionString: this.url, application_name: 'clientela live', keepAlive: true })
    const again = () => {
      if (this.client !== client) return // a connection that fails says so twice
      this.client = undefined
      if (!this.closed) setTimeout(() => { void this.open(Math.min(delay * 2, LONGEST_DELAY)) }, delay).unref()
    }
    client.on('error', error => { if (!this.closed) this.warn(error) })
    client.on('end', again)
    client.on('notification', ({ payload }) => this.tell(payload))
    try {
      await client.connect()
      await client.query('listen clientela')
      delay = FIRST_DELAY
      for (const listener of new Set([...this.listeners.values()].flatMap(set => [...set]))) listener('resync')
    } catch (error) {
      if (!this.closed) this.warn(error as Error)
      client.end().catch(() => {})
      again()
    }
  }

  async close (): Promise<void> {
    this.closed = true
    await this.client?.end().catch(() => {})
  }

  private tell (payload: string | undefined): void {
    const notice = JSON.parse(payload ?? '{}') as Notice
    if ('topic' in notice) return this.tellHere(notice)
    const topics = new Set(notice.topics)
    for (const name of new Set(notice.names)) for (const topic of topics) this.tellHere({ topic, name })
  }
}

/** A page that has its stream open: whose session it is of, and what it is sent. */
export interface OpenPage {
  session: string
  /** Sends it a piece of HTML, of `<hx-partial>`s; one that can't keep up is left out, as what comes next is newer. */
  send (html: Buffer): void
}

/** The streams that are open now, and how often each shows that it lives. */
interface Streams { open: Set<() => void>, pages: Set<OpenPage>, heartbeat: number }

export default fp<LiveOptions>(async (app, { url, heartbeat = 20_000 }) => {
  const live = new Live(url, error => app.log.warn({ err: error }, 'live events lost their connection'))
  const open = new Set<() => void>()
  app.decorate('live', live)
  app.decorate('streams', { open, pages: new Set<OpenPage>(), heartbeat })
  app.decorate('everyStream', [])
  app.addHook('onReady', async () => live.open())
  app.addHook('preClose', async () => { for (const end of open) end() })
  app.addHook('onClose', async () => live.close())
}, { name: 'live' })

export interface StreamOptions {
  topics: string[]
  /** Names of the events for what has happened and the page doesn't show yet. Asked once the stream listens, so that nothing falls between. */
  behind: () => Promise<string[]>
  /** Names of the events that make the page look at everything anew, when some may have been missed. */
  anew: string[]
  /** Asked at every heartbeat; the stream ends when the viewer may not see it any more. */
  allowed: () => Promise<boolean>
}

/**
 * Answers with server-sent events (WHATWG HTML, 9.2): `new` when something was added, `changed-<id>` when something
 * was edited, or the name that was told. They carry no content: the page asks for what it shows, with its viewer's rights at that moment.
 * What must be on every page at once is sent to each as HTML (`streams.pages`), by whoever has asked what each may see: src/calls/casting.ts.
 */
export function stream ({ live, streams, everyStream }: Pick<FastifyInstance, 'live' | 'streams' | 'everyStream'>, request: FastifyRequest, reply: FastifyReply, { topics, behind, anew, allowed }: StreamOptions): void {
  reply.hijack()
  const { raw } = reply
  // The connection goes with its stream: kept alive for a next request, it would keep the server from closing.
  raw.writeHead(200, { ...reply.getHeaders() as OutgoingHttpHeaders, 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close' })
  raw.write('retry: 1000\n\n')
  const send = (name: string, id?: number | string) => { raw.write(`${id ? `id: ${id}\n` : ''}event: ${name}\ndata: ${id ?? ''}\n\n`) }
  const sendAll = (names: string[]) => { for (const name of names) send(name) }
  const everything = [...anew, ...everyStream.map(({ name }) => name)]

  const hear: Listener = event => {
    if (event === 'resync') sendAll(everything)
    else if ('name' in event) send(event.name, event.name) // the id, though it names nothing, tells of a stream that comes back
    else send(event.is_new ? 'new' : `changed-${event.event}`, event.event)
  }
  const unsubscribe = topics.map(topic => live.subscribe(topic, hear))
  const heartbeat = setInterval(() => {
    raw.write(': still here\n\n')
    allowed().then(yes => { if (!yes) end() }, end)
  }, streams.heartbeat)
  const end = () => {
    clearInterval(heartbeat)
    for (const stop of unsubscribe) stop()
    streams.open.delete(end)
    streams.pages.delete(page)
    raw.end()
  }
  const page: OpenPage = {
    session: sessionKeyOf(request),
    send: html => { if (raw.writableLength < MOST_WAITING) raw.write(html) }
  }
  streams.open.add(end)
  streams.pages.add(page)
  raw.on('close', end)
  raw.on('error', end)
  if (request.headers['last-event-id']) sendAll(everything)
  else {
    behind().then(sendAll, end)
    for (const { name, isBehind } of everyStream) isBehind(request).then(yes => { if (yes) send(name) }, end)
  }
}
