import type { Db } from '../../database/knex.js'
import { anywhere } from '../../database/like.js'
import { ensureTag } from '../../tags/queries.js'
import type { Viewer } from '../../web/viewer.js'
import type { Tag } from '../client.js'
import { recordEvent } from '../feed/record.js'

/** Puts tags on a client by their names; new ones are made. In one order always, so that of two people who make the same ones neither waits for ever. */
export async function tagClientByNames (trx: Db, by: Viewer, clientId: number, names: readonly string[], { quiet = false } = {}): Promise<void> {
  for (const name of names.toSorted()) await tagClient(trx, by, clientId, (await ensureTag(trx, name)).id, { quiet })
}

/** Puts a tag on a client; nothing happens when it has it. */
export async function tagClient (trx: Db, by: Viewer, clientId: number, tagId: number, { quiet = false } = {}): Promise<void> {
  const added = await trx('client_tags').insert({ client_id: clientId, tag_id: tagId }).onConflict(['client_id', 'tag_id']).ignore().returning('tag_id')
  if (added.length > 0 && !quiet) await recordEvent(trx, by, clientId, 'tag.added', { tag: await trx('tags').where({ id: tagId }).first('id', 'name') })
}

/** Takes a tag off a client; nothing happens when it hasn't it. */
export async function untagClient (trx: Db, by: Viewer, clientId: number, tagId: number): Promise<void> {
  const removed = await trx('client_tags').where({ client_id: clientId, tag_id: tagId }).delete()
  if (removed > 0) await recordEvent(trx, by, clientId, 'tag.removed', { tag: await trx('tags').where({ id: tagId }).first('id', 'name') })
}

/** Tags whose name has `q` in it, those that begin with it and the most used first, without those the client has. At most eight. */
export async function suggestTags (db: Db, q: string, without: readonly number[] = []): Promise<Tag[]> {
  const { rows } = await db.raw(`
    select id, name, colour from tags
    where retired_at is null and name_key like ${anywhere('fold(:q)')} and id <> all (:without::bigint[])
    order by starts_with(name_key, fold(:q)) desc, (select count(*) from (select from client_tags where tag_id = tags.id limit 1000) used) desc, name_key
    limit 8`, { q, without: [...without] })
  return rows
}
