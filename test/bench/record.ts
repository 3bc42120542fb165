import type { FastifyInstance } from 'fastify'
import type { Db } from '../../src/database/knex.js'
import type { FloorCase } from './floor.js'

export interface Page { name: string, url: string, headers: Record<string, string> }

interface Ran { text: string, values: unknown[], from: number, to: number }

/** Asks the application for a page once and writes down what the floor has to do for it: the statements, which of them ran side by side, and the bytes. */
export async function record (app: FastifyInstance, db: Db, { url, headers }: Page): Promise<FloorCase> {
  await app.inject({ url, headers }) // compiled and connected
  const ran = new Map<string, Ran>()
  const started = (query: any) => { ran.set(query.__knexQueryUid, { text: positioned(query.sql), values: query.bindings ?? [], from: performance.now(), to: 0 }) }
  const ended = (_rows: unknown, query: any) => { ran.get(query.__knexQueryUid)!.to = performance.now() }
  db.on('query', started)
  db.on('query-response', ended)
  const { statusCode, body } = await app.inject({ url, headers })
  db.off('query', started)
  db.off('query-response', ended)
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`)
  return { steps: inSteps([...ran.values()]), body }
}

function inSteps (ran: Ran[]): FloorCase['steps'] {
  const steps: Ran[][] = []
  for (const one of ran.sort((a, b) => a.from - b.from)) {
    const last = steps.at(-1)
    if (last && last.some(other => one.from < other.to)) last.push(one)
    else steps.push([one])
  }
  return steps.map(step => step.map(({ text, values }) => ({ text, values })))
}

// Knex reports `?` for bindings, pg takes $1.
function positioned (sql: string): string {
  let count = 0
  return /\$1\b/.test(sql) ? sql : sql.replace(/\\\?|\?/g, mark => mark === '?' ? `$${++count}` : '?')
}
