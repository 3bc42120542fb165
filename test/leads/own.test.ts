import t from 'tap'
import { shapeOf } from '../../src/form-editor/shape.js'
import { cast } from '../support/cast.js'
import { formOf } from '../support/clients.js'
import { addFields, reshape } from '../support/fields.js'
import { says, words } from '../support/words.js'

t.test('own fields of leads', async t => {
  const { db, as, anna, marek, sofia, nuno } = await cast(t)

  const EDITOR = '/settings/form-editor'
  const types = Object.fromEntries((await db('lead_types').select('key', 'id')).map(({ key, id }) => [key, id])) as Record<'lead' | 'missed_call', number>
  const fields = await addFields(db, {
    device: { kind: 'short_text', on: 'lead' }, story: { kind: 'long_text', on: 'lead' }, price: { kind: 'number', on: 'lead' }, bought: { kind: 'date', on: 'lead' }, visit: { kind: 'date_time', on: 'lead' },
    insured: { kind: 'yes_no' }, colour: { kind: 'one_choice', choices: ['Red', 'Blue'], on: 'lead' }, parts: { kind: 'several_choices', choices: ['Wheel', 'Frame', 'Bell'], on: 'lead' },
    serial: { kind: 'unique_id', on: 'lead' }, page: { kind: 'link', on: 'lead' }, rang: { kind: 'number', on: 'missed_call' }
  }, 'lead')
  const option = (field: keyof typeof fields, at: number) => String(fields[field].options[at]!.id)
  const valuesOf = async (id: number) => Object.fromEntries((await db('lead_values').join('fields', 'fields.id', 'field_id').where({ lead_id: id }).select('key', db.raw('coalesce(text_value, number_value::text, day_value::text, moment_value::text, option_id::text) as value'))).map(({ key, value }) => [key, value]))
  const lastId = async () => (await db('leads').max('id as id').first())!.id as number
  const changesOf = async (id: number) => (await db('events').where({ lead_id: id, kind: 'lead.changed' }).orderBy('id', 'desc').first())?.details.changes

  async function make (values: Record<string, unknown> = {}, person = anna): Promise<number> {
    const form = { ...formOf((await as(person).get('/leads/new')).body, '/leads'), contact_name: 'Piotr', ...values }
    t.equal((await as(person).post('/leads', form)).status, 303)
    return lastId()
  }
  const opened = async (id: number, person = anna) => formOf((await as(person).get(`/leads/${id}`)).body, `/leads/${id}`)

  t.test('own fields of all kinds are kept, shown and told of in the feed', async t => {
    const id = await make({ 'own.device': 'Trek', 'own.story': 'Fell\noff', 'own.price': '1 250,50', 'own.bought': '2026-01-31', 'own.visit': '2026-07-01T10:30', 'own.insured': 'yes', 'own.colour': option('colour', 1), 'own.parts': ['', option('parts', 0), option('parts', 2)], 'own.serial': 'WTU 1', 'own.page': 'example.com/bike' })
    t.match(await valuesOf(id), { device: 'Trek', story: 'Fell\noff', price: '1250.5', bought: '2026-01-31', insured: '1', colour: option('colour', 1), serial: 'WTU 1', page: 'https://example.com/bike' })
    const form = await opened(id)
    t.match(form, { 'own.device': 'Trek', 'own.visit': '2026-07-01T10:30', 'own.insured': 'yes', 'own.parts': ['', option('parts', 0), option('parts', 2)], 'own.page': 'https://example.com/bike' })
    t.notOk('own.rang' in form, 'another type asks for that')
    t.equal((await as(anna).post(`/leads/${id}`, { ...form, 'own.device': 'Kross', 'own.parts': ['', option('parts', 1)], comment: 'Both' })).status, 303)
    t.match(await changesOf(id), [{ field: 'comment' }, { field: 'own.device', own: { kind: 'short_text' }, old: 'Trek', new: 'Kross' }, { field: 'own.parts', old: [{ en: 'Wheel' }, { en: 'Bell' }], new: [{ en: 'Frame' }] }])
    t.match((await as(anna).get(`/leads/${id}`)).body, /device <del>Trek<\/del> → <ins>Kross<\/ins>/)
    await as(anna).post(`/leads/${id}`, await opened(id))
    t.equal((await changesOf(id)).length, 3, 'what is there already is not written again')
  })

  t.test('what is wrong or missing is said beside its field, and what was typed stays', async t => {
    await reshape(db, { campaign: { required: true }, phones: { required: true } }, ['lead'])
    await db('form_items').where({ field_id: fields.device.id }).update({ required: true })
    await db('form_versions').increment('version')
    const before = await lastId()
    const page = await as(anna).post('/leads', { type_id: types.lead, contact_name: 'Zofia', 'own.device': ' ', 'own.price': 'dear', 'own.page': 'javascript:alert(1)', 'own.colour': '999999', 'own.visit': '2026-13-01T10:00' })
    t.equal(page.status, 422)
    for (const name of ['own.device', 'own.price', 'own.page', 'own.colour', 'own.visit', 'campaign_id', 'phones']) t.not(page.error(name), '', name)
    t.match(page.body, 'value="Zofia"')
    t.match(page.body, 'value="javascript:alert(1)"')
    t.equal(await lastId(), before)
    t.equal((await as(anna).post('/leads', { type_id: types.missed_call, contact_name: 'Zofia' })).status, 303, 'the other type asks for less')
    await reshape(db, { campaign: { required: false }, phones: { required: false } }, ['lead'])
    await db('form_items').where({ field_id: fields.device.id }).update({ required: false })
    await db('form_versions').increment('version')
  })

  t.test('of two who change the same own field the second is told; what only one changed is kept, also when saved again', async t => {
    const id = await make({ 'own.device': 'Trek', 'own.story': 'old' })
    const his = await opened(id, marek)
    t.equal((await as(anna).post(`/leads/${id}`, { ...await opened(id), 'own.device': 'hers', 'own.story': 'hers too', comment: 'and this' })).status, 303)
    const told = await as(marek).post(`/leads/${id}`, { ...his, 'own.device': 'his', contact_name: 'Paweł' })
    t.equal(told.status, 409)
    t.match(told.body, /device: <b>hers\s*<\/b> · .*Anna Kowalska/)
    t.equal((await valuesOf(id)).device, 'hers')
    const again = formOf(told.body, `/leads/${id}`)
    t.match(again, { 'own.device': 'his', 'own.story': 'hers too', comment: 'and this', contact_name: 'Paweł' })
    t.equal((await as(marek).post(`/leads/${id}`, again)).status, 303)
    t.match(await valuesOf(id), { device: 'his', story: 'hers too' })
    t.match(await db('leads').where({ id }).first(), { comment: 'and this', contact_name: 'Paweł' })
  })

  t.test('a mistake does not make one forget what others changed meanwhile', async t => {
    const id = await make()
    const his = await opened(id, marek)
    await as(anna).post(`/leads/${id}`, { ...await opened(id), comment: 'hers' })
    const wrong = await as(marek).post(`/leads/${id}`, { ...his, comment: 'his', 'own.price': 'dear' })
    t.equal(wrong.status, 422)
    t.equal((await as(marek).post(`/leads/${id}`, { ...formOf(wrong.body, `/leads/${id}`), 'own.price': '5' })).status, 409)
  })

  t.test('a unique id is one lead’s, which is named to who may see it', async t => {
    const id = await make({ 'own.serial': 'Only One' })
    const { number } = await db('leads').where({ id }).first()
    const taken = { ...formOf((await as(anna).get('/leads/new')).body, '/leads'), contact_name: 'x', 'own.serial': 'ONLYONE' }
    const refused = await as(anna).post('/leads', taken)
    t.equal(refused.status, 422)
    t.equal(refused.error('own.serial'), words('own.taken_by_lead'))
    t.match(refused.body, `href="/leads/${id}" target="_blank">${number}`)
    const hidden = await as(sofia).post('/leads', { ...taken, manager_id: sofia.id, token: 'another' })
    t.equal(hidden.error('own.serial'), words('own.taken_by_lead'))
    t.notMatch(hidden.body, number)
  })

  t.test('another type shows its fields, keeps what was typed, and saves nothing yet', async t => {
    const before = await lastId()
    const typed = { ...formOf((await as(anna).get('/leads/new')).body, '/leads'), contact_name: 'Ada', 'own.device': 'Trek', 'own.insured': 'no', type_id: types.missed_call, switch_type: '1' }
    const part = await as(anna).post('/leads', typed, { fragment: true })
    t.equal(part.status, 200)
    t.notMatch(part.body, '<html')
    const page = await as(anna).post('/leads', typed)
    const other = formOf(page.body, '/leads')
    t.match(other, { contact_name: 'Ada', 'own.insured': 'no', 'own.rang': '', 'kept.own.device': 'Trek', type_id: String(types.missed_call) })
    t.notOk('own.device' in other)
    const back = formOf((await as(anna).post('/leads', { ...other, 'own.rang': '3', type_id: types.lead, switch_type: '1' })).body, '/leads')
    t.match(back, { 'own.device': 'Trek', 'own.insured': 'no', 'kept.own.rang': '3' })
    t.equal(await lastId(), before)

    const id = await make({ 'own.device': 'Trek', 'own.insured': 'yes' })
    const there = formOf((await as(anna).post(`/leads/${id}`, { ...await opened(id), comment: 'typed', type_id: types.missed_call, switch_type: '1' })).body, `/leads/${id}`)
    t.equal((await db('leads').where({ id }).first()).type_id, types.lead)
    t.equal((await as(anna).post(`/leads/${id}`, { ...there, 'own.rang': '2' })).status, 303)
    t.match(await db('leads').where({ id }).first(), { type_id: types.missed_call, comment: 'typed' })
    t.match(await valuesOf(id), { device: 'Trek', insured: '1', rang: '2' }, 'what the other type asked for is kept')
  })

  t.test('with another type a lead goes on in an available status', async t => {
    const id = await make()
    const [{ id: gone }] = await db('lead_statuses').insert({ labels: { en: 'Gone' }, group_key: 'pending', removed_at: new Date() }).returning('id')
    const first = (await db('lead_types').where({ id: types.missed_call }).first()).first_status_id
    await as(anna).post(`/leads/${id}`, { ...await opened(id), type_id: types.missed_call })
    t.notOk((await db('events').where({ lead_id: id, kind: 'lead.moved' })).length, 'one that is there stays')
    await db('leads').where({ id }).update({ status_id: gone, type_id: types.lead })
    t.equal((await as(anna).post(`/leads/${id}`, { ...await opened(id), type_id: types.missed_call })).status, 303)
    t.match(await db('leads').where({ id }).first(), { status_id: first, type_id: types.missed_call })
    t.match(await db('lead_moves').where({ lead_id: id }).orderBy('id', 'desc').first(), { from_id: gone, to_id: first })
  })

  t.test('what a form hides is left as it is, and a new lead has who makes it for its manager', async t => {
    const id = await make({ comment: 'kept' })
    await reshape(db, { manager: { hidden: true }, comment: { hidden: true }, contact: { hidden: true }, phones: { hidden: true } }, ['lead'])
    const page = await as(sofia).get('/leads/new')
    t.notMatch(page.body, /name="(manager_id|comment|contact_name)"/)
    t.equal((await as(sofia).post('/leads', { ...formOf(page.body, '/leads'), 'own.device': 'Kross' })).status, 303)
    t.match(await db('leads').where({ id: await lastId() }).first(), { manager_id: sofia.id, comment: '' })
    t.equal((await as(anna).post(`/leads/${id}`, { ...await opened(id), urgent: 'on' })).status, 303)
    t.match(await db('leads').where({ id }).first(), { comment: 'kept', contact_name: 'Piotr', manager_id: anna.id, urgent: true })
    await reshape(db, { manager: { hidden: false }, comment: { hidden: false }, contact: { hidden: false }, phones: { hidden: false } }, ['lead'])
  })

  t.test('the list is narrowed by own fields, as a table and as a board', async t => {
    const [trek, kross] = [await make({ 'own.device': 'Narrow Trek', 'own.price': '1.5', 'own.colour': option('colour', 0) }), await make({ 'own.device': 'Narrow Kross', 'own.price': '900' })]
    const listed = async (asked: string, at = '/leads') => { const { body } = await as(anna).get(`${at}?${asked}`); return [trek, kross].filter(id => body.includes(`href="/leads/${id}?`)) }
    t.same(await listed('own.device=narrow'), [trek, kross])
    t.same(await listed('own.device=narrow&own.price.to=2'), [trek])
    t.same(await listed(`own.colour=${option('colour', 0)}`), [trek])
    t.same(await listed('own.device=narrow&own.colour=empty'), [kross])
    t.same(await listed('own.device=narrow&own.price.from=2', '/leads/board'), [kross])
    t.same(await listed('own.nothing=1&own.device=narrow+trek'), [trek])
    t.match((await as(anna).get('/leads?own.device=narrow')).body, /title="Take[^>]*><span class="cut">device: /i)
    const panel = await as(anna).get('/leads/filters?own.price.from=2', { fragment: true })
    t.match(panel.body, /name="own\.price\.from" value="2"/)
    t.match(await as(anna).get('/leads?tidy=1&own.price.from=1.000,5&own.price.to=&q='), { status: 303, location: '/leads?own.price.from=1000.5' })
  })

  t.test('own fields are columns of the list, chosen and ordered like the others', async t => {
    const id = await make({ 'own.device': 'Shown <b>Trek</b>', 'own.story': 'x'.repeat(100), 'own.price': '1250,5', 'own.bought': '2026-01-31', 'own.visit': '2026-07-01T10:30', 'own.insured': 'yes', 'own.colour': option('colour', 1), 'own.parts': ['', option('parts', 0), option('parts', 2)], 'own.page': 'example.com/bike' })
    const empty = await make({ 'own.device': 'Shown, with nothing else' })
    const read = async (columns: string) => {
      const { body } = await as(anna).get(`/leads?own.device=shown&columns=${columns}`)
      const cells = (row: string) => [...row.matchAll(/<td class="([\w-]+)[^>]*>(.*?)<\/td>/gs)].slice(1).map(([, look, html]) => [look, html!.trim()])
      const rows = Object.fromEntries([...body.matchAll(/<tr id="lead-(\d+)">(.*?)<\/tr>/gs)].map(([, lead, row]) => [lead, cells(row!)]))
      return { body, rows, heads: [...body.slice(0, body.indexOf('</thead>')).matchAll(/<th scope="col" class="c-([\w-]+)">(?:<a [^>]*>)?([^<]+)/g)].map(([, look, words]) => [look, words]) }
    }
    const all = ['insured', 'device', 'story', 'price', 'bought', 'visit', 'colour', 'parts', 'page', 'serial'].map(key => `own.${key}`).join()
    const { heads, rows, body } = await read(all)
    t.same(heads.map(([look]) => look), ['yes-no', 'text', 'long', 'number', 'date', 'moment', 'choice', 'long', 'link', 'text'])
    t.match(rows[id], [
      ['c-yes-no', words('yes')], ['c-text', 'Shown &lt;b&gt;Trek&lt;/b&gt;'], ['c-long', /^x{80}…$/], ['c-number', /1,250\.5|1 250,5/], ['c-date', /Jan.*31|31.*Jan/], ['c-moment', /Jul/], ['c-choice', 'Blue'], ['c-long', 'Wheel, Bell'],
      ['c-link', /^<a href="https:\/\/example\.com\/bike" target="_blank" rel="noopener noreferrer">example\.com\/bike<\/a>$/], ['c-text', '—']
    ])
    t.match(rows[empty], [['c-yes-no', '—'], ['c-text', 'Shown, with nothing else'], ['c-long', '—']])
    t.notMatch(body, /<b>Trek/)
    t.same((await read('own.price,due,own.colour')).rows[id]!.map(([look]) => look), ['c-number', 'l-due', 'c-choice'], 'in the order that was chosen')

    const form = await opened(id)
    t.equal((await as(anna).post(`/leads/${id}`, { ...form, 'own.colour': option('colour', 0) })).status, 303)
    t.equal((await read('own.colour')).rows[id]![0]![1], 'Red', 'a change is seen at once')
    await db('field_options').where({ id: option('colour', 0) }).update({ labels: JSON.stringify({ en: 'Crimson' }) })
    await db('form_versions').where({ subject: 'lead' }).increment('version', 1)
    t.equal((await read('own.colour')).rows[id]![0]![1], 'Crimson', 'and so is another name of a choice')
    await db('field_options').where({ id: option('colour', 0) }).update({ labels: JSON.stringify({ en: 'Red' }) })
    await db('form_versions').where({ subject: 'lead' }).increment('version', 1)

    const chooser = await as(anna).get('/leads/columns?columns=own.price,due', { fragment: true })
    t.same([...chooser.body.matchAll(/name="columns" value="([\w.]+)" checked/g)].map(([, name]) => name), ['own.price', 'due'])
    t.match(chooser.body, 'value="own.parts"')
    t.equal((await as(anna).get('/leads?tidy=1&show=open&columns=own.price&columns=due')).location, '/leads?columns=own.price,due')
  })

  t.test('a type’s form is shaped in the editor, from the type’s own page', async t => {
    t.match((await as(anna).get(`/settings/leads/types/${types.missed_call}`)).body, `href="${EDITOR}/missed_call"`)
    const page = await as(anna).get(`${EDITOR}/missed_call`)
    t.match(page.body, /aria-current="page">Missed call</)
    t.match(page.body, `href="${EDITOR}/person"`)
    t.match(page.body, 'id="own-rang"', 'the preview is the real form')
    t.equal((await as(marek).get(`${EDITOR}/missed_call`)).status, 403)
    const item = (system: string) => db('form_items').join('forms', 'forms.id', 'form_id').where({ 'forms.key': 'missed_call', system }).first('form_items.id').then(row => row.id)
    t.equal((await as(anna).post(`${EDITOR}/missed_call/items/${await item('contact')}/require`)).status, 303)
    t.equal((await as(anna).post(`${EDITOR}/missed_call/items/${await item('campaign')}/hide`)).status, 303)
    t.equal((await as(anna).post(`${EDITOR}/person/items/${await item('comment')}/hide`)).status, 404, 'an item of another form')
    t.notMatch(formOf((await as(anna).post('/leads', { type_id: types.missed_call, switch_type: '1' })).body, '/leads'), { campaign_id: '' })
    t.equal((await as(anna).post(`${EDITOR}/missed_call/sections`, { 'label.en': 'About the call', token: 'section' })).status, 303)

    const added = await as(anna).post(`${EDITOR}/fields`, { back: 'missed_call', kind: 'short_text', 'label.en': 'Wants', 'on.missed_call': '1', 'required.missed_call': '1', token: 'field' })
    t.equal(added.location, `${EDITOR}/missed_call`)
    const wants = (await db('fields').where({ subject: 'lead', key: 'wants' }).first()).id
    const refused = await as(anna).post('/leads', { type_id: types.missed_call, 'own.wants': '' })
    t.same([refused.status, refused.error('own.wants'), refused.error('contact_name')], [422, words('form.required'), words('form.required')])
    t.equal((await as(anna).post('/leads', { type_id: types.missed_call, contact_name: 'Ola', 'own.wants': 'a quote' })).status, 303)
    const id = await lastId()

    t.match((await as(anna).get(`${EDITOR}/fields/${wants}/kind?kind=number`)).body, new RegExp(`href="/leads/${id}"[^>]*>L-`), 'what does not convert is named')
    const { version } = await db('fields').where({ id: wants }).first()
    t.equal((await as(anna).post(`${EDITOR}/fields/${wants}/kind`, { kind: 'number', version })).status, 303)
    t.match(await changesOf(id), [{ field: 'own.wants', old: 'a quote', new: null }])
    t.equal((await as(anna).post(`${EDITOR}/fields/${wants}/remove`, { back: 'missed_call' })).location, `${EDITOR}/missed_call`)
    t.equal((await as(anna).post(`${EDITOR}/fields/${wants}/erase`, { sure: '1' })).status, 303)
    t.notOk((await shapeOf(db, 'lead')).fields.some(field => field.id === wants))
  })

  t.test('a type of one’s own begins with another’s form, and takes its own along', async t => {
    const first = (await db('lead_types').where({ id: types.lead }).first()).first_status_id
    t.equal((await as(anna).post('/settings/leads/types', { 'label.en': 'Rental', icon: 'bike', model: types.lead, first_status: first })).status, 303)
    const { id, form_id: formId } = await db('lead_types').whereNull('key').orderBy('id', 'desc').first()
    const { key } = await db('forms').where({ id: formId }).first()
    t.match((await as(anna).get(`${EDITOR}/${key}`)).body, 'id="own-device"')
    const field = await as(anna).get(`${EDITOR}/fields/${fields.device.id}?form=${key}`)
    t.match(formOf(field.body, `${EDITOR}/fields/${fields.device.id}`), { [`on.${key}`]: 'on', 'on.lead': 'on' })
    await as(anna).post(`/settings/leads/types/${id}/remove`)
    t.equal((await as(anna).get(`${EDITOR}/${key}`)).status, 404)
    t.ok(says((await as(anna).get(EDITOR)).body, 'form_editor.subjects.lead'))
    t.equal((await as(nuno).post(`${EDITOR}/lead/sections`, { 'label.en': 'x' })).status, 403)
  })
})
