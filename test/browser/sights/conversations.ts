import { queueMessage } from '../../../src/messages/queue.js'
import { receiveMessage } from '../../../src/messages/receiving/receive.js'
import { addClient } from '../../support/clients.js'
import type { Desk } from '../../support/desk.js'
import type { Sight } from '../pages.js'

/** A conversation on all channels, one with a stranger, and the inbox. */
export async function conversationSights (desk: Desk): Promise<Sight[]> {
  const { db, anna, marek } = desk
  const client = await addClient(db, anna, { first_name: 'Bartłomiej', surname: 'Konstantynopolitańczykiewicz', is_conflicted: true, conflict_reason: 'Pays late', phones: [{ number: '600 300 001', on: ['sms', 'whatsapp'] }], emails: [{ address: 'bartlomiej.konstantynopolitanczykiewicz@poczta.example', agrees: true }] })
  const { id: phone } = await db('client_phones').where({ client_id: client }).first('id')
  let n = 0
  const receive = (from: string, text: string, more: object = {}) => db.transaction(trx => receiveMessage(trx, { channel: 'sms', gateway: 'sights', providerId: `s${++n}`, from, text, ...more }))
  await receive('+48600300001', 'Good morning, is my bicycle ready? I would need it before Saturday, because we go to the mountains.')
  const failed = await queueMessage(db, marek, { channel: 'sms', clientId: client, to: { phoneId: phone }, text: 'Nearly: we wait for a part.', cause: 'hand' })
  await db('messages').where({ id: failed }).update({ state: 'failed', problem: 'unreachable' })
  const read = await queueMessage(db, marek, { channel: 'whatsapp', clientId: client, to: { phoneId: phone }, text: 'It is ready. You can pick it up today until 6 p.m.', cause: 'hand' })
  await db('messages').where({ id: read }).update({ state: 'read' })
  await receive('bartlomiej.konstantynopolitanczykiewicz@poczta.example', 'Thank you!\n\nhttps://example.com/averylongaddresswithoutanyplacetobreakitinto/parts?of=itself&and=more', { channel: 'email', subject: 'Re: Your bicycle', html: '<h1>Thank you!</h1>', messageId: 'sight@poczta.example' })
  await queueMessage(db, anna, { channel: 'sms', clientId: client, to: { phoneId: phone }, text: 'See you then.', cause: 'hand', dueAt: new Date(Date.now() + 3600_000) })
  const { conversationId } = await receive('+48600300002', 'Do you repair scooters too?', { fromName: 'Małgorzata' })
  return [
    { name: 'conversation', route: '/clients/:id/conversation', path: `/clients/${client}/conversation` },
    { name: 'conversation-stranger', route: '/conversations/:id', path: `/conversations/${conversationId}` },
    { name: 'conversation-link', route: '/conversations/:id/link', path: `/conversations/${conversationId}/link?q=Bart` },
    { name: 'inbox', route: '/inbox', path: '/inbox' }
  ]
}
