import type { WebSocket } from 'ws'
import type { CallState, Report } from '../call.js'
import { plainNumber } from '../call.js'
import { ask, type Dialer } from './adapter.js'
import type { AriConfig } from './ari-config.js'

/** Of the channels that we originate ourselves. */
const OURS = 'clientela-'

/** Milliseconds until a lost connection is tried again, the first time and at most; and between two signs of life. */
export interface Patience { first: number, longest: number, heartbeat: number }
const PATIENCE: Patience = { first: 500, longest: 30_000, heartbeat: 20_000 }

interface Channel { id: string, name?: string, caller?: { number?: string }, dialplan?: { context?: string, exten?: string } }
interface AriEvent { type?: string, channel?: Channel, caller?: Channel, peer?: Channel, dialstatus?: string, cause?: number }

const basic = ({ user }: AriConfig, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/**
 * Listens to all channels of an Asterisk by ARI's WebSocket (subscribeAll): calls stay the dial plan's, which routes them as before. Connects
 * again by itself, whatever the other side does. Reports go one after another.
 */
export class AriListener {
  private socket: WebSocket | undefined
  private timer: NodeJS.Timeout | undefined
  private isClosed = false
  private reported: Promise<void> = Promise.resolve()
  private readonly patience: Patience
  isOpen = false

  constructor (private readonly config: AriConfig, private readonly password: string, private readonly report: (report: Report) => Promise<unknown>, private readonly warn: (error: Error) => void, patience: Partial<Patience> = {}) {
    this.patience = { ...PATIENCE, ...patience }
  }

  open (): void {
    import('ws').then(({ WebSocket }) => this.connect(WebSocket, this.patience.first)).catch(this.warn) // few have an Asterisk
  }

  private connect (Socket: typeof WebSocket, delay: number): void {
    if (this.isClosed) return
    const { url, app } = this.config
    const socket = this.socket = new Socket(`${url.replace(/^http/, 'ws').replace(/\/$/, '')}/ari/events?app=${encodeURIComponent(app)}&subscribeAll=true`, {
      headers: { authorization: basic(this.config, this.password) }, handshakeTimeout: 10_000, maxPayload: 1024 * 1024, followRedirects: false
    })
    let isAlive = true
    const heartbeat = setInterval(() => {
      if (!isAlive) return socket.terminate()
      isAlive = false
      if (socket.readyState === Socket.OPEN) socket.ping()
    }, this.patience.heartbeat).unref()
    socket.on('open', () => { this.isOpen = true; delay = this.patience.first })
    socket.on('pong', () => { isAlive = true })
    socket.on('message', data => { isAlive = true; this.hear(String(data)) })
    socket.on('error', error => { if (!this.isClosed) this.warn(error) })
    socket.on('close', () => {
      clearInterval(heartbeat)
      this.isOpen = false
      if (!this.isClosed) this.timer = setTimeout(() => this.connect(Socket, Math.min(delay * 2, this.patience.longest)), delay).unref()
    })
  }

  /** Lets what was heard be reported. */
  async close (): Promise<void> {
    this.isClosed = true
    clearTimeout(this.timer)
    this.socket?.terminate()
    await this.reported
  }

  private hear (text: string): void {
    let report: Report | null = null
    try {
      report = reportOfEvent(this.config, JSON.parse(text) as AriEvent)
    } catch (error) {
      this.warn(error as Error) // not what ARI sends
    }
    if (report) this.reported = this.reported.then(async () => { await this.report(report) }).catch(error => this.warn(error as Error))
  }
}

const ENDS: Record<string, CallState> = { ANSWER: 'answered', BUSY: 'busy', NOANSWER: 'missed', CANCEL: 'missed', CONGESTION: 'failed', CHANUNAVAIL: 'failed' }

/** What an event tells of a call; null for most. Of a call that we don't know (a leg, a call in the house) taking the report finds nothing. */
export function reportOfEvent ({ incoming }: AriConfig, event: AriEvent): Report | null {
  const about = (channel: Channel | undefined, state: CallState, more: Partial<Report> = {}): Report | null =>
    typeof channel?.id === 'string' && channel.id !== '' && channel.id.length <= 200 ? { id: channel.id, state, direction: channel.id.startsWith(OURS) ? 'out' : 'in', number: '', ours: '', extension: '', seconds: null, recording: null, ...more } : null
  const { type, channel, caller, peer, dialstatus = '' } = event
  const isOurs = (one: Channel | undefined) => one?.id?.startsWith(OURS) ?? false
  if (type === 'ChannelCreated' && !isOurs(channel) && incoming.includes(channel?.dialplan?.context ?? '')) return about(channel, 'ringing', { number: channel?.caller?.number ?? '', ours: plainNumber(channel?.dialplan?.exten ?? '') })
  // The telephone here was taken up: now theirs rings.
  if (type === 'ChannelStateChange' && isOurs(channel) && (channel as { state?: string }).state === 'Up') return about(channel, 'ringing')
  const state = type === 'Dial' ? ENDS[dialstatus] : undefined
  // Of a group that is rung one who doesn't answer is no end.
  if (state && (state === 'answered' || isOurs(caller))) return about(caller, state, { ...(state === 'answered' && !isOurs(caller) && { extension: extensionOf(peer) }), ...(state === 'failed' && { why: 'provider' as const }) })
  if (type === 'ChannelDestroyed') return about(channel, 'ended')
  return null
}

/** "PJSIP/101-0000002a" is at 101. */
const extensionOf = (peer: Channel | undefined): string => /^[^/]+\/(.+?)(-[0-9a-f]{6,})?$/i.exec(peer?.name ?? '')?.[1]?.slice(0, 60) ?? ''

/** Rings who calls, and lets the dial plan ring the number once they answer. */
export const ariDialer = (config: AriConfig, password: string): Dialer => ({
  idFor: token => OURS + token,
  async call ({ from, to, token }) {
    const channelId = OURS + token // whatever is told of it while it is being made is known to be its own
    const query = new URLSearchParams({ endpoint: config.endpoint.replaceAll('{extension}', from), extension: to, context: config.outgoing, priority: '1', callerId: to, timeout: '30', channelId })
    await ask(`${config.url.replace(/\/$/, '')}/ari/channels?${query}`, { method: 'POST', headers: { authorization: basic(config, password) } })
    return channelId
  }
})
