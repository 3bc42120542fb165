import type { Knex } from 'knex'
import { isQueueMigrated, migrateQueue } from '../jobs/schema.js'
import { inRoot } from '../paths.js'
import { seedReference } from '../../seeds/reference.js'

const migrations = { directory: inRoot('dist', 'migrations'), loadExtensions: ['.js'], tableName: 'migrations' }

/**
 * Brings the database to the newest schema and makes sure of the reference rows every installation needs.
 * Safe when several processes start at once: they take turns by an advisory lock.
 */
export async function migrateToLatest (db: Knex): Promise<void> {
  await alone(db, async () => {
    await migrateQueue(db)
    await db.migrate.latest(migrations)
    await seedReference(db)
  })
}

/** Whether every migration this program knows has been carried out. */
export async function isMigrated (db: Knex): Promise<boolean> {
  const [, pending] = await db.migrate.list(migrations) as [unknown[], unknown[]]
  return pending.length === 0 && await isQueueMigrated(db)
}

/** Takes the last migration back; for development only. */
export async function stepBack (db: Knex): Promise<void> {
  await db.migrate.down(migrations)
}

// A lock of the session rather than Knex's lock table, which stays locked for ever after a kill -9.
async function alone (db: Knex, work: () => Promise<void>): Promise<void> {
  const connection = await db.client.acquireConnection()
  try {
    await connection.query('select pg_advisory_lock(724391)')
    await db.migrate.forceFreeMigrationsLock(migrations)
    await work()
  } finally {
    await connection.query('select pg_advisory_unlock(724391)')
    await db.client.releaseConnection(connection)
  }
}
