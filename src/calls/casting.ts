import type { FastifyInstance } from 'fastify'
import { messageOf, type OpenPage } from '../web/live.js'
import { renderFor } from '../web/page.js'
import { findViewers } from '../web/session-store.js'
import type { Viewer } from '../web/viewer.js'
import { cardsFor, hearsOfCalls, listGoing, type GoingCall } from './going.js'

type Parts = Pick<FastifyInstance, 'db' | 'streams' | 'asset' | 'log'>

// Milliseconds between two looks: of many reports at once the screens are told together.
const BETWEEN = 150

/**
 * Brings the cards of calls to every page that is open in this process: by two queries however many pages there are, one for the calls and one for
 * what each session may see at this moment, and each card is made once for all who see the same. Asking back from 500 pages would take a server seconds.
 */
export class Caster {
  private isCasting = false
  private isBehind = false
  private timer: NodeJS.Timeout | undefined
  private isClosed = false
  /** What each page was sent last. */
  private readonly shown = new WeakMap<OpenPage, string>()

  constructor (private readonly parts: Parts) {}

  /** Something of the calls that go on is different now. */
  told (): void {
    if (this.isCasting || this.timer) this.isBehind = true
    else void this.round()
  }

  close (): void {
    this.isClosed = true
    clearTimeout(this.timer)
  }

  private async round (): Promise<void> {
    this.isCasting = true
    this.isBehind = false
    await this.cast().catch(error => this.parts.log.warn({ err: error }, 'the cards of calls could not be shown'))
    this.isCasting = false
    if (this.isClosed) return
    this.timer = setTimeout(() => {
      this.timer = undefined
      if (this.isBehind) void this.round()
    }, BETWEEN).unref()
  }

  private async cast (): Promise<void> {
    const { db, streams } = this.parts
    if (streams.pages.size === 0) return
    const sessions = new Set([...streams.pages].map(({ session }) => session))
    const [calls, viewers] = await Promise.all([listGoing(db), findViewers(db, [...sessions])])
    const made = new Map<string, Buffer>()
    const keys = new Map<string, string>()
    const ofViewer = new Map<Viewer, string>() // who has many pages open is one
    for (const [session, viewer] of viewers) {
      if (!hearsOfCalls(viewer)) continue
      if (!ofViewer.has(viewer)) ofViewer.set(viewer, this.make(viewer, calls, made))
      keys.set(session, ofViewer.get(viewer)!)
    }
    for (const page of streams.pages) {
      const key = keys.get(page.session)
      if (key === undefined || this.shown.get(page) === key) continue
      this.shown.set(page, key)
      page.send(made.get(key)!)
    }
  }

  /** Makes what a viewer is sent, unless it is there already. Returns its key. */
  private make (viewer: Viewer, calls: readonly GoingCall[], made: Map<string, Buffer>): string {
    const cards = cardsFor(viewer, calls)
    // All that the card hangs on besides the call.
    const { language, organisation } = viewer
    const key = JSON.stringify([language, organisation.timeZone, ['leads.create', 'clients.create', 'calls.view'].map(right => viewer.can(right as 'leads.create')), cards])
    if (!made.has(key)) made.set(key, messageOf(`<hx-partial hx-target="#calls" hx-swap="innerMorph">${renderFor(viewer, '/calls/_cards', { cards }, this.parts.asset)}</hx-partial>`))
    return key
  }
}
