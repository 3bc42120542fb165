import type { Db } from '../../database/knex.js'
import type { Storage } from '../../files/storage/storage.js'
import type { Attachment } from './gateway.js'

/** The files of a message, in their order; null when one was taken away meanwhile: half a message is none. */
export async function attachmentsOf ({ db, storage }: { db: Db, storage: Storage }, messageId: number): Promise<Attachment[] | null> {
  const rows = await db('message_files as m').join('files as f', 'f.id', 'm.file_id').where('m.message_id', messageId).orderBy('m.position')
    .select('f.id', 'f.name', 'f.type', 'f.size', 'f.content', 'f.removed_at')
  if (rows.some(({ removed_at: removed }) => removed)) return null
  return rows.map(({ id, name, type, size, content }) => ({ id, name, type, size, open: () => storage.get(content) }))
}
