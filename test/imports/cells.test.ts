import t from 'tap'
import { cast } from '../support/cast.js'
import { addFields } from '../support/fields.js'
import { bring, bringIn, check, press, some } from '../support/imports.js'
import { says } from '../support/words.js'
import { workHere } from '../support/work-here.js'

const desk = await cast(t)
workHere(t, desk.app)

t.test('a line about the sheet itself and an example are no client, and whoever has more than a name is one', async t => {
  const { anna, as } = desk
  const rows = 'Np. Jan Kowalski;600 195 190;jan@poczta.example\nIga Liniowa;600 195 191;\nOla Liniowa;600 195 192;ola@liniowa.example\nPrzykład: Ewa Nowak;;\n;Sporządził: Anna Nowak 12.03.2026;\nStrona 1 z 3;;\nStrona 1 z 3;600 195 193;\n'
  const id = await bring(desk, anna, 'lines.csv', `Name;Phone;E-mail\n${rows}`)
  t.same(some((await check(desk, anna, id)).counts), { create: 3, skip: 4 })
  const page = (await as(anna).get(`/imports/${id}?show=skip`)).body
  t.ok(says(page, 'imports.reasons.example') && says(page, 'imports.reasons.remark'))
  t.same(some((await check(desk, anna, await bring(desk, anna, 'alone.csv', 'Name;Phone;E-mail\nStrona 1 z 3;;\nIga;;\nOla;;\n'))).counts), { create: 3 }, 'where rows have one cell, none is told from others')
})

t.test('a surname that stands first in most of a column is one, a title no first name, and a partnership a company', async t => {
  const { anna, db } = desk
  await bringIn(desk, anna, 'first.csv', 'Klient;Uwagi\nPrzecinkowski, Jan;1\nPrzecinkowska, dr Anna;2\nmgr inż. Ewa Przecinkowa;3\nPrzecinek, Kos i Wspólnicy;4\n')
  t.match(await db('clients').whereLike('name', '%Przecin%').orderBy('id').select('kind', 'first_name', 'surname', 'company_name'), [
    { first_name: 'Jan', surname: 'Przecinkowski' }, { first_name: 'dr Anna', surname: 'Przecinkowska' }, { first_name: 'mgr inż. Ewa', surname: 'Przecinkowa' }, { kind: 'company', company_name: 'Przecinek, Kos i Wspólnicy' }
  ])
})

t.test('who is named beside a company stands in its note', async t => {
  const { anna, db } = desk
  await bringIn(desk, anna, 'beside.csv', 'Name;Company name;Phone;Notes\nIga Obok;Obok Rowery;600 199 191;Płaci w terminie\nObok Auta;Obok Auta;600 199 192;\n')
  t.match(await db('clients').whereLike('name', 'Obok%').orderBy('id').select('company_name', 'note'), [{ company_name: 'Obok Rowery', note: 'Iga Obok\nPłaci w terminie' }, { company_name: 'Obok Auta', note: '' }])
})

t.test('a tag, a company and a language that only look like nothing are kept or asked about', async t => {
  const { anna, db } = desk
  const id = await bring(desk, anna, 'words.csv', 'Name;Company name;Tags;Language\nIga Słowna;Nada;Unknown;\nOla Słowna;brak;none;n/a\nUla Słowna;unknown;;\nEwa Słowna;;;no\n')
  t.match(some((await check(desk, anna, id)).counts), { create: 3, error: 1 })
  t.match((await db('import_rows').where({ import_id: id, verdict: 'error' }).first()).why, [{ column: 3, key: 'imports.wrong.language' }])
  await press(desk, anna, id, 'run')
  const clients = await db('clients').where({ surname: 'Słowna' }).orderBy('id').select('id', 'note')
  t.same(clients.map(({ note }) => note), ['Nada', '', ''])
  t.same(await db('client_tags as c').join('tags', 'tags.id', 'c.tag_id').whereIn('client_id', clients.map(({ id }) => id)).select('client_id', 'tags.name'), [{ client_id: clients[0].id, name: 'Unknown' }])
})

t.test('a formula\'s error is left out and told where nothing hangs on it, and refused where the client does', async t => {
  const { anna, as, db } = desk
  await addFields(db, { badge: { kind: 'unique_id' } })
  const rows = ['Iga Błędna;600 197 191;#N/A;#REF!;#VALUE!;', 'Ola Błędna;#N/A;ola@bledna.example;;;', '#ADR!;600 197 192;;;;', 'Ewa Błędna;;#N/A;;;', 'Ida Błędna;600 197 193;;;;#REF!', 'Ula Błędna;600 197 194;;#DZIEL/0!;;']
  const id = await bring(desk, anna, 'errors.csv', `Name;Phone;E-mail;Notes;Company;badge;Left\n${rows.map(row => `${row};#NUM!`).join('\n')}\n`)
  const { counts } = await check(desk, anna, id)
  t.same(some(counts), { create: 2, error: 4, emptied: 4 })
  t.match(await db('import_rows').where({ import_id: id, verdict: 'error' }).orderBy('row').then(rows => rows.map(({ why }) => why[0])), [1, 0, 2, 5].map(column => ({ column, key: 'imports.wrong.cell_error' })))
  const page = (await as(anna).get(`/imports/${id}?show=create`)).body
  t.ok(says(page, 'imports.left_empty', { name: '#REF!' }) && !says(page, 'imports.left_empty', { name: '#NUM!' }), 'of the columns that are imported')
  t.ok(says(page, 'imports.emptied', { what: 'E-mail: #N/A (1), Notes: #DZIEL/0! (1), Notes: #REF! (1), Company: #VALUE! (1)' }))
  await press(desk, anna, id, 'run')
  t.same(await db('clients').where({ surname: 'Błędna' }).orderBy('id').pluck('note'), ['', ''])
})

t.test('a row without a name is told by what stands in it', async t => {
  const { anna, as } = desk
  const id = await bring(desk, anna, 'nameless.csv', 'Unknown here;First name;Phone\nGrand Totals (2 records);;\nx;Iga;600 196 196\n')
  t.same(some((await check(desk, anna, id)).counts), { create: 1, error: 1 })
  t.match((await as(anna).get(`/imports/${id}?show=error`)).body, />Grand Totals \(2 records\)<\/q>/)
})
