import type { Db } from '../../database/knex.js'
import { findCompany, type Company } from '../../installation/queries.js'
import { languageOfClient } from '../../templates/language.js'
import type { Language } from '../../web/viewer.js'

/** The language in which a letter's frame speaks to a client; to a stranger the company's. */
export async function languageOfReader (db: Db, clientId: number | null, company?: Company): Promise<Language> {
  const { country, language } = company ?? await findCompany(db)
  const client = clientId === null ? undefined : await db('clients as c').where('c.id', clientId)
    .first('c.language', db.raw('(select p.e164 from client_phones p where p.client_id = c.id and p.removed_at is null order by p.position, p.id limit 1) as e164'))
  return client ? languageOfClient(client.language || null, client.e164, { country, language }) : language
}
