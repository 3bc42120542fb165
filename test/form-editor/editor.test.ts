import t from 'tap'
import { shapeOf } from '../../src/form-editor/shape.js'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { addFields } from '../support/fields.js'
import { says, words } from '../support/words.js'

const EDITOR = '/settings/form-editor'

async function editor (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db } = made
  const shape = () => shapeOf(db, 'client')
  const form = async (key = 'person') => (await shape()).forms.find(form => form.key === key)!
  const order = async (key?: string) => (await form(key)).sections.map(section => section.items.map(({ system, field }) => system ?? field!.key).join(' '))
  const item = async (name: string, key?: string) => (await form(key)).sections.flatMap(section => section.items).find(({ system, field }) => name === (system ?? field!.key))!
  const press = async (name: string, action: string, body = {}, ask = {}) => made.as(made.anna).post(`${EDITOR}/person/items/${(await item(name)).id}/${action}`, body, ask)
  return { ...made, shape, form, order, item, press }
}

const FIELD = { kind: 'short_text', 'label.en': 'Frame size', 'on.person': '1', 'on.company': '1' }

t.test('items are moved, hidden and made required, each form by itself', async t => {
  const { as, anna, order, item, press, form, db } = await editor(t)
  const before = ['supplier conflicted', 'phones emails address language', 'campaign location discounts', 'tags note']
  t.same(await order(), before)
  t.equal((await press('emails', 'up')).location, `${EDITOR}/person`)
  t.same((await order())[1], 'emails phones address language')
  await press('emails', 'up')
  t.same((await order()).slice(0, 2), ['supplier conflicted emails', 'phones address language'], 'beyond the end of its section into the next')
  await press('supplier', 'up')
  await press('note', 'down')
  t.same((await order()).slice(0, 2), ['supplier conflicted emails', 'phones address language'], 'and no further')
  const [, , third] = (await form()).sections
  await press('emails', 'place', { section: third!.id, before: (await item('location')).id })
  await press('phones', 'place', { section: third!.id, before: '' })
  t.same((await order()).slice(1, 3), ['address language', 'campaign emails location discounts phones'], 'dragged to its place')
  await press('phones', 'place', { section: 424242, before: '' })
  await press('phones', 'place', { section: third!.id, before: 424242 })
  t.same((await order())[2], 'campaign emails location discounts phones', 'a place that is gone is none')
  t.same(await order('company'), before)

  await press('address', 'hide')
  await press('phones', 'require')
  const page = formOf((await as(anna).get('/clients/new')).body, '/clients')
  t.notOk('address' in page)
  t.equal((await as(anna).post('/clients', { kind: 'person', surname: 'X' })).error('phones'), words('form.required'))
  t.equal((await as(anna).post('/clients', { kind: 'company', company_name: 'X' })).status, 303)
  await press('address', 'show')
  await press('phones', 'release')
  t.match(await item('phones'), { required: false })
  t.equal((await press('discounts', 'require')).status, 404, 'what can\'t be required')
  t.equal((await press('phones', 'constructor')).status, 404)
  t.equal((await as(anna).post(`${EDITOR}/company/items/${(await item('phones')).id}/hide`)).status, 404, 'an item of another form')
  t.equal((await as(anna).get(`${EDITOR}/nothing`)).status, 404)
  t.same(await db('audit_entries').where({ kind: 'forms.item' }).orderBy('id').pluck('subject_name'), ['person: address', 'person: phones', 'person: address', 'person: phones'])
  const [first] = await db('audit_entries').where({ kind: 'forms.moved' }).orderBy('id')
  t.match(first, { subject_name: 'person: emails', employee_id: anna.id, details: { changes: [{ field: 'order', old: 'contacts 2', new: 'contacts 1' }] } })
})

