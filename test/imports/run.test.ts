import t from 'tap'
import { eraseClients } from '../../src/clients/erasing/erase.js'
import { forgetOldImports } from '../../src/imports/keeping.js'
import { runJob } from '../../src/imports/running/job.js'
import { AFTER_ALL, findUndo } from '../../src/imports/undoing/queries.js'
import { cast } from '../support/cast.js'
import { addClient, formOf, listed } from '../support/clients.js'
import { addFields } from '../support/fields.js'
import { bring, bringIn, check, press, some } from '../support/imports.js'
import { runJobs } from '../support/jobs.js'
import { until } from '../support/until.js'
import { says, words } from '../support/words.js'
import { workHere } from '../support/work-here.js'

const desk = await cast(t)
workHere(t, desk.app)

const clientOf = (surname: string) => desk.db('clients').where({ surname }).first()
const last = (id: number, kind: string) => desk.db('events').where({ client_id: id, kind }).orderBy('id', 'desc').first()

t.test('what is empty is filled, or what is there is overwritten, told in the feed and taken back', async t => {
  const { anna, as, db } = desk
  const fields = await addFields(db, { plate: { kind: 'unique_id' }, size: { kind: 'number' }, extras: { kind: 'several_choices', choices: ['Lights', 'Lock'] } })
  await db('campaigns').insert({ name: 'Radio' })
  const id = await addClient(db, anna, { first_name: 'Ewa', surname: 'Pierwsza', phones: ['600 100 100'], note: 'as she was', discount_services: 5, own: [{ field: fields.size, value: 52 }] })
  const file = 'Name;Phone;E-mail;Note;Address;Tags;Campaign;plate;size;extras;Discount on services;Idioma\nEwa Pierwsza;600100100;ewa@poczta.example;new note;Rynek 1;VIP;radio;WR 1;54;lights, Bell;10%;polaco\n'

  const filled = await bringIn(desk, anna, 'a.csv', file, { creates: ['tags', 'choices'], existing: 'fill' })
  t.match(some(filled.counts), { update: 1, updated: 1 })
  const page = (await as(anna).get(`/imports/${filled.id}`)).body
  t.match(page, new RegExp(`class="num">1</b> <span>${words('imports.verdicts.updated', { count: 1 })}<`), 'what is done is to be done no more')
  t.notMatch(page, words('imports.verdicts.update', { count: 1 }))
  t.match(await db('clients').where({ id }).first(), { note: 'as she was', address: 'Rynek 1', discount_services: '5.00', version: 2 })
  const first = await last(id, 'client.imported')
  t.match(first, { employee_id: anna.id, version: 2, details: { import: { id: filled.id, name: 'a.csv' }, emails: [{ address: 'ewa@poczta.example' }], tags: [{ name: 'VIP' }] } })
  t.same(first.details.changes.map((change: { field: string }) => change.field), ['address', 'language', 'campaign_id', 'own.plate', 'own.extras'])
  t.equal((await clientOf('Pierwsza')).language, 'pl')
  t.same(await db('client_values').where({ client_id: id, field_id: fields.size.id }).pluck('number_value'), ['52'])
  const profile = await as(anna).get(`/clients/${id}`)
  t.match(profile.body, new RegExp(`<a href="/imports/${filled.id}">a.csv</a>`))
  t.match(profile.body, /Bell/)
  t.same(listed((await as(anna).get('/clients?q=ewa@poczta')).body), ['Ewa Pierwsza'], 'the search knows')
  t.same(listed((await as(anna).get(`/clients?import=${filled.id}`)).body), ['Ewa Pierwsza'])

  t.match(some((await bringIn(desk, anna, 'a.csv', file, { existing: 'fill' })).counts), { same: 1 }, 'a second time nothing changes')
  const over = await bringIn(desk, anna, 'b.csv', file, { existing: 'overwrite' })
  t.match(await db('clients').where({ id }).first(), { note: 'new note', discount_services: '10.00' })
  t.same(await db('client_values').where({ client_id: id, field_id: fields.size.id }).pluck('number_value'), ['54'])

  await as(anna).post(`/clients/${id}/parts/note`, { note: 'written by hand' })
  const undone = await press(desk, anna, over.id, 'undo')
  t.match({ state: undone.state, counts: some(undone.counts) }, { state: 'undone', counts: { restored: 1, kept: 1 } })
  t.match(await db('clients').where({ id }).first(), { note: 'written by hand', discount_services: '5.00' })
  t.same(await db('client_values').where({ client_id: id, field_id: fields.size.id }).pluck('number_value'), ['52'])
  t.match((await as(anna).get(`/imports/${over.id}?show=kept`)).body, /Note/)
  t.same((await last(id, 'client.import_undone')).details.changes.map((change: { field: string }) => change.field), ['discount_services', 'own.size'])

  const back = await press(desk, anna, filled.id, 'undo')
  t.match(some(back.counts), { restored: 1 })
  t.notMatch((await as(anna).get(`/imports/${filled.id}`)).body, words('imports.verdicts.update', { count: 1 }))
  t.match(await db('clients').where({ id }).first(), { address: '', campaign_id: null, language: '' })
  t.same(await db('client_values').where({ client_id: id }).pluck('field_id'), [fields.size.id])
  t.same([await db('client_emails').where({ client_id: id }).whereNull('removed_at'), await db('client_tags').where({ client_id: id })], [[], []])
  t.same(listed((await as(anna).get('/clients?q=ewa@poczta')).body), [])
})

