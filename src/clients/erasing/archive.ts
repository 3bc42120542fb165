import { Readable } from 'node:stream'
import yazl from 'yazl'
import type { Db } from '../../database/knex.js'
import type { Storage } from '../../files/storage/storage.js'
import { BELONGINGS, withNames } from '../merging/belongings.js'

const CHUNK = 1000

/**
 * Everything there is of a client as a zip: client.json and its files. Made while it is sent, table by table and file by file: however
 * much there is, little of it is in memory.
 */
export async function clientArchive (db: Db, storage: Storage, clientId: number): Promise<Readable> {
  const zip = new yazl.ZipFile()
  const output = zip.outputStream as unknown as Readable
  zip.on('error', error => output.destroy(error as Error))
  zip.addReadStream(Readable.from(clientJson(db, clientId)), 'client.json')
  const files: { id: number, content: string, name: string, type: string, created_at: Date }[] = await db('files').where({ client_id: clientId }).orWhereIn('lead_id', db('leads').where({ client_id: clientId }).select('id')).orderBy('id').select('id', 'content', 'name', 'type', 'created_at')
  for (const { id, content, name, type, created_at: mtime } of files) {
    // What is compressed already isn't made smaller by trying.
    zip.addReadStreamLazy(`files/${id}-${name.replace(/[<>:"|?*\\/]/g, '_')}`, { mtime, compress: /^text\/|json|xml/.test(type) }, tell => { storage.get(content).then(stream => { tell(null, stream) }, (error: Error) => { tell(error, undefined as never) }) })
  }
  zip.end()
  return output
}

/** One JSON object, a list a table, in pieces. */
async function * clientJson (db: Db, clientId: number): AsyncGenerator<string> {
  const { rows: [{ row }] } = await db.raw(`select ${withNames('to_jsonb(c)')} - 'search_names' - 'search_contacts' - 'name_key' as row from clients c where id = ?`, [clientId])
  yield `{\n"client": ${JSON.stringify(row)}`
  for (const { exports } of BELONGINGS) {
    if (!exports) continue
    yield `,\n"${exports.name}": [`
    for (let offset = 0; ; offset += CHUNK) {
      const { rows } = await db.raw(`select to_json(r)::text as line from (${exports.sql} limit ${CHUNK} offset :offset) r`, { client: clientId, offset })
      if (rows.length > 0) yield rows.map(({ line }: { line: string }, n: number) => `${offset + n > 0 ? ',' : ''}\n${line}`).join('')
      if (rows.length < CHUNK) break
    }
    yield ']'
  }
  yield '\n}\n'
}
