import type { FastifyInstance } from 'fastify'
import type { Page } from 'playwright-core'
import { dayOf, daysLater } from '../../src/web/zone.js'
import { openSession, PASSWORD } from '../support/cast.js'
import { makeLink } from '../../src/account/links.js'
import { FIELD_KINDS } from '../../src/form-editor/definition.js'
import { addClient, addClients } from '../support/clients.js'
import type { Desk } from '../support/desk.js'
import { addFields, reshape, type DescribedField } from '../support/fields.js'
import { giveTwoSteps } from '../support/two-steps.js'

/** One thing to look at: who opens it, where, and what has to be done before it is to be seen. */
export interface Sight {
  name: string
  /** The route's pattern, as the application prints it. */
  route: string
  path: string
  /** Anna unless named; null is a stranger. */
  as?: 'anna' | 'sofia' | 'nuno' | 'olga' | null
  /** Without our scripts: some answers are only to be seen as whole pages. */
  plain?: boolean
  /** In a browser of its own, because it signs out. */
  alone?: boolean
  prepare? (page: Page): Promise<unknown>
  /** Rules of axe-core that don't fit here. */
  without?: string[]
}

/** GET routes that show nobody a page, and why. */
export const NO_PAGES: Record<string, string> = {
  '/': 'leads to the first page one may see',
  '/assets/:file': 'is a file',
  '/healthz': 'is for machines',
  '/readyz': 'is for machines',
  '/settings/test-mailbox/:id/html': 'is a mail in its frame, where no script runs, axe-core neither',
  '/clients/:id/live': 'is a stream of events',
  '/live': 'is a stream of events',
  '/tasks/due': 'is a part of every page',
  '/clients/:id/files/:token/:name': 'is a file',
  '/logo/:hash.webp': 'is a picture',
  '/clients/:id/thumbnails/:token.webp': 'is a picture',
  '/clients/:id/consents.csv': 'is a file',
  '/settings/consent/export': 'is a file',
  '/settings/locations/merge': 'is the page on which tags are merged',
  '/settings/marketing/merge': 'is the page on which tags are merged',
  '/settings/phone-types/merge': 'is the page on which tags are merged',
  '/settings/phone-types/new': 'is the page of a new location',
  '/settings/price-types/merge': 'is the page on which tags are merged',
  '/settings/price-types/:id': 'is the page of a campaign, with the fields of a new price type'
}

const save = (page: Page) => page.click('.actions .primary >> nth=0')
const open = (summary: string) => (page: Page) => page.click(summary)

/** What there is to see before anything has been done. */
export const EMPTY: Sight[] = [
  { name: 'clients-empty', route: '/clients', path: '/clients' },
  { name: 'tasks-empty', route: '/tasks', path: '/tasks' },
  { name: 'price-types-empty', route: '/settings/price-types', path: '/settings/price-types' }
]

/** The first run, on a desk without a company. */
export const SETUP: Sight[] = [
  { name: 'setup', route: '/setup', path: '/setup', as: null },
  { name: 'setup-refused', route: '/setup', path: '/setup', as: null, prepare: async page => {
    for (const [name, value] of [['company', 'Żółć'], ['name', 'Zofia'], ['email', 'zofia@żółć'], ['password', 'short']]) await page.fill(`[name=${name}]`, value!)
    await page.locator('form').evaluate(form => { (form as HTMLFormElement).noValidate = true })
    await page.click('button.primary')
    await page.waitForSelector('.error')
  } }
]

