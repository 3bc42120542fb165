import { addClient } from '../../support/clients.js'
import type { Desk } from '../../support/desk.js'
import type { Sight } from '../pages.js'

/** The pages of leads, with some of every group, late and urgent. */
export async function leadSights (desk: Desk): Promise<Sight[]> {
  const { as, db, anna, olga, sofia } = desk
  const client = await addClient(db, anna, { first_name: 'Wilhelmina', surname: 'Brzęczyszczykiewicz-Żółkiewska', phones: ['+48 600 123 987'], is_supplier: true, is_conflicted: true, conflict_reason: 'Refuses to pay' })
  const [location] = await db('locations').insert({ name: 'A branch with quite a long name' }).returning('id')
  const [campaign] = await db('campaigns').insert({ name: 'Recommendation of a neighbour' }).returning('id')
  await db.raw(`
    insert into leads (number, type_id, status_id, client_id, contact_name, campaign_id, location_id, manager_id, due_at, urgent, status_late_at, closed_at)
    select 'L-0900' || row_number() over (order by s.id), (select id from lead_types order by (id + s.id) % 2, id limit 1), s.id, case when s.id % 2 = 1 then :client::bigint end, case when s.id % 4 = 0 then '' else 'Piotr' end,
      case when s.id % 2 = 1 then :campaign::bigint end, case when s.id % 2 = 1 then :location::bigint end, case when s.id % 3 = 0 then :sofia::bigint else :anna::bigint end,
      case when s.id % 4 > 0 then now() + (s.id - 2) * interval '26 hours' end, s.id = 1, case when s.id = 2 then now() end, case when s.group_key in ('won', 'lost') then now() end
    from lead_statuses s where key is not null`, { client, campaign: campaign.id, location: location.id, sofia: sofia.id, anna: anna.id })
  await db.raw("insert into lead_phones (lead_id, typed, e164, display, digits) select id, '600 123 456', '+48600123456', '+48 600 123 456', '48600123456' from leads where number like 'L-0900%'")
  await db.raw("insert into notifications (employee_id, lead_id, notice, in_app, due_at, read_at) select ?, l.id, n, true, now(), case when l.id % 2 = 0 then now() end from leads l, unnest(array['new', 'assigned', 'moved', 'comment', 'due_soon', 'overdue', 'late', 'urgent']) n where l.number in ('L-09001', 'L-09002')", [anna.id])
  const [one, open] = [(await db('leads').where({ client_id: client }).first('id')).id, await makeLead(desk)]
  const [gone] = await db('leads').insert({ number: 'L-09100', type_id: (await db('lead_types').first('id'))!.id, status_id: (await db('lead_statuses').where({ key: 'new_lead' }).first('id'))!.id, contact_name: 'Piotr' }).returning('id')
  const [view] = await db('list_views').insert({ list: 'leads', owner_id: anna.id, name: 'Waiting for parts, for too long', query: 'group=pending', shared: true, badge: true, labels: JSON.stringify({ pl: 'Czeka na części' }), icon: 'wrench', colour: 'amber' }).returning('id')
  return [
    { name: 'lead-new', route: '/leads/new', path: '/leads/new', prepare: async page => {
      await page.fill('[name="phones.0.number"]', '600 123 987')
      await page.waitForSelector('.offers')
    } },
    { name: 'lead-refused', route: '/leads/new', path: '/leads/new', prepare: async page => {
      await page.click('#lead-form .primary')
      await page.waitForSelector('.error')
    } },
    { name: 'lead', route: '/leads/:id', path: `/leads/${open}` },
    { name: 'lead-reasonless', route: '/leads/:id', path: `/leads/${open}`, prepare: async page => {
      await page.click('.lose summary')
      await page.click('.lose button')
      await page.waitForSelector('#reason-error')
    } },
    { name: 'lead-gone', route: '/leads/:id', path: `/leads/${gone.id}`, alone: true, prepare: async page => {
      await page.fill('[name=comment]', 'Rings again tomorrow')
      await as(olga).post(`/leads/${gone.id}/delete`, { sure: '1' })
      await page.click('#lead-form .primary')
      await page.waitForSelector('.note.warn[role=alert]')
    } },
    { name: 'lead-linked', route: '/leads/:id', path: `/leads/${one}` },
    { name: 'lead-masked', route: '/leads/:id', path: `/leads/${open}`, as: 'sofia' },
    { name: 'lead-delete', route: '/leads/:id/delete', path: `/leads/${open}/delete` },
    { name: 'lead-feed', route: '/leads/:id/feed', path: `/leads/${open}/feed` },
    { name: 'lead-event', route: '/leads/:id/feed/:event', path: `/leads/${open}/feed/${(await db('events').where({ lead_id: open }).max('id as id').first())!.id}` },
    { name: 'lead-check', route: '/leads/check', path: '/leads/check?phones.0.number=%2B48600123987' },
    { name: 'lead-phone', route: '/leads/phone-row', path: '/leads/phone-row' },
    { name: 'leads', route: '/leads', path: '/leads' },
    { name: 'leads-all', route: '/leads', path: `/leads?show=all&campaign=${campaign.id}&sort=due`, prepare: async page => {
      await page.click('.filter summary')
      await page.waitForSelector('.filter .sheet')
    } },
    { name: 'leads-chosen', route: '/leads', path: '/leads?show=all&columns=client,flags,phones,type,comment,since,time,closed,lost_reason,created_by' },
    { name: 'leads-acted-on', route: '/leads/actions/new', path: '/leads/actions/new?do=set_status&in=show%3Dall', prepare: async page => {
      await page.selectOption('#to', { label: 'Expensive' })
      await page.click('button.primary')
      await page.waitForSelector('#reason-error')
    } },
    { name: 'leads-badge', route: '/leads/views/:view/badge', path: `/leads/views/${view.id}/badge` },
    { name: 'leads-people', route: '/leads/people', path: '/leads/people' },
    { name: 'leads-export', route: '/leads/export', path: '/leads/export?in=q%3Da' },
    { name: 'leads-masked', route: '/leads', path: '/leads', as: 'sofia' },
    { name: 'leads-none', route: '/leads', path: '/leads?q=nobody+at+all' },
    { name: 'calendar', route: '/account/calendar', path: '/account/calendar', prepare: async page => {
      await page.click('.sheet button.primary')
      await page.waitForSelector('#address')
    } },
    { name: 'lead-report', route: '/reports/leads', path: '/reports/leads?by=manager' },
    { name: 'notifications', route: '/notifications', path: '/notifications' },
    { name: 'notification-settings', route: '/settings/notifications', path: '/settings/notifications' },
    { name: 'leads-row', route: '/leads', path: '/leads?show=all', prepare: async page => {
      await page.click('.leads .of-in_progress')
      await page.waitForSelector('.move-form')
    } },
    // The menu lies over the links below it.
    { name: 'board', route: '/leads/board', path: '/leads/board', without: ['target-size'], prepare: async page => {
      await page.click('.lead-card:has-text("Wilhelmina") .move summary')
      await page.waitForSelector('.move-form')
    } },
    { name: 'board-column', route: '/leads/board/columns/:status', path: `/leads/board/columns/${(await db('leads').where({ id: open }).first('status_id'))!.status_id}` },
    { name: 'board-filters', route: '/leads/board/filters', path: '/leads/board/filters' },
    { name: 'lead-status', route: '/leads/:id/status', path: `/leads/${open}/status` },
    { name: 'lead-of-list', route: '/leads/:id', path: `/leads/${open}?in=table` },
    { name: 'leads-filters', route: '/leads/filters', path: '/leads/filters' }
  ]
}

/** One under way, with everything that its page can say. */
async function makeLead ({ as, db, anna, sofia }: Desk): Promise<number> {
  const type = (await db('lead_types').first('id'))!.id
  const { location } = await as(anna).post('/leads', { type_id: type, contact_name: 'Wilhelmina Brzęczyszczykiewicz-Żółkiewska', phone_rows: ['0', '1'], 'phones.0.number': '600 123 987', 'phones.1.number': '12345', comment: 'The tap drips, and the neighbour below knows it', manager_id: sofia.id, urgent: 'on' })
  const id = Number(location!.split('/').at(-1))
  await as(anna).post(`/leads/${id}/move`, { to: (await db('lead_statuses').where({ key: 'in_work' }).first('id'))!.id })
  await db('leads').where({ id }).update({ due_at: db.raw("now() - interval '28 hours'"), status_late_at: db.raw("now() - interval '35 minutes'") })
  await as(anna).post(`/leads/${id}/comments`, { body: 'Nobody answers' })
  return id
}
