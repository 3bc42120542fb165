import { changesBetween, recordChanges } from '../../audit/record.js'
import type { Db } from '../../database/knex.js'
import { Refusal } from '../../web/refusal.js'
import type { Viewer } from '../../web/viewer.js'
import { LINKS, WORDS, type CompanyWords } from './form.js'

const FIELDS = [...WORDS, ...LINKS]

export const findWords = (db: Db): Promise<CompanyWords & { version: number }> => db('company_words').first([...FIELDS, 'version']) as Promise<CompanyWords & { version: number }>

/** Writes what templates say of the company. Throws Refusal when somebody else did so meanwhile. */
export async function saveWords (trx: Db, by: Viewer, { version, ...words }: CompanyWords & { version: number | null }): Promise<void> {
  await trx('company_words').forUpdate().first('id')
  const before = await findWords(trx)
  if (version !== null && version !== before.version) throw new Refusal({ form: { key: 'settings.changed_meanwhile' } })
  await trx('company_words').update(words).increment('version')
  const told = ({ phone, email, address, website, booking, review, map }: CompanyWords) => ({ said_phone: phone, email, address, website, booking_link: booking, review_link: review, map_link: map })
  await recordChanges(trx, by, 'templates.company_words', { changes: changesBetween(told(before), told(words)) })
}
