import { setTimeout as wait } from 'node:timers/promises'
import type { Db } from '../database/knex.js'
import { transaction } from '../database/transaction.js'
import type { Jobs } from './enqueue.js'
import type { JobHandler } from './plugin.js'
import { takeWaiting } from './queries.js'

/** The jobs that entries of feeds leave. */
type OfEvents = { [N in keyof Jobs]: Jobs[N] extends { events: number[] } ? N : never }[keyof Jobs]

// Behind each batch it rests so many times as long as that took, for pages come first; at most so many milliseconds.
const REST = 3
const LONGEST_REST = 1000

interface Own { events: readonly number[], resolve: () => void, reject: (error: unknown) => void }

/**
 * A handler for jobs of which many may wait, as behind an import. What this process has taken is done in one transaction together with others that wait,
 * some `most` entries in all, one batch after the other; the others' jobs are gone with that transaction, or wait as before. When that fails each is done by itself.
 * `begin` is called before each transaction, and gives what is to be done in it.
 */
export function together (db: Db, name: OfEvents, most: number, begin: () => Promise<(trx: Db, events: number[]) => Promise<void>>): JobHandler<{ events: number[] }> {
  const waiting: Own[] = []
  let working = false

  async function doAll (): Promise<void> {
    working = true
    while (waiting.length > 0) {
      const own = waiting.splice(0), begun = performance.now()
      await doTogether(own)
      await wait(Math.min((performance.now() - begun) * REST, LONGEST_REST), undefined, { ref: false })
    }
    working = false
  }

  async function doTogether (own: readonly Own[]): Promise<void> {
    const events = own.flatMap(one => one.events)
    try {
      const work = await begin()
      await transaction(db, async trx => work(trx, [...events, ...await takeWaiting(trx, name, most - events.length)]))
      for (const one of own) one.resolve()
    } catch {
      for (const one of own) await doAlone(one.events).then(one.resolve, one.reject)
    }
  }

  async function doAlone (events: readonly number[]): Promise<void> {
    const work = await begin()
    await transaction(db, trx => work(trx, [...events]))
  }

  return ({ events }) => new Promise((resolve, reject) => {
    waiting.push({ events, resolve, reject })
    if (!working) void doAll()
  })
}
