import { recordConsent } from '../../../clients/consents/record.js'
import type { Db } from '../../../database/knex.js'
import type { GatewayChannel } from '../adapter.js'

// What the networks and regulators ask for (CTIA's Messaging Principles), and the same in the languages of the program.
const STOPS = new Set(['STOP', 'STOPALL', 'STOP ALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'OPTOUT', 'OPT OUT', 'REVOKE', 'BAJA', 'ALTO', 'CANCELAR', 'WYPISZ', 'REZYGNUJE', 'KONIEC', 'PARAR', 'PARE', 'SAIR', 'REMOVER'])

/** Whether somebody says in one word that they want no more messages. A sentence that begins with such a word is a sentence. */
export function isStop (text: string): boolean {
  const word = text.slice(0, 40).normalize('NFD').replace(/\p{M}/gu, '').replace(/[\s.,!?;:"'()*_-]+/g, ' ').trim().toUpperCase()
  return text.length <= 40 && STOPS.has(word)
}

/** Takes back what was agreed for a channel, of every client who has the number: box, history and feed are one. */
export async function withdraw (trx: Db, channel: GatewayChannel, e164: string): Promise<void> {
  const phones = trx('client_phones').where({ e164, [channel]: true }).whereNull('removed_at')
  // The clients first, in order: the entries of a feed are kept in the order of their ids.
  await trx('clients').whereIn('id', phones.clone().select('client_id')).orderBy('id').forUpdate().select('id')
  for (const { id, client_id: client, display } of await phones.clone().orderBy('client_id').orderBy('id').forUpdate().select('id', 'client_id', 'display')) {
    await trx('client_phones').where({ id }).update({ [channel]: false })
    await recordConsent(trx, { id: null }, client, { phone_id: id }, { channel, given: false, address: display, source: 'stop' })
  }
}
