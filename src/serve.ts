import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.js'
import { ConfigError, type Config } from './config.js'
import { openStore, type Store } from './database/store.js'
import { isSetUp } from './installation/queries.js'

export interface ServeOptions {
  /** Runs on the migrated database before anybody is served. */
  prepare?: (store: Store) => Promise<void>
}

/** Starts everything in its order and stops it in the opposite one, at SIGINT or SIGTERM. */
export async function serve (config: Config, { prepare }: ServeOptions = {}): Promise<void> {
  await assertPortFree(config)
  const opening = openStore(config, { onLost: reason => fail(new Error(reason)) })
  let app: FastifyInstance | undefined

  // Listened for from here on: Postgres would outlive a start that is broken off.
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    const store = await opening.catch(() => null)
    if (!store) return // the start says why, and ends
    // A handler that hangs must not keep Postgres from being stopped in order.
    const late = setTimeout(() => { void store.close().finally(() => process.exit(1)) }, 30_000)
    await app?.close()
    await store.close()
    clearTimeout(late)
    process.exit(0)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  // The shell that npm starts us in doesn't pass SIGTERM on, it just goes.
  const parent = process.ppid
  if (process.env.npm_lifecycle_event) setInterval(() => { if (process.ppid !== parent) void stop() }, 500).unref()

  const store = await opening
  if (stopping) return
  try {
    await prepare?.(store)
    const isFresh = !await isSetUp(store.db)
    app = await buildApp({ config, db: store.db, databaseUrl: store.url, secret: store.secret })
    await listen(app, config)
    const { port } = app.server.address() as { port: number }
    console.log(`Clientela is open at ${addressOf(config.host, port)}`)
    const others = addressesOf(config.host).map(host => addressOf(host, port))
    if (others.length > 0) console.log(`From other machines: ${others.join(' ')}`)
    // Also where the host is loopback: a proxy may bring people from elsewhere.
    if (isFresh) console.log(`Opened from another machine, the first page asks for this code: ${store.setupCode}`)
  } catch (error) {
    if (stopping) return // it broke off because the database was taken away
    await app?.close()
    await store.close()
    throw error
  }
}

/** What failed at the start, in one line that says what to do. */
export function fail (error: Error & { code?: string, port?: number }): never {
  const command = process.env.npm_lifecycle_event === 'demo' ? 'npm run demo' : 'npm start'
  if (error.code === 'EADDRINUSE') console.error(`Port ${error.port} is in use: stop what listens there, or choose another with PORT=3001 ${command}`)
  else if (error.code === 'EACCES' && error.port) console.error(`Port ${error.port} is not allowed to this user: choose one above 1023 with PORT=3001 ${command}`)
  else if (error instanceof ConfigError) console.error(`Configuration: ${error.message}`)
  else console.error(error.message.split('\n')[0])
  process.exit(1)
}

// Before Postgres is started for nothing.
async function assertPortFree ({ host, port }: Config): Promise<void> {
  if (port === 0) return
  await new Promise<void>((resolve, reject) => {
    const probe = createServer().once('error', reject).listen({ host, port, exclusive: true }, () => probe.close(() => resolve()))
  })
}

/** Listens, and logs it once: Fastify does for each address that the machine has. */
async function listen (app: FastifyInstance, { host, port }: Config): Promise<void> {
  const { level } = app.log
  await app.listen({ host, port, listenTextResolver: () => { app.log.level = 'silent'; return 'listening' } })
  app.log.level = level
}

const MOST_ADDRESSES = 4

/**
 * Under which addresses other machines reach one that listens on all of its own, IPv4 first; none when `host` is one of them by name. Those of a single
 * network card (fe80::) no browser can open.
 */
export function addressesOf (host: string, interfaces = networkInterfaces()): string[] {
  if (host !== '0.0.0.0' && host !== '::') return []
  const found = Object.values(interfaces).flatMap(one => one ?? []).filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address))
  const of = (family: string) => found.filter(one => one.family === family).map(({ address }) => address)
  return [...of('IPv4'), ...(host === '::' ? of('IPv6') : [])].slice(0, MOST_ADDRESSES)
}

function addressOf (host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}
