import type { Db } from '../../src/database/knex.js'
import type { Shop } from './shop.js'

const SHARED = [
  { name: 'At the counter', query: 'show=people&sort=active&columns=phone,own.device,own.serial_number,tags,active' },
  { name: 'Longest since a service', query: 'own.last_service.how=filled&sort=own.last_service&columns=phone,own.device,own.model,own.last_service,location' },
  { name: 'Companies with an agreement', query: 'show=companies&own.agreement.how=filled&columns=email,own.agreement,own.paper_invoice,discount_services' },
  { name: 'Not seen for long', query: 'sort=active&order=asc&columns=phone,email,campaign,location,active' }
]

/** Gives the demo shop views of its clients that all share, one of somebody's own, and one that specialists begin with; and of its leads, one as a badge. They show the demo's own fields. */
export async function keepViews (db: Db, { staff }: Shop): Promise<void> {
  const [manager, specialist] = (['manager', 'specialist'] as const).map(role => staff.find(one => one.role === role && !one.until))
  if (!manager || !specialist) return
  const views = SHARED.map((view, position) => ({ ...view, shared: true, owner_id: manager.id, position }))
  const mine = { name: 'My notes', query: 'columns=note,phone,active', shared: false, owner_id: specialist.id, position: 0 }
  const [first] = await db('list_views').insert([...views, mine].map(view => ({ list: 'clients', changed_by: view.owner_id, ...view }))).returning('id')
  await db('list_views').insert([
    { name: 'Missed calls', query: `type=${(await db('lead_types').where({ key: 'missed_call' }).first('id')).id}`, badge: true, labels: JSON.stringify({ en: 'Missed calls', es: 'Llamadas perdidas', pl: 'Nieodebrane', pt: 'Chamadas perdidas' }), icon: 'phone-missed', colour: 'amber', position: 0 },
    { name: 'Why we lose', query: 'group=lost&columns=status,client,campaign,closed,lost_reason,manager', position: 1 }
  ].map(view => ({ badge: false, labels: '{}', icon: '', colour: '', ...view, list: 'leads', shared: true, owner_id: manager.id, changed_by: manager.id })))
  const role = await db('roles').where({ key: 'specialist' }).first('id')
  await db('list_defaults').insert({ list: 'clients', role_id: role.id, view_id: first.id })
}