t.test('a section is added, named, moved and taken away without what is in it', async t => {
  const { as, anna, olga, db, order, form, press } = await editor(t)
  t.equal((await as(anna).post(`${EDITOR}/person/sections`, { 'label.en': '' })).error('label.en'), words('form.required'))
  await as(anna).post(`${EDITOR}/person/sections`, { 'label.en': 'Bike', 'label.pl': 'Rower' })
  await press('note', 'down')
  t.same((await order()).slice(3), ['tags', 'note'])
  const bike = (await form()).sections.at(-1)!
  t.match((await as(anna).get('/clients/new')).body, /<h2>Bike<\/h2>/)
  const at = `${EDITOR}/person/sections/${bike.id}`
  t.match((await as(anna).get(at)).body, 'value="Rower"')
  const seen = formOf((await as(anna).get(at)).body, at)
  await as(anna).post(at, { 'label.en': 'Bicycle' })
  const late = await as(olga).post(at, { ...seen, 'label.en': 'Cycle' })
  t.equal(late.status, 409, 'the second of two is told')
  t.match(late.body, />Bicycle</)
  t.match((await form()).sections.at(-1), { labels: { en: 'Bicycle' } })
  t.equal((await as(olga).post(at, formOf(late.body, at))).status, 303)
  await as(anna).post(at, { 'label.en': 'Bicycle' })
  await as(anna).post(`${at}/up`)
  for (let n = 0; n < 5; n++) await as(anna).post(`${at}/up`)
  t.same((await order())[1], 'note', 'never before the head')
  await as(anna).post(`${at}/remove`)
  t.same((await order()).slice(0, 2), ['supplier conflicted note', 'phones emails address language'])
  const said = await db('audit_entries').whereLike('kind', 'forms.section%').orderBy('id').select('kind', 'subject_name')
  t.same([said.at(0), said.at(1), said.at(-1)], [{ kind: 'forms.section_added', subject_name: 'person: Bike' }, { kind: 'forms.section_renamed', subject_name: 'person: Bike' }, { kind: 'forms.section_removed', subject_name: 'person: Bicycle' }])
  const [head] = (await form()).sections
  for (const path of [`${at}/remove`, at, `${EDITOR}/person/sections/${head!.id}/remove`, `${EDITOR}/person/sections/${head!.id}`]) t.equal((await as(anna).post(path, {})).status, 404, path)
})

t.test('a field is added to both forms, asked where it is to be', async t => {
  const { as, anna, db, shape, item, order } = await editor(t)
  const section = (await shape()).forms[0]!.sections[1]!.id
  t.equal((await as(anna).get(`${EDITOR}/fields/new?form=person&section=${section}`)).status, 200)
  const answer = await as(anna).post(`${EDITOR}/fields`, { ...FIELD, 'on.company': undefined, 'required.person': '1', 'label.pl': 'Rozmiar ramy', 'help.en': 'In cm', default_value: '56', section, back: 'person' })
  t.equal(answer.location, `${EDITOR}/person`)
  t.match((await shape()).fields, [{ key: 'frame_size', kind: 'short_text', labels: { en: 'Frame size', pl: 'Rozmiar ramy' }, help: { en: 'In cm' }, default_value: '56' }])
  t.match([await item('frame_size'), await item('frame_size', 'company')], [{ hidden: false, required: true }, { hidden: true, required: false }])
  t.same((await order())[1], 'phones emails address language frame_size')
  const page = (await as(anna).get('/clients/new')).body
  t.match(page, /<label for="own-frame-size">Frame size<\/label>\s*<input [^>]*value="56"[^>]*aria-required="true"[^]*?In cm/)
  t.equal((await as(anna).post(`${EDITOR}/fields`, FIELD)).status, 303)
  for (const [label, key] of [['Żółć & łódź', 'zolc_lodz'], ['123', 'field'], ['constructor', 'field_2'], ['ключ', 'field_3']]) {
    await as(anna).post(`${EDITOR}/fields`, { ...FIELD, 'label.en': label })
    t.equal((await shape()).fields.at(-1)!.key, key)
  }
  t.equal((await shape()).fields[1]!.key, 'frame_size_2')
  t.match(await db('audit_entries').where({ kind: 'forms.field_added' }).orderBy('id').first(), { subject_name: 'Frame size', employee_id: anna.id })
  const token = formOf((await as(anna).get(`${EDITOR}/fields/new`)).body, `${EDITOR}/fields`).token
  const twice = await Promise.all([1, 2].map(() => as(anna).post(`${EDITOR}/fields`, { ...FIELD, 'label.en': 'Pressed twice', token })))
  t.same(twice.map(({ status }) => status), [303, 303])
  t.equal((await shape()).fields.filter(({ key }) => key.startsWith('pressed')).length, 1, 'pressed twice, added once')
})

