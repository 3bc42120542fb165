import { readdirSync } from 'node:fs'
import t from 'tap'
import type { FieldKind, OwnField } from '../../src/form-editor/definition.js'
import { parseNumber } from '../../src/form-editor/number.js'
import { decimalMark } from '../../src/web/format.js'
import { instantOf, localOf } from '../../src/web/zone.js'
import { defaultValues, readValues } from '../../src/form-editor/schema.js'
import { listOwnFields, shapeOf } from '../../src/form-editor/shape.js'
import { valuesOf, type OwnValue } from '../../src/form-editor/value.js'
import { IdTaken, saidByValues, unpacked, valueRows, writeValues } from '../../src/form-editor/values.js'
import { down } from '../../migrations/0007_shape_forms.js'
import type { Db } from '../../src/database/knex.js'
import { inRoot } from '../../src/paths.js'
import { testDatabase } from '../support/database.js'
import { addFields } from '../support/fields.js'

const timeZone = 'Europe/Warsaw'
const options = [1, 2, 3].map(id => ({ id, labels: { en: `Choice ${id}` }, is_default: id === 2, retired: id === 3 }))
const field = (kind: FieldKind, rest: Partial<OwnField> = {}): OwnField =>
  ({ id: 1, key: kind, kind, labels: { en: kind }, help: {}, default_value: '', version: 1, removed: false, options: kind.includes('choice') ? options : [], ...rest })
const read = (kind: FieldKind, typed: string | string[], current: OwnValue = null) => {
  const { values, errors } = readValues([field(kind)], { [`own.${kind}`]: typed }, { timeZone, current: { [kind]: current } })
  return errors[`own.${kind}`]?.key ?? values[kind]
}

t.test('a number is read as people type it', async t => {
  for (const [typed, is] of Object.entries({
    '12': 12, '-3': -3, '1234.5': 1234.5, '1 234,5': 1234.5, '1.234,5': 1234.5, '1,234.5': 1234.5, '1.234.567': 1234567, '1\u00a0234': 1234, '−7,25': -7.25, '0,000001': 0.000001, '+4': 4
  })) t.equal(parseNumber(typed), is, typed)
  for (const typed of ['', 'abc', '1.', '1,2,3', '1.23.456', '0,0000001', '1234567890123456', '1e5', '--1', '0x10', 'Infinity']) t.equal(parseNumber(typed), null, typed)
})

t.test('before three digits a mark is read as its typist means it', async t => {
  for (const [typed, mark, is] of [['1,500', '.', 1500], ['1.500', ',', 1500], ['-12.500', ',', -12500], ['1.500', '.', 1.5], ['1,500', ',', 1.5], ['0.125', ',', 0.125], ['1.5', ',', 1.5], ['1500.125', ',', 1500.125], ['1,234.567', '.', 1234.567]] as const) {
    t.equal(parseNumber(typed, mark), is, `${typed} where ${mark} is the decimal mark`)
  }
  t.same([decimalMark('en', 'PL'), decimalMark('es', 'ES'), decimalMark('pl', 'PL'), decimalMark('pt', 'BR'), decimalMark('es', 'MX')], ['.', ',', ',', ',', '.'])
  t.equal(readValues([field('number')], { 'own.number': '1.500' }, { timeZone, decimalMark: ',' }).values.number, 1500)
  t.equal(readValues([field('number')], { 'own.number': '1.500' }, { timeZone }).values.number, 1.5, 'a program writes as programs do')
})

t.test('a value is what its kind makes of what was typed', async t => {
  t.equal(read('short_text', '  Żółty   rower '), 'Żółty   rower')
  t.equal(read('short_text', 'a\nb'), 'own.one_line')
  t.equal(read('short_text', 'x'.repeat(201)), 'form.too_long')
  t.equal(read('long_text', 'a\r\nb'), 'a\nb')
  t.equal(read('long_text', ' '), null)
  t.equal(read('number', '1,5'), 1.5)
  t.equal(read('number', 'many'), 'own.number')
  t.equal(read('date', '2024-02-29'), '2024-02-29')
  t.equal(read('date', '2023-02-29'), 'form.date')
  t.equal(read('date_time', '2026-07-01T10:30'), '2026-07-01T08:30:00.000Z')
  t.equal(read('date_time', '2026-07-01T24:30'), 'own.date_time')
  t.equal(read('date_time', '2026-03-29T02:30'), 'tasks.time_left_out', 'no clock shows it that night')
  t.same(['yes', 'no', ''].map(typed => read('yes_no', typed)), [true, false, null])
  t.equal(read('yes_no', 'perhaps'), 'form.choose')
  t.equal(read('one_choice', '2'), 2)
  t.equal(read('one_choice', '9'), 'own.gone_choice', 'no such choice')
  t.equal(read('one_choice', '3'), 'own.gone_choice', 'no longer offered')
  t.equal(read('one_choice', '3', 3), 3, 'but who has it keeps it')
  t.same(read('several_choices', ['', '2', '1', '2']), [1, 2])
  t.same(read('several_choices', ''), [])
  t.equal(read('several_choices', ['1', 'x']), 'own.gone_choice')
  t.equal(read('unique_id', ' WR 123 '), 'WR 123')
  t.equal(read('link', 'example.com/a'), 'https://example.com/a')
  t.equal(read('link', 'shop.example:8080/x'), 'https://shop.example:8080/x')
  for (const typed of ['javascript:alert(1)', 'data:text/html,x', 'ftp://a.example', 'no address', 'https://']) t.equal(read('link', typed), 'own.link', typed)
})