t.test('fifteen hundred written as Spain does is not one and a half', async t => {
  const { anna, db } = desk
  const field = await db('fields').where({ key: 'size' }).first('id')
  const { bought } = await addFields(db, { bought: { kind: 'date' } })
  await bringIn(desk, anna, 'km.csv', 'Name;size;bought\nLola Mil;1.500;46080\nPaz Mil;1,5;27.2.2026\n')
  t.same(await db('client_values as v').join('clients as c', 'c.id', 'v.client_id').where({ field_id: field.id, surname: 'Mil' }).orderBy('first_name').pluck('number_value'), ['1500', '1.5'])
  t.same(await db('client_values').where({ field_id: bought.id }).pluck('day_value'), ['2026-02-27', '2026-02-27'], 'nor is a day that a spreadsheet counted a number')
})

t.test('a row is not refused for what programs write where they mean yes, no or nothing', async t => {
  const { anna, db } = desk
  const { regular, born } = await addFields(db, { regular: { kind: 'yes_no' }, born: { kind: 'date' } })
  const done = await bringIn(desk, anna, 'odd.csv', 'Name;Supplier;regular;born;Phone;E-mail\nAda Dziwna;FAŁSZ;PRAWDA;0/0/00;600160160.0;-\nIda Dziwna;S;N;0000-00-00;+48 (0) 600 160 161;—\nUla Dziwna;N;verdadero;1980-05-01;600 160 162 wew. 12;\n')
  t.match(some(done.counts), { created: 3 })
  const clients = await db('clients').where({ surname: 'Dziwna' }).orderBy('first_name').select('id', 'is_supplier')
  t.same(clients.map(one => one.is_supplier), [false, true, false])
  const values = (field: number, column: string) => db('client_values').where({ field_id: field }).orderBy('client_id').pluck(column)
  t.same([await values(regular.id, 'number_value'), await values(born.id, 'day_value')], [['1', '0', '1'], ['1980-05-01']])
  t.same(await db('client_phones').whereIn('client_id', clients.map(({ id }) => id)).orderBy('client_id').pluck('display'), ['+48 600 160 160', '+48 600 160 161', '+48 600 160 162 ext. 12'])
})

t.test('a kind is read by all the words by which its column is known', async t => {
  const { anna, db } = desk
  const done = await bringIn(desk, anna, 'kinds.csv', 'Nombre;Tipo\nPaz Especie;Particular\nPons Especie;Empresa\nLuz Especie;Persona física\nBar Especie;B2B\n')
  t.match(some(done.counts), { created: 4 })
  t.same(await db('clients').whereLike('name', '% Especie').orderBy('id').pluck('kind'), ['person', 'company', 'person', 'company'])
})

t.test('two numbers in a cell with a word between them are two', async t => {
  const { anna, db } = desk
  const done = await bringIn(desk, anna, 'words.csv', 'Name;Phone\nIda Dwojga;600 170 171 i 600 170 172\nEwa Dwojga;600 170 173 wew. 12 lub 22 170 17 30\nUla Dwojga;600 170 174 ext. 5\n')
  t.match(some(done.counts), { created: 3 })
  t.same(await db('client_phones as p').join('clients as c', 'c.id', 'p.client_id').where({ surname: 'Dwojga' }).orderBy(['c.id', 'p.position']).pluck('display'), ['+48 600 170 171', '+48 600 170 172', '+48 600 170 173 ext. 12', '+48 22 170 17 30', '+48 600 170 174 ext. 5'])
})

t.test('a cell that says in words that there is nothing is an empty one, but a name stays a name and a mistake a mistake', async t => {
  const { anna, db } = desk
  const { hired, glasses, seat, remark } = await addFields(db, { hired: { kind: 'date' }, glasses: { kind: 'yes_no' }, seat: { kind: 'unique_id' }, remark: { kind: 'short_text' } })
  const rows = [
    'Ada Pusta;brak telefonu;brak;brak;nie;brak;brak;none;N/A;brak', 'Brak Pusta;n/a;sin correo;nie dotyczy;n/a;n/a;-;não tem;nenhum;-', 'Ida Pusta;no tiene;NIE MA;--;brak;sin datos;n/a;?;ninguno;nie ma', 'Brak;600 180 181, brak;none, iza@poczta.example;none;sim;—;sem;no;brak;',
    'Ula Pusta;600 180 182;brak@;;;;;;;', 'Ola Pusta;gdzieś jest;;;;;;;;', 'Ewa Pusta;;;wkrótce;;;;;;'
  ]
  const done = await bringIn(desk, anna, 'none.csv', `Name;Phone;E-mail;hired;glasses;seat;remark;Tags;Company name;Address\n${rows.join('\n')}\n`)
  t.match(some(done.counts), { created: 4, error: 3 })
  t.same(await db('import_rows').where({ import_id: done.id, verdict: 'error' }).orderBy('row').then(rows => rows.map(({ why }) => why[0].key)), ['form.email', 'phones.no_digits', 'form.date'])
  const clients = await db('clients').whereIn('id', db('import_rows').where({ import_id: done.id }).select('client_id')).orderBy('id').select('id', 'kind', 'first_name', 'surname', 'note', 'address')
  t.match(clients, [{ first_name: 'Ada', surname: 'Pusta' }, { first_name: 'Brak', surname: 'Pusta' }, { first_name: 'Ida' }, { first_name: 'Brak', surname: '' }].map(one => ({ kind: 'person', note: '', address: '', ...one })))
  t.same(await db('client_phones').whereIn('client_id', clients.map(({ id }) => id)).pluck('display'), ['+48 600 180 181'])
  t.same(await db('client_emails').whereIn('client_id', clients.map(({ id }) => id)).pluck('address'), ['iza@poczta.example'])
  t.same(await db('client_tags').whereIn('client_id', clients.map(({ id }) => id)), [])
  t.same(await db('client_values').whereIn('field_id', [hired.id, glasses.id, seat.id, remark.id]).orderBy(['client_id', 'field_id']).select('field_id', 'text_value', 'number_value'), [
    { field_id: glasses.id, text_value: null, number_value: '0' }, { field_id: remark.id, text_value: 'brak', number_value: null }, { field_id: remark.id, text_value: '-', number_value: null },
    { field_id: remark.id, text_value: 'n/a', number_value: null }, { field_id: glasses.id, text_value: null, number_value: '1' }, { field_id: remark.id, text_value: 'sem', number_value: null }
  ])
})

