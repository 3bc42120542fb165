import type { Knex } from 'knex'
import { queueMessages } from '../../src/messages/queue.js'
import { receiveMessage } from '../../src/messages/receiving/receive.js'
import type { Shop } from './shop.js'

type Channel = 'sms' | 'whatsapp' | 'viber'

/** What was written, by what, what became of it, and what was answered. */
const TALKS: [channel: Channel, text: string, states: string[], answer?: string][] = [
  ['sms', 'Rower gotowy do odbioru. Zapraszamy pn-pt 9-18, sob 10-14. Naprawa Rowery', ['sent', 'delivered'], 'Super, bede po 16'],
  ['whatsapp', 'Dzień dobry! Część przyjechała. Kiedy możemy umówić montaż?', ['sent', 'delivered', 'read'], 'Może być środa rano?'],
  ['sms', 'Przypominamy o wizycie jutro o 10:00. Naprawa Rowery', ['failed']],
  ['viber', 'Wycena: łańcuch, kaseta i klocki, razem 420 zł. Zaczynać?', ['sent', 'delivered', 'read'], 'Tak, proszę 👍'],
  ['sms', 'Termin przeglądu: czwartek 9:00. Odpisz STOP, aby nie dostawać SMS-ów.', ['sent', 'delivered']],
  ['whatsapp', 'Rower czeka na odbiór już tydzień. Czy coś się stało?', ['caught']],
  ['sms', 'Dziękujemy za wizytę! Naprawa Rowery', ['caught']]
]

/**
 * Short messages with those clients who agree to them for whom something was done last, both ways: what went by a gateway that is not used
 * any more, and what the test mailbox caught since.
 */
export async function writeTexts (db: Knex.Transaction, { staff }: Pick<Shop, 'staff'>, until: Date): Promise<void> {
  const [gateway] = await db('gateways').insert({ adapter: 'http', name: 'Stara bramka SMS', settings: JSON.stringify({ url: 'https://sms.example.com/send', method: 'POST' }), retired_at: until }).returning('id')
  const writer = staff.find(({ role, until: left }) => role === 'manager' && !left) ?? staff[0]!
  const soon = 9 * 60_000
  const phones: { id: number, client_id: number, e164: string, active_at: Date, channel: Channel }[] = []
  for (const channel of ['sms', 'whatsapp', 'viber'] as const) {
    phones.push(...await db('client_phones as p').join('clients as c', 'c.id', 'p.client_id').where({ [`p.${channel}`]: true, 'p.removed_at': null, 'c.archived_at': null }).whereNotNull('p.e164')
      .whereNotIn('c.id', phones.map(phone => phone.client_id)).where('c.active_at', '<', new Date(until.getTime() - 4 * soon)).orderBy([{ column: 'c.active_at', order: 'desc' }, { column: 'p.id' }]).limit(8).select('p.id', 'p.client_id', 'p.e164', 'c.active_at', db.raw('? as channel', [channel])))
  }
  const talks = TALKS.flatMap(talk => {
    const [channel] = talk
    const at = phones.findIndex(phone => phone.channel === channel)
    return at === -1 ? [] : [{ talk, phone: phones.splice(at, 1)[0]! }]
  })
  const ids = await queueMessages(db, { id: writer.id }, talks.map(({ talk: [channel, text], phone }) => ({ channel, clientId: phone.client_id, to: { phoneId: phone.id }, text, cause: 'hand' })))
  const fates: object[] = []
  for (const [n, { talk: [channel, , states, answer], phone }] of talks.entries()) {
    const at = (minutes: number) => new Date(phone.active_at.getTime() + soon + minutes * 60_000)
    const state = states.at(-1)!, name = state === 'caught' ? 'mailbox' : String(gateway.id), wrong = state === 'failed' && { problem: 'bad_address', said: '404 Subscriber unknown' }
    await db('messages').where({ id: ids[n]! }).update({ state, gateway: name, attempts: 1, created_at: at(0), due_at: at(0), sent_at: state === 'failed' ? null : at(0), settled_at: at(states.length - 1), ...(state !== 'caught' && state !== 'failed' && { provider_id: `demo-${n}` }), ...wrong })
    await db('message_fates').where({ message_id: ids[n]! }).update({ at: at(0) })
    for (const [step, one] of states.entries()) fates.push({ message_id: ids[n]!, at: at(step), state: one, details: JSON.stringify({ gateway: name, ...(step === 0 && { attempt: 1 }), ...wrong }) })
    if (answer) await receiveMessage(db, { channel, from: phone.e164, text: answer, gateway: String(gateway.id), providerId: `demo-in-${n}`, at: at(5) })
  }
  await db('message_fates').insert(fates)
  await db.raw("update message_fates f set at = m.created_at from messages m where m.id = f.message_id and m.direction = 'in'")
  await db.raw('update events e set at = m.created_at from messages m where m.event_id = e.id and e.at > m.created_at')
  const last = '(select client_id, max(created_at) as at from messages where client_id is not null group by client_id) m'
  await db.raw(`update conversations c set last_at = m.at, created_at = least(c.created_at, m.at) from ${last} where c.client_id = m.client_id`)
  await db.raw(`update clients c set active_at = m.at from ${last} where c.id = m.client_id and c.active_at > m.at`)
}
