import type { Db } from '../../database/knex.js'
import type { Actor } from '../feed/record.js'
import { recordEvent } from '../feed/record.js'
import type { ContactKind } from '../client.js'
import type { ConsentChannel, How } from './consent.js'

/** What a consent belongs to, as the history names it. */
export type ConsentOf = { phone_id: number } | { email_id: number }

export interface ConsentValues {
  channel: ConsentChannel
  given: boolean
  /** The number or e-mail it is about. */
  address: string
  /** By what way: form, import, ... */
  source: string
  /** Which import, which form. */
  sourceName?: string
  /** How the client said it. Of what is given at the counter, "in_person" unless said otherwise; the history can be told better. */
  how?: How | 'changed'
  /** The language of the wording that was agreed to; the company's unless given. */
  language?: string
  /** The feed says nothing of it. */
  quiet?: boolean
}

/**
 * Keeps that a client agreed to a channel, or withdrew it: when, noted by whom and how, and the wording in force. Whoever switches a
 * box calls this in the same transaction, or the database refuses the switch. Imported consents were given to other words than ours.
 */
export async function recordConsent (trx: Db, by: Actor, clientId: number, of: ConsentOf, { channel, given, address, source, sourceName = '', how, language, quiet }: ConsentValues): Promise<void> {
  const said = how ?? (source === 'form' && given ? 'in_person' : null)
  const wording = given && source !== 'import'
  await trx('consents').insert({
    client_id: clientId, employee_id: by.id, ...of, channel, given, address, source, source_name: sourceName, how: said,
    wording_id: wording ? wordingInForce(trx, channel, language) : null
  })
  if (!quiet) await recordEvent(trx, by, clientId, 'consent.changed', { channel, given, address })
}

/** Whether any of these channels of a phone or an e-mail was ever switched off, by whomever. */
export async function wasWithdrawn (trx: Db, kind: ContactKind, id: number, channels: readonly ConsentChannel[]): Promise<boolean> {
  if (channels.length === 0) return false
  return Boolean(await trx('consents').where({ [`${kind}_id`]: id, given: false }).whereIn('channel', channels).first('id'))
}

/**
 * Keeps that a number or address was changed while channels were on: nobody has agreed to messages to the new one yet, so they are
 * off. Each channel is an entry of the feed, under the number or address it was for.
 */
export async function endConsents (trx: Db, by: Actor, clientId: number, of: ConsentOf, channels: readonly ConsentChannel[], { address, source }: Pick<ConsentValues, 'address' | 'source'>): Promise<void> {
  for (const channel of channels) await recordConsent(trx, by, clientId, of, { channel, given: false, address, source, how: 'changed' })
}

const wordingInForce = (trx: Db, channel: ConsentChannel, language: string | undefined) => trx.raw(`(
  select id from (
    select id, body from consent_wordings where channel = ? and language = coalesce(?, (select language from organisation)) order by version desc limit 1
  ) newest where body <> '')`, [channel, language ?? null])
