import type { Knex } from 'knex'
import { queueMessages } from '../../src/messages/queue.js'
import { receiveMessage } from '../../src/messages/receiving/receive.js'
import type { Shop } from './shop.js'

const HOUR = 3_600_000

const STRANGERS = [
  { channel: 'whatsapp', from: '+48600900118', fromName: 'Kasia Nowakowska', text: 'Dzień dobry, ile kosztuje przegląd roweru miejskiego? Czy mogę podjechać jutro?', hours: 3 },
  { channel: 'email', from: 'biuro@kurierzy.example', fromName: 'Kurierzy na Rowerach', subject: 'Serwis floty', text: 'Dzień dobry,\n\nmamy 12 rowerów i szukamy stałego serwisu. Jakie są terminy i ceny?\n\nPozdrawiam\nAdam Zięba', hours: 26 },
  { channel: 'sms', from: '+34699900217', text: 'Hola, ¿abren el sábado?', hours: 50 }
] as const

const NEWS = 'Od poniedziałku czynne do 19. Zapraszamy na przeglądy przed zimą! Naprawa Rowery'
const WRITTEN = 30

/** What the inbox and the mailings of the demo have besides what was written to clients one by one: strangers, who minds what, and a text that went to many. */
export async function holdTalks (db: Knex.Transaction, { staff }: Pick<Shop, 'staff'>, until: Date): Promise<void> {
  const ago = (hours: number) => new Date(until.getTime() - hours * HOUR)
  for (const [n, { hours, ...message }] of STRANGERS.entries()) await receiveMessage(db, { ...message, gateway: 'demo', providerId: `stranger-${n}`, at: ago(hours) })
  await db.raw("update message_fates f set at = m.created_at from messages m where m.id = f.message_id and m.gateway = 'demo'")
  const here = staff.filter(({ until }) => !until), manager = here.find(({ role }) => role === 'manager') ?? here[0]!, owner = here.find(({ role }) => role === 'owner') ?? here[0]!
  await writeNews(db, manager.id, ago(20))
  // As they were talked in, not as they were written down.
  await db.raw(`
    update conversations c set last_at = m.at, talked_at = m.at, last_channel = m.channel, created_at = least(c.created_at, m.first) from (
      select conversation_id, max(created_at) as at, min(created_at) as first, (array_agg(channel order by created_at desc, id desc))[1] as channel from messages where direction = 'in' or cause = 'hand' group by 1
    ) m where m.conversation_id = c.id`)
  await db('conversations').whereIn('id', db('conversations').whereNotNull('client_id').where('unread', '>', 0).orderBy('talked_at', 'desc').limit(1).select('id')).update({ assignee_id: manager.id })
  await db.raw("insert into notifications (employee_id, conversation_id, by_id, notice, in_app, at) select assignee_id, id, ?, 'talk', true, ? from conversations where assignee_id is not null", [owner.id, ago(1)])
}

async function writeNews (db: Knex.Transaction, writer: number, at: Date): Promise<void> {
  const phones: { id: number, client_id: number, e164: string }[] = await db('client_phones as p').join('clients as c', 'c.id', 'p.client_id').where({ 'p.sms': true, 'p.removed_at': null, 'c.archived_at': null }).whereNotNull('p.e164').where('c.active_at', '<', at)
    .distinctOn('p.e164').orderBy('p.e164').limit(WRITTEN).select('p.id', 'p.client_id', 'p.e164')
  const others: { id: number }[] = await db('clients as c').whereNull('archived_at').whereNotExists(db('client_phones as p').whereRaw('p.client_id = c.id and p.sms and p.removed_at is null')).orderBy('id').limit(9).select('id')
  const known = [...new Map(phones.map(phone => [phone.client_id, phone])).values()].sort((a, b) => a.client_id - b.client_id)
  const [{ id }] = await db('mailings').insert({ employee_id: writer, channels: ['sms'], text_body: NEWS, skips_empty: true, due_at: at, state: 'done', total: known.length + others.length, done: known.length + others.length, created_at: at, finished_at: at }).returning('id')
  const ids = await queueMessages(db, { id: writer }, known.map(phone => ({ channel: 'sms', clientId: phone.client_id, to: { phoneId: phone.id }, text: NEWS, cause: 'many', causeId: id })))
  await db('mailing_recipients').insert([
    ...known.map((phone, n) => ({ mailing_id: id, client_id: phone.client_id, outcome: 'queued', message_id: ids[n]!, address: phone.e164, queued_at: at })), ...others.map(one => ({ mailing_id: id, client_id: one.id, outcome: 'skipped', why: 'no_consent' }))
  ])
  await db('messages').whereIn('id', ids).update({ state: 'caught', gateway: 'mailbox', attempts: 1, created_at: at, due_at: at, sent_at: at, settled_at: at })
  await db('message_fates').whereIn('message_id', ids).update({ at })
  await db('message_fates').insert(ids.map(message => ({ message_id: message, state: 'caught', details: '{"gateway": "mailbox", "attempt": 1}', at })))
  await db.raw('update events e set at = ? from messages m where m.event_id = e.id and m.id = any (?)', [at, ids])
  await db.raw('update clients c set active_at = ? from messages m where m.client_id = c.id and m.id = any (?)', [at, ids])
  await db.raw('update conversations c set last_at = ?, created_at = least(c.created_at, ?) from messages m where m.conversation_id = c.id and m.id = any (?)', [at, at, ids])
}
