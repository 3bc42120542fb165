import type { Db } from '../../database/knex.js'
import type { Channel } from '../client.js'

/** Why nothing may be sent: there is no such contact (any more), it was taken off, it is no valid number, or its box is off. */
export type Refusal = 'unknown' | 'removed' | 'not_valid' | 'no_consent'

/**
 * Whether a message may leave for this number or e-mail. Whatever sends, by hand or by itself, asks this in the moment of sending:
 * nothing goes where it answers false.
 */
export async function mayContact (db: Db, of: { phoneId: number } | { emailId: number }, channel: Channel | 'email'): Promise<boolean> {
  return await refusalOf(db, of, channel) === null
}

/** The same as a reason, for who asks why something wasn't sent; null when it may be. */
export async function refusalOf (db: Db, of: { phoneId: number } | { emailId: number }, channel: Channel | 'email'): Promise<Refusal | null> {
  const isPhone = 'phoneId' in of
  if (isPhone === (channel === 'email')) return 'no_consent' // no number takes an e-mail, no address a message
  const [table, column, id] = isPhone ? ['client_phones', 'phone_id', of.phoneId] as const : ['client_emails', 'email_id', of.emailId] as const
  // Box and history are one by the database's own rule; both are asked all the same, as one can't be unsent.
  const row = await db(table).where({ id }).first(
    'removed_at',
    db.raw(isPhone ? 'e164 is not null as valid' : 'true as valid'),
    db.raw('?? and coalesce((select given from consents where ?? = ? and channel = ? order by id desc limit 1), false) as agrees', [isPhone ? channel : 'agrees', column, id, channel])
  )
  if (!row) return 'unknown'
  return row.removed_at ? 'removed' : !row.valid ? 'not_valid' : row.agrees ? null : 'no_consent'
}
