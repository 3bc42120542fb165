import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { ProcessEnded } from '../../jobs/process.js'
import { folded } from '../../form-editor/kind/convert.js'
import type { Inspected, Reading } from '../reading/reading.js'
import type { InspectInput, InspectResult } from './work.js'

const WORK = new URL('./work.js', import.meta.url)
// Milliseconds a look may take.
const LONGEST = 120_000

/** A file that can't be read; its words are in the locales under `imports.unreadable`. */
export class Broken extends Error {
  constructor (readonly reason: string, readonly values: Record<string, string | number> = {}) { super(reason) }
}

/** Looks at a file in a process of its own, as it may be made to occupy or to crash its reader. Throws Broken. */
export async function look (app: Pick<FastifyInstance, 'runProcess'>, path: string, fileName: string, wanted: Partial<Reading> = {}): Promise<Inspected> {
  try {
    const result = await app.runProcess<InspectInput, never, InspectResult>(WORK, { path, fileName, wanted }, { heap: 200, signal: AbortSignal.timeout(LONGEST) })
    if ('unreadable' in result) throw new Broken(result.unreadable, result.values)
    return result.inspected
  } catch (error) {
    if (error instanceof ProcessEnded || (error as Error).name === 'TimeoutError') throw new Broken('too_much')
    throw error
  }
}

/** What files with the same columns have in common, whatever the case and accents of their names. */
export const keyOfHeader = (header: readonly string[]): string => createHash('sha256').update(header.map(folded).join('\n')).digest('base64url').slice(0, 22)
