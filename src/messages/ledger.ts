import type { Db } from '../database/knex.js'
import { keepable } from '../database/words.js'
import type { FateDetails } from './fate.js'
import type { MessageState } from './message.js'
import { wakeChannel } from './queue.js'

/** A step of a message, as the ledger keeps it. */
export interface Fate { id: number, at: Date, state: MessageState, details: FateDetails, by: string | null }

/** Everything that became of a message, in order. */
export async function listFates (db: Db, messageId: number): Promise<Fate[]> {
  return db('message_fates as f').leftJoin('employees as e', db.raw("e.id = (f.details->>'by')::bigint")).where({ message_id: messageId }).orderBy('f.id').select('f.id', 'f.at', 'f.state', 'f.details', 'e.name as by')
}

/** Writes what became of a message beside the change of it. */
export async function recordFate (trx: Db, messageId: number, state: MessageState, details: FateDetails = {}): Promise<void> {
  await trx('message_fates').insert({ message_id: messageId, state, details: JSON.stringify(details) })
}

/** Takes a message back that hasn't left yet. Returns false when it has. */
export async function cancelMessage (trx: Db, by: { id: number }, id: number): Promise<boolean> {
  const changed = await trx('messages').where({ id, direction: 'out' }).whereIn('state', ['due', 'held']).update({ state: 'canceled', settled_at: trx.fn.now() })
  if (changed > 0) await recordFate(trx, id, 'canceled', { by: by.id })
  return changed > 0
}

/** States from which somebody may have a message tried again: the one it may have arrived in knowingly. */
export const AGAIN: readonly MessageState[] = ['failed', 'uncertain', 'bounced', 'refused', 'canceled']

/** Tries a message again that failed, or that may not have arrived. To a gateway that minds it the uncertain one is the same message still. Returns false when there is nothing to try: it is on its way, or has left. */
export async function sendAgain (trx: Db, by: { id: number }, id: number): Promise<boolean> {
  const { rows: [message] } = await trx.raw(`
    update messages set state = 'due', attempts = 0, due_at = now(), settled_at = now(), taken_at = null, problem = null, key = case state when 'uncertain' then key else gen_random_uuid() end
    where id = ? and direction = 'out' and state = any (?) returning channel`, [id, [...AGAIN]])
  if (!message) return false
  await recordFate(trx, id, 'due', { by: by.id, again: true })
  await wakeChannel(trx, message.channel)
  return true
}

// Reports come late, twice and out of order: a message only goes on.
const RANK: Partial<Record<MessageState, number>> = { sending: 0, due: 0, uncertain: 1, sent: 2, failed: 3, bounced: 3, delivered: 4, read: 5 }

/** What a provider may tell of a message it took. */
export type Reported = 'sent' | 'delivered' | 'read' | 'failed' | 'bounced'

/**
 * Writes down what a provider tells of a message: never backwards (what was read stays read), and what was told before changes nothing.
 * Returns the message's id, or null when the gateway never had one of this id.
 */
export async function settleByReport (trx: Db, gateway: string, providerId: string, state: Reported, details: Pick<FateDetails, 'problem' | 'said'> = {}): Promise<number | null> {
  const message = await trx('messages').where({ gateway, provider_id: providerId, direction: 'out' }).forUpdate().first('id', 'state')
  if (!message) return null
  await settleReported(trx, message, state, { gateway, ...details })
  return message.id
}

/** The same of a message that the transaction has locked. */
export async function settleReported (trx: Db, message: { id: number, state: MessageState }, state: Reported, { gateway, problem, said: words }: Pick<FateDetails, 'gateway' | 'problem' | 'said'>): Promise<void> {
  if ((RANK[state] ?? 0) <= (RANK[message.state] ?? 9)) return
  const said = keepable(words ?? '', 1000)
  await trx('messages').where({ id: message.id }).update({ state, settled_at: trx.fn.now(), problem: problem ?? null, said: said || null })
  await recordFate(trx, message.id, state, { ...(gateway && { gateway }), ...(problem && { problem }), ...(said && { said }) })
}
