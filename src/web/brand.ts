import { PREPARED, type Db } from '../database/knex.js'
import type { Logo } from './viewer.js'

/** The company's logo for pages that nobody is signed in to; null when there is none, or nothing to ask. */
export async function findLogo (db: Db): Promise<Logo | null> {
  const row = await db('organisation').whereNotNull('logo').first('logo as hash', 'logo_width as width', 'logo_height as height').options(PREPARED).catch(() => null)
  return row ?? null
}