t.test('what is wrong with a field is said beside it, and what was typed stays', async t => {
  const { as, anna, db } = await editor(t)
  const choices = (...labels: string[]) => ({ kind: 'one_choice', option_rows: labels.map((_, at) => at), ...Object.fromEntries(labels.map((label, at) => [`options.${at}.label.en`, label])) })
  for (const [body, name, key] of [
    [{ 'label.en': ' ' }, 'label.en', 'form.required'], [{ 'label.pl': 'x'.repeat(81) }, 'label.pl', 'form.too_long'], [{ 'help.en': '\u0007' }, 'help.en', 'form.control_characters'], [{ kind: 'nonsense' }, 'kind', 'form.choose'], [{ kind: 'number', default_value: 'x' }, 'default_value', 'own.number'],
    [{ 'on.person': undefined, 'on.company': undefined }, 'on', 'form_editor.asked_nowhere'], [choices(), 'options', 'form_editor.no_choices'], [choices('Steel', 'steel'), 'options', 'form_editor.same_choices'], [choices(...Array.from({ length: 201 }, (_, n) => `Choice ${n}`)), 'options', 'form_editor.many_choices'],
    [{ ...choices('A', 'B'), 'options.0.default': 'on', 'options.1.default': 'on' }, 'options', 'form_editor.one_default'], [{ ...choices('A'), 'options.0.label.en': 'x'.repeat(101) }, 'options.0.label.en', 'form.too_long']
  ] as const) {
    const answer = await as(anna).post(`${EDITOR}/fields`, { ...FIELD, 'label.es': 'Typed', ...body }, { fragment: true })
    t.equal(answer.status, 422, name)
    t.equal(answer.error(name).slice(0, 8), words(key, { length: 81, max: 80 }).slice(0, 8), name)
    t.match(answer.body, 'value="Typed"')
  }
  t.equal((await db('fields')).length, 0)
  const more = await as(anna).post(`${EDITOR}/fields`, { ...FIELD, ...choices('A', 'B'), option_up: '1' })
  t.equal(more.status, 200, 'moving a choice up saves nothing')
  t.match(formOf(more.body, `${EDITOR}/fields`), { 'options.0.label.en': 'B', 'options.1.label.en': 'A', 'options.4.label.en': '' })
  t.equal((await as(anna).post(`${EDITOR}/fields`, { ...FIELD, ...choices('Steel', 'Carbon'), 'options.1.default': 'on', 'options.1.label.pl': 'Karbon' })).status, 303)
  t.match(formOf((await as(anna).get('/clients/new')).body, '/clients')['own.frame_size'], /\d/)
})

