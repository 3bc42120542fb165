import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { addClient } from '../../support/clients.js'
import type { Desk } from '../../support/desk.js'
import type { Sight } from '../pages.js'

/** The pages of calls: a log with one of every kind, the card, and the telephony's settings. */
export async function callSights ({ db, anna, sofia }: Desk): Promise<Sight[]> {
  const client = await addClient(db, anna, { first_name: 'Bonifacy', surname: 'Brzęczyszczykiewicz-Żółkiewski', phones: ['609 111 222'], is_conflicted: true, conflict_reason: 'Paid one bill in three' })
  const known = { e164: '+48609111222', display: '+48 609 111 222', digits: '48609111222', client_id: client }, stranger = { e164: '+48609333444', display: '+48 609 333 444', digits: '48609333444' }
  const call = (who: object, state: string, more: object = {}) => ({ adapter: 'webhook', provider_id: randomUUID(), direction: 'in', state, started_at: '2026-05-20T10:00:00Z', ended_at: '2026-05-20T10:03:00Z', ...who, ...more })
  await db('calls').insert(call(known, 'ended', { seconds: 83, employee_id: sofia.id, recording_url: 'https://records.example/1' }))
  await db('calls').insert(call(stranger, 'missed'))
  await db('calls').insert(call({}, 'missed'))
  await db('calls').insert(call(stranger, 'failed', { direction: 'out', why: 'unreachable', employee_id: anna.id }))
  const ring = async (page: Page) => {
    await db('calls').insert(call(known, 'ringing', { started_at: new Date(), ended_at: null }))
    await page.waitForSelector('.call-card')
    await db('calls').where({ state: 'ringing' }).delete() // the card stays here, and is on no other page
  }
  return [
    { name: 'calls', route: '/calls', path: '/calls' },
    { name: 'calls-none', route: '/calls', path: '/calls?direction=out&day=2020-01-01', prepare: ring },
    { name: 'telephone', route: '/account/telephone', path: '/account/telephone', prepare: page => refused(page, { extension: 'over there' }) },
    { name: 'telephone-of', route: '/settings/employees/:id/telephone', path: `/settings/employees/${sofia.id}/telephone` },
    { name: 'telephony', route: '/settings/telephony', path: '/settings/telephony' },
    { name: 'telephony-webhook', route: '/settings/telephony', path: '/settings/telephony', prepare: async page => {
      await page.check('[value=webhook]')
      await refused(page, { field_id: '' })
    } },
    { name: 'simulator', route: '/settings/telephony/simulator', path: '/settings/telephony/simulator' }
  ]
}

async function refused (page: Page, typed: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(typed)) await page.fill(`[name=${name}]`, value)
  await page.click('main .btn.primary')
  await page.waitForSelector('.error')
}
