import { createServer } from 'node:http'
import pg from 'pg'

/*
 * The floor: bare node:http and pg, no framework, no session, no template. For each address it runs the very statements the
 * application ran for that page, waits for their rows, and sends the very bytes the application sent. It prepares none of them, as
 * pg by itself doesn't: the application has its own page reads prepared, and that is part of what is measured.
 */
export interface FloorCase {
  /** Statements in steps; those of one step run side by side, as the application runs them. */
  steps: { text: string, values: unknown[] }[][]
  body: string
}

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL) })
pool.on('error', () => {}) // the server ends first
let cases = new Map<string, FloorCase & { bytes: Buffer }>()

const server = createServer((request, response) => {
  const found = cases.get(request.url ?? '')
  if (!found) {
    response.writeHead(404).end()
    return
  }
  answer(found).then(
    bytes => response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': bytes.length }).end(bytes),
    error => response.writeHead(500).end(String(error))
  )
})

async function answer ({ steps, bytes }: FloorCase & { bytes: Buffer }): Promise<Buffer> {
  for (const step of steps) await Promise.all(step.map(statement => pool.query(statement)))
  return bytes
}

process.on('message', (given: [string, FloorCase][]) => {
  cases = new Map(given.map(([url, one]) => [url, { ...one, bytes: Buffer.from(one.body) }]))
  process.send?.('ready')
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }))
process.on('disconnect', () => process.exit(0))
