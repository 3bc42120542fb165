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
  const [phone, email] = 'phoneId' in of ? [of.phoneId, null] : [null, of.emailId]
  const { rows: [{ refusal }] } = await db.raw(`select ${refusalSql('of')} as refusal from (select ?::bigint as phone_id, ?::bigint as email_id, ?::text as channel) of`, [phone, email, channel])
  return refusal
}

/** The same as SQL, of a row that has `phone_id`, `email_id` (one of them) and `channel`. */
export const refusalSql = (of: string): string => `
  case when ${of}.phone_id is not null then (${reasonIn('client_phones', 'phone_id', `case ${of}.channel when 'sms' then a.sms when 'whatsapp' then a.whatsapp when 'viber' then a.viber else false end`, "when a.e164 is null then 'not_valid'", of)})
  else (${reasonIn('client_emails', 'email_id', `${of}.channel = 'email' and a.agrees`, '', of)}) end`

// Box and history are one by the database's own rule; both are asked all the same, as one can't be unsent. No number takes an e-mail, no address a message.
const reasonIn = (table: string, column: string, box: string, more: string, of: string) => `
  select case when count(*) = 0 then 'unknown' else min(reason) end from (
    select case when a.removed_at is not null then 'removed' ${more}
      when not (${box} and coalesce((select given from consents k where k.${column} = a.id and k.channel = ${of}.channel order by k.id desc limit 1), false)) then 'no_consent' end as reason
    from ${table} a where a.id = ${of}.${column}) found`

/**
 * Whether an e-mail that is typed, of a row that has `address`, may not be written to, as SQL: it is a client's whose box is off, or
 * nobody's who asked for no more.
 */
export const stoppedSql = (of: string): string => `
  exists (select from client_emails a where a.address_key = lower(${of}.address) and a.removed_at is null and not a.agrees)
  or (exists (select from email_stops s where s.address_hash = email_hash(${of}.address)) and not exists (select from client_emails a where a.address_key = lower(${of}.address) and a.removed_at is null and a.agrees))`

/** The same of one address. */
export async function isStopped (db: Db, address: string): Promise<boolean> {
  const { rows: [{ stopped }] } = await db.raw(`select ${stoppedSql('of')} as stopped from (select ?::text as address) of`, [address])
  return stopped
}