/** The clients' pages, on a desk with a little of everything. */
export async function clientSights (desk: Desk): Promise<Sight[]> {
  const { db, as, anna, olga, nuno, sofia } = desk
  const ids = await addClients(db, anna)
  const [places, campaigns] = await Promise.all([
    db('locations').insert([{ name: 'Rynek' }, { name: 'Porto' }]).returning('id'),
    db('campaigns').insert([{ name: 'Google Ads', starts_on: '2026-01-01' }, { name: 'Facebook, a campaign whose name takes its time to come to an end', retired_at: db.fn.now() }]).returning('id')
  ])
  const [price] = await db('price_types').insert({ name: 'Staff', mark_up: 0 }).returning('id')
  const full = await addClient(db, anna, {
    first_name: 'Wolfeschlegelsteinhausenbergerdorff', surname: 'Brzęczyszczykiewicz-Żółkiewska', is_supplier: true, is_conflicted: true, conflict_reason: 'refuses to pay for diagnostics', note: 'Prefers Viber.\nCall only after 17:00.', address: 'Rua Augusta 12, Lisboa', discount_services: 10, discount_products: `price:${price.id}`, campaign_id: campaigns[0].id, location_id: places[0].id,
    phones: [{ number: '600 123 456', on: ['viber', 'sms'] }, '12345678', { number: '22 123 45 67', type: 'work' }], emails: [{ address: 'a.rather.long.address.of.somebody@poczta.example', agrees: true }], tags: ['VIP', 'Fleet', 'Rowery', 'Wholesale', 'Net 30']
  })
  await as(anna).post(`/clients/${full}/comments`, { body: 'Called twice, nobody answered.\nhttps://an.address.example/without/any/space/in/it/that/could/be/broken/somewhere/along/the/way' })
  await as(anna).post(`/clients/${full}/parts/discounts`, { discount_services: '15', discount_products: '5' })
  await as(anna).post(`/clients/${full}/parts/note`, { note: 'Prefers Viber. Call only after 18:00.' })
  const days = [-3, -1, 0, 0, 4].map(days => daysLater(dayOf(new Date(), 'Europe/Warsaw'), days))
  for (const [i, due_on] of days.entries()) await as(anna).post(`/clients/${i === 4 ? ids.joao : full}/tasks`, { what: i === 2 ? 'Order the screen, and if the supplier has none say so at once, because the client leaves on holiday on Friday' : `Call back about the battery, ${i}`, due_on, due_time: i === 1 ? '09:30' : '', assignee: i === 3 ? sofia.id : anna.id })
  const task = (await db('tasks').where({ client_id: full }).orderBy('id').first('id')).id
  await as(anna).post(`/tasks/${(await db('tasks').where({ client_id: full }).orderBy('id', 'desc').first('id')).id}/done`)
  const comment = (await db('events').where({ client_id: full, kind: 'comment' }).first('id')).id
  const [{ id: viewer }] = await db('roles').insert({ name: 'Viewer', rights: ['clients.view'] }).returning('id')
  await db('employees').where({ id: nuno.id }).update({ role_id: viewer })

  // No test asks anybody outside for a map.
  await db('map_settings').update({ tile_url: `${desk.base}/assets/{z}/{x}/{y}.png`, geocoder_url: '' })
  await db('clients').where({ id: ids.zofia }).update({ address: 'Rynek 1', latitude: 51.11, longitude: 17.03, place_source: 'hand', place_address: 'Rynek 2' })

  await addFields(db, { frame_size: { kind: 'number', label: 'Frame size' }, next_service: { kind: 'date', label: 'Next service' }, bike_type: { kind: 'one_choice', label: 'Bike type', choices: ['Road bike', 'City bike'] }, extras: { kind: 'several_choices', label: 'Extras', choices: ['Lights', 'Lock'] }, frame: { kind: 'unique_id', label: 'Frame number' } })
  const shared = await keepView(desk, 'People with a frame size that we know')

  return [
    { name: 'clients', route: '/clients', path: '/clients' },
    { name: 'clients-filter', route: '/clients', path: `/clients?tag=1&campaign=${campaigns[0].id}&from=2020-01-01`, prepare: open('.filter summary') },
    { name: 'clients-none', route: '/clients', path: '/clients?q=nobody+at+all' },
    { name: 'clients-masked', route: '/clients', path: '/clients', as: 'sofia' },
    { name: 'clients-archived', route: '/clients', path: '/clients?show=archived' },
    { name: 'clients-view', route: '/clients', path: `/clients?view=${shared}&show=people&columns=tags,own.frame_size,own.bike_type,phone,location,own.next_service&own.frame_size.from=50`, prepare: open('.keep summary') },
    { name: 'clients-columns', route: '/clients', path: '/clients', prepare: async page => {
      await page.click('.choose summary')
      await page.waitForSelector('.columns-form')
    } },
    { name: 'clients-own-filter', route: '/clients', path: '/clients?own.bike_type=filled', prepare: async page => {
      await page.click('.filter summary')
      await page.waitForSelector('.own-filters details[open]')
    } },
    { name: 'filters', route: '/clients/filters', path: '/clients/filters' },
    { name: 'columns', route: '/clients/columns', path: '/clients/columns' },
    { name: 'new', route: '/clients/new', path: '/clients/new' },
    { name: 'new-refused', route: '/clients/new', path: '/clients/new', prepare: page => refused(page, { 'emails.0.address': 'zofia', 'phones.0.number': 'none', discount_services: 'abc' }) },
    { name: 'profile', route: '/clients/:id', path: `/clients/${full}`, prepare: page => page.waitForSelector('#events') },
    { name: 'profile-menu', route: '/clients/:id', path: `/clients/${ids.lukasz}`, prepare: open('#heading summary') },
    { name: 'profile-type', route: '/clients/:id', path: `/clients/${ids.zofia}`, prepare: open('#phones-0-type summary'), without: ['target-size'] }, // an open menu lies over what is behind it
    { name: 'profile-masked', route: '/clients/:id', path: `/clients/${ids.jose}`, as: 'sofia' },
    { name: 'profile-read-only', route: '/clients/:id', path: `/clients/${ids.lukasz}`, as: 'nuno' },
    { name: 'profile-archived', route: '/clients/:id', path: `/clients/${ids.stanislaw}` },
    { name: 'profile-company', route: '/clients/:id', path: `/clients/${ids.hurt}` },
    { name: 'profile-refused', route: '/clients/:id', path: `/clients/${ids.ela}`, plain: true, prepare: page => refused(page, { discount_services: '120', 'phones.0.number': 'none' }) },
    { name: 'profile-conflict', route: '/clients/:id', path: `/clients/${ids.ines}`, plain: true, prepare: async page => {
      await as(olga).post(`/clients/${ids.ines}/parts/note`, { note: 'What Olga wrote' })
      await as(olga).post(`/clients/${ids.ines}/parts/discounts`, { discount_services: '20' })
      await page.fill('#note', 'What Anna wrote')
      await page.fill('#discount-services', '30')
      await save(page)
      await page.waitForSelector('.conflicts')
    } },
    { name: 'profile-conflict-part', route: '/clients/:id', path: `/clients/${ids.joao}`, prepare: async page => {
      await as(olga).post(`/clients/${ids.joao}/parts/note`, { note: `What Olga wrote ${Date.now()}` })
      await page.fill('#note', 'What Anna wrote')
      await page.locator('#note').blur()
      await page.waitForSelector('.conflicts')
    } },
    { name: 'profile-undo', route: '/clients/:id', path: `/clients/${ids.maria}`, prepare: async page => {
      await page.click('[name=drop_email]')
      await page.waitForSelector('#flash .linklike')
    } },
    { name: 'profile-sign-in', route: '/clients/:id', path: `/clients/${ids.antonio}`, alone: true, prepare: async page => {
      await page.context().clearCookies()
      await page.click('[name=add_phone]')
      await page.waitForSelector('#flash form')
    } },
    { name: 'place', route: '/clients/:id/map', path: `/clients/${ids.zofia}/map`, prepare: page => page.waitForSelector('.map-pin') },
    { name: 'place-unknown', route: '/clients/:id/map', path: `/clients/${full}/map` },
    { name: 'profile-task', route: '/clients/:id/tasks/new', path: `/clients/${full}`, prepare: async page => {
      await page.click('#write a')
      await page.waitForSelector('#task-form')
    } },
    { name: 'tasks', route: '/tasks', path: '/tasks' },
    { name: 'tasks-all', route: '/tasks', path: '/tasks?who=all' },
    { name: 'tasks-done', route: '/tasks', path: '/tasks?who=all&show=done' },
    { name: 'task-new', route: '/clients/:id/tasks/new', path: `/clients/${full}/tasks/new`, prepare: page => refused(page, { what: '' }) },
    { name: 'task-edit', route: '/tasks/:task/edit', path: `/tasks/${task}/edit` },
    { name: 'consents', route: '/clients/:id/consents', path: `/clients/${full}/consents`, prepare: open('.how summary') },
    { name: 'consents-none', route: '/clients/:id/consents', path: `/clients/${ids.ela}/consents`, as: 'sofia' },
    { name: 'feed', route: '/clients/:id/feed', path: `/clients/${full}/feed` },
    { name: 'comment', route: '/clients/:id/feed/:event', path: `/clients/${full}/feed/${comment}` },
    { name: 'comment-edit', route: '/clients/:id/feed/:event/edit', path: `/clients/${full}/feed/${comment}/edit` },
    { name: 'phone-row', route: '/clients/phone-row', path: `/clients/phone-row?client=${full}` },
    { name: 'email-row', route: '/clients/email-row', path: `/clients/email-row?client=${full}` },
    { name: 'check', route: '/clients/check', path: '/clients/check?phones.0.number=600123456' },
    { name: 'tags', route: '/tags', path: '/tags' },
    { name: 'tag-chip', route: '/tags/chip', path: '/tags/chip?tag=VIP' }
  ]
}

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

