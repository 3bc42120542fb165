import type { Db } from '../../../database/knex.js'

/** A letter that is answered: whence it came, and what its thread is called. */
export interface Answered { address: string, subject: string }

// A header that names more is cut by servers; the first and the last are what programs look for.
const MOST = 20

/** What an answer says of the letter it answers, which has to stand in the client's conversation; undefined when there is no such. */
export async function findAnswered (db: Db, clientId: number, id: number): Promise<{ inReplyTo: string, references: string[] } | undefined> {
  const row = await letter(db, clientId, id)
  if (!row?.message_id) return undefined
  const references: string[] = [...row.reference_ids, row.message_id]
  return { inReplyTo: row.message_id, references: references.length > MOST ? [references[0]!, ...references.slice(1 - MOST)] : references }
}

/** The letter an answer begins with. */
export async function answeredLetter (db: Db, clientId: number, id: number): Promise<Answered | undefined> {
  const row = await letter(db, clientId, id)
  return row && { address: row.address, subject: row.subject ?? '' }
}

const letter = (db: Db, clientId: number, id: number) => db('messages').where({ id, client_id: clientId, channel: 'email' }).first('message_id', 'reference_ids', 'address', 'subject')

/** "Re: " before a subject, once, however often it is answered. */
export const answerTo = (subject: string): string => /^\s*(re|odp|rif|res)\s*:/i.test(subject) ? subject : `Re: ${subject}`

/** Says in the first step of a message that its address was typed, and no client's. */
export async function noteTyped (trx: Db, messageId: number): Promise<void> {
  await trx('message_fates').where({ message_id: messageId, state: 'due' }).update({ details: trx.raw("details || '{\"typed\": true}'") })
}

/** The entry of the client's feed that shows a message. */
export const eventOf = async (trx: Db, messageId: number): Promise<number> => (await trx('messages').where({ id: messageId }).first('event_id')).event_id
