/** The program of a process that makes one export and writes it to its standard output: see start.ts. */
import { pipeline } from 'node:stream/promises'
import { openDatabase } from '../../database/knex.js'
import { exportFile } from './file.js'
import type { ExportJob } from './start.js'

process.on('disconnect', () => process.exit(1)) // who started us has gone
process.once('message', async ({ url, plan }: ExportJob) => {
  const db = openDatabase(url, { pool: 1 })
  try {
    await pipeline(exportFile(db, plan), process.stdout)
    process.exitCode = 0
  } catch {
    process.exitCode = 1
  } finally {
    await db.destroy()
    process.exit()
  }
})
