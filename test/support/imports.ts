import { readFile } from 'node:fs/promises'
import { inRoot } from '../../src/paths.js'
import type { Counts, Import } from '../../src/imports/import.js'
import type { Cast, Person } from './cast.js'
import { formOf } from './clients.js'
import { runJobs } from './jobs.js'
import { upload } from './upload.js'

export const sample = (name: string): Promise<Buffer> => readFile(inRoot('test', 'imports', 'files', name))

/** Uploads a file as somebody; returns the import's number. Throws when it is refused. */
export async function bring ({ app, as }: Cast, who: Person, name: string, content: string | Buffer): Promise<number> {
  const answer = await upload(app, as(who), '/imports', {}, [{ name, content }])
  if (answer.status !== 303) throw new Error(`The file was refused: ${answer.error('file')}`)
  return Number(answer.location!.split('/').at(-1))
}

/** Sends the form of the columns as it is shown, with some of it changed, and has the rows checked. */
export async function check (cast: Cast, who: Person, id: number, change: Record<string, unknown> = {}): Promise<Import> {
  const { as, app, db } = cast
  const form = formOf((await as(who).get(`/imports/${id}/columns`)).body, `/imports/${id}/columns`)
  const answer = await as(who).post(`/imports/${id}/columns`, { ...form, ...change })
  if (answer.status !== 303) throw new Error(`The columns were refused: ${answer.status}`)
  await runJobs(app)
  return db('imports').where({ id }).first()
}

/** Brings a file, has it checked and written. */
export async function bringIn (cast: Cast, who: Person, name: string, content: string | Buffer, change: Record<string, unknown> = {}): Promise<Import> {
  const id = await bring(cast, who, name, content)
  await check(cast, who, id, change)
  return press(cast, who, id, 'run')
}

export async function press ({ as, app, db }: Cast, who: Person, id: number, action: 'run' | 'undo'): Promise<Import> {
  await as(who).post(`/imports/${id}/${action}`)
  await runJobs(app)
  return db('imports').where({ id }).first()
}

/** What is in the counts, without noughts. */
export const some = (counts: Counts): Counts => Object.fromEntries(Object.entries(counts).filter(([, count]) => count))
