import t from 'tap'
import type { FieldKind, OwnField } from '../../src/form-editor/definition.js'
import { convert, noWords, yesWords } from '../../src/form-editor/kind/convert.js'
import type { OwnValue } from '../../src/form-editor/value.js'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { addFields } from '../support/fields.js'
import { says } from '../support/words.js'

const options = ['Steel', 'Carbon'].map((en, at) => ({ id: at + 7, labels: { en }, is_default: false, retired: false }))

function become (kind: FieldKind, value: OwnValue, to: FieldKind, country = 'PL') {
  const field: OwnField = { id: 1, key: 'x', kind, labels: {}, help: {}, default_value: '', version: 1, removed: false, options: kind.includes('choice') ? options : [] }
  return convert(value, { field, kind: to, timeZone: 'Europe/Warsaw', country, language: 'en', yes: yesWords(), no: noWords(), choices: new Map() })
}

t.test('a value becomes what it can be', async t => {
  for (const [kind, value, to, becomes] of [
    ['short_text', '12,5', 'number', 12.5], ['short_text', 'about 12', 'number', undefined], ['short_text', 'Sí', 'yes_no', true], ['short_text', 'nie', 'yes_no', false], ['short_text', 'perhaps', 'yes_no', undefined],
    ['short_text', '3.11.2026', 'date', '2026-11-03'], ['short_text', '2026-11-03', 'date', '2026-11-03'], ['short_text', '31.02.2026', 'date', undefined], ['short_text', '3/11/2026 9:30', 'date_time', '2026-11-03T08:30:00.000Z'],
    ['short_text', 'example.com', 'link', 'https://example.com'], ['short_text', 'steel', 'one_choice', 0], ['long_text', 'a\nb', 'short_text', 'a b'], ['long_text', 'x'.repeat(300), 'short_text', undefined],
    ['number', 1234.5, 'short_text', '1234.5'], ['number', 1, 'yes_no', true], ['number', 7, 'yes_no', undefined], ['yes_no', false, 'number', 0], ['yes_no', true, 'one_choice', 0], ['yes_no', true, 'short_text', 'Yes'],
    ['date', '2026-11-03', 'date_time', '2026-11-02T23:00:00.000Z'], ['date_time', '2026-11-02T23:30:00.000Z', 'date', '2026-11-03'], ['date_time', '2026-11-02T23:30:00.000Z', 'short_text', '2026-11-03 00:30'],
    ['one_choice', 8, 'several_choices', [1]], ['several_choices', [7], 'one_choice', 0], ['several_choices', [7, 8], 'one_choice', undefined], ['several_choices', [7, 8], 'short_text', 'Steel, Carbon'], ['one_choice', 7, 'unique_id', 'Steel'], ['date', '2026-11-03', 'number', undefined]
  ] as const) t.same(become(kind, value as OwnValue, to), becomes, `${kind} ${JSON.stringify(value)} to ${to}`)
  t.equal(become('short_text', '11/3/2026', 'date', 'US'), '2026-11-03')
  for (const text of ['3 listopada 2026', '3 lis 2026', '3.11.2026r.', '03.11.2026 r.', '3 XI 2026 r.', 'wt., 3 listopada 2026 roku', '3 de noviembre de 2026', 'martes 3 de noviembre de 2026', '3-nov-2026', 'terça-feira, 3 de novembro de 2026', '3/nov/2026', 'November 3, 2026', 'Tue, 3 Nov 2026 09:30', 'Nov. 3rd 2026', '2026/11/03', '2026.11.3', '20261103']) {
    t.equal(become('short_text', text, 'date', 'PL'), '2026-11-03', text)
  }
  for (const text of ['31 listopada 2026', 'przed 3 listopada 2026', '3 Novak 2026', '3 listopada 2026 albo 2027', '20261303', 'listopad 2026', '3.11.26']) t.equal(become('short_text', text, 'date', 'PL'), undefined, text)
  t.equal(become('short_text', '3 de noviembre de 2026 a las 9:30', 'date_time', 'PL'), '2026-11-03T08:30:00.000Z')
  t.equal(become('short_text', '2026-11-03T23:30:00Z', 'date', 'PL'), '2026-11-04')
  for (const [text, moment] of [['2026-11-03T14:30', '13:30'], ['2026-11-03T14:30:59', '13:30'], ['11/3/2026 2:30 PM', '13:30'], ['11/3/2026 12:05:00 a.m.', '-23:05'], ['11/3/2026 14:30', '13:30']] as const) {
    t.equal(become('short_text', text, 'date_time', 'US'), moment.startsWith('-') ? `2026-11-02T${moment.slice(1)}:00.000Z` : `2026-11-03T${moment}:00.000Z`, text)
  }
})

