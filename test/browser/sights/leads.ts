import { addClient } from '../../support/clients.js'
import type { Desk } from '../../support/desk.js'
import type { Sight } from '../pages.js'

/** The pages of leads, with some of every group, late and urgent. */
export async function leadSights (desk: Desk): Promise<Sight[]> {
  const { db, anna, sofia } = desk
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
  return [
    { name: 'leads', route: '/leads', path: '/leads' },
    { name: 'leads-all', route: '/leads', path: `/leads?show=all&campaign=${campaign.id}&sort=due`, prepare: async page => {
      await page.click('.filter summary')
      await page.waitForSelector('.filter .sheet')
    } },
    { name: 'leads-masked', route: '/leads', path: '/leads', as: 'sofia' },
    { name: 'leads-none', route: '/leads', path: '/leads?q=nobody+at+all' },
    { name: 'leads-filters', route: '/leads/filters', path: '/leads/filters' }
  ]
}
