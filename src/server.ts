import { createServer } from 'node:net'
import { ConfigError, readConfig, type Config } from './config.js'
import { openStore } from './database/store.js'
import { buildApp } from './app.js'

/** Starts everything in its order and stops it in the opposite one, at SIGINT or SIGTERM. */
async function main (): Promise<void> {
  const config = readConfig(process.env)
  await assertPortFree(config)
  const store = await openStore(config, { onLost: reason => fail(new Error(reason)) })
  const app = await buildApp({ config, db: store.db, databaseUrl: store.url, secret: store.secret })

  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    // A handler that hangs must not keep Postgres from being stopped in order.
    const late = setTimeout(() => { void store.close().finally(() => process.exit(1)) }, 30_000)
    await app.close()
    await store.close()
    clearTimeout(late)
    process.exit(0)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)

  try {
    await app.listen({ host: config.host, port: config.port, listenTextResolver: () => 'listening' })
  } catch (error) {
    await app.close()
    await store.close()
    throw error
  }
  const { port } = app.server.address() as { port: number }
  console.log(`Clientela is open at ${addressOf(config.host, port)}`)
  if (!store.isSetUp && !isLoopback(config.host)) console.log(`The first page asks for this code: ${store.setupCode}`)
}

/** What failed at the start, in one line that says what to do. */
function fail (error: Error & { code?: string, port?: number }): never {
  if (error.code === 'EADDRINUSE') console.error(`Port ${error.port} is in use: stop what listens there, or choose another with PORT=3001 npm start`)
  else if (error.code === 'EACCES' && error.port) console.error(`Port ${error.port} is not allowed to this user: choose one above 1023 with PORT=3001 npm start`)
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

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || host.startsWith('127.')

function addressOf (host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

main().catch(fail)
