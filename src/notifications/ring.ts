import { transaction } from '../database/transaction.js'
import type { Db } from '../database/knex.js'
import { takeAlarms } from './causes.js'
import { tell } from './tell.js'

const MINUTE = 60_000

/** Tells of every alarm that has come, a batch a transaction: also of those that came while no server ran. Several processes may do so at once, each alarm is one's. */
export async function ring (db: Db, publicUrl: string): Promise<void> {
  for (let more = true; more;) {
    more = await transaction(db, async trx => {
      const taken = await takeAlarms(trx)
      await tell(trx, taken.causes, publicUrl)
      return taken.more
    })
  }
}

/** Rings once a minute, a little past it, and at the start for what was missed. */
export class AlarmClock {
  private timer: NodeJS.Timeout | undefined
  private ringing: Promise<void> = Promise.resolve()

  constructor (private readonly ring: () => Promise<void>, private readonly warn: (error: Error) => void) {}

  start (delay = 0): void {
    this.timer = setTimeout(() => {
      this.ringing = this.ring().catch(error => this.warn(error as Error)).finally(() => { if (this.timer) this.start(MINUTE - Date.now() % MINUTE + 400) })
    }, delay).unref()
  }

  /** Lets the ringing that goes on come to an end. */
  async stop (): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    await this.ringing
  }
}
