import t from 'tap'
import { cast } from '../support/cast.js'
import { bring, check, press, sample, some } from '../support/imports.js'
import { row, workbook } from '../support/workbook.js'

t.test('the samples come in with the right counts, and what is there already changes nothing', async t => {
  const desk = await cast(t)
  const { anna, db } = desk
  const FILES = [
    ['contacts-export.xlsx', { create: 400 }],
    ['google-contacts.csv', { same: 120 }],
    ['contacts.vcf', { same: 60 }],
    ['klienci.csv', { same: 100 }]
  ] as const
  for (const [name, expected] of FILES) {
    const id = await bring(desk, anna, name, await sample(name))
    const checked = await check(desk, anna, id, { creates: ['tags', 'campaigns'] })
    t.match({ state: checked.state, counts: some(checked.counts) }, { state: 'checked', counts: expected }, name)
    t.equal((await press(desk, anna, id, 'run')).state, 'done')
  }
  t.equal(Number((await db('clients').count())[0]!.count), 400)
  t.match(await db('clients').where({ kind: 'company', company_name: 'Nunes e Veiga' }).first(), { is_supplier: false })
  t.equal(Number((await db('client_phones').join('clients', 'clients.id', 'client_id').where({ company_name: 'Nunes e Veiga' }).count())[0]!.count), 3)
  const [event] = await db('events').where({ kind: 'client.created' }).limit(1)
  t.match(event.details, { source: 'import', import: { name: 'contacts-export.xlsx' } })
})

t.test('what real files are full of is taken or told, row by row', async t => {
  const desk = await cast(t)
  const { anna, as, db } = desk
  const id = await bring(desk, anna, 'messy.csv', await sample('messy.csv'))
  await db('organisation').update({ country: 'ES' })
  const checked = await check(desk, anna, id)
  t.same(some(checked.counts), { create: 5, update: 1, error: 2 })
  const rows = await db('import_rows').where({ import_id: id }).orderBy('row').select('row', 'verdict', 'twin', 'why', 'cells')
  t.match(rows.map(({ row, verdict }) => [row, verdict]), [[2, 'create'], [3, 'update'], [4, 'create'], [5, 'error'], [6, 'create'], [7, 'create'], [8, 'create'], [10, 'error']])
  t.equal(rows[1].twin, 2, 'the second María is the first')
  t.match(rows[3].why, [{ column: 2, key: 'form.email' }])
  t.match(rows[7].why, [{ column: 4, key: 'form.too_long' }])
  t.equal(Number((await db('clients').count())[0]!.count), 0, 'nothing is written yet')
  const page = await as(anna).get(`/imports/${id}?show=error`)
  t.match(page.body, /not-an-address/)
  const done = await press(desk, anna, id, 'run')
  t.match(some(done.counts), { created: 5, error: 2 })
  t.same(await db('client_phones').join('clients', 'clients.id', 'client_id').where({ surname: '' }).whereIn('first_name', ['Grzegorz']).orderBy('position').pluck('e164'), [])
  t.same(await db('client_tags').join('tags', 'tags.id', 'tag_id').join('clients', 'clients.id', 'client_id').where({ first_name: 'María' }).orderBy('tags.name').pluck('tags.name'), ['Regular', 'VIP'])
  const errors = await as(anna).get(`/imports/${id}/errors.csv`)
  t.match(errors.body, /^\uFEFFNombre,Teléfono,Correo,Empresa,Etiquetas,Why not\r\nÍñigo,123,not-an-address,,,Correo: /)
})

t.test('the wrong rows of a workbook come back as one, matched as they were', async t => {
  const desk = await cast(t)
  const { anna, app, as, db } = desk
  const id = await bring(desk, anna, 'a.xlsx', await workbook([{ rows: row('Wer', 'Telefon', 'Mail-Adresse') + row('Jan', '600100200', 'jan@poczta.example') + row('=Ola', '0600 100 201', 'ola(at)poczta.example') }]))
  const { counts } = await check(desk, anna, id, { 'column.0': 'first_name', 'column.1': 'phone', 'column.2': 'email', existing: 'overwrite' })
  t.same(some(counts), { create: 1, error: 1 })
  t.match((await as(anna).get(`/imports/${id}`)).body, /errors\.xlsx/)
  const wrong = await app.inject({ url: `/imports/${id}/errors.xlsx`, headers: { cookie: as(anna).cookie } })
  const again = await bring(desk, anna, 'wrong.xlsx', wrong.rawPayload)
  const read = await db('imports').where({ id: again }).first()
  t.match(read.inspected, { header: ['Wer', 'Telefon', 'Mail-Adresse', 'Why not'], sample: [['=Ola', '0600 100 201', 'ola(at)poczta.example', /^Mail-Adresse: ./]] })
  t.same([read.columns, read.rules.existing], [['first_name', 'phone', 'email', null], 'overwrite'])
  const nameless = async (text: string) => (await db('imports').where({ id: await bring(desk, anna, 'b.csv', text) }).first()).columns
  const first = await bring(desk, anna, 'b.csv', 'Jan Nowak,600100202\nOla Nowak,600100203\n')
  await check(desk, anna, first)
  t.same(await nameless('600100204,Iga Nowak\n600100205,Ewa Nowak\n'), ['phone', 'name'], 'columns without names are not taken for those of another file')
})
