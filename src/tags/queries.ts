import { TAG_COLOURS, type Tag } from '../clients/client.js'
import type { Db } from '../database/knex.js'

/** Finds the tag of this name, whatever its case and accents, or makes it. */
export async function ensureTag (trx: Db, name: string): Promise<Tag> {
  // A tag's first colour comes from its name, so that it is the same wherever it is made.
  const colour = TAG_COLOURS[[...name].reduce((sum, letter) => sum + letter.codePointAt(0)!, 0) % TAG_COLOURS.length]
  await trx('tags').insert({ name, colour }).onConflict('name_key').ignore()
  return await trx('tags').whereRaw('name_key = fold(?)', [name]).first('id', 'name', 'colour') as Tag
}
