import type { Page } from 'playwright-core'
import { unsubscribeToken } from '../../../src/messages/email/unsubscribe/token.js'
import { queueMessage, queueMessages } from '../../../src/messages/queue.js'
import { addClient } from '../../support/clients.js'
import type { Desk } from '../../support/desk.js'
import type { Sight } from '../pages.js'
import { refused } from './doing.js'

/** The pages of messages: one whose ledger has a step of every kind, and those that were not sent. */
export async function messageSights (desk: Desk): Promise<Sight[]> {
  const { db, anna } = desk
  const client = await addClient(db, anna, { first_name: 'Wilhelmina', surname: 'Brzęczyszczykiewicz-Żółkiewska', phones: [{ number: '600 123 456', on: ['sms', 'whatsapp'] }], emails: [{ address: 'wilhelmina.brzeczyszczykiewicz@poczta.example', agrees: true }] })
  const email = (await db('client_emails').where({ client_id: client }).first('id')).id
  const message = await queueMessage(db, anna, { channel: 'email', clientId: client, to: { emailId: email }, subject: 'Your bicycle, which we repaired', text: 'Dear Wilhelmina,\n\nit is ready.', cause: 'hand' })
  await db('messages').where({ id: message }).update({ state: 'failed', problem: 'refused', settled_at: db.fn.now() })
  await db('message_fates').insert([
    { state: 'due', details: { problem: 'busy', gateway: 'smtp', attempt: 2, until: '2026-05-20T10:00:00Z', said: '451 4.7.1 Greylisted, come back in five minutes' } },
    { state: 'uncertain', details: { problem: 'stopped' } }, { state: 'due', details: { by: anna.id, again: true } }, { state: 'failed', details: { problem: 'refused', gateway: 'smtp', attempt: 1, said: '550 5.1.1 No such user', providerId: 'a1b2c3' } }
  ].map(({ state, details }) => ({ message_id: message, state, details: JSON.stringify(details) })))
  const [sms, letter] = await queueMessages(db, anna, [{ channel: 'sms', clientId: client, to: { address: '+48600123456' }, text: 'Your bicycle is ready, and has been for a week.', cause: 'hand' }, { channel: 'email', clientId: client, to: { emailId: email }, subject: 'News of the spring', text: 'words', html: '<p>words</p>', cause: 'many' }])
  await db('messages').whereIn('id', [sms!, letter!]).update({ state: 'caught', settled_at: db.fn.now() })
  const [gateway] = await db('gateways').insert({ adapter: 'infobip', name: 'Infobip of the whole company in Wrocław', settings: JSON.stringify({ base_url: 'https://xyz123.api.infobip.com', hook_user: 'desk' }) }).returning('id')
  await db('channel_gateways').where({ channel: 'sms' }).update({ gateway_id: gateway.id, sender: 'Naprawa', per_minute: 600 })
  const [mailbox] = await db('mailboxes').insert({ name: 'Reception of the whole company in Wrocław', host: 'imap.example.com', port: 993, security: 'tls', username: 'reception@naprawa.example', password_sealed: 'x', folder: 'INBOX', problem: 'auth', said: '[AUTHENTICATIONFAILED] Invalid credentials (Failure)', next_try_at: db.raw("now() + interval '5 minutes'") }).returning('id')
  const write = `/clients/${client}/write?email=${email}`
  const preview = async (page: Page) => {
    await page.fill('[name=subject]', 'Your bicycle, which we repaired')
    await page.fill('[name=body]', 'Dear **Wilhelmina**,\n\n- it is ready\n- *at last*')
    await page.click('.actions [name=preview]')
    await page.waitForSelector('#preview')
  }
  return [
    { name: 'letter', route: '/clients/:id/write', path: write, prepare: page => refused(page, { subject: '' }) },
    { name: 'letter-preview', route: '/clients/:id/write', path: write, prepare: preview },
    { name: 'letter-in-place', route: '/clients/:id', path: `/clients/${client}`, prepare: async page => { await page.click('.email a[href*="/write"]'); await page.waitForSelector('#compose form') } },
    { name: 'caught-messages', route: '/settings/test-mailbox', path: '/settings/test-mailbox?of=clients' },
    { name: 'caught-sms', route: '/settings/test-mailbox/messages/:id', path: `/settings/test-mailbox/messages/${sms}` },
    { name: 'caught-letter', route: '/settings/test-mailbox/messages/:id', path: `/settings/test-mailbox/messages/${letter}` },
    { name: 'unsubscribe', route: '/unsubscribe/:token', path: `/unsubscribe/${await unsubscribeToken(desk.app.sealer, message)}`, as: null },
    { name: 'unsubscribed', route: '/unsubscribe/:token', path: `/unsubscribe/${await unsubscribeToken(desk.app.sealer, message)}`, as: null, prepare: async page => { await page.click('button.primary'); await page.waitForSelector('.note') } },
    { name: 'text', route: '/clients/:id/text', path: `/clients/${client}/text`, prepare: page => refused(page, { text: '' }) },
    { name: 'text-in-place', route: '/clients/:id', path: `/clients/${client}`, prepare: async page => { await page.click('.phone a[href*="/text"]'); await page.fill('#compose [name=text]', 'Twój rower jest gotowy') } },
    { name: 'gateways', route: '/settings/gateways', path: '/settings/gateways' },
    { name: 'gateway', route: '/settings/gateways/:gateway', path: `/settings/gateways/${gateway.id}` },
    { name: 'gateway-new', route: '/settings/gateways/new', path: '/settings/gateways/new?adapter=http' },
    { name: 'mailboxes', route: '/settings/mailboxes', path: '/settings/mailboxes' },
    { name: 'mailbox', route: '/settings/mailboxes/:mailbox', path: `/settings/mailboxes/${mailbox.id}` },
    { name: 'mailbox-new', route: '/settings/mailboxes/new', path: '/settings/mailboxes/new', prepare: page => refused(page, { host: 'not a host' }) },
    { name: 'message', route: '/messages/:message', path: `/messages/${message}` },
    { name: 'messages-failed', route: '/messages/failed', path: '/messages/failed' }
  ]
}
