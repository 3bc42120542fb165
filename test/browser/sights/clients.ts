import { dayOf, daysLater } from '../../../src/web/zone.js'
import { addClient, addClients } from '../../support/clients.js'
import type { Desk } from '../../support/desk.js'
import { addFields } from '../../support/fields.js'
import type { Sight } from '../pages.js'
import { actionSights } from './actions.js'
import { mergingSights } from './merging.js'
import { save, open, keepView, refused } from './doing.js'

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
    { name: 'clients-filter', route: '/clients', path: `/clients?tag=1&campaign=${campaigns[0].id}&from=2020-01-01`, prepare: async page => {
      await page.click('.filter summary')
      await page.waitForSelector('.filter .sheet')
    } },
    ...await actionSights(desk, ids),
    ...await mergingSights(desk),
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
    { name: 'export', route: '/clients/export', path: '/clients/export?of=matching&in=q%3Da%26show%3Dpeople', as: 'anna', prepare: async page => {
      for (const box of await page.locator('input[name=columns]').all()) await box.uncheck()
      await page.click('button.primary')
      await page.waitForSelector('.error')
    } },
    { name: 'new', route: '/clients/new', path: '/clients/new' },
    { name: 'new-refused', route: '/clients/new', path: '/clients/new', prepare: page => refused(page, { 'emails.0.address': 'zofia', 'phones.0.number': 'none', discount_services: 'abc' }) },
    { name: 'profile', route: '/clients/:id', path: `/clients/${full}`, prepare: page => page.waitForSelector('#events') },
    { name: 'profile-menu', route: '/clients/:id', path: `/clients/${ids.lukasz}`, prepare: open('#heading summary') },
    { name: 'profile-type', route: '/clients/:id', path: `/clients/${ids.zofia}`, prepare: async page => {
      await page.click('#phones-0-type [name=ask_type]')
      await page.waitForSelector('#phones-0-type-new')
    }, without: ['target-size'] }, // an open menu lies over what is behind it
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
    { name: 'place', route: '/clients/:id/map', path: `/clients/${ids.zofia}/map`, loaded: true, prepare: page => page.waitForSelector('.map-pin') },
    { name: 'place-unknown', route: '/clients/:id/map', path: `/clients/${full}/map`, loaded: true },
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
