import type { Desk } from '../../support/desk.js'
import type { Sight } from '../pages.js'

/** What is done to many clients at once, in each of its states; written by hand, so that none of them goes on. */
export async function actionSights ({ db, olga }: Desk, ids: Record<string, number>): Promise<Sight[]> {
  const some = Object.values(ids)
  const tags = [{ id: 1, name: 'Rowery' }, { id: 2, name: 'A tag that takes its time to come to an end' }]
  const write = async (action: object, rows: object[]) => {
    const [{ id }] = await db('client_actions').insert({ employee_id: olga.id, total: some.length, ...action }).returning('id')
    if (rows.length > 0) await db('client_action_rows').insert(rows.map((row, n) => ({ action_id: id, client_id: n === 0 ? 987_654 : some[n], ...row })))
    return id as number
  }
  const running = await write({ kind: 'add_tags', details: JSON.stringify({ tags }), state: 'running', done: 5 }, [])
  const done = await write({ kind: 'set_campaign', details: JSON.stringify({ to: { id: 1, name: 'Google Ads' } }), state: 'done', done: some.length, changed: 8 }, some.map((_, n) => n < 8 ? { outcome: 'changed' } : { outcome: 'skipped', why: n < 10 ? 'unchanged' : 'gone' }))
  await write({ kind: 'set_campaign', details: JSON.stringify({ to: null }), state: 'done', undoes: done, total: 0 }, [])
  await write({ kind: 'archive', state: 'stopped', done: 3, changed: 3 }, some.slice(0, 3).map(() => ({ outcome: 'changed' })))
  await db('client_selection').insert(some.slice(0, 4).map(client_id => ({ employee_id: olga.id, client_id })))

  return [
    { name: 'clients-selected', route: '/clients', path: '/clients', as: 'olga' },
    { name: 'actions', route: '/clients/actions', path: '/clients/actions', as: 'olga' },
    { name: 'action-choose', route: '/clients/actions/new', path: '/clients/actions/new?in=show%3Dpeople%26tag%3D1', as: 'olga' },
    { name: 'action-tags', route: '/clients/actions/new', path: '/clients/actions/new?do=add_tags&of=selected&in=show%3Dpeople%26q%3Da%26tag%3D1', as: 'olga', prepare: async page => { await page.click('button.primary'); await page.waitForSelector('.error') } },
    { name: 'action-untag', route: '/clients/actions/new', path: '/clients/actions/new?do=remove_tags', as: 'olga' },
    { name: 'action-erase', route: '/clients/actions/new', path: '/clients/actions/new?do=erase&of=selected', as: 'olga', prepare: async page => { await page.fill('[name=number]', '5'); await page.click('.btn.danger'); await page.waitForSelector('.error') } },
    { name: 'action-running', route: '/clients/actions/:action', path: `/clients/actions/${running}`, as: 'olga' },
    { name: 'action-done', route: '/clients/actions/:action', path: `/clients/actions/${done}?why=gone`, as: 'olga' }
  ]
}
