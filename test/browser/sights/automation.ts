import { recordLeadEvent } from '../../../src/leads/feed/record.js'
import { addClient } from '../../support/clients.js'
import type { Desk } from '../../support/desk.js'
import { runJobs } from '../../support/jobs.js'
import { addLead } from '../../support/leads.js'
import type { Sight } from '../pages.js'

/** Rules that write to clients: their list, one that is there, a new one that was refused, one that is tried, and the log. */
export async function automationSights ({ app, db, as, anna }: Desk): Promise<Sight[]> {
  const at = '/settings/notifications/clients'
  await as(anna).post('/settings/templates', { name: 'We have your request', channel: 'sms', whose: 'all', 'body.en': 'Hello {{client.first_name|there}}, we have your request {{lead.number}} and will answer soon.' })
  const template = (await db('templates').where({ name: 'We have your request' }).first()).id
  const rule = { event: 'lead.created', side: 'before', at: '10:00', delay_unit: 'hours', 'template.1': template }
  const ids: number[] = []
  for (const name of ['Thanks for the request that has just come in', 'Reminder']) ids.push(Number((await as(anna).post(at, { ...rule, name })).location!.split('/').at(-2)))
  await as(anna).post(`${at}/${ids[0]}/on`)
  const clients = [await addClient(db, anna, { first_name: 'Zofia', surname: 'Brzęczyszczykiewicz-Żółkiewska', phones: [{ number: '600 123 456', on: ['sms'] }] }), await addClient(db, anna, { first_name: 'Ela' }), null]
  for (const client_id of clients) await recordLeadEvent(db, anna, (await addLead(db, { client_id, created_at: new Date() })).id, 'lead.created', { source: 'form' })
  await runJobs(app)
  return [
    { name: 'rules', route: at, path: at },
    { name: 'rule', route: `${at}/:id`, path: `${at}/${ids[0]}` },
    { name: 'rule-new', route: `${at}/new`, path: `${at}/new`, prepare: async page => {
      await page.selectOption('[name=event]', 'date')
      await page.click('button.primary')
      await page.waitForSelector('.error')
    } },
    { name: 'rule-try', route: `${at}/:id/try`, path: `${at}/${ids[1]}/try` },
    { name: 'rules-log', route: `${at}/log`, path: `${at}/log` }
  ]
}