t.test('a last row that adds up those above is no client, and is told so, but whoever has a number is one', async t => {
  const { anna, as, db } = desk
  const last = async (rows: string, header = 'Lp.;Name;Phone;E-mail;Discount on services') => {
    const id = await bring(desk, anna, 'sums.csv', `${header}\n1;Iga Sumienna;600 190 ${header.length}1;;5\n${rows}\n`)
    return { id, counts: some((await check(desk, anna, id)).counts) }
  }
  const { id, counts } = await last('2;Ola Sumienna;;ola@suma.example;1500 zł\n;Razem;;;1 505,00')
  t.same(counts, { create: 1, skip: 1, error: 1 })
  t.match(await db('import_rows').where({ import_id: id, row: 4 }).first(), { verdict: 'skip', client_id: null, why: [{ key: 'imports.reasons.totals' }] })
  t.ok(says((await as(anna).get(`/imports/${id}?show=skip`)).body, 'imports.reasons.totals'))
  await addClient(db, anna, { first_name: 'Somebody', surname: 'Meanwhile' })
  t.match(some((await press(desk, anna, id, 'run')).counts), { created: 1, skip: 1, error: 1 }, 'also where rows are matched anew before they are written')

  for (const row of ['Total general;;;;12', ';TOTAL;2;;', ';Suma: 2;;;', ';;;;\n;Soma;;;', 'Total clients;;;2;', ';;;;\nRazem klientów 2;;;;']) t.same((await last(row)).counts.skip, 1, row)
  for (const row of [';Suma;600 190 199;;5', ';Total;;total@suma.example;', ';Suma;;;', ';Total 3;;;', ';Suma Anna;;;5', ';Razem;;;1\n2;Ola Sumienna;600 190 198;;']) t.same((await last(row)).counts.skip, undefined, row)
})

t.test('who is called "Total" and has anything that adds nothing up is a client', async t => {
  const { anna, db } = desk
  await addFields(db, { nip: { kind: 'unique_id' }, flats: { kind: 'number' } })
  const last = async (header: string, rows: string) => some((await check(desk, anna, await bring(desk, anna, 'called.csv', `${header}\n${rows}\n`))).counts).skip
  t.equal(await last('Nazwa;nip', 'Alfa Sumaryczna;77\nRazem;78'), undefined, 'a number of their own')
  t.equal(await last('Nazwa;REGON', 'Alfa Sumaryczna;525254879\nRazem;525254880'), undefined, 'one that is too long to be an amount')
  t.equal(await last('Nazwa;Inny', 'Alfa Sumaryczna;\nTotal;22 600 10 02 03'), undefined)
  t.equal(await last('Nazwa;Od kiedy', 'Alfa Sumaryczna;01.02.2024\nSuma;03.02.2024'), undefined, 'a day')
  t.equal(await last('Lp;Nazwa;Uwagi', '1;Alfa Sumaryczna;\n2;Total;'), undefined, 'counted on')
  t.equal(await last('Lp;Nazwa;flats;Saldo', '1;Alfa Sumaryczna;2;\n2;Beta Sumaryczna;3;5\n;Total;5;1 234 567,89 zł'), 1)
})

t.test('the names of the columns once more are no client', async t => {
  const { anna, as } = desk
  const id = await bring(desk, anna, 'two.csv', 'Name;Note;Town\nIga Podwójna;;\nName;Note;\nName;;\nNote;Name;\n')
  t.same(some((await check(desk, anna, id)).counts), { create: 3, skip: 1 })
  t.ok(says((await as(anna).get(`/imports/${id}?show=skip`)).body, 'imports.reasons.header'))
})

