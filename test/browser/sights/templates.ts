import type { Desk } from '../../support/desk.js'
import type { Sight } from '../pages.js'

/** Templates: their list, one that is there with its preview, a new one that was refused, and what they say of the company. */
export async function templateSights ({ db, as, anna, sofia }: Desk): Promise<Sight[]> {
  const add = (body: object) => as(anna).post('/settings/templates', { whose: 'all', ...body })
  await add({ name: 'Your repair is ready to be collected', channel: 'email', 'subject.en': 'Your repair {{lead.number}} is ready', 'body.en': '# Ready\n\nDear {{client.first_name|client}},\n\nyour repair is **ready**. You find us here:\n\n- {{company.address}}\n- {{link.map}}\n\nSee you, {{employee.first_name}}', 'subject.pl': 'Naprawa gotowa', 'body.pl': 'Dzień dobry {{client.first_name}}, naprawa jest gotowa.' })
  await add({ name: 'Reminder', channel: 'sms', whose: 'some', role: sofia.roleId, 'body.en': 'Dear {{client.first_name}}, see you on {{date.tomorrow}}.' })
  await add({ name: 'Old', channel: 'whatsapp', 'body.en': 'Hello' })
  const [email, , old] = await db('templates').orderBy('id')
  await as(anna).post(`/settings/templates/${old.id}/archive`)
  return [
    { name: 'templates', route: '/settings/templates', path: '/settings/templates' },
    { name: 'template', route: '/settings/templates/:id', path: `/settings/templates/${email.id}`, loaded: true },
    { name: 'template-new', route: '/settings/templates/new', path: '/settings/templates/new?channel=sms', loaded: true, prepare: async page => {
      await page.fill('[name="body.en"]', 'Dear {{client.firstname}}')
      await page.click('button.primary')
      await page.waitForSelector('.error')
    } },
    { name: 'company-words', route: '/settings/templates/company', path: '/settings/templates/company' }
  ]
}