/** The form editor, with a field of every kind and values in them. */
async function formSights ({ db, anna, as }: Desk): Promise<Sight[]> {
  const labels = { short_text: 'Model', long_text: 'What it came with', number: 'Frame size', date: 'Bought on', date_time: 'Last service', yes_no: 'Member of the club', one_choice: 'Frame', several_choices: 'Extras', unique_id: 'Serial number', link: 'Page of the maker' }
  const described: Record<string, DescribedField> = Object.fromEntries(FIELD_KINDS.map(kind => [kind, { kind, label: labels[kind], choices: kind.endsWith('choice') || kind.endsWith('choices') ? ['Steel', 'Aluminium', 'Carbon'] : [] }]))
  described.gone = { kind: 'short_text', label: 'No longer asked' }
  const fields = await addFields(db, described)
  await db('fields').where({ key: 'gone' }).update({ removed_at: db.fn.now() })
  await reshape(db, { address: { required: true }, location: { hidden: true } }, ['person'])
  const id = await addClient(db, anna, { surname: 'Żółć', own: [{ field: fields.short_text!, value: 'Rower górski' }, { field: fields.link!, value: 'https://rower.example' }, { field: fields.several_choices!, value: fields.several_choices!.options.slice(1).map(({ id }) => id) }] })
  await as(anna).post(`/clients/${id}/parts/own-number`, { 'own.number': '56,5' })
  const { id: section } = await db('form_sections').whereNotNull('key').orderBy('id').first('id')
  const field = (kind: string) => `/settings/form-editor/fields/${fields[kind]!.id}`
  return [
    { name: 'profile-own-fields', route: '/clients/:id', path: `/clients/${id}` },
    { name: 'form-editor', route: '/settings/form-editor', path: '/settings/form-editor' },
    { name: 'form-editor-company', route: '/settings/form-editor/:form', path: '/settings/form-editor/company' },
    { name: 'field-new', route: '/settings/form-editor/fields/new', path: '/settings/form-editor/fields/new', prepare: async page => {
      await page.selectOption('#kind', 'one_choice')
      await refused(page, { 'options.0.label.en': 'Steel' })
    } },
    { name: 'field', route: '/settings/form-editor/fields/:field', path: field('several_choices') },
    { name: 'field-kind', route: '/settings/form-editor/fields/:field/kind', path: `${field('short_text')}/kind?kind=number` },
    { name: 'field-erase', route: '/settings/form-editor/fields/:field/erase', path: `${field('gone')}/erase` },
    { name: 'section-new', route: '/settings/form-editor/:form/sections/new', path: '/settings/form-editor/person/sections/new' },
    { name: 'section', route: '/settings/form-editor/:form/sections/:section', path: `/settings/form-editor/person/sections/${section}` }
  ]
}

