import { mkdir, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { openCluster, superuser, type Cluster } from './embedded/cluster.js'
import { clearLeftovers, endStragglers } from './embedded/leftovers.js'
import { takeLock } from './embedded/lock.js'
import { freePort } from './embedded/port.js'
import { launch, settingsFor, StartFailure, type Postmaster } from './embedded/postmaster.js'

export { AlreadyRunning } from './embedded/lock.js'

/** A Postgres of our own, running. */
export interface EmbeddedPostgres {
  /** postgres://clientela:<password>@127.0.0.1:<port>/<database>; stays good when Postgres has to be started again. */
  readonly url: string
  readonly port: number
  /** The process number of the postmaster; another one after it had to be started again. */
  readonly pid: number
  /** Ends Postgres and gives the data folder free. Close the pools first; what is still open is cut off. May be called again. */
  stop (): Promise<void>
}

export interface EmbeddedOptions {
  /** The data folder, made when missing: it gets postgres/ (the cluster), postgres.password, postgres.log and clientela.pid. */
  directory: string
  /** Created when missing; 'clientela' unless given. */
  database?: string
  /** True unless given. False is for tests: faster, and a power cut may ruin the cluster. */
  durable?: boolean
  /** More Postgres settings, which win over ours. */
  settings?: Record<string, string>
  /** Postgres ended without stop(), and could not be brought back. stop() must still be called. */
  onExit?: (reason: string) => void
  log?: (message: string) => void
}

const minute = 60_000
const restartsAMinute = 3
const patience = 20_000 // ms: how long a start waits for what passes by itself
const stragglerTime = 1_000 // ms: how long backends without a postmaster may take to notice

/**
 * Runs a real PostgreSQL 18 on a free port of the loopback address, as a child process, with its data in `directory`.
 * As root it runs as an unprivileged user. When it dies it is started again on the same port, at most three times a minute.
 * Installs no signal handlers, and the terminal's Ctrl-C does not reach it: call stop().
 * Throws AlreadyRunning when a live process owns the folder; any other failure is an Error whose message is one line with the cause.
 */
export async function startEmbeddedPostgres (options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { database = 'clientela', durable = true, log = () => {}, onExit = () => {} } = options
  const settings = settingsFor(durable, options.settings)
  await mkdir(resolve(options.directory), { recursive: true, mode: 0o700 })
  const directory = await realpath(options.directory)

  let postmaster: Postmaster | undefined
  let reviving: Promise<void> | undefined
  let stopping: Promise<void> | undefined
  let restarts: number[] = []

  const lock = await takeLock(directory)
  try {
    const cluster = await openCluster(directory, durable)
    const port = await start(cluster)
    const url = await createDatabase(cluster, port, database)
    watch(cluster, port)
    return { url, port, get pid () { return postmaster!.pid }, stop: () => (stopping ??= stop()) }
  } catch (error) {
    await postmaster?.end().catch(() => {})
    lock.release()
    throw error
  }

  /** Starts Postgres on `fixed`, else on a free port, and gives the port. Waits out what passes by itself. */
  async function start (cluster: Cluster, fixed?: number): Promise<number> {
    for (const begun = Date.now(); ; await sleep(250)) {
      await clearLeftovers(cluster)
      const port = fixed ?? await freePort()
      if (stopping) throw new Error('stopped')
      postmaster = launch(cluster, port, settings)
      try {
        await postmaster.ready
        return port
      } catch (error) {
        const waited = Date.now() - begun
        const passes = error instanceof StartFailure && (error.portTaken || error.memoryHeld)
        if (!passes || waited > patience) throw error
        if (error.memoryHeld && waited > stragglerTime) endStragglers(cluster)
      }
    }
  }

  function watch (cluster: Cluster, port: number) {
    void postmaster!.ended.then(reason => {
      if (!stopping) reviving = revive(cluster, port, reason)
    })
  }

  async function revive (cluster: Cluster, port: number, reason: string) {
    restarts = restarts.filter(time => time > Date.now() - minute)
    if (restarts.length >= restartsAMinute) return onExit(`Postgres ended ${restarts.length + 1} times within a minute, the last time with ${reason}`)
    restarts.push(Date.now())
    log(`Postgres ended by itself (${reason}): starting it again`)
    try {
      await start(cluster, port)
    } catch (error) {
      if (!stopping) onExit((error as Error).message)
      return
    }
    watch(cluster, port)
  }

  async function stop () {
    await Promise.resolve() // so that `stopping` is set before anything below looks
    try {
      await postmaster!.end()
      await reviving // it may have been about to launch another; it sees `stopping` and does not
    } finally {
      lock.release()
    }
  }
}

/** Gives the database's URL, and creates the database when it is not there. */
async function createDatabase ({ password }: Cluster, port: number, database: string): Promise<string> {
  const url = (name: string) => `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(name)}`
  const missing = '3D000' // invalid_catalog_name, PostgreSQL's appendix A
  await query(url(database), 'select').catch(error => {
    if (error.code !== missing) throw error
    return query(url('postgres'), `create database ${pg.escapeIdentifier(database)}`)
  })
  return url(database)
}

async function query (url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {}) // the query reports it
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
