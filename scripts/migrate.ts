/** `npm run migrate`: brings the database to the newest schema and ends. `npm start` does the same by itself. */
import { ConfigError, readConfig, type Config } from '../src/config.js'
import { openStore } from '../src/database/store.js'

async function main (): Promise<void> {
  const config = readConfig(process.env)
  const begun = new Date()
  const opening = openStore(config)
  // The terminal's Ctrl-C doesn't reach the embedded Postgres: it has to be stopped.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { opening.then(store => store.close()).finally(() => process.exit(1)) })
  const store = await opening
  try {
    // Knex writes the time by this machine's clock, as `begun`.
    const done: string[] = await store.db('migrations').where('migration_time', '>=', begun).orderBy('id').pluck('name')
    console.log(`${databaseOf(config, store.url)}: ${said(done)}`)
  } finally {
    await store.close()
  }
}

function said (done: string[]): string {
  if (done.length === 0) return 'up to date already, nothing to do.'
  return [`brought up to date by ${done.length} ${done.length === 1 ? 'migration' : 'migrations'}.`, ...done.map(name => `  ${name.replace(/\.js$/, '')}`)].join('\n')
}

// Without the password that the address may hold.
function databaseOf (config: Config, url: string): string {
  if (!config.databaseUrl) return `The embedded database in ${config.dataDirectory}`
  const { host, pathname } = new URL(url)
  return `The database ${pathname.slice(1)} on ${host}`
}

main().catch((error: Error) => {
  console.error(`${error instanceof ConfigError ? 'Configuration: ' : ''}${error.message.split('\n')[0]}`)
  process.exitCode = 1
})
