import knex, { type Knex } from 'knex'
import pg from 'pg'

/** Knex itself or a transaction: what every query function takes first. */
export type Db = Knex

// Ids and counts are far below 2^53, so bigint comes as a number; a date without a time stays the text it is.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)
pg.types.setTypeParser(pg.types.builtins.DATE, value => value)

/** Opens a pool on a Postgres server. `pool` is the most connections it may hold. Connects on first use. */
export function openDatabase (url: string, { pool = 10 } = {}): Knex {
  return knex({
    client: 'pg',
    connection: { connectionString: url, application_name: 'clientela' },
    pool: { min: 0, max: pool },
    acquireConnectionTimeout: 10_000,
    compileSqlOnError: false, // an error shall not repeat, in its message, what somebody typed
    log: { warn }
  })
}

// Knex prints a connection that failed or was lost, stack and all; the query that wanted it fails with the same words.
function warn (message: string): void {
  if (!/^(Acquire connection|Connection) error:/i.test(message)) console.warn(message)
}
