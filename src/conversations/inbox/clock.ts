import type { Db } from '../../database/knex.js'
import type { Live } from '../../web/live.js'
import type { Viewer } from '../../web/viewer.js'
import { countUnread } from './queries.js'

/** What the pages that show the inbox itself listen to, in this process. */
export const LISTS = 'inbox lists'

// Milliseconds in which however many messages are told of once.
const PAUSE = 400

/**
 * Tells the open pages of a process what comes in: the inboxes that something moved, and every page whose count is another now. The
 * database says each time that something did; it is asked for the counts once for all pages, not by each of them for each message.
 */
export class InboxClock {
  private timer: NodeJS.Timeout | undefined
  private stopped: (() => void) | undefined
  /** By what people may see: the count that their pages were told of last. */
  private readonly told = new Map<string, number>()

  constructor (private readonly db: Db, private readonly live: Live, private readonly warn: (error: Error) => void, private readonly pause = PAUSE) {}

  start (): void {
    this.stopped = this.live.subscribe('inbox', () => {
      this.timer ??= setTimeout(() => {
        this.timer = undefined
        this.tell().catch(error => this.warn(error as Error))
      }, this.pause).unref()
    })
  }

  stop (): void {
    this.stopped?.()
    clearTimeout(this.timer)
  }

  private async tell (): Promise<void> {
    this.live.tellHere({ topic: LISTS, name: 'inbox' })
    const listening = this.live.topics('employee:').map(topic => Number(topic.slice('employee:'.length)))
    if (listening.length === 0) return
    const readers: { id: number, key: string | null, rights: string[] }[] = await this.db('employees as e').join('roles as r', 'r.id', 'e.role_id')
      .whereRaw("e.id = any (?) and (r.key = 'owner' or 'messages.view' = any (r.rights))", [listening]).select('e.id', 'r.key', 'r.rights')
    const counts = new Map<string, number>()
    for (const { id, key, rights } of readers) {
      const can = (right: string) => key === 'owner' || rights.includes(right)
      const sees = `${can('clients.view')} ${can('suppliers.view')}`
      if (!counts.has(sees)) counts.set(sees, await countUnread(this.db, { can } as unknown as Viewer))
      if (this.told.get(sees) !== counts.get(sees)) this.live.tellHere({ topic: `employee:${id}`, name: 'unread' })
    }
    for (const [sees, count] of counts) this.told.set(sees, count)
  }
}
