import type { Db } from '../../database/knex.js'
import type { Live } from '../../web/live.js'
import { dayOf } from '../../web/zone.js'
import { findTimeZone, whoseCameDue } from './queries.js'

const MINUTE = 60_000

/**
 * Tells the open pages of a process when a task comes due. Nothing happens in the database then, so each process looks at its own
 * clock: once a minute, and only while a page listens, it asks whose tasks came due since it last looked.
 */
export class DueClock {
  private timer: NodeJS.Timeout | undefined

  constructor (private readonly db: Db, private readonly live: Live, private readonly warn: (error: Error) => void, private last = new Date()) {}

  start (): void {
    // A little past the minute, because tasks are due on it.
    this.timer = setTimeout(() => {
      this.look(new Date()).catch(error => this.warn(error as Error)).finally(() => { if (this.timer) this.start() })
    }, MINUTE - Date.now() % MINUTE + 200).unref()
  }

  stop (): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }

  /** Tells of what came due since the last look; when that fails, the next looks as far back. */
  async look (now: Date): Promise<void> {
    const listeners = this.live.topics('employee:')
    if (listeners.length > 0) {
      const timeZone = await findTimeZone(this.db)
      if (timeZone) {
        // A new day makes what was for tomorrow today's, and what was for today overdue: for anyone.
        const isNewDay = dayOf(this.last, timeZone) !== dayOf(now, timeZone)
        const topics = isNewDay ? listeners : (await whoseCameDue(this.db, timeZone, this.last, now)).map(id => `employee:${id}`)
        for (const topic of topics) this.live.tellHere({ topic, name: 'tasks' })
      }
    }
    this.last = now
  }
}
