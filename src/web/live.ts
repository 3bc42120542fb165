import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import pg from 'pg'

/** What a change tells: "client:42", the event's id, and whether it is new or was changed. */
export interface LiveEvent { topic: string, event: number, is_new: boolean }

export interface LiveOptions { url: string }

declare module 'fastify' {
  interface FastifyInstance { live: Live }
}

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

  /** Connects and listens; tries again by itself whenever the connection is lost. */
  async open (delay = 250): Promise<void> {
    if (this.closed) return
    const client = new pg.Client({ connectionString: this.url, application_name: 'clientela live', keepAlive: true })
    let isLost = false
    const again = () => {
      if (isLost) return // a connection that fails says so twice
      isLost = true
      this.client = undefined
      if (!this.closed) setTimeout(() => { void this.open(Math.min(delay * 2, 10_000)) }, delay).unref()
    }
    client.on('error', error => { if (!this.closed) this.warn(error) })
    client.on('end', again)
    client.on('notification', ({ payload }) => this.tell(payload))
    try {
      this.client = client
      await client.connect()
      await client.query('listen clientela')
      delay = 250
      for (const listener of [...this.listeners.values()].flatMap(set => [...set])) listener('resync')
    } catch (error) {
      this.warn(error as Error)
      client.end().catch(() => {})
      again()
    }
  }

  async close (): Promise<void> {
    this.closed = true
    await this.client?.end().catch(() => {})
  }

  private tell (payload: string | undefined): void {
    const event = JSON.parse(payload ?? '{}') as LiveEvent
    for (const listener of this.listeners.get(event.topic) ?? []) listener(event)
  }
}

const HEARTBEAT = 20_000

export default fp<LiveOptions>(async (app, { url }) => {
  const live = new Live(url, error => app.log.warn({ err: error }, 'live events lost their connection'))
  const streams = new Set<() => void>()
  app.decorate('live', live)
  app.decorateReply('liveStreams', { getter: () => streams })
  app.addHook('onReady', async () => live.open())
  app.addHook('preClose', async () => { for (const end of streams) end() })
  app.addHook('onClose', async () => live.close())
}, { name: 'live' })

declare module 'fastify' {
  interface FastifyReply { readonly liveStreams: Set<() => void> }
}

export interface StreamOptions {
  topic: string
  /** Newest event the page already shows; a newer one is told at once. */
  behind: boolean
  /** Asked every 20 seconds; the stream ends when the viewer may not see it any more. */
  allowed: () => Promise<boolean>
}

/**
 * Answers with server-sent events (WHATWG HTML, 9.2): `new` when something was added, `changed-<id>` when something
 * was edited. They carry no content: the page asks for what it shows, with its viewer's rights at that moment.
 */
export function stream (app: { live: Live }, request: FastifyRequest, reply: FastifyReply, { topic, behind, allowed }: StreamOptions): void {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' })
  raw.write('retry: 1000\n\n')
  const send = (name: string, id?: number) => { raw.write(`${id ? `id: ${id}\n` : ''}event: ${name}\ndata: ${id ?? ''}\n\n`) }
  if (behind || request.headers['last-event-id']) send('new')

  const unsubscribe = app.live.subscribe(topic, event => {
    if (event === 'resync') send('new')
    else send(event.is_new ? 'new' : `changed-${event.event}`, event.event)
  })
  const heartbeat = setInterval(() => {
    raw.write(': still here\n\n')
    allowed().then(yes => { if (!yes) end() }, end)
  }, HEARTBEAT)
  const end = () => {
    clearInterval(heartbeat)
    unsubscribe()
    reply.liveStreams.delete(end)
    raw.end()
  }
  reply.liveStreams.add(end)
  raw.on('close', end)
  raw.on('error', end)
}
