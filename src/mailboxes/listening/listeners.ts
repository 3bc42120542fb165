import { Rounds } from '../../mail/rounds.js'
import type { Live } from '../../web/live.js'
import { Reader } from '../letters/reader.js'
import { mailboxesOn } from '../queries.js'
import { Holder } from './holder.js'
import { Listener, type ListenerOptions, type Parts } from './listener.js'

export interface ListenersOptions extends ListenerOptions {
  /** Milliseconds between two looks for mailboxes that nobody listens to. */
  takeEvery?: number
}

// As soon a mailbox is taken over whose process was killed.
const TAKE_EVERY = 10_000

/** Listens to the mailboxes that are switched on, each in one process of all that are on the database. */
export class Listeners {
  private readonly listeners = new Map<number, Listener>()
  private readonly rounds: Rounds
  private readonly holder: Holder
  private readonly reader = new Reader()
  private timer: NodeJS.Timeout | undefined
  private stopped: (() => void) | undefined

  constructor (private readonly parts: Omit<Parts, 'reader'> & { live: Live, url: string }, private readonly options: ListenersOptions = {}) {
    const { log, url } = parts
    this.rounds = new Rounds(() => this.look(), error => log.warn({ err: error }, 'mailboxes could not be looked for'))
    this.holder = new Holder(url, error => {
      log.warn({ ...(error && { err: error }) }, 'the connection was lost that holds the mailboxes listened to')
      void this.rounds.wake()
    })
  }

  /** Begins, and doesn't wait for anybody's server. */
  start (): void {
    this.stopped = this.parts.live.subscribe('mailboxes', () => {
      for (const listener of this.listeners.values()) listener.hurry()
      void this.rounds.wake()
    })
    this.timer = setInterval(() => { void this.rounds.wake() }, this.options.takeEvery ?? TAKE_EVERY).unref()
    void this.rounds.wake()
  }

  /** Ends every connection; resolves once nothing more is taken. */
  async close (): Promise<void> {
    this.stopped?.()
    clearInterval(this.timer)
    const stopping = [...this.listeners.values()].map(listener => listener.stop())
    this.reader.stop()
    await Promise.all([this.rounds.close(), ...stopping])
    await Promise.all([...this.listeners.values()].map(listener => listener.stop())) // begun by the last round
    await this.holder.close()
    this.reader.stop()
  }

  private async look (): Promise<void> {
    const on = await mailboxesOn(this.parts.db)
    for (const [id, listener] of this.listeners) {
      const now = on.find(mailbox => mailbox.id === id)
      if (now?.version === listener.mailbox.version && this.holder.has(id)) continue
      this.listeners.delete(id)
      await listener.stop()
      if (!now) await this.holder.release(id)
    }
    for (const mailbox of on) {
      if (this.rounds.isClosed || this.listeners.has(mailbox.id) || !await this.holder.take(mailbox.id)) continue
      this.listeners.set(mailbox.id, new Listener({ ...this.parts, reader: this.reader }, mailbox, this.options).start())
    }
    if (on.length === 0) await this.holder.close()
  }
}
