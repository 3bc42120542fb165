import { withdrawEmail } from '../../../clients/emails/queries.js'
import { maskEmail } from '../../../clients/masking.js'
import type { Db } from '../../../database/knex.js'
import { findCompany } from '../../../installation/queries.js'
import type { Language } from '../../../web/viewer.js'
import { languageOfReader } from '../reader.js'

/** Who is asked for no more letters, and at what address, masked: a letter may have been handed on. */
export interface Asked { company: string, language: Language, address: string }

/** What the page says to the reader of a letter; null when the letter is gone, and with it all that was known of its reader. */
export async function findAsked (db: Db, messageId: number): Promise<Asked | null> {
  const [letter, company] = await Promise.all([letterOf(db, messageId), findCompany(db)])
  return letter && { company: company.name, language: await languageOfReader(db, letter.client_id, company), address: maskEmail(letter.address) }
}

/** Lets no more letters go to the address that this one went to. Asked twice it is the same. */
export async function unsubscribe (db: Db, messageId: number): Promise<void> {
  await db.transaction(async trx => {
    const letter = await letterOf(trx, messageId)
    if (letter) await withdrawEmail(trx, letter.address, { source: 'unsubscribe' })
  })
}

async function letterOf (db: Db, id: number): Promise<{ address: string, client_id: number | null } | null> {
  return await db('messages').where({ id, channel: 'email', direction: 'out' }).first('address', 'client_id') ?? null
}