/** The patterns of every GET route, from the tree the application prints of itself. */
export function getRoutes (app: FastifyInstance): string[] {
  const above: string[] = []
  return app.printRoutes({ commonPrefix: false }).split('\n').flatMap(line => {
    const found = /^([│ ]*)[├└]── (\S+) \((.*)\)/.exec(line)
    if (!found) return []
    const [, indent = '', part = '', methods = ''] = found
    const path = above.slice(0, indent.length / 4).join('') + part
    above.splice(indent.length / 4, above.length, part)
    return methods.split(', ').includes('GET') ? [path] : []
  })
}

/** Keeps a view of the clients for all; returns its id. */
async function keepView ({ as, anna }: Desk, name: string): Promise<number> {
  const { location } = await as(anna).post('/clients/views', { name, query: 'show=people&columns=phone,own.frame_size', shared: '1' })
  return Number(location!.split('=')[1])
}

/** Fills in a form that is going to come back. */
async function refused (page: Page, fields: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.fill(`[name="${name}"]`, value)
  await save(page)
  await page.waitForSelector('.error')
}

/** Sends a form whose session has ended. */
async function loseSession (page: Page): Promise<void> {
  await page.fill('#surname', 'Nowak')
  await page.context().clearCookies()
  await save(page)
  await page.waitForSelector('[name=password]')
}

const flashOf = (cookies: unknown) => String([cookies].flat()[0]).split(';')[0]