t.test('an answer that is a "no", and a part of an address that may look like nothing, are kept', async t => {
  const { anna, db } = desk
  const { smokes } = await addFields(db, { smokes: { kind: 'one_choice', choices: ['Tak'] } })
  const file = 'Name;smokes;Ulica;Nr domu;Miasto;Województwo\nAda Dosłowna;tak;Calle Mayor;s/n;Pamplona;NA\nEwa Dosłowna;Nie;Main Street;5;Fargo;ND\nIda Dosłowna;brak;-;;Oslo;NO\nOla Dosłowna;n/d;brak;n/a;;\n'
  const refused = await check(desk, anna, await bring(desk, anna, 'literal.csv', file.replaceAll('Dosłowna', 'Odmowna')))
  t.match(some(refused.counts), { create: 2, error: 2 }, 'a choice that there is not is asked about')
  t.match(some((await bringIn(desk, anna, 'literal.csv', file, { creates: ['choices'] })).counts), { created: 4 })
  const clients = db('clients').where({ surname: 'Dosłowna' }).orderBy('first_name')
  t.same(await clients.clone().pluck('address'), ['Calle Mayor, s/n, Pamplona, NA', 'Main Street, 5, Fargo, ND', 'Oslo, NO', ''])
  t.same(await clients.join('client_values as v', { 'v.client_id': 'clients.id', 'v.field_id': smokes.id }).join('field_options as o', 'o.id', 'v.option_id').select(db.raw('(select value from jsonb_each_text(to_jsonb(o.labels))) as word')).then(rows => rows.map(({ word }) => word)), ['Tak', 'Nie', 'brak'])
})

t.test('numbers that a table took for quantities, and addresses as letters have them, are what they were', async t => {
  const { anna, db } = desk
  const done = await bringIn(desk, anna, 'quantities.csv', 'Name;Phone;E-mail\nIda Ułamek;6.00100205E8;Ida Ułamek <ida@ulamek.example>\nEwa Ułamek;600100206,0;ewa@ulamek.example lub ewa2@ulamek.example\nUla Ułamek;6,00100207E+08;ula@ulamek.example / ula2@ulamek.example.\nOla Ułamek;6.001E+08;\nAda Ułamek;;ada@ulamek.example (stary)\n')
  t.match(some(done.counts), { created: 3, error: 2 })
  const clients = db('clients').where({ surname: 'Ułamek' }).select('id')
  t.same(await db('client_phones').whereIn('client_id', clients).orderBy('id').pluck('display'), ['+48 600 100 205', '+48 600 100 206', '+48 600 100 207'])
  t.same(await db('client_emails').whereIn('client_id', clients).orderBy('id').pluck('address'), ['ida@ulamek.example', 'ewa@ulamek.example', 'ewa2@ulamek.example', 'ula@ulamek.example', 'ula2@ulamek.example'])
})

t.test('days are read as their column writes them where that is plain, and moments by the company\'s clocks', async t => {
  const { anna, db } = desk
  const { birth, joined, seen } = await addFields(db, { birth: { kind: 'date' }, joined: { kind: 'date' }, seen: { kind: 'date_time' } })
  const days = async (name: string, rows: string[]) => {
    const done = await bringIn(desk, anna, `${name}.csv`, `Name;birth;joined;seen\n${rows.map((row, n) => `${name} Nr${n};${row}`).join('\n')}\n`)
    const values = await db('client_values as v').join('clients as c', 'c.id', 'v.client_id').where({ first_name: name }).whereIn('field_id', [birth.id, joined.id, seen.id]).orderBy(['c.id', 'field_id']).select('day_value', 'moment_value')
    return [some(done.counts), values.map(({ day_value, moment_value }) => day_value ?? moment_value.toISOString().slice(0, 16))]
  }
  // Six hundred rows without a day, and the one that tells behind them.
  const many = Array.from({ length: 600 }, () => ';;')
  t.same(await days('Outlook', ['1/2/1980;1/2/2020;3/14/2025 2:30 PM', ...many, '3/14/1985;13/1/2020;1/2/2025 08:00']), [{ create: 602, created: 602 }, ['1980-01-02', '2020-02-01', '2025-03-14T13:30', '1985-03-14', '2020-01-13', '2025-01-02T07:00']])
  t.same(await days('Both', ['1/2/1980;;', '14/3/1985;;', '3/14/1985;;']), [{ create: 2, created: 2, error: 1 }, ['1980-02-01', '1985-03-14']], 'a file that has both is read as the country does')
  const unsure: [string, string, string[], string[]][] = [
    ['Dots', 'a month is never first where dots stand', ['1.2.1980', '5.6.1990', '3.13.1985'], ['1980-02-01', '1990-06-05']],
    ['Mixed', 'some from another program', ['1.2.1980', '3/14/1985'], ['1980-02-01']],
    ['Excel', 'some that a spreadsheet took for days', ['1980-02-01', '1/2/1980', '3/14/1985'], ['1980-02-01', '1980-02-01']],
    ['Slip', 'no day at all tells nothing', [...Array.from({ length: 8 }, (_, n) => `${n + 1}/2/1980`), '5/45/1985', '0/14/1985'], Array.from({ length: 8 }, (_, n) => `1980-02-0${n + 1}`)],
    ['Firsts', 'one among many that fit', [...Array.from({ length: 9 }, (_, n) => `1/${n + 1}/2020`), '1/13/2020'], Array.from({ length: 9 }, (_, n) => `2020-0${n + 1}-01`)]
  ]
  for (const [name, why, cells, read] of unsure) t.same(await days(name, cells.map(cell => `${cell};;`)), [{ create: read.length, created: read.length, error: cells.length - read.length }, read], why)
  t.same(await days('Zone', ['2025-03-14T23:30:00Z;2025-03-14T23:30:00.123+0100;2025-03-14T23:30:00Z', '1985-03-12T00:00:00Z;2025-03-14T20:00-08;2025-03-14 23:30', '1985-03-12T00:00:00.000-05:00;2025-03-14 23:59:59;2025-03-14T23:30+02:00']), [{ create: 3, created: 3 }, [
    '2025-03-15', '2025-03-14', '2025-03-14T23:30', '1985-03-12', '2025-03-15', '2025-03-14T22:30', '1985-03-12', '2025-03-14', '2025-03-14T21:30'
  ]])
})

