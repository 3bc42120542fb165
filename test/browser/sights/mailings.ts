import { addClient } from '../../support/clients.js'
import type { Desk } from '../../support/desk.js'
import type { Sight } from '../pages.js'

/** Writing to many: the form with what is wrong and who can be reached, one that was done, and the list. */
export async function mailingSights (desk: Desk): Promise<Sight[]> {
  const { db, as, anna } = desk
  const agreeing = await addClient(db, anna, { first_name: 'Wolfeschlegelsteinhausenbergerdorff', phones: [{ number: '600 500 001', on: ['sms'] }], emails: [{ address: 'wolf@poczta.example', agrees: true }] })
  await addClient(db, anna, { first_name: 'Nobody’s', phones: ['600 500 002'] })
  const { location } = await as(anna).post('/mailings', { of: 'matching', in: '', channel_1: 'email', channel_2: 'sms', subject: 'The workshop is closed on Friday', email_body: 'Dear {{client.first_name}},\n\nwe are **closed** on Friday.', text_body: 'Closed on Friday.', per_minute: '60' })
  const id = Number(location!.split('/').at(-1))
  await db('mailings').where({ id }).update({ state: 'paused', done: 1 })
  await db('mailing_recipients').where({ mailing_id: id }).whereNot({ client_id: agreeing }).limit(1).update({ outcome: 'skipped', why: 'no_consent' })
  return [
    { name: 'mailing-new', route: '/mailings/new', path: '/mailings/new?of=matching&channel_1=email&channel_2=sms' },
    { name: 'mailing', route: '/mailings/:mailing', path: `/mailings/${id}` },
    { name: 'mailings', route: '/mailings', path: '/mailings' }
  ]
}