t.test('defaults are what somebody would have typed', async t => {
  const fields = [field('short_text', { default_value: 'x' }), field('number', { default_value: '2,5' }), field('yes_no', { default_value: 'no' }), field('date', { default_value: 'today' }), field('date_time', { default_value: 'now' }), field('one_choice'), field('several_choices'), field('link')]
  t.same(defaultValues(fields, timeZone, new Date('2026-11-03T23:30:10Z')),
    { short_text: 'x', number: 2.5, yes_no: false, date: '2026-11-04', date_time: '2026-11-03T23:30:00.000Z', one_choice: 2, several_choices: [2], link: null })
})

t.test('a clock that is put forward or back shows what it was set to', async t => {
  for (const local of ['2026-01-15T00:00', '2026-03-29T01:59', '2026-03-29T03:00', '2026-10-25T02:30', '2026-10-25T03:00', '2026-07-01T23:59']) {
    t.equal(localOf(instantOf(local, timeZone), timeZone), local)
  }
  t.equal(instantOf('2026-03-29T02:30', timeZone).toISOString(), '2026-03-29T01:30:00.000Z', 'a time that is skipped is the one after')
  t.equal(instantOf('2026-10-25T02:30', timeZone).toISOString(), '2026-10-25T00:30:00.000Z', 'of two the first')
})

const addField = async (db: Db, key: string, kind: FieldKind, choices: string[] = []): Promise<OwnField> => (await addFields(db, { [key]: { kind, choices } }))[key]!

const addClient = async (db: Db, surname: string): Promise<number> => (await db('clients').insert({ kind: 'person', surname }).returning('id'))[0].id

t.test('what is written is read again, of every kind', async t => {
  const { db } = await testDatabase(t)
  const client = await addClient(db, 'Żółć')
  const several = await addField(db, 'several', 'several_choices', ['a', 'b', 'c'])
  const ids = several.options.map(({ id }) => id)
  const values: [FieldKind, OwnValue][] = [['short_text', 'Ł'], ['long_text', 'a\nb'], ['number', 1.5], ['date', '2026-11-03'], ['date_time', '2026-11-03T09:30:00.000Z'], ['yes_no', false], ['unique_id', 'WR 1'], ['link', 'https://a.example']]
  const written = [{ field: several, value: [ids[0]!, ids[2]!] as OwnValue }]
  for (const [kind, value] of values) written.push({ field: await addField(db, kind, kind), value })
  await db.transaction(trx => writeValues(trx, 'client', client, written))
  const rows = (await db('clients').where({ id: client }).first(db.raw(`${valueRows('client', 'clients.id')} as rows`))).rows
  const { fields } = await shapeOf(db, 'client')
  t.same(valuesOf(fields, unpacked(rows)), Object.fromEntries(written.map(({ field, value }) => [field.key, value])))
  await db.transaction(trx => writeValues(trx, 'client', client, written.map(({ field }) => ({ field, value: null }))))
  t.same(await db('client_values'), [], 'nothing is no row')
  t.same((await listOwnFields(db, 'client')).map(({ key, column, many }) => [key, column, many]).slice(0, 3), [['several', 'option_id', true], ['short_text', 'sort_text', false], ['long_text', 'sort_text', false]])
})

t.test('of two who take a unique id at once the database refuses one', async t => {
  const { db } = await testDatabase(t)
  const field = await addField(db, 'plate', 'unique_id')
  const clients = [await addClient(db, 'One'), await addClient(db, 'Two')]
  const ends = await Promise.allSettled(clients.map((client, i) => db.transaction(trx => writeValues(trx, 'client', client, [{ field, value: ['WR 123 A', 'wr123a'][i]! }]))))
  t.same(ends.map(end => end.status).sort(), ['fulfilled', 'rejected'])
  const { reason } = ends.find(end => end.status === 'rejected') as PromiseRejectedResult
  const said = saidByValues(reason)
  t.ok(said instanceof IdTaken)
  t.match(said, { fieldId: field.id, value: 'wr123a' })
})

t.test('texts and unique ids are found, until their field is removed', async t => {
  const { db } = await testDatabase(t)
  const client = await addClient(db, 'Nowak')
  const [plate, note, size] = [await addField(db, 'plate', 'unique_id'), await addField(db, 'frame', 'short_text'), await addField(db, 'size', 'number')]
  const found = async () => (await db('clients').where({ id: client }).first('search_names')).search_names.trim()
  await db.transaction(trx => writeValues(trx, 'client', client, [{ field: plate, value: 'WR 123' }, { field: note, value: 'Żółta rama' }, { field: size, value: 56 }]))
  t.equal(await found(), 'nowak wr 123 wr123 zolta rama')
  await db('clients').where({ id: client }).update({ surname: 'Kowal' })
  t.equal(await found(), 'kowal wr 123 wr123 zolta rama', 'also after the name was changed')
  await db('fields').where({ id: note.id }).update({ removed_at: db.fn.now() })
  t.equal(await found(), 'kowal wr 123 wr123')
  await db('fields').where({ id: note.id }).update({ removed_at: null })
  t.match(await found(), /zolta rama/)
})

t.test('the migration can be taken back', async t => {
  const { db } = await testDatabase(t)
  const client = await addClient(db, 'Nowak')
  const field = await addField(db, 'plate', 'unique_id')
  await db.transaction(trx => writeValues(trx, 'client', client, [{ field, value: 'WR 123' }]))
  // Leads have forms too: they go first, with all that came after them.
  const later = readdirSync(inRoot('migrations')).filter(name => name >= '0025').toSorted().toReversed()
  for (const name of later) await db.transaction((await import(`../../migrations/${name.replace('.ts', '.js')}`)).down)
  await db.transaction(down)
  t.equal((await db('clients').first('search_names')).search_names.trim(), 'nowak')
  t.notOk(await db.schema.hasTable('client_values'))
})
