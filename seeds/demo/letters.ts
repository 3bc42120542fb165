import type { Knex } from 'knex'
import { writeParts } from '../../src/messages/email/letter.js'
import { queueMessages } from '../../src/messages/queue.js'
import type { Shop } from './shop.js'

const SIGNATURE = '**Naprawa Rowery**\nRynek 12, 50-101 Wrocław\n+48 71 300 20 10 · [naprawa.example](https://naprawa.example)'

const LETTERS: [subject: string, body: string][] = [
  ['Rower gotowy do odbioru', 'Dzień dobry!\n\nRower jest **gotowy**. Zapraszamy po odbiór w godzinach otwarcia:\n\n- poniedziałek–piątek 9–18\n- sobota 10–14'],
  ['Wycena naprawy', 'Dzień dobry!\n\nPo przeglądzie proponujemy:\n\n1. wymianę łańcucha i kasety\n2. regulację przerzutek\n3. nowe klocki hamulcowe\n\nCzy zaczynać? Wystarczy odpowiedzieć na ten list.'],
  ['Część przyjechała', 'Dzień dobry!\n\nZamówiona część jest już u nas. Kiedy możemy umówić montaż? Terminy są [na naszej stronie](https://naprawa.example/book).'],
  ['Przegląd przed sezonem', 'Dzień dobry!\n\nMinął rok od ostatniego przeglądu. *Przed sezonem* zajmie to jeden dzień.']
]

const COUNT = 24

/** Letters to those clients who agree to them for whom something was done last: the test mailbox caught them, as no server is set in the demo. */
export async function writeLetters (db: Knex.Transaction, { staff }: Pick<Shop, 'staff'>, until: Date): Promise<void> {
  await db('mail_settings').insert({ id: 1, signature: SIGNATURE, version: 1 })
  const writer = staff.find(({ role, until }) => role === 'manager' && !until) ?? staff[0]!
  const soon = 7 * 60_000
  const emails: { id: number, client_id: number, active_at: Date }[] = await db('client_emails as e').join('clients as c', 'c.id', 'e.client_id')
    .where({ 'e.agrees': true, 'e.removed_at': null, 'c.archived_at': null }).where('c.active_at', '<', new Date(until.getTime() - 2 * soon)).orderBy(['c.active_at', 'e.id'].map(column => ({ column, order: 'desc' }))).limit(COUNT).select('e.id', 'e.client_id', 'c.active_at')
  emails.reverse()
  const ids = await queueMessages(db, { id: writer.id }, emails.map(({ id, client_id: clientId }, n) => {
    const [subject, body] = LETTERS[n % LETTERS.length]!
    return { channel: 'email', clientId, to: { emailId: id }, subject, ...writeParts(body, SIGNATURE), cause: 'hand' }
  }))
  // Soon after what was done for the client last.
  const given = { ids, times: emails.map(({ active_at: at }) => new Date(at.getTime() + soon).toISOString()) }
  const AT = 'unnest(:ids::bigint[], :times::timestamptz[]) as g (id, at)'
  await db.raw(`update messages m set state = 'caught', gateway = 'mailbox', attempts = 1, created_at = g.at, due_at = g.at, sent_at = g.at, settled_at = g.at from ${AT} where m.id = g.id`, given)
  await db.raw(`update message_fates f set at = g.at from ${AT} where f.message_id = g.id`, given)
  await db.raw(`insert into message_fates (message_id, state, details, at) select g.id, 'caught', '{"gateway": "mailbox", "attempt": 1}', g.at from ${AT} order by g.id`, given)
  await db.raw('update events e set at = m.created_at from messages m where m.event_id = e.id')
  await db.raw('update conversations c set last_at = m.created_at, created_at = m.created_at from messages m where m.conversation_id = c.id')
  await db.raw('update clients c set active_at = m.created_at from messages m where m.client_id = c.id')
}
