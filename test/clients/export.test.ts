import t from 'tap'
import { listChoices } from '../../src/clients/queries.js'
import { shapeOf } from '../../src/form-editor/shape.js'
import { writeValues } from '../../src/form-editor/values.js'
import { recognise } from '../../src/imports/columns/recognise.js'
import { targetsOf } from '../../src/imports/columns/targets.js'
import { inspect, readRows } from '../../src/imports/reading/source.js'
import type { Viewer } from '../../src/web/viewer.js'
import { cast, type Cast, type Person } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { addFields } from '../support/fields.js'
import { bring, check, some } from '../support/imports.js'
import { saved } from '../support/workbook.js'
import { says } from '../support/words.js'
import { workHere } from '../support/work-here.js'

const shared = await cast(t)
const { db, as, anna, marek, sofia, nuno } = shared
workHere(t, shared.app)
const fields = await addFields(db, {
  card: { kind: 'unique_id', label: 'Card' }, size: { kind: 'number', label: 'Size' }, born: { kind: 'date', label: 'Born' }, seen: { kind: 'date_time', label: 'Seen' }, loyal: { kind: 'yes_no', label: 'Loyal' },
  type: { kind: 'one_choice', label: 'Type', choices: ['Road', 'City, cargo'] }, extras: { kind: 'several_choices', label: 'Extras', choices: ['Lights', 'Lock, heavy'] }, note2: { kind: 'long_text', label: 'Note' }
})
const [campaign] = await db('campaigns').insert({ name: 'Facebook & co' }).returning('id')
const ewa = await addClient(db, anna, {
  first_name: 'Ewa', surname: 'Żak', address: '+Długa 1, Łódź', note: '=1+1\n  set  out\u00a0by spaces', campaign_id: campaign.id, language: 'pt', discount_services: 7.5, is_conflicted: true, conflict_reason: '@never pays',
  phones: [{ number: '600 100 200', on: ['sms'] }, { number: '+48 22 600 10 20', type: 'work' }, { number: '600100201' }], emails: [{ address: 'ewa@example.org', agrees: true }], tags: ['VIP', '-50']
})
await db.transaction(trx => writeValues(trx, 'client', ewa, [
  [fields.card, '=C 1'], [fields.size, -7.25], [fields.born, '1980-02-29'], [fields.seen, '2026-07-09T22:30:00.000Z'], [fields.loyal, false], [fields.type, fields.type.options[1]!.id],
  [fields.extras, fields.extras.options.map(({ id }) => id)], [fields.note2, "'=quoted"]
].map(([field, value]) => ({ field: field as typeof fields.card, value: value as string }))))
// Whoever typed the number left its plus out: by hand it is kept as it was typed, and an import would add it.
const company = await addClient(db, anna, { company_name: 'Oficina do Zé', is_supplier: true, tags: ['VIP'], phones: ['351912345678'] })
const archived = await addClient(db, anna, { first_name: 'Old', archived: true })

async function exported (who: Person, body: Record<string, string | string[]>, folder: string, { app, as }: Pick<Cast, 'app' | 'as'> = shared) {
  const form = new URLSearchParams(Object.entries(body).flatMap(([name, value]) => [value].flat().map(one => [name, one])))
  const answer = await app.inject({ method: 'POST', url: '/clients/export', headers: { cookie: as(who).cookie, 'sec-fetch-site': 'same-origin', host: 'localhost:3000', 'content-type': 'application/x-www-form-urlencoded' }, payload: String(form) })
  t.equal(answer.statusCode, 200, answer.body.slice(0, 300))
  const path = await saved(folder, `clients.${body.format}`, answer.rawPayload)
  const inspected = await inspect(path, '')
  const rows: Record<string, string>[] = []
  for await (const batch of readRows(path, inspected.reading)) rows.push(...batch.map(({ cells }) => Object.fromEntries(inspected.header.map((name, at) => [name, cells[at]!]))))
  return { ...inspected, rows, answer, text: answer.rawPayload.toString() }
}

