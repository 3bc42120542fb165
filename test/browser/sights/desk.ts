import { makeLink } from '../../../src/account/links.js'
import { openSession, PASSWORD } from '../../support/cast.js'
import type { Desk } from '../../support/desk.js'
import { giveTwoSteps } from '../../support/two-steps.js'
import type { Sight } from '../pages.js'
import { formSights } from './forms.js'
import { open, keepView, refused, loseSession, flashOf } from './doing.js'

/** Everything around the clients, on the same desk. */
export async function deskSights (desk: Desk): Promise<Sight[]> {
  const { db, as, anna, olga, sofia } = desk
  await db('price_types').insert([{ name: 'Wholesale, for those who come back', mark_up: 15 }, { name: 'Below cost', mark_up: -10, retired_at: db.fn.now() }])
  const [place, campaign, role] = await Promise.all(['locations', 'campaigns', 'roles'].map(async table => (await db(table).orderBy('id', 'desc').first('id')).id))
  await giveTwoSteps(db, olga)
  await db('consent_wordings').insert([1, 2].map(version => ({ channel: 'sms', language: 'pl', version, body: `Zgadzam się na SMS-y o moich zleceniach. (${version})`, employee_id: anna.id })))
  const invited = await as(anna).post('/settings/employees', { name: 'Łucja Żak', email: 'lucja@clientela.example', role: sofia.roleId, language: 'pl' })
  const shared = await keepView(desk, 'Companies of the centre')
  const link = /\/invitations\/[\w-]{43}/.exec((await as(anna).get(invited.location!, { headers: { cookie: `${as(anna).cookie}; ${flashOf(invited.headers['set-cookie'])}` } })).body)![0]
  const [reset, confirm] = await Promise.all((['password', 'email'] as const).map(kind => makeLink(db, sofia.id, kind, sofia.email)))
  await as(anna).post('/settings/mail/test', { to: 'anna@poczta.example' })
  const caught = (await db('mails').orderBy('id', 'desc').first('id')).id
  return [
    { name: 'sign-in', route: '/sign-in', path: '/sign-in', as: null },
    { name: 'sign-in-refused', route: '/sign-in', path: '/sign-in', as: null, prepare: async page => {
      await page.fill('[name=email]', 'nobody@clientela.example')
      await page.fill('[name=password]', 'guessing along')
      await page.click('button.primary')
      await page.waitForSelector('[role=alert]')
    } },
    { name: 'sign-in-kept', route: '/sign-in', path: '/clients/new', plain: true, alone: true, prepare: loseSession },
    { name: 'resume', route: '/sign-in', path: '/clients/new', plain: true, alone: true, prepare: async page => {
      await loseSession(page)
      await page.fill('[name=email]', anna.email)
      await page.fill('[name=password]', PASSWORD)
      await page.click('button.primary')
      await page.waitForSelector('[name=surname]', { state: 'attached' })
    } },
    { name: 'not-found-stranger', route: '', path: '/nothing/here', as: null },
    { name: 'invitation', route: '/invitations/:token', path: link, as: null },
    { name: 'invitation-gone', route: '/invitations/:token', path: '/invitations/none', as: null },

    { name: 'forgotten', route: '/sign-in/forgotten', path: '/sign-in/forgotten', as: null },
    { name: 'forgotten-sent', route: '/sign-in/forgotten/sent', path: '/sign-in/forgotten/sent', as: null },
    { name: 'new-password', route: '/sign-in/password/:token', path: `/sign-in/password/${reset!.token}`, as: null },
    { name: 'link-closed', route: '/sign-in/password/:token', path: '/sign-in/password/none', as: null },
    { name: 'confirm-email', route: '/confirm-email/:token', path: `/confirm-email/${confirm!.token}`, as: null },

    { name: 'account', route: '/account', path: '/account' },
    { name: 'account-refused', route: '/account', path: '/account', prepare: async page => {
      await page.fill('[name=current_password]', 'x')
      await page.fill('[name=password]', 'x')
      await page.click('form[action="/account/password"] button')
      await page.waitForSelector('.error')
    } },
    { name: 'two-steps', route: '/account/two-steps', path: '/account/two-steps', as: 'nuno' },
    { name: 'two-steps-set-up', route: '/account/two-steps', path: '/account/two-steps', as: 'sofia', prepare: async page => {
      const start = page.locator('form[action$="/start"] button')
      if (await start.count() > 0) await start.click()
      await page.waitForSelector('.qr')
      await page.click('button.primary')
      await page.waitForSelector('.error')
    } },
    { name: 'two-steps-on', route: '/account/two-steps', path: '/account/two-steps', as: 'olga' },
    { name: 'two-steps-codes', route: '/account/two-steps', path: '/account/two-steps', as: 'olga', prepare: async page => {
      await page.fill('#codes-password', PASSWORD)
      await page.click('form[action$="/codes"] button')
      await page.waitForSelector('.recovery-codes')
    } },
    { name: 'sign-in-code', route: '/sign-in/code', path: '/sign-in', as: null, prepare: async page => {
      await page.fill('[name=email]', olga.email)
      await page.fill('[name=password]', PASSWORD)
      await page.click('button.primary')
      await page.waitForSelector('[name=code]')
      await page.click('summary')
    } },
    { name: 'viewing', route: '/clients', path: '/clients', alone: true, prepare: async page => {
      const [name = '', value = ''] = (await openSession(desk.app, db, anna.id)).split('=') // of its own: it stays like this
      await page.context().addCookies([{ name, value, url: desk.base }])
      await page.goto(`/settings/roles/${sofia.roleId}`)
      await page.click('form[action$="/view"] button')
      await page.waitForSelector('.viewing')
    } },
    { name: 'views', route: '/clients/views', path: '/clients/views' },
    { name: 'view-new', route: '/clients/views/new', path: '/clients/views/new?show=people', prepare: page => refused(page, { name: '' }) },
    { name: 'view', route: '/clients/views/:view', path: `/clients/views/${shared}` },
    { name: 'settings', route: '/settings', path: '/settings' },
    { name: 'general', route: '/settings/general', path: '/settings/general' },
    { name: 'files', route: '/settings/files', path: '/settings/files', prepare: page => refused(page, { file_megabytes: '0' }) },
    { name: 'uniqueness', route: '/settings/clients', path: '/settings/clients' },
    ...await formSights(desk),
    { name: 'locations', route: '/settings/locations', path: '/settings/locations' },
    { name: 'location-new', route: '/settings/locations/new', path: '/settings/locations/new' },
    { name: 'location', route: '/settings/locations/:id', path: `/settings/locations/${place}` },
    { name: 'lead-statuses', route: '/settings/lead-statuses', path: '/settings/lead-statuses' },
    { name: 'lead-status-new', route: '/settings/lead-statuses/new', path: '/settings/lead-statuses/new', prepare: page => refused(page, { 'label.en': 'Paid', limit: 'soon' }) },
    { name: 'lead-status', route: '/settings/lead-statuses/:id', path: '/settings/lead-statuses/3' },
    { name: 'lead-settings', route: '/settings/leads', path: '/settings/leads', prepare: page => refused(page, { template: 'L-{year}' }) },
    { name: 'lead-type-new', route: '/settings/leads/types/new', path: '/settings/leads/types/new' },
    { name: 'lead-type', route: '/settings/leads/types/:id', path: '/settings/leads/types/2' },
    { name: 'consent-settings', route: '/settings/consent', path: '/settings/consent?language=pl', prepare: open('.sheet details summary') },
    { name: 'map-settings', route: '/settings/map', path: '/settings/map', prepare: page => refused(page, { tile_url: 'https://tiles.example/{x}' }) },
    { name: 'hours', route: '/settings/locations/:id/hours', path: `/settings/locations/${place}/hours`, prepare: page => refused(page, { day1: '09:00-13:00, 14:00-18:00', day2: '18-9', day3: '9-13, 12-14' }) },
    { name: 'marketing', route: '/settings/marketing', path: '/settings/marketing' },
    { name: 'campaign-new', route: '/settings/marketing/new', path: '/settings/marketing/new', prepare: page => refused(page, { name: '', ends_on: '2020-01-01', starts_on: '2021-01-01' }) },
    { name: 'campaign', route: '/settings/marketing/:id', path: `/settings/marketing/${campaign}` },
    { name: 'tags-settings', route: '/settings/tags', path: '/settings/tags' },
    { name: 'tag-new', route: '/settings/tags/new', path: '/settings/tags/new' },
    { name: 'tag', route: '/settings/tags/:id', path: '/settings/tags/1', plain: true, prepare: async page => {
      await page.fill('[name=tag]', 'No such tag')
      await page.click('#delete .danger')
      await page.waitForSelector('.error')
    } },
    { name: 'tags-merge', route: '/settings/tags/merge', path: '/settings/tags/merge?id=1&id=2' },
    { name: 'phone-types', route: '/settings/phone-types', path: '/settings/phone-types' },
    { name: 'phone-type', route: '/settings/phone-types/:id', path: '/settings/phone-types/1' },
    { name: 'price-types', route: '/settings/price-types', path: '/settings/price-types' },
    { name: 'price-type-new', route: '/settings/price-types/new', path: '/settings/price-types/new', prepare: page => refused(page, { name: 'Wholesale', mark_up: '-100' }) },
    { name: 'employees', route: '/settings/employees', path: '/settings/employees' },
    { name: 'employee-new', route: '/settings/employees/new', path: '/settings/employees/new', prepare: page => refused(page, { name: 'Łucja' }) },
    { name: 'employee', route: '/settings/employees/:id', path: `/settings/employees/${sofia.id}` },
    { name: 'employee-above', route: '/settings/employees/:id', path: `/settings/employees/${olga.id}` },
    { name: 'employee-link', route: '/settings/employees/:id', path: `/settings/employees/${sofia.id}`, as: 'olga', prepare: async page => {
      await page.click('form[action$="/invitation"] button')
      await page.waitForSelector('#link')
    } },
    { name: 'mail', route: '/settings/mail', path: '/settings/mail', prepare: page => refused(page, { port: '99999' }) },
    { name: 'test-mailbox', route: '/settings/test-mailbox', path: '/settings/test-mailbox' },
    { name: 'caught-mail', route: '/settings/test-mailbox/:id', path: `/settings/test-mailbox/${caught}` },
    { name: 'roles', route: '/settings/roles', path: '/settings/roles', as: 'olga' },
    { name: 'role-new', route: '/settings/roles/new', path: '/settings/roles/new', prepare: page => refused(page, { name: 'Manager' }) },
    { name: 'role', route: '/settings/roles/:id', path: `/settings/roles/${role}` },
    { name: 'audit', route: '/settings/audit', path: '/settings/audit', as: 'olga' },
    { name: 'role-owner', route: '/settings/roles/:id', path: `/settings/roles/${olga.roleId}` },
    { name: 'not-allowed', route: '', path: '/settings/roles', as: 'sofia' },
    { name: 'not-found', route: '', path: '/clients/999999' }
  ]
}
