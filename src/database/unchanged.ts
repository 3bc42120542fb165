import type { Db } from './knex.js'

/** As much as Postgres tells of what a query sees: see unchanged(). Undefined for whoever has changed something since, or may have. */
export type AsOf = string | undefined

interface Kept { found: Promise<unknown>, until: number }

/** By database (its settings are one object for Knex and all its transactions) what was read of it, as it was last seen. */
const known = new WeakMap<object, { asOf: string, kept: Map<string, Kept> }>()

// Also what hangs on the clock, and what nobody thought of, is read anew after so many milliseconds.
const LONGEST = 3000
const MOST = 2000

/**
 * What `read` finds, read once for as long as nothing at all has changed in the database. `asOf` is what pg_current_snapshot() said when
 * whoever asks began: two who were told the same see the same rows, and it is another as soon as any transaction that writes has begun or ended.
 * So nobody is given anything older than what they saw when they began, whichever process changed it. What is found is shared: leave it as it is.
 * `lasts` says for how many milliseconds it holds by the clock, where it hangs on that.
 */
export async function unchanged<T> (db: Db, asOf: AsOf, what: string, read: () => Promise<T>, lasts: (found: T) => number = () => LONGEST): Promise<T> {
  if (asOf === undefined || db.isTransaction) return read()
  let seen = known.get(db.client.config)
  if (seen?.asOf !== asOf || seen.kept.size >= MOST) known.set(db.client.config, seen = { asOf, kept: new Map() })
  const { kept } = seen
  const before = kept.get(what), begun = performance.now()
  if (before && before.until > begun) return before.found as Promise<T>
  const one: Kept = { found: read(), until: begun + LONGEST }
  kept.set(what, one)
  try {
    const found = await (one.found as Promise<T>)
    one.until = begun + Math.min(lasts(found), LONGEST)
    return found
  } catch (error) {
    kept.delete(what)
    throw error
  }
}
