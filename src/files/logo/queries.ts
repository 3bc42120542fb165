import { recordAudit, type Actor } from '../../audit/record.js'
import { PREPARED, type Db } from '../../database/knex.js'
import { NotFound } from '../../web/errors.js'
import type { Logo } from '../../web/viewer.js'

/** Makes a kept picture the company's logo, or takes the logo off. The picture that was the logo is cleared away later. */
export async function saveLogo (db: Db, by: Actor, logo: Logo | null): Promise<void> {
  await db.transaction(async trx => {
    const before = await trx('organisation').where({ id: 1 }).forUpdate().first('logo')
    await trx('organisation').where({ id: 1 }).update({ logo: logo?.hash ?? null, logo_width: logo?.width ?? null, logo_height: logo?.height ?? null })
    if (logo || before.logo) await recordAudit(trx, by, 'settings.logo', { changes: [{ field: 'logo', old: before.logo !== null, new: logo !== null }] })
  })
}

/** The bytes there are of the logo with this hash. Throws NotFound for any other content: only the logo is everybody's to see. */
export async function findLogoSize (db: Db, hash: string): Promise<number> {
  const found = await db('organisation').join('file_contents', 'file_contents.hash', 'organisation.logo').where({ logo: hash }).first('file_contents.size').options(PREPARED)
  if (!found) throw new NotFound()
  return found.size
}