t.test('whom an import makes is found by all that somebody typed in would be', async t => {
  const { anna, db } = desk
  await addFields(db, { frame: { kind: 'unique_id' }, wishes: { kind: 'short_text' } })
  const done = await bringIn(desk, anna, 'found.csv', 'Name;Company;Phone;E-mail;Tags;frame;wishes\nŻaneta Święta;;600 150 150, +351 912 345 678;zaneta@poczta.example;Żółte, Alfa;WR 77;Łódź\n;Zdrój sp. z o.o.;;;;;\n', { creates: ['tags'] })
  t.match(some(done.counts), { created: 2 })
  const found = async () => ({
    clients: await db('clients').whereIn('id', db('import_rows').where({ import_id: done.id }).select('client_id')).orderBy('id').select('id', 'search_names', 'search_contacts'),
    words: await db('client_words').whereIn('client_id', db('import_rows').where({ import_id: done.id }).select('client_id')).orderBy(['client_id', 'word'])
  })
  const written = await found()
  t.match(written.clients[0], { search_names: /swieta alfa zolte wr 77 wr77 lodz/, search_contacts: /^48600150150 600150150 351912345678 912345678 zaneta@/ })
  await db.raw('select index_clients(array(select id from clients))')
  t.same(written, await found())
})

t.test('rows are known by number, id, phone and e-mail, also among themselves, and a doubtful one is an error', async t => {
  const { anna, db } = desk
  const [a, b] = [await addClient(db, anna, { first_name: 'Adam', surname: 'Wtóry', phones: ['600 200 201'] }), await addClient(db, anna, { first_name: 'Beata', surname: 'Wtóra', emails: ['beata@poczta.example'] })]
  const away = await addClient(db, anna, { first_name: 'Cezary', surname: 'Dawny', phones: ['600 200 203'], archived: true })
  const file = `Client number,Name,Phone,E-mail,Note
,Adam Wtóry,+48 600-200-201,,by phone
,Beata Wtóra,,BEATA@poczta.example,by e-mail
${b},,600 200 299,,by number
,Adam Beata,600200201,beata@poczta.example,two of them
999999,Nobody,,,no such number
,Cezary Dawny,600200203,,comes back
,Dorota Nowa,600200204,,the first
,Dorota N.,600200204,d@poczta.example,joins
`
  const id = await bring(desk, anna, 'c.csv', file)
  const checked = await check(desk, anna, id, { 'column.0': 'id', existing: 'fill' })
  t.same(some(checked.counts), { create: 1, update: 5, error: 2 })
  const rows = await db('import_rows').where({ import_id: id }).orderBy('row').select('row', 'verdict', 'client_id', 'round', 'why', 'restores', 'twin')
  t.match(rows.map(row => row.verdict), ['update', 'update', 'update', 'error', 'error', 'update', 'create', 'update'])
  t.match(rows.slice(0, 3).map(row => [row.client_id, row.round]), [[a, 1], [b, 1], [b, 2]])
  t.match(rows[3].why[0], { key: 'imports.wrong.several', values: { clients: `Adam Wtóry (${a}), Beata Wtóra (${b})` } })
  t.match(rows[4].why[0], { key: 'imports.wrong.no_client' })
  t.match([rows[5].client_id, rows[5].restores, rows[7].twin], [away, true, 8])
  await press(desk, anna, id, 'run')
  t.match(await db('clients').where({ id: away }).first(), { archived_at: null })
  const dorota = await clientOf('Nowa')
  t.equal(dorota.id, rows[6].client_id)
  t.match(await db('client_emails').where({ client_id: dorota.id }).pluck('address'), ['d@poczta.example'])

  await addClient(db, anna, { first_name: 'Somebody', surname: 'Else', phones: ['600 200 204'] })
  await db('events').insert({ client_id: dorota.id, kind: 'comment', employee_id: anna.id, body: 'works with us' })
  const undone = await press(desk, anna, id, 'undo')
  t.match(some(undone.counts), { kept: 1, restored: 5 })
  t.not((await db('clients').where({ id: away }).first()).archived_at, null)
  t.equal((await clientOf('Nowa')).archived_at, null, 'who was worked with stays')
})

t.test('rows that only make a client have their numbers from the check, in the order of the file, and others never keep one', async t => {
  const { anna, db } = desk
  const known = await addClient(db, anna, { first_name: 'Klara', surname: 'Znana', phones: ['600 210 201'] })
  const file = 'Name,Phone,Campaign\nLena Pierwsza,600210202,\n,600210203,\nKlara Znana,600210201,\nLidia Druga,600210204,\nLidia Druga,600210204,\nLuiza Trzecia,600210205,No such campaign\nLucja Czwarta,,\n'
  const id = await bring(desk, anna, 'numbers.csv', file)
  for (const existing of ['fill', 'skip']) {
    const checked = await check(desk, anna, id, { existing })
    t.same(some(checked.counts), existing === 'fill' ? { create: 3, update: 1, same: 1, error: 2 } : { create: 3, skip: 2, error: 2 })
    const rows = await db('import_rows').where({ import_id: id }).orderBy('row').select('verdict', 'client_id', 'round')
    const [lena, nameless, klara, lidia, again, luiza, lucja] = rows
    t.match(rows.map(row => row.verdict), existing === 'fill' ? ['create', 'error', 'same', 'create', 'update', 'error', 'create'] : ['create', 'error', 'skip', 'create', 'skip', 'error', 'create'])
    t.match([nameless.client_id, klara.client_id, luiza.client_id], [null, known, null])
    t.ok(lena.client_id < lidia.client_id && lidia.client_id < lucja.client_id)
    t.match([again.client_id, again.round], [lidia.client_id, 2])
  }
  const made = await db('import_rows').where({ import_id: id, verdict: 'create' }).orderBy('row').pluck('client_id')
  t.match(some((await press(desk, anna, id, 'run')).counts), { created: 3 })
  t.same(await db('clients').whereIn('id', made).orderBy('id').pluck('surname'), ['Pierwsza', 'Druga', 'Czwarta'])
})

