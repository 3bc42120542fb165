declare module 'knex/lib/dialects/postgres/index.js' {
  import { Knex } from 'knex'

  /** Knex's own dialect, of which its types know nothing. */
  export default class PostgresDialect extends Knex.Client {
    _query (connection: unknown, query: object): Promise<unknown>
  }
}
