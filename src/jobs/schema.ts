import type { Pool, PoolClient } from 'pg'
import type { Db } from '../database/knex.js'

// The last migration of graphile-worker 0.16; a test compares it with what a migrated database says.
const NEWEST = 18

/** Brings the queue's tables, which graphile-worker keeps in a schema of their own, to what this program knows. */
export async function migrateQueue (db: Db): Promise<void> {
  if (await isQueueMigrated(db)) return // without loading the library for it
  const { runMigrations } = await import('graphile-worker')
  await runMigrations({ pgPool: poolOf(db) })
}

/** Whether the queue's tables are there, in the shape this program knows. */
export async function isQueueMigrated (db: Db): Promise<boolean> {
  const { rows: [{ exists }] } = await db.raw("select to_regclass('graphile_worker.migrations') is not null as exists")
  if (!exists) return false
  const { rows: [{ newest }] } = await db.raw('select max(id) as newest from graphile_worker.migrations')
  return newest >= NEWEST
}

/** Knex's pool as graphile-worker wants one. Not for its worker, which would keep a connection of ours for listening. */
export function poolOf (db: Db): Pool {
  const connect = async () => {
    const connection: PoolClient = await db.client.acquireConnection()
    return { query: connection.query.bind(connection), release: () => db.client.releaseConnection(connection) }
  }
  return { connect, on () {}, removeListener () {} } as unknown as Pool
}