t.test('skipping leaves everybody alone, refusal is said before anything is written', async t => {
  const { anna, db } = desk
  await addClient(db, anna, { first_name: 'Filip', surname: 'Trzeci', phones: ['600 300 301'] })
  const file = 'Name,Phone\nFilip Trzeci,600300301\nGrażyna Trzecia,600300302\nGrażyna Trzecia,600300302\n'
  const id = await bring(desk, anna, 'd.csv', file)
  t.same(some((await check(desk, anna, id, { existing: 'skip' })).counts), { create: 1, skip: 2 })
  await db('organisation').update({ phone_uniqueness: 'refuse' })
  const checked = await check(desk, anna, id, { match: ['email'], existing: 'fill' })
  t.same(some(checked.counts), { create: 1, error: 2 })
  t.same((await db('import_rows').where({ import_id: id, verdict: 'error' }).orderBy('row')).map(({ why }) => why[0].key), ['imports.wrong.taken', 'imports.wrong.twice'])
  const run = await press(desk, anna, id, 'run')
  t.match(some(run.counts), { created: 1, error: 2 })
  await db('organisation').update({ phone_uniqueness: 'warn' })
})

t.test('consents come in only with where they come from, and never against a withdrawal', async t => {
  const { anna, as, db } = desk
  const id = await addClient(db, anna, { first_name: 'Hanna', surname: 'Czwarta', phones: [{ number: '600 400 401', on: ['sms'] }, '600 400 402'], emails: ['hanna@poczta.example'] })
  const [phone] = await db('client_phones').where({ client_id: id }).orderBy('id')
  await db.transaction(async trx => {
    await trx('client_phones').where({ id: phone.id }).update({ sms: false })
    await trx('consents').insert({ client_id: id, phone_id: phone.id, channel: 'sms', address: phone.display, given: false, source: 'form' })
  })
  const number = await bring(desk, anna, 'e.csv', 'Name,Phone,E-mail,SMS,Agrees to e-mail\nHanna Czwarta,"600400401, 600400402",hanna@poczta.example,yes,yes\nIrena Czwarta,600400403,,yes,\n')
  const form = formOf((await as(anna).get(`/imports/${number}`)).body, `/imports/${number}/columns`)
  const columns = { ...form, 'column.3': 'consent.sms', 'column.4': 'consent.email' }
  const refused = await as(anna).post(`/imports/${number}/columns`, columns)
  t.equal(refused.status, 422)
  t.ok(says(refused.body, 'imports.how_missing'))
  await check(desk, anna, number, { ...columns, how: 'writing', how_note: 'blue folder' })
  for (const [show, address] of [['create', '+48 600 400 403'], ['update', '+48 600 400 402']] as const) {
    t.match((await as(anna).get(`/imports/${number}?show=${show}`)).body, `${words('feed.consent_given', { channel: 'SMS' })} · <span class="num">${address}<`, 'the dry run tells of them')
  }
  await press(desk, anna, number, 'run')
  t.same(await db('client_phones').where({ client_id: id }).orderBy('id').pluck('sms'), [false, true])
  t.match(await db('consents').where({ source: 'import' }).orderBy('id').select('channel', 'given', 'source_name', 'how'), [{ channel: 'sms', given: true, source_name: 'e.csv', how: 'writing' }, { channel: 'email' }, { channel: 'sms' }].slice(0, 3))
  t.match(await db('consent_notes').pluck('note'), ['blue folder', 'blue folder', 'blue folder'])
  await press(desk, anna, number, 'undo')
  t.same(await db('client_phones').where({ client_id: id }).orderBy('id').pluck('sms'), [false, false])
})

