import { buildApp } from '../../src/app.js'
import { readConfig } from '../../src/config.js'
import { openDatabase } from '../../src/database/knex.js'

// The application as it is served, in a process of its own, so that its memory and its event loop are its own.
const url = process.env.DATABASE_URL!
const config = readConfig(process.env)
const db = openDatabase(url, { pool: config.databasePool })
const { secret } = await db('installation').first('secret')
const app = await buildApp({ config, db, databaseUrl: url, secret })
await app.listen({ host: '127.0.0.1', port: 0, listenTextResolver: () => 'listening' })
process.send?.({ port: (app.server.address() as { port: number }).port })
process.on('disconnect', () => process.exit(0))
