import type { Db } from '../../database/knex.js'
import { isDeadlock } from '../../database/transaction.js'
import type { Import } from '../import.js'
import { findImport } from '../queries.js'
import { findBatch, type Found } from '../writing/batch.js'
import { advance, lock, writeFound, writerOf, type Others } from './step.js'

/** How many batches are written at once: what one waits for is done by the other. */
export const LANES = 2

// Who waits for somebody else's lock longer may be waiting in a circle that Postgres doesn't see, as one batch waits for the other out here.
const PATIENCE = '5s'

// A lock was waited for too long, or in a circle.
const isInTheWay = (error: { code?: string }): boolean => error.code === '55P03' || isDeadlock(error)

// Batches after which the tables are another size than Postgres planned for: in an empty shop other people's lists would read all of them.
const COUNTED_AT = [2, 10, 50, 250]
const countAnew = (db: Db) => db.raw('analyze clients, client_phones, client_emails, client_tags, client_words, events')

/** A batch on its way: behind what it comes, and whether that is written. */
interface Turn { next: Found, after: { round: number, row: number }, previous: Promise<boolean>, settle (isWritten: boolean): void }

/** There is something to be seen to before it can go on. */
class Halt extends Error {}

/**
 * Writes batches side by side until nothing is left, or something comes between: the import was stopped, its person may not any more, another
 * process has gone on with it. Each is a transaction of its own, and ends only when the one before it has: what is written is always the rows up
 * to a place, as if they had been written one after the other. Returns false when they got in the way of somebody, or somebody in theirs; throws
 * what the database refuses.
 */
export async function writeAhead (db: Db, id: number, others: Others, size: number, signal: AbortSignal): Promise<boolean> {
  const turns = takeTurns(db, await findImport(db, id), size)
  let isOver = false
  let written = 0
  const lane = async () => {
    while (!isOver) {
      const turn = await turns()
      if (!turn) return
      let isWritten = false
      try {
        signal.throwIfAborted()
        await writeTurn(db, id, turn, others)
        isWritten = true
      } finally {
        if (!isWritten) isOver = true
        turn.settle(isWritten)
      }
      if (COUNTED_AT.includes(++written)) await countAnew(db)
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: LANES }, lane))
  const errors = ends.flatMap(end => end.status === 'rejected' && !(end.reason instanceof Halt) ? [end.reason] : [])
  const error = errors.find(one => !isInTheWay(one)) ?? errors[0]
  if (error && !isInTheWay(error)) throw error
  return !error
}

/** Gives one batch after the other, however many ask. */
function takeTurns (db: Db, { id, round, row }: Import, size: number): () => Promise<Turn | null> {
  let after = { round, row }
  let previous = Promise.resolve(true)
  let taking: Promise<unknown> = Promise.resolve()
  const take = async (): Promise<Turn | null> => {
    const next = await findBatch(db, id, after.round, after.row, size)
    if (!next) return null
    // Rows of a second round are about clients that the first has made.
    if (next.round !== after.round && !await previous) return null
    const { promise, resolve: settle } = resolvable()
    const turn = { next, after, previous, settle }
    after = { round: next.round, row: next.to }
    previous = promise
    return turn
  }
  return () => {
    const turn = taking.then(take)
    taking = turn.catch(() => {})
    return turn
  }
}

function resolvable (): { promise: Promise<boolean>, resolve (value: boolean): void } {
  let resolve!: (value: boolean) => void
  const promise = new Promise<boolean>(keep => { resolve = keep })
  return { promise, resolve }
}

async function writeTurn (db: Db, id: number, { next, after, previous }: Turn, others: Others): Promise<void> {
  await db.transaction(async trx => {
    await trx.raw(`set local lock_timeout = '${PATIENCE}'`)
    const one: Import = await trx('imports').where({ id }).first()
    const viewer = one.state === 'running' && await writerOf(trx, one)
    if (!viewer) throw new Halt()
    const written = await writeFound(trx, one, viewer, next, others)
    if (!await previous) throw new Halt()
    const now = await lock(trx, id)
    if ((now?.state !== 'running' && now?.state !== 'stopping') || now.round !== after.round || now.row !== after.row) throw new Halt()
    await advance(trx, now, next, written)
  })
}
