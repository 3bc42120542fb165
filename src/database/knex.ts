import knex, { type Knex } from 'knex'
import PostgresDialect from 'knex/lib/dialects/postgres/index.js'
import pg from 'pg'

/** Knex itself or a transaction: what every query function takes first. */
export type Db = Knex

// Ids and counts are far below 2^53, so bigint comes as a number; a date without a time stays the text it is.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)
pg.types.setTypeParser(pg.types.builtins.DATE, value => value)

/**
 * What a read by key that every page makes gives to `.options()`: Postgres plans it once a connection instead of each time,
 * which for a profile takes longer than running it. Not for a query whose best plan hangs on its values. One that is given an array
 * may be planned anew all the same: of an array Postgres guesses ten values, and finds each shorter one's plan cheaper.
 */
export const PREPARED = { prepared: true }

class PreparingDialect extends PostgresDialect {
  private static readonly names = new Map<string, string>()

  override _query (connection: unknown, query: { sql: string, options?: { prepared?: boolean } }): Promise<unknown> {
    const { prepared, ...options } = query.options ?? {}
    return super._query(connection, prepared ? { ...query, options: { ...options, name: PreparingDialect.nameOf(query.sql) } } : query)
  }

  static nameOf (sql: string): string {
    const name = this.names.get(sql) ?? `clientela_${this.names.size + 1}`
    this.names.set(sql, name)
    return name
  }
}

/** What is used of a Knex client. */
interface Asking { acquireConnection (): Promise<pg.Client>, releaseConnection (connection: pg.Client): Promise<void>, emit (event: string, ...told: unknown[]): void }

let asks = 0

/** By what is asked, with a `?` for each value: as Postgres is asked, and the name it is prepared under. */
const texts = new Map<string, { name: string, text: string }>()

/**
 * Asks as `db.raw(sql, values).options(PREPARED)` does, in two thirds of the time: for the few queries that every page makes, or that others wait for.
 * `sql` has to be one of a few, with no other `?` than those for values.
 */
export async function prepared<Rows = any[]> (db: Db, sql: string, values: readonly unknown[]): Promise<{ rows: Rows }> {
  if (db.isTransaction) return db.raw(sql, values as Knex.RawBinding[]).options(PREPARED)
  let asked = texts.get(sql)
  if (!asked) {
    let place = 0
    const text = sql.replace(/\?/g, () => `$${++place}`)
    texts.set(sql, asked = { name: PreparingDialect.nameOf(text), text })
  }
  const client = db.client as Asking
  const query = { ...asked, sql: asked.text, bindings: values, __knexQueryUid: `prepared ${++asks}` } // as Knex itself tells of a query
  const connection = await client.acquireConnection()
  try {
    client.emit('query', query)
    const found = await connection.query({ ...asked, values: [...values] })
    client.emit('query-response', found, query)
    return found as unknown as { rows: Rows }
  } finally {
    await client.releaseConnection(connection)
  }
}

export interface PoolOptions {
  /** The most connections it may hold; 10 unless given. */
  pool?: number
  /** What is done with each new connection. */
  afterCreate?: Knex.PoolConfig['afterCreate']
}

/** Opens a pool on a Postgres server. Connects on first use. */
export function openDatabase (url: string, { pool = 10, afterCreate }: PoolOptions = {}): Knex {
  return knex({
    client: PreparingDialect,
    connection: { connectionString: url, application_name: 'clientela' },
    pool: { min: 0, max: pool, ...(afterCreate && { afterCreate }) },
    acquireConnectionTimeout: 10_000,
    compileSqlOnError: false, // an error shall not repeat, in its message, what somebody typed
    log: { warn }
  })
}

// Knex prints a connection that failed or was lost, stack and all; the query that wanted it fails with the same words.
function warn (message: string): void {
  if (!/^(Acquire connection|Connection) error:/i.test(message)) console.warn(message)
}
