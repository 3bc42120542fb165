import t from 'tap'
import { listChoices } from '../../src/clients/queries.js'
import { shapeOf } from '../../src/form-editor/shape.js'
import { recognise } from '../../src/imports/columns/recognise.js'
import { targetsOf } from '../../src/imports/columns/targets.js'
import { inspect, readRows } from '../../src/imports/reading/source.js'
import { LANGUAGES, type Viewer } from '../../src/web/viewer.js'
import { cast, type Person } from '../support/cast.js'
import { addFields, reshape } from '../support/fields.js'
import { saved } from '../support/workbook.js'

const { app, db, as, anna, sofia } = await cast(t)

async function template (who: Person, folder: string) {
  const answer = await app.inject({ url: '/imports/template.xlsx', headers: { cookie: as(who).cookie } })
  t.equal(answer.statusCode, 200)
  t.match(answer.headers['content-disposition'], 'attachment; filename="clients-template.xlsx"')
  return saved(folder, 'template.xlsx', answer.rawPayload)
}

t.test('the template has what the forms ask for, and is recognised to the last column in every language', async t => {
  await addFields(db, { frame: { kind: 'unique_id', label: 'Frame number' }, extras: { kind: 'several_choices', choices: ['Lights', 'Lock, heavy'] }, born: { kind: 'date', on: 'person', required: true }, gone: { kind: 'number' } })
  await db('form_items').whereIn('field_id', db('fields').where({ key: 'gone' }).select('id')).update({ hidden: true })
  await reshape(db, { address: { hidden: true }, emails: { required: true } })
  await db('phone_types').insert({ name: 'Garage' })
  await db('campaigns').insert([{ name: 'Facebook' }, { name: 'Google & co' }])
  const targets = targetsOf({ can: () => true } as unknown as Viewer, { shape: await shapeOf(db, 'client'), phoneTypes: (await listChoices(db)).phoneTypes })

  for (const language of LANGUAGES) {
    await db('employees').where({ id: anna.id }).update({ language })
    const inspected = await inspect(await template(anna, t.testdir({})), 'template.xlsx').catch(error => { throw new Error(`${language}: ${error}`) })
    const names = recognise(inspected, targets).map(name => name?.startsWith('phone:') ? 'phone' : name ?? '')
    t.same(names.slice(0, 6), ['first_name', 'surname', 'company_name', 'is_supplier', 'is_conflicted', 'conflict_reason'], 'as the forms have them')
    t.same(names.toSorted(), ['first_name', 'surname', 'company_name', 'is_supplier', 'is_conflicted', 'conflict_reason', 'phone', 'phone', 'phone', 'phone', 'email', 'language', 'campaign', 'location', 'discount_services', 'discount_products', 'tag', 'note', 'own.born', 'own.extras', 'own.frame'].toSorted(), language)
    t.same(inspected.sample, [])
  }
})

t.test('it says in a sheet beside it what goes into each column, and of whom it is required', async t => {
  await db('employees').where({ id: anna.id }).update({ language: 'en' })
  const path = await template(anna, t.testdir({}))
  const { sheets } = await inspect(path, '')
  t.same(sheets, [{ name: 'Clients', hidden: false }, { name: 'How to fill it in', hidden: false }, { name: '_lists', hidden: true }])
  const { reading } = await inspect(path, '', { sheet: 'How to fill it in', headerRow: 1 })
  const about = new Map<string, string[]>()
  for await (const rows of readRows(path, reading)) for (const { cells: [column, ...said] } of rows) about.set(column!, said)
  t.match(about.get('E-mail *'), ['Several addresses stand in one cell, with commas between them.', 'yes', ''])
  t.match(about.get('born *'), [/2026-11-03/, 'of people'])
  t.match(about.get('extras'), [/commas/, '', 'Lights\nLock, heavy'])
  t.equal(about.get('How they found us')?.[2], 'Facebook\nGoogle & co')
  t.notOk(about.has('Address'), 'what no form asks for is in no column')
})

t.test('only who may import is given it', async t => {
  t.equal((await as(sofia).get('/imports/template.xlsx')).status, 403)
  t.match((await as(null).get('/imports/template.xlsx')).location, /^\/sign-in/)
})