t.test('a field that two change at once is not overwritten without a word', async t => {
  const { as, anna, olga, db } = await editor(t)
  const { frame } = await addFields(db, { frame: { kind: 'one_choice', label: 'Frame', choices: ['Steel', 'Carbon'] } })
  const path = `${EDITOR}/fields/${frame.id}`
  const [annas, olgas] = [formOf((await as(anna).get(path)).body, path), formOf((await as(olga).get(path)).body, path)]
  t.equal((await as(olga).post(path, { ...olgas, 'label.en': 'Bike frame', 'options.0.retired': 'on' })).status, 303)
  const asked = await as(anna).post(path, { ...annas, 'help.en': 'What it is made of' })
  t.equal(asked.status, 409)
  t.ok(says(asked.body, 'form_editor.field_meanwhile'))
  t.match(asked.body, /Bike frame[^]*Carbon/)
  t.match(formOf(asked.body, path), { 'label.en': 'Frame', 'help.en': 'What it is made of' }, 'what was typed stays')
  t.match(await db('fields').first(), { labels: { en: 'Bike frame' }, help: {} })
  t.equal((await as(anna).post(path, formOf(asked.body, path))).status, 303)
  t.match(await db('fields').first(), { labels: { en: 'Frame' }, help: { en: 'What it is made of' } })

  // Of a form the second keeps what the first did, and is told.
  const version = formOf((await as(anna).get(`${EDITOR}/person`)).body, `${EDITOR}/person`).version
  const items = await db('form_items').where({ form_id: 1 }).whereNotNull('system').select('id', 'system')
  const at = (system: string, action: string) => `${EDITOR}/person/items/${items.find(item => item.system === system).id}/${action}`
  await as(olga).post(at('note', 'hide'), { version })
  const told = await as(anna).post(at('phones', 'require'), { version }, { fragment: true })
  t.match(told.body.replace(/\s+/g, ' '), /Olga Wójcik, today [\d:]+: Note was hidden \(People\)/)
  t.notMatch(told.body, /Phones is required now/, 'not of what one did oneself')
  const plain = await as(anna).post(at('phones', 'release'), { version })
  t.equal(plain.location, `${EDITOR}/person?since=${version}`)
  t.match((await as(anna).get(plain.location!)).body, /Note was hidden/)
  t.match(await db('form_items').whereIn('system', ['note', 'phones']).where({ form_id: 1 }).orderBy('system').select('hidden', 'required'), [{ hidden: true }, { required: false }])
})

t.test('removing a field keeps what clients have in it, until it is erased', async t => {
  const { as, anna, sofia, db } = await editor(t)
  const { plate, size } = await addFields(db, { plate: { kind: 'unique_id', label: 'Plate' }, size: { kind: 'number' } })
  const id = await addClient(db, anna, { first_name: 'Zofia' })
  await as(anna).post(`/clients/${id}`, { kind: 'person', first_name: 'Zofia', 'own.plate': 'WR 123', 'own.size': '5' })
  const path = `${EDITOR}/fields/${plate.id}`
  const found = async () => (await as(anna).get('/clients?q=wr123')).body.includes('Zofia')
  t.ok(await found())
  t.equal((await as(anna).get(`${path}/erase`)).status, 404, 'only what is removed can be erased')
  t.equal((await as(anna).post(`${path}/erase`, { sure: '1' })).status, 404)
  await as(anna).post(`${path}/remove`)
  t.notOk(await found())
  t.notMatch((await as(anna).get(`/clients/${id}`)).body, 'name="own.plate"')
  t.match((await as(anna).get(EDITOR)).body, `${path}/restore`)
  for (const method of ['get', 'post'] as const) t.equal((await as(anna)[method](path)).status, 404, method)
  await as(anna).post(`${path}/restore`)
  t.ok(await found())
  t.match(formOf((await as(anna).get(`/clients/${id}`)).body, `/clients/${id}`), { 'own.plate': 'WR 123' })
  await as(anna).post(`${path}/remove`)
  t.ok(says((await as(anna).get(`${path}/erase`)).body, 'form_editor.erase_count', { count: 1, name: 'Plate' }))
  t.equal((await as(anna).post(`${path}/erase`)).error('sure'), words('form_editor.say_sure'))
  t.equal((await as(sofia).post(`${path}/erase`, { sure: '1' })).status, 403)
  t.equal((await as(anna).post(`${path}/erase`, { sure: '1' })).location, `${EDITOR}/person`)
  t.same(await db('client_values').select('field_id'), [{ field_id: size.id }])
  t.match((await as(anna).get(`/clients/${id}`)).body, /Plate → <ins>/, 'the feed still tells of it')
  t.equal((await as(anna).get(`${path}/erase`)).status, 404)
})
