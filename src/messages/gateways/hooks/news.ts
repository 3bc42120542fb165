import { readNumber } from '../../../clients/phones/number.js'
import type { Db } from '../../../database/knex.js'
import { keepable } from '../../../database/words.js'
import { findCompany } from '../../../installation/queries.js'
import { recordFate, settleByReport } from '../../ledger.js'
import { receiveMessage } from '../../receiving/receive.js'
import { readReference, type Brought, type GatewayChannel, type Report } from '../adapter.js'
import type { GatewayRow } from '../queries.js'
import { isStop, withdraw } from './stop.js'
import { leadOfStranger } from '../../receiving/strangers.js'

// Of a text that comes in; no SMS is as long. Of what a provider calls a message.
const LONGEST = 10_000
const LONGEST_ID = 500

// What is said to be from before there were such messages says nothing.
const EARLIEST = new Date('2000-01-01')

/**
 * Writes down what a provider tells of a message: it knows it by its own id, or by the reference it was given with it, which is known before
 * our own answer was read. Returns false for a message that isn't ours, or not yet.
 */
export async function takeReport (trx: Db, { id: gateway }: Pick<GatewayRow, 'id'>, { providerId, reference, state, problem, said }: Report): Promise<boolean> {
  const name = String(gateway), given = providerId && keepable(providerId, LONGEST_ID)
  const known = reference && given ? await adopt(trx, name, reference, given) : given
  return known !== undefined && await settleByReport(trx, name, known, state, { ...(problem && { problem }), ...(said && { said }) }) !== null
}

/** A provider that tells of a message took it, whatever became of the process that gave it. Returns the id that the message has there in our books. */
async function adopt (trx: Db, gateway: string, reference: string, providerId: string): Promise<string> {
  const ours = readReference(reference)
  const row = ours && await trx('messages').where({ ...ours, direction: 'out' }).forUpdate().first('id', 'state', 'gateway', 'provider_id')
  if (!row) return providerId
  if (row.state === 'sending' || row.state === 'uncertain') {
    await trx('messages').where({ id: row.id }).update({ state: 'sent', sent_at: trx.raw('coalesce(sent_at, now())'), settled_at: trx.fn.now(), gateway, provider_id: providerId, problem: null })
    await recordFate(trx, row.id, 'sent', { gateway, providerId })
    return providerId
  }
  // One that calls it by our reference alone may have named another id, or none, when it took it.
  if (row.gateway === gateway && row.provider_id === null) await trx('messages').where({ id: row.id }).update({ provider_id: providerId })
  return row.gateway === gateway ? row.provider_id ?? providerId : providerId
}

/** Keeps what a provider brings, once, with what it asks for: STOP takes the consent back, a stranger may begin a lead. */
export async function takeBrought (trx: Db, { id: gateway }: Pick<GatewayRow, 'id'>, { from, fromName, text, providerId, at, stops, ...brought }: Brought): Promise<void> {
  const company = await findCompany(trx)
  const channel = brought.channel ?? await channelOf(trx, gateway)
  const address = numberOf(keepable(from), company.country)
  const received = await receiveMessage(trx, {
    channel, from: address, text: keepable(text, LONGEST), gateway: String(gateway), providerId: keepable(providerId, LONGEST_ID), ...(fromName && { fromName: keepable(fromName, 200) }), ...(at && at > EARLIEST && at < new Date() && { at })
  })
  if (!received.isNew) return
  if (stops || isStop(text)) return withdraw(trx, channel, address)
  if (received.isStranger) await leadOfStranger(trx, received.conversationId, { channel, address, name: keepable(fromName ?? ''), text: keepable(text) })
}

/** A number as it is kept; what is none (a short number, a name) as it came. */
function numberOf (from: string, country: string): string {
  const clean = from.trim().slice(0, 100)
  if (!/^[+\d][\d\s().-]*$/.test(clean)) return clean
  return readNumber(clean, country).e164 ?? readNumber(`+${clean.replace(/\D/g, '')}`, country).e164 ?? clean
}

// A gateway that doesn't say by what channel something came serves one, as a rule.
async function channelOf (trx: Db, gateway: number): Promise<GatewayChannel> {
  return (await trx('channel_gateways').where({ gateway_id: gateway }).orderBy('channel').first('channel'))?.channel ?? 'sms'
}
