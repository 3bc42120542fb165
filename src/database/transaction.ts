import type { Db } from './knex.js'

// Postgres ended one of two transactions that waited for each other.
const DEADLOCK = '40P01'
const TRIES = 3

/** Runs a transaction, and again when it lost to another in a deadlock: two people who save at one instant are nobody's mistake. */
export async function transaction<T> (db: Db, work: (trx: Db) => Promise<T>, tries = TRIES): Promise<T> {
  try {
    return await db.transaction(work)
  } catch (error) {
    if ((error as { code?: string }).code !== DEADLOCK || tries === 1) throw error
    return transaction(db, work, tries - 1)
  }
}
