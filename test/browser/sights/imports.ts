import type { Desk } from '../../support/desk.js'
import { bring } from '../../support/imports.js'
import type { Sight } from '../pages.js'

const FILE = `Name,Phone,E-mail,Company,Tags,SMS,Something else
Zażółć Gęślą,600 123 456,zazolc@poczta.example,,"VIP, Rowery",yes,12
Íñigo Núñez,123,not-an-address,,,no,
,+34 954 11 22 33,ventas@correo.example,Repuestos del Sur de la Península Ibérica y sus Islas S.L.,Fleet,,a rather long text that nobody will ever want to have among clients
`

/** An import in each of its states; but for the first written by hand, so that none of them goes on. */
export async function importSights (desk: Desk): Promise<Sight[]> {
  const { db, anna } = desk
  const columns = await bring(desk, anna, 'klienci z lipca 2026, poprawione.csv', FILE)
  const { id: _id, columns: found, inspected, rules, ...base } = await db('imports').where({ id: columns }).first()
  const write = async (state: string, change: object = {}) => {
    const [{ id }] = await db('imports').insert({ ...base, columns: JSON.stringify(found), inspected: JSON.stringify(inspected), rules: JSON.stringify(rules), counts: JSON.stringify({ create: 12_431, update: 3, skip: 1, error: 2, created: 12_431, updated: 3 }), problem: null, ...change, state, finished_at: new Date(), undone_at: new Date(), undone_by: anna.id }).returning('id')
    await db('import_rows').insert([
      { import_id: id, row: 2, verdict: 'create', first_name: 'Zażółć', surname: 'Gęślą', phones: JSON.stringify([{ display: '+48 600 123 456' }]) },
      { import_id: id, row: 3, verdict: 'error', first_name: 'Íñigo', surname: 'Núñez', why: JSON.stringify([{ column: 2, key: 'form.email' }, { field: 'tags', key: 'form.required' }]), cells: ['Íñigo Núñez', '123', 'not-an-address', '', '', 'no', ''] },
      { import_id: id, row: 4, verdict: 'error', company_name: 'Repuestos del Sur de la Península Ibérica y sus Islas S.L.', why: JSON.stringify([{ found: true, key: 'imports.wrong.several', values: { clients: 'Repuestos del Sur (12), Repuestos del Sur S.L. (412)' } }]) },
      { import_id: id, row: 5, verdict: 'update', twin: 2, restores: true, first_name: 'Zażółć', kept: JSON.stringify(['note', 'phones', 'archived']) },
      { import_id: id, row: 6, verdict: 'skip', first_name: 'Ewa', why: JSON.stringify([{ key: 'imports.reasons.exists', values: { client: 'Ewa Nowak', id: 12 } }]) }
    ])
    return `/imports/${id}`
  }
  const [checked, running, done, stopped, undone, failed] = [await write('checked'), await write('running', { total: 12_431, done: 6000 }), await write('done'), await write('stopped', { problem: JSON.stringify({ key: 'imports.problem.rights' }) }), await write('undone', { counts: JSON.stringify({ archived: 12_000, restored: 2, kept: 1 }) }), await write('failed', { problem: JSON.stringify({ key: 'imports.unreadable.broken_quotes', values: { row: 812 } }) })]
  const at = '/imports/:id'
  return [
    { name: 'imports', route: '/imports', path: '/imports' },
    { name: 'import-columns', route: `${at}/columns`, path: `/imports/${columns}/columns` },
    { name: 'import-columns-refused', route: at, path: `/imports/${columns}`, prepare: async page => {
      await page.selectOption('[name="column.5"]', 'consent.sms')
      await page.selectOption('[name="column.6"]', 'name')
      await page.click('.import-match .primary')
      await page.waitForSelector('#how-error')
    } },
    { name: 'import-checked', route: at, path: checked },
    { name: 'import-running', route: at, path: running },
    { name: 'import-done', route: at, path: `${done}?show=update` },
    { name: 'import-stopped', route: at, path: `${stopped}?show=skip` },
    { name: 'import-undone', route: at, path: undone },
    { name: 'import-failed', route: at, path: failed }
  ]
}
