import { once } from 'node:events'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { startProcess } from '../../jobs/process.js'
import type { ExportPlan } from './file.js'

/** What the process is told: the address of the database, and what to make. */
export interface ExportJob { url: string, plan: ExportPlan }

const PROGRAM = fileURLToPath(new URL('./process.js', import.meta.url))

// Each has a process and a connection of its own.
const MOST_AT_ONCE = 4
let running = 0

/**
 * Begins an export in a process of its own, which reads the rows with a connection of its own: a million of them keep nobody waiting,
 * however slowly they are fetched. Null when as many as there may be are under way. What is read fails when the export did: half a file is none.
 */
export function startExport (job: ExportJob): Readable | null {
  if (running >= MOST_AT_ONCE) return null
  running++
  const child = startProcess(PROGRAM, { heap: 96, isRead: true })
  const exited = once(child, 'exit').finally(() => { running-- })
  exited.catch(() => {})
  child.send(job, () => {})
  const bytes = Readable.from(piecesOf(child.stdout!, exited as Promise<[number | null]>), { objectMode: false })
  bytes.once('close', () => child.kill('SIGKILL'))
  return bytes
}

async function * piecesOf (output: Readable, exited: Promise<[number | null]>): AsyncGenerator<Buffer> {
  for await (const piece of output) yield piece as Buffer
  const [code] = await exited
  if (code !== 0) throw new Error('The export broke off')
}