t.test('what is exported is known again to its last column and cell, in either kind of file', async t => {
  const targets = targetsOf({ can: () => true } as unknown as Viewer, { shape: await shapeOf(db, 'client'), phoneTypes: (await listChoices(db)).phoneTypes })
  for (const format of ['xlsx', 'csv']) {
    const { rows, header, layout, answer, ...inspected } = await exported(anna, { format, all: '1', of: 'matching', in: '' }, t.testdir({}))
    t.match(answer.headers['content-disposition'], new RegExp(`attachment; filename="clients-\\d{4}-\\d\\d-\\d\\d\\.${format}"`))
    t.equal(layout, 'own')
    t.same(rows.map(row => row.Surname || row['Company name']), ['Żak', 'Oficina do Zé'], 'in the list’s order, without the archived')
    t.match(rows[0], {
      'First name': 'Ewa', Surname: 'Żak', 'Phone: mobile': '+48 600 100 200, +48 600 100 201', 'Phone: work': '+48 22 600 10 20', 'E-mail': 'ewa@example.org', Address: '+Długa 1, Łódź', Note: '=1+1\n  set  out\u00a0by spaces',
      'How they found us': 'Facebook & co', Language: 'Portuguese', 'Conflicted (yes or no)': 'Yes', 'Why conflicted': '@never pays', 'Supplier (yes or no)': 'No', 'Discount on services': '7.5', 'Discount on products': '', Tags: '-50, VIP',
      'Agrees to SMS': '+48 600 100 200', 'Agrees to Viber': 'No', 'Agrees to e-mail': 'Yes', Card: '=C 1', Size: '-7.25', Born: '1980-02-29', Seen: '2026-07-10 00:30', Loyal: 'No', Type: 'City, cargo', Extras: 'Lights\nLock, heavy', note2: "'=quoted"
    }, format)
    t.equal(rows[0]!['Clientela\'s number of the client'], String(ewa))
    t.match(rows[1], { 'Person or company': 'Company', 'Company name': 'Oficina do Zé', 'Supplier (yes or no)': 'Yes', Loyal: '' })
    const known = recognise({ header, layout, ...inspected }, targets)
    t.same(header.filter((_, at) => known[at] === null), ['Created', 'Last activity', 'Archived'], 'all but what happened by itself')
    t.equal(new Set(known.filter(name => name !== null)).size, header.length - 3, 'each once')
  }
})

t.test('imported again it changes nothing, though everything may be overwritten', async t => {
  for (const format of ['xlsx', 'csv']) {
    const { answer } = await exported(anna, { format, all: '1', of: 'matching', in: '' }, t.testdir({}))
    const id = await bring(shared, anna, `clients.${format}`, answer.rawPayload)
    const { counts } = await check(shared, anna, id, { existing: 'overwrite', how: 'phone' })
    t.same(some(counts), { same: 2 }, format)
    t.same(await db('import_rows').where({ import_id: id }).whereNot({ verdict: 'same' }).select('row', 'verdict', 'why'), [])
  }
  t.ok(await db('pg_stats').where({ tablename: 'import_rows', attname: 'import_id' }).first(), 'the rows that came are counted before they are compared: else each is compared with each')
})

