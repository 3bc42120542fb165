import type { Config } from '../config.js'
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded.js'
import { openDatabase, type Db } from './knex.js'
import { migrateToLatest } from './migrate.js'

/** A migrated database that is ready to serve, whoever runs it. */
export interface Store {
  db: Db
  url: string
  /** Signs cookies; the same for every process on this database. */
  secret: string
  /** What the first-run page asks of someone who doesn't sit at this machine. */
  setupCode: string
  isSetUp: boolean
  close (): Promise<void>
}

export interface StoreOptions {
  /** Called when the embedded Postgres is gone and could not be brought back. */
  onLost?: (reason: string) => void
}

/**
 * Opens the server that `DATABASE_URL` names, else starts the embedded one, and migrates it.
 * Throws in one line when it can't be reached or is older than Postgres 15.
 */
export async function openStore (config: Config, { onLost }: StoreOptions = {}): Promise<Store> {
  let embedded: EmbeddedPostgres | undefined
  if (!config.databaseUrl) {
    embedded = await startEmbeddedPostgres({ directory: config.dataDirectory, ...(onLost && { onExit: onLost }), log: message => console.error(message) })
  }
  const url = config.databaseUrl ?? embedded!.url
  const db = openDatabase(url, { pool: config.databasePool })
  const close = async () => {
    await db.destroy()
    await embedded?.stop()
  }
  try {
    if (!embedded) await assertUsable(db)
    await migrateToLatest(db)
    const installation = await db('installation').first('secret', 'setup_code')
    const organisation = await db('organisation').first('id')
    return { db, url, secret: installation.secret, setupCode: installation.setup_code, isSetUp: Boolean(organisation), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function assertUsable (db: Db): Promise<void> {
  const { rows: [{ version }] } = await db.raw("select current_setting('server_version_num')::int as version").catch(error => {
    const [first = error] = error.errors ?? [] // a name with two addresses gives an error for each, and none of its own
    throw new Error(`DATABASE_URL: ${first.message}`)
  })
  if (version < 150000) throw new Error(`DATABASE_URL: this is Postgres ${Math.floor(version / 10000)}, Clientela needs 15 or newer`)
}
