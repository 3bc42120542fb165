import type { Db } from './knex.js'

/** Whether Postgres ended this one of two transactions that waited for each other (PostgreSQL, appendix A). */
export const isDeadlock = (error: unknown): boolean => (error as { code?: string }).code === '40P01'

const TRIES = 3

/** Runs a transaction, and again when it lost to another in a deadlock: two people who save at one instant are nobody's mistake. */
export const transaction = async <T>(db: Db, work: (trx: Db) => Promise<T>): Promise<T> => again(() => db.transaction(work))

/** The same of a statement that is a transaction by itself. */
export async function again<T> (work: () => Promise<T>, tries = TRIES): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isDeadlock(error) || tries === 1) throw error
    return again(work, tries - 1)
  }
}