t.test('words that elsewhere mean nothing, numbers typed as one, and one that is there twice, come back as they were, also where nobody is known', async t => {
  const desk = await cast(t)
  const { db, anna } = desk
  const { card, label } = await addFields(db, { card: { kind: 'unique_id', label: 'Card' }, label: { kind: 'short_text', label: 'Note' } })
  const [brak] = await db('locations').insert({ name: 'Brak' }).returning('id')
  const [price] = await db('price_types').insert({ name: 'Retail (5%)', mark_up: 5 }).returning('id')
  for (const company_name of ['Nada', 'Brak', 'None', 'Total', '-', '.']) await addClient(db, anna, { company_name })
  for (const surname of ['Brak', 'Total', '-', 'No']) await addClient(db, anna, { first_name: 'Ewa', surname, note: `Total ${surname}` })
  const odd = await addClient(db, anna, { first_name: 'Total', tags: ['Unknown', 'No', 'brak'], address: 'brak', location_id: brak.id })
  await db('clients').where({ id: odd }).update({ price_type_services_id: price.id })
  await db.transaction(trx => writeValues(trx, 'client', odd, [{ field: card, value: 'none' }, { field: label, value: 'n/a' }]))
  await addClient(db, anna, { first_name: 'Twice', emails: ['twice@example.org', { address: 'Twice@example.org', agrees: true }], phones: ['600 100 230 ext. 5', { number: '600 100 230', on: ['sms'] }] })
  const phones = ['600 100 205 i 600 100 206', '600100207/600100208', '600 100 209, after 6 or 22 600 10 20', '600100212.0', '12345']
  for (const number of phones) await addClient(db, anna, { first_name: 'Ida', surname: 'Dwojga', phones: [number] })

  for (const language of ['en', 'pl']) {
    await db('employees').where({ id: anna.id }).update({ language })
    const { answer, rows } = await exported(anna, { format: 'csv', all: '1', of: 'matching', in: '' }, t.testdir({}), desk)
    t.equal(rows.length, 17)
    const id = await bring(desk, anna, 'clients.csv', answer.rawPayload)
    const { counts } = await check(desk, anna, id, { existing: 'overwrite', how: 'phone' })
    t.same(some(counts), { same: 17 }, language)
    if (language !== 'pl') continue
    await check(desk, anna, id, { 'column.0': '', existing: 'overwrite', how: 'phone', creates: ['tags'] })
    const made = (name: string, what: string) => db('import_rows').where({ import_id: id, first_name: name }).whereNotNull(what).first()
    t.match(await made('Total', 'tags'), { tags: ['brak', 'No', 'Unknown'], address: 'brak', own: [{ text_value: 'none' }, { text_value: 'n/a' }] })
    t.same(await db('import_rows').where({ import_id: id, kind: 'company' }).orderBy('company_name').pluck('company_name'), ['-', '.', 'Brak', 'Nada', 'None', 'Total'])
    t.same(await db('import_rows').where({ import_id: id, first_name: 'Ewa' }).orderBy('surname').pluck('surname'), ['-', 'Brak', 'No', 'Total'])
  }
})

t.test('who is archived stays so when their export is imported again', async t => {
  const { answer } = await exported(anna, { format: 'csv', columns: ['id', 'first_name'], of: 'matching', in: 'show=archived' }, t.testdir({}))
  const { counts } = await check(shared, anna, await bring(shared, anna, 'archived.csv', answer.rawPayload))
  t.same(some(counts), { skip: 1 })
})

t.test('what a spreadsheet broke is an error of its row', async t => {
  const id = await bring(shared, anna, 'broken.csv', 'Name,Phone,Card,Language\n#REF!,600 700 800,,\nIga Nowa,4.85018E+10,,\nJan Nowy,"4,85018E+10",,\nOla Nowa,,"1,23457E+11",\nEla Nowa,,,de\n')
  await check(shared, anna, id)
  t.match(await db('import_rows').where({ import_id: id }).orderBy('row').select('verdict', 'why'), [
    { verdict: 'error', why: [{ column: 0, key: 'imports.wrong.cell_error', values: { name: '#REF!' } }] }, { verdict: 'error', why: [{ column: 1, key: 'imports.wrong.scientific' }] },
    { verdict: 'error', why: [{ column: 1, key: 'imports.wrong.scientific' }] }, { verdict: 'error', why: [{ column: 2, key: 'imports.wrong.scientific' }] },
    { verdict: 'error', why: [{ column: 3, key: 'imports.wrong.language' }] }
  ])
})

