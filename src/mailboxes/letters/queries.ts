import type { Db } from '../../database/knex.js'
import type { FileKind, FileLimits } from '../../files/file.js'
import { recordFate, settleReported } from '../../messages/ledger.js'
import type { MessageState } from '../../messages/message.js'
import { problemOf, type Delivery, type Report } from './report.js'

/** The limits that the organisation has set for files. */
export async function fileLimits (db: Db): Promise<FileLimits> {
  const { megabytes, count, kinds } = await db('organisation').where({ id: 1 }).first({ megabytes: 'file_megabytes', count: 'file_count', kinds: 'file_kinds' })
  return { megabytes, count, kinds: kinds as FileKind[] }
}

/** The addresses that are ours: whom letters of ours are from, and whose mailboxes we read. In small letters. */
export async function ourAddresses (db: Db): Promise<Set<string>> {
  const { rows } = await db.raw("select lower(sender_address) as address from mail_settings where sender_address is not null union select lower(username) from mailboxes where username like '%@%'")
  return new Set(rows.map(({ address }: { address: string }) => address))
}

const UUID = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@/

/** Whether a letter with this id left here: to a client, or to somebody who works here. */
export async function isOurs (db: Db, messageId: string): Promise<boolean> {
  const [, uuid] = UUID.exec(messageId) ?? []
  const { rows } = await db.raw("select from messages where message_id = :id and direction = 'out' union all select from mails where message_id = :number::uuid limit 1", { id: messageId, number: uuid ?? null })
  return rows.length > 0
}

/** To whom the letters went that somebody answers. */
export async function addressesAnswered (db: Db, thread: readonly string[]): Promise<string[]> {
  return thread.length === 0 ? [] : db('messages').whereRaw('message_id = any (?)', [[...thread]]).where({ direction: 'out', channel: 'email' }).distinct('address').pluck('address')
}

/**
 * Writes down what a server tells of the delivery of our letters. Which letter it is, its id says; without one it is the last that went to
 * the address within a week.
 */
export async function settleDeliveries (trx: Db, { deliveries, ids }: Report): Promise<void> {
  for (const delivery of deliveries) {
    const letter = await letterOf(trx, delivery.address, ids)
    if (letter) await settleDelivery(trx, letter, delivery)
  }
}

interface Sent { id: number, state: MessageState }

async function letterOf (trx: Db, address: string, ids: readonly string[]): Promise<Sent | undefined> {
  const named: Sent | undefined = ids.length === 0
    ? undefined
    : await trx('messages').whereRaw('message_id = any (?)', [[...ids]]).where({ direction: 'out', channel: 'email' }).orderByRaw('array_position(?::text[], message_id)', [[...ids]]).forUpdate().first('id', 'state')
  return named ?? trx('messages').where({ direction: 'out', channel: 'email' }).whereRaw("lower(address) = ? and sent_at > now() - interval '7 days' and state in ('sent', 'uncertain')", [address])
    .orderBy('sent_at', 'desc').forUpdate().first('id', 'state')
}

async function settleDelivery (trx: Db, letter: Sent, { fate, status, said }: Delivery): Promise<void> {
  if (fate === 'delayed') return recordFate(trx, letter.id, letter.state, { problem: 'delayed', said })
  if (fate === 'delivered') return settleReported(trx, letter, 'delivered', { said })
  return settleReported(trx, letter, 'bounced', { problem: problemOf(status), said })
}
