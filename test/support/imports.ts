import { readFile } from 'node:fs/promises'
import { inRoot } from '../../src/paths.js'
import type { Db } from '../../src/database/knex.js'
import type { Counts, Import } from '../../src/imports/import.js'
import { RULES } from '../../src/imports/rules.js'
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

/**
 * An import whose rows are checked and may be run: people by one first name, each with a number of their own from `begin` on, an e-mail and a tag.
 * Made in the database, without a file.
 */
export async function checkedImport (db: Db, who: number, firstName: string, begin: number, rows: number): Promise<number> {
  const [{ id }] = await db('imports').insert({
    employee_id: who, file_name: `${firstName}.csv`, size: 1, inspected: '{"header":[]}', header_key: firstName, columns: '["first_name", "surname", "phone", "email", "tag"]', rules: JSON.stringify({ ...RULES, match: ['phone'] }),
    state: 'checked', total: rows, form_version: db('form_versions').where({ subject: 'client' }).select('version'), seen_event: db.raw('(select coalesce(max(id), 0) from events)')
  }).returning('id')
  await db.raw(`
    insert into import_rows (import_id, row, verdict, client_id, kind, first_name, surname, phones, emails, tags)
    select :id, n, 'create', nextval(pg_get_serial_sequence('clients', 'id')), 'person', :firstName, 'Nr' || n,
      jsonb_build_array(jsonb_build_object('type_id', (select min(id) from phone_types), 'typed', (:begin::int + n)::text, 'e164', '+48' || (:begin::int + n), 'display', '+48 ' || (:begin::int + n), 'digits', '48' || (:begin::int + n))),
      jsonb_build_array(jsonb_build_object('address', lower(:firstName) || n || '@poczta.example')), array['VIP']
    from generate_series(1, :rows::int) n`, { id, firstName, begin, rows })
  return id
}