t.test('cells that begin like a formula are neutralised', async t => {
  const { text } = await exported(anna, { format: 'csv', columns: ['id', 'address', 'note', 'own.card', 'tag'], of: 'matching', in: 'q=%C5%BBak' }, t.testdir({}))
  for (const cell of ["'+Długa 1, Łódź", "'=1+1", "'=C 1", "'-50, VIP"]) t.ok(text.includes(cell), cell)
  t.notMatch(text, /(^|[,"])[=+@-]/m)
})

t.test('the fields ticked, of the clients that the list leaves or that are ticked', async t => {
  const folder = t.testdir({})
  const some = await exported(marek, { format: 'csv', columns: ['surname', 'email', 'own.size', 'own.nothing'], of: 'matching', in: 'show=people' }, folder)
  t.same([some.header, ...some.rows.map(row => Object.values(row))], [['Surname', 'E-mail', 'Size'], ['Żak', 'ewa@example.org', '-7.25']])
  await as(anna).post('/clients/selection', { page: [ewa, company, archived].join(','), client: [company, archived] })
  const ticked = await exported(anna, { format: 'xlsx', columns: ['id', 'archived'], of: 'selected', in: '' }, folder)
  t.same(ticked.rows.map(row => Object.values(row)[0]), [company, archived].map(String))
  const other = await exported(anna, { format: 'csv', columns: ['first_name', 'company_name', 'own.size'], of: 'matching', in: 'sort=own.size&show=all' }, folder)
  t.same(other.rows.map(row => row['First name'] || row['Company name']), ['Ewa', 'Oficina do Zé'], 'also by an own field that only some have')
})

t.test('the page offers the list’s columns ticked, and what was ticked stays', async t => {
  const { body } = await as(marek).get('/clients/export?of=matching&in=columns%3Demail%2Cown.size%26show%3Dpeople')
  const ticked = [...body.matchAll(/name="columns" value="([^"]+)" checked/g)].map(([, name]) => name)
  t.same(ticked, ['id', 'kind', 'first_name', 'surname', 'company_name', 'email', 'own.size'])
  t.ok(says(body, 'actions.of_matching', { count: 1, number: '1' }))
  const none = await as(marek).post('/clients/export', { format: 'csv', of: 'matching', in: '' })
  t.equal(none.status, 422)
  t.match(none.error('columns'), /Tick at least one/)
  t.match(none.body, /value="csv" checked/)
  const nobody = await as(marek).post('/clients/export', { columns: 'note', of: 'matching', in: 'q=nobodyatall' })
  t.equal(nobody.status, 422)
  t.match(nobody.body, /value="note" checked/)
})

t.test('who may not see contacts in full exports none', async t => {
  await db('roles').where({ id: sofia.roleId }).update({ rights: ['clients.view', 'clients.export'] })
  const { body } = await as(sofia).get('/clients/export')
  t.ok(says(body, 'actions.hidden_contacts'))
  const { header, rows } = await exported(sofia, { format: 'csv', all: '1', columns: ['phone', 'email', 'consents'], of: 'matching', in: '' }, t.testdir({}))
  t.same(header.filter(name => /phone|mail|agrees/i.test(name)), [])
  t.same(rows.map(row => row.Surname), ['Żak'], 'nor suppliers, which are a right of their own')
  t.equal((await as(sofia).post('/clients/selection', { page: `${ewa}`, client: ewa })).status, 303, 'may tick them all the same')
  t.match((await as(sofia).get('/clients/export')).body, /name="of" value="selected" checked/)
  t.equal((await as(nuno).get('/clients/export')).status, 403)
  t.equal((await as(nuno).post('/clients/export', { all: '1' })).status, 403)
  t.match((await as(null).get('/clients/export')).location, /^\/sign-in/)
})

t.test('the audit log tells who exported how many, of which list, and what', async t => {
  const [entry] = await db('audit_entries').where({ kind: 'clients.exported', employee_id: marek.id })
  t.same(entry.details.changes.map(({ field, new: value }: { field: string, new: unknown }) => [field, value]), [['clients', 1], ['list_address', '/clients?show=people'], ['columns', 'Surname, E-mail, Size']])
})