t.test('changing a kind first says what it would do, then does it', async t => {
  const { as, anna, marek, db } = await cast(t)
  const { size, plate } = await addFields(db, { size: { kind: 'short_text', label: 'Size' }, plate: { kind: 'short_text', label: 'Plate' } })
  const values = ['56', '57,5', 'large', '<b>58']
  const ids: number[] = []
  for (const value of values) ids.push(await addClient(db, anna, { surname: `Client ${value}`, own: [{ field: size, value }, { field: plate, value: value === '56' ? 'WR 1' : value === '57,5' ? 'wr1' : value }] }))
  const path = `/settings/form-editor/fields/${size.id}/kind`

  const dry = await as(anna).get(`${path}?kind=number`)
  t.ok(says(dry.body, 'form_editor.converts', { count: 2, n: 2 }))
  t.ok(says(dry.body, 'form_editor.left', { count: 2, n: 2 }))
  t.match(dry.body.replace(/\s+/g, ' '), /Client large<\/a>: <span class="cut">\s*large<[^]*Client &lt;b&gt;58<\/a>: <span class="cut">\s*&lt;b&gt;58/)
  t.equal((await db('client_values').where({ field_id: size.id }).whereNotNull('text_value')).length, 4, 'and changes nothing')

  t.equal((await as(anna).post(path, { kind: 'number', version: 7 })).status, 409, 'not what the dry run was about')
  t.equal((await as(anna).post(path, { kind: 'nonsense', version: 1 })).status, 422)
  t.equal((await as(anna).post(path, { kind: 'number', version: 1 })).location, `/settings/form-editor/fields/${size.id}`)
  t.match(await db('fields').where({ id: size.id }).first(), { kind: 'number', version: 2, key: 'size' })
  t.same(await db('client_values').where({ field_id: size.id }).orderBy('client_id').select('client_id', 'number_value'), [{ client_id: ids[0], number_value: '56' }, { client_id: ids[1], number_value: '57.5' }])
  const told = await as(anna).get(`/clients/${ids[2]}`)
  t.match(told.body.replace(/\s+/g, ' '), /Size <del>\s*large<\/del> → <ins>/, 'the feed keeps what left the field')
  t.match((await db('clients').where({ id: ids[2] }).first()), { version: 2 })
  t.notMatch((await as(anna).get('/clients?q=large')).body, /class="name" href="\/clients\/3"[^]*q=large.*size/)
  t.notMatch((await db('clients').where({ id: ids[2] }).first()).search_names, /large.*large.*large/, 'the search forgets it')
  t.equal((await as(anna).post(path, { kind: 'number', version: 2 })).status, 422, 'it is one already')

  // Back to words, and from words to choices.
  await as(anna).post(path, { kind: 'one_choice', version: 2 })
  t.same((await db('field_options').where({ field_id: size.id }).orderBy('position')).map(({ labels }) => labels.en), ['56', '57.5'])
  t.match(await db('client_values').where({ field_id: size.id }).orderBy('client_id').select('option_id'), [{ option_id: /\d/ }, { option_id: /\d/ }])
  await as(anna).post(path, { kind: 'several_choices', version: 3 })
  await as(anna).post(path, { kind: 'short_text', version: 4 })
  t.same(await db('client_values').where({ field_id: size.id }).orderBy('client_id').pluck('text_value'), ['56', '57.5'])
  t.equal((await db('field_options')).length, 0)
  t.match((await db('clients').where({ id: ids[1] }).first()).search_names, /57\.5/, 'and is found again')

  const unique = await as(anna).get(`/settings/form-editor/fields/${plate.id}/kind?kind=unique_id`)
  t.ok(says(unique.body, 'form_editor.left', { count: 1, n: 1 }), 'of two with one id the second is left')
  await as(anna).post(`/settings/form-editor/fields/${plate.id}/kind`, { kind: 'unique_id', version: 1 })
  t.equal((await db('client_values').where({ field_id: plate.id }).whereNotNull('unique_key')).length, 3)
  t.equal((await as(marek).get(`/settings/form-editor/fields/${plate.id}/kind`)).status, 403)
  t.equal((await db('audit_entries').where({ kind: 'forms.field_converted' })).length, 5)
})