t.test('an import goes on where it was, stops when its person may not any more, and never writes twice', async t => {
  const { anna, olga, as, app, db } = desk
  const ROWS = 900
  const rows = Array.from({ length: ROWS }, (_, n) => `Klient ${n},+48 7${String(20_000_000 + n)}`)
  const id = await bring(desk, anna, 'f.csv', `Name,Phone\n${rows.join('\n')}\n`)
  await check(desk, anna, id, { match: ['phone'], existing: 'fill' }) // what was chosen for the last file with these columns is remembered
  await as(anna).post(`/imports/${id}/run`)
  const stopping = new AbortController()
  const seen = db('imports').where({ id })
  const stopped = until(async () => (await seen.clone().first('done')).done > 0).then(() => stopping.abort(new Error('stopped')))
  await runJob(app, desk.url, { batch: 10 })({ id }, { signal: stopping.signal, log: app.log, attempt: 1, isLast: false }).catch(() => {})
  await stopped
  const { done } = await seen.clone().first('done')
  t.ok(done > 0 && done < ROWS, `stopped after ${done}`)
  t.equal(Number((await db('clients').where({ first_name: 'Klient' }).count())[0]!.count), done, 'what is written is counted')

  await db('roles').where({ id: anna.roleId }).update({ rights: db.raw("array_remove(rights, 'clients.import')") })
  await runJobs(app)
  t.match(await seen.clone().first(), { state: 'stopped', problem: { key: 'imports.problem.rights' } })
  t.equal((await as(anna).get(`/imports/${id}`)).status, 403)
  await addClient(db, anna, { first_name: 'Meanwhile', phones: [`+48 7${20_000_000 + ROWS - 1}`] })
  t.ok(says((await as(olga).get(`/imports/${id}`)).body, 'imports.problem.rights'))
  const finished = await press(desk, olga, id, 'run')
  t.match([finished.state, finished.counts.created, finished.counts.updated], ['done', ROWS - 1, 1])
  t.equal(Number((await db('clients').where({ first_name: 'Klient' }).count())[0]!.count), ROWS - 1)
  await db('roles').where({ id: anna.roleId }).update({ rights: db.raw("array_append(rights, 'clients.import')") })
})

t.test('the dry run tells of each row whom it is about and what it brings or changes, and of the wrong ones in sum why', async t => {
  const { anna, marek, as, app, db } = desk
  const fields = await addFields(db, { chassis: { kind: 'unique_id', label: 'Frame number' }, colours: { kind: 'several_choices', label: 'Colours', choices: ['Red'] } })
  await db('form_items').where({ field_id: fields.chassis.id }).update({ required: true })
  await db('form_versions').increment('version')
  await addClient(db, anna, { first_name: 'Jan', surname: 'Piąty', phones: ['600 500 501'], address: 'Stara 1', own: [{ field: fields.chassis, value: 'R 5' }] })
  await addClient(db, anna, { first_name: 'Ukryta', surname: 'Hurtownia', is_supplier: true, phones: ['600 500 502'] })
  const rows = ['Jan Szósty,,R5,Nowa 2,"Red,Blue",VIP,Radio Piąte', 'Ola Szósta,600500503,R 6,,Blue,Nowy,', 'Ala Szósta,600500503,,,,,', ',600500502,,,,,', 'Ela,600500505,,,,,', 'Iza,600500506,R 7,,,,Radio Szóste', 'Iga,600500507,R 8,,,,Radio Szóste']
  const id = await bring(desk, anna, 'h.csv', `Name,Phone,Frame number,Address,Colours,Tags,Campaign\n${rows.join('\n')}\n`)
  await db('campaigns').insert({ name: 'Radio Piąte' })
  await check(desk, anna, id, { match: ['own.chassis', 'phone'], existing: 'overwrite', creates: ['choices', 'tags'] })
  const shown = async (show: string, who = anna) => (await as(who).get(`/imports/${id}?show=${show}`)).body.replace(/<svg.*?<\/svg>/gs, '').replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
  const update = await shown('update')
  t.match(update, /Jan Piąty \(\d+\), known by: Frame number/)
  t.match(update, /VIP Surname Piąty → Szósty Address Stara 1 → Nowa 2 Found us through → Radio Piąte Frame number R 5 → R5 Colours → Red, Blue/)
  t.match(update, /Ala Szósta \+48 600 500 503 The same client as in row 3\. $/)
  t.match(await shown('create'), /Ola Szósta \+48 600 500 503 Nowy Frame number → R 6 Colours → Blue/)
  const wrong = await shown('error')
  t.match(wrong, /2 Campaign: There is no campaign “Radio Szóste”\. 1 .*Frame number: /, 'by its label')
  t.notMatch(wrong, /own\.chassis|chassis:/)

  const seller = await db('roles').where({ id: anna.roleId }).first('rights')
  await db('roles').where({ id: anna.roleId }).update({ rights: db.raw("array_remove(rights, 'suppliers.view')") })
  await check(desk, anna, id, { match: ['own.chassis', 'phone'] })
  t.notMatch(await shown('error'), /Hurtownia/, 'who may not be seen has no name')
  await db('roles').where({ id: anna.roleId }).update({ rights: seller.rights })

  t.equal((await as(marek).post(`/imports/${id}/creates`, { creates: 'campaigns' })).status, 403)
  t.match((await as(anna).get(`/imports/${id}?show=error`)).body, /name="creates" value="campaigns"/)
  await as(anna).post(`/imports/${id}/creates`, { creates: 'campaigns' })
  await runJobs(app)
  t.match(await db('imports').where({ id }).first(), { state: 'checked', rules: { creates: ['tags', 'campaigns', 'choices'] } })
  t.notMatch(await shown('error'), /Radio/)
  const done = await press(desk, anna, id, 'run')
  t.equal(done.state, 'done')
  t.match(await shown('update'), /VIP Surname Piąty → Szósty/, 'and what they have changed, when they have')
  await db('form_items').where({ field_id: fields.chassis.id }).update({ required: false })
  await db('form_versions').increment('version')
})

