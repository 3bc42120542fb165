import type { Db } from '../../src/database/knex.js'
import { nameOf } from '../../src/form-editor/schema.js'
import { listOwnFields } from '../../src/form-editor/shape.js'
import type { Shop } from './shop.js'

/** Gives the demo shop views of its clients that all share, one of somebody's own, and one that specialists begin with. Own fields stand in them where the shop has some. */
export async function keepViews (db: Db, { staff }: Shop): Promise<void> {
  const fields = await listOwnFields(db, 'client')
  const [day, choice, id] = [fields.find(field => field.kind === 'date'), fields.find(field => field.kind === 'one_choice'), fields.find(field => field.kind === 'unique_id')]
  const columns = (...names: string[]) => `columns=${names.join(',')}`
  const own = (...some: (typeof day)[]) => some.flatMap(field => field ? [nameOf(field)] : [])
  const [manager, specialist] = (['manager', 'specialist'] as const).map(role => staff.find(one => one.role === role && !one.until))
  if (!manager || !specialist) return
  const views = [
    { name: 'At the counter', query: `show=people&sort=active&${columns('phone', ...own(choice, id), 'tags', 'location', 'active')}` },
    ...day ? [{ name: 'Due within 30 days', query: `${nameOf(day)}.how=next_30&sort=${nameOf(day)}&${columns('phone', ...own(day, choice), 'location', 'active')}` }] : [],
    { name: 'Not seen for long', query: `sort=active&order=asc&${columns('phone', 'email', 'campaign', 'location', 'active')}` },
    { name: 'Companies with terms', query: `show=companies&${columns('email', 'discount_services', 'discount_products', 'address', 'note')}` }
  ].map((view, position) => ({ ...view, shared: true, owner_id: manager.id, position }))
  const mine = { name: 'My notes', query: columns('note', 'phone', 'active'), shared: false, owner_id: specialist.id, position: 0 }
  const [first] = await db('list_views').insert([...views, mine].map(view => ({ list: 'clients', changed_by: view.owner_id, ...view }))).returning('id')
  const role = await db('roles').where({ key: 'specialist' }).first('id')
  await db('list_defaults').insert({ list: 'clients', role_id: role.id, view_id: first.id })
}