t.test('what is to be taken back next is found at the end of what is left, round by round, not by going through all of it', async t => {
  const { db } = desk
  const id = 999_999
  await db('import_rows').insert(Array.from({ length: 40 }, (_, n) => ({ import_id: id, row: n + 2, verdict: n % 10 === 9 ? 'error' : 'update', round: n < 30 ? 1 : 2 })))
  const asked: { sql: string, bindings: unknown[] }[] = []
  const listen = (query: { sql: string, bindings: unknown[] }) => { asked.push(query) }
  db.on('query', listen)
  const found: object[] = []
  for (let before = { round: 32_767, row: AFTER_ALL }; ;) {
    const next = await findUndo(db, { id, round: 2, row: 38, before, size: 12 })
    if (!next) break
    found.push(next)
    before = { round: next.round, row: next.from }
  }
  db.off('query', listen)
  t.same(found, [{ round: 2, from: 32, to: 38, rows: 7 }, { round: 1, from: 18, to: 30, rows: 12 }, { round: 1, from: 5, to: 17, rows: 12 }, { round: 1, from: 2, to: 4, rows: 3 }])
  for (const { sql, bindings } of asked) {
    const { rows } = await db.raw(`explain ${sql.replace(/\$\d+/g, '?')}`, bindings as string[])
    t.notMatch(rows.map((row: object) => Object.values(row)[0]).join('\n'), /Nested Loop|CTE Scan/)
  }
  await db('import_rows').where({ import_id: id }).delete()
})

t.test('an undo names whom it made and somebody has merged since', async t => {
  const { anna, as, db } = desk
  const one = await bringIn(desk, anna, 'm.csv', 'Name,Phone\nScalony Jeden,600700701\nScalony Dwa,600700702\n')
  const ids: number[] = await db('clients').where({ first_name: 'Scalony' }).orderBy('id').pluck('id')
  const form = formOf((await as(anna).get(`/clients/merge?ids=${ids.join(',')}`)).body, '/clients/merge')
  t.equal((await as(anna).post('/clients/merge', form)).location, `/clients/${ids[0]}`)
  t.same(some((await press(desk, anna, one.id, 'undo')).counts), { create: 2, created: 2, kept: 2 })
  t.same(await db('import_rows').where({ import_id: one.id }).orderBy('row').pluck('kept'), [['client'], ['merged']])
  t.ok(says((await as(anna).get(`/imports/${one.id}`)).body, 'imports.kept_merged'))
})

t.test('three months after it was over, what became of each row is forgotten, and that it can be undone no more is said', async t => {
  const { anna, as, db } = desk
  const over = await bringIn(desk, anna, 'i.csv', 'Name,Phone\nDawny Klient,600600601\n')
  const left = await bring(desk, anna, 'j.csv', 'Name,Phone\nNigdy,600600602\n')
  const failed = await bring(desk, anna, 'k.csv', 'Name,Phone\nNigdy,600600603\n')
  await db('imports').where({ id: failed }).update({ state: 'failed', content: null })
  t.equal((await as(anna).post(`/imports/${failed}/columns`)).status, 404, 'without its file nothing can be read')
  t.notMatch((await as(anna).get(`/imports/${failed}`)).body, /\/columns"/)
  for (const id of [over.id, left]) await db('imports').where({ id }).update({ created_at: db.raw("now() - interval '92 days'"), checked_at: null, finished_at: id === left ? null : db.raw("now() - interval '91 days'") })
  await forgetOldImports(db)
  t.equal((await db('import_rows').whereIn('import_id', [over.id, left])).length, 0)
  const forgotten = await db('imports').where({ id: left }).first()
  t.same([forgotten.content, forgotten.inspected.sample, forgotten.inspected.header], [null, [], ['Name', 'Phone']])
  const { body } = await as(anna).get(`/imports/${over.id}`)
  t.ok(says(body, 'imports.forgotten', { count: 90 }))
  t.notMatch(body, /\/undo"|\?show=/)
  for (const action of ['undo', 'run']) t.equal((await as(anna).post(`/imports/${over.id}/${action}`)).status, 404)
  t.ok(says((await as(anna).get(`/imports/${left}`)).body, 'imports.file_gone', { count: 90 }))

  const erased = await bringIn(desk, anna, 'l.csv', 'Name,Phone\nZapomniany,600600604\n')
  const { id } = await db('clients').where({ first_name: 'Zapomniany' }).first()
  await db.transaction(trx => eraseClients(trx, anna, [id], 'request'))
  const { content, inspected } = await db('imports').where({ id: erased.id }).first()
  t.same([content, inspected.sample], [null, []], 'nor is whoever is erased found in what was looked at first')
})

t.test('strangers, those without the right, files that are none, and numbers that are none', async t => {
  const { anna, marek, as } = desk
  t.equal((await as(null).get('/imports')).status, 303)
  t.equal((await as(marek).get('/imports')).status, 403)
  t.equal((await as(anna).get('/imports/999')).status, 404)
  t.equal((await as(anna).post('/imports/x/run')).status, 404)
  await t.rejects(bring(desk, anna, 'x.xls', Buffer.from('d0cf11e0a1b11ae1', 'hex')), /refused: ./)
  await t.rejects(bring(desk, anna, 'x.csv', ''), /refused: ./)
  t.equal((await as(anna).post('/imports', {})).error('file'), 'Choose a file first.')
  const id = await bring(desk, anna, 'g.csv', 'Phone,Note\n600500500,x\n')
  const refused = await as(anna).post(`/imports/${id}/columns`, { 'column.0': 'note', 'column.1': 'note', existing: 'fill' })
  t.equal(refused.status, 422)
  t.ok(says(refused.body, 'imports.no_name'))
})
