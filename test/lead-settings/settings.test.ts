import t from 'tap'
import type { Body } from '../../src/web/form.js'
import { listTypes } from '../../src/leads/types.js'
import { cast } from '../support/cast.js'
import { formOf } from '../support/clients.js'
import { says, words } from '../support/words.js'

const URL = '/settings/leads'
const { as, db, anna, olga, sofia } = await cast(t)
const numbers = async (): Promise<Body> => formOf((await as(anna).get(URL)).body, `${URL}/numbers`)
const saveNumbers = async (change: object, to = 'numbers', ask = {}) => as(anna).post(`${URL}/${to}`, { ...await numbers(), ...change }, ask)
const settings = () => db('lead_settings').first()

t.test('who may not manage settings sees none of it', async t => {
  for (const path of ['', '/types/new', '/types/1']) t.equal((await as(sofia).get(URL + path)).status, 403)
  for (const path of ['/numbers', '/preview', '/types', '/types/1', '/types/1/remove', '/types/2/default', '/types/order']) t.equal((await as(sofia).post(URL + path)).status, 403)
  for (const path of ['/types/0', '/types/424242']) t.equal((await as(anna).get(URL + path)).status, 404)
  for (const path of ['/types/424242/remove', '/types/x/restore', '/types/424242/default', '/types/order']) t.equal((await as(anna).post(URL + path)).status, 404)
})

t.test('the number template is previewed, checked and kept', async t => {
  t.ok(says((await saveNumbers({ template: '{location}/{counter:3}' }, 'preview', { fragment: true })).body, 'lead_settings.no_codes'))
  await db('locations').insert({ name: 'Rynek', code: 'RY' })
  const preview = await saveNumbers({ template: '{location}/{counter:3}' }, 'preview', { fragment: true })
  t.equal(preview.status, 200)
  t.match(preview.body, /RY\/001/)
  t.match(preview.body, /<b class="num">001</)
  t.notMatch(preview.body, /<html/)
  const plain = await saveNumbers({ template: '{location}/{counter:3}' }, 'preview')
  t.match(plain.body, /<html[^]*value="\{location\}\/\{counter:3\}"[^]*RY\/001/, 'a whole page, with what was typed')
  t.match((await saveNumbers({ template: '{x}{counter}' }, 'preview', { fragment: true })).body, /class="error"/)

  for (const [change, field, key, values] of [
    [{ template: 'L-{year}' }, 'template', 'lead_settings.template_no_counter'],
    [{ template: 'L{counter}\u0000' }, 'template', 'form.control_characters'],
    [{ template: `${'x'.repeat(40)}{counter}` }, 'template', 'lead_settings.template_long', { max: 40 }],
    [{ template: '{counter}', restarts: 'yearly' }, 'restarts', 'lead_settings.restart_needs_year'],
    [{ template: '{counter}', restarts: 'daily' }, 'restarts', 'form.choose']
  ] as [object, string, string, object?][]) {
    const answer = await saveNumbers(change)
    t.equal(answer.status, 422)
    t.equal(answer.error(field), words(key, values as Record<string, unknown>))
  }
  t.match(await settings(), { number_template: 'L-{counter:5}', restarts: 'never', version: 1 })

  const seen = await numbers()
  t.equal((await saveNumbers({ template: 'Z-{year}-{counter:4}', restarts: 'yearly' })).status, 303)
  t.match(await settings(), { number_template: 'Z-{year}-{counter:4}', restarts: 'yearly', version: 2 })
  const late = await as(olga).post(`${URL}/numbers`, { ...seen, template: 'Q-{counter}' })
  t.equal(late.status, 409, 'the second of two is told')
  t.match(late.body, /value="Q-\{counter\}"/)
  t.equal((await as(olga).post(`${URL}/numbers`, formOf(late.body, `${URL}/numbers`))).status, 303, 'and may insist')
  t.match(await db('audit_entries').where({ kind: 'leads.numbers' }).orderBy('id').first(), { details: { changes: [{ field: 'number_template', old: 'L-{counter:5}', new: 'Z-{year}-{counter:4}' }, { field: 'number_restarts', old: 'never', new: 'yearly' }] } })
})

t.test('a counter that restarts otherwise goes on, and the preview says so: from 1 it would come through numbers there are', async t => {
  const date = await db.raw("select to_char(now() at time zone 'Europe/Warsaw', 'YYYY') as year").then(({ rows }) => rows[0].year)
  await db('lead_counters').delete()
  await db('lead_counters').insert([{ period: '', last: 30 }, { period: date, last: 12 }])
  await db('lead_settings').update({ number_template: 'L-{year}-{counter}', restarts: 'never' })
  t.match((await saveNumbers({ template: 'L-{year}-{counter}', restarts: 'yearly' }, 'preview', { fragment: true })).body, new RegExp(`>L-${date}-31<`))
  t.equal((await saveNumbers({ template: 'L-{year}-{counter}', restarts: 'yearly' })).status, 303)
  t.match((await as(anna).get(URL)).body, new RegExp(`>L-${date}-31<`))
  t.same(await db('lead_counters').orderBy('period').select('period', 'last'), [{ period: '', last: 30 }, { period: date, last: 30 }])
  await db('lead_counters').delete()
})

t.test('a location has a code of letters and digits', async t => {
  const wrong = await as(anna).post('/settings/locations', { name: 'Port', code: 'A-1' })
  t.equal(wrong.error('code'), words('locations.code_signs'))
  t.equal((await as(anna).post('/settings/locations', { name: 'Port', code: 'P1' })).status, 303)
  t.match(await db('locations').where({ name: 'Port' }).first(), { code: 'P1' })
})

t.test('a type is made of another, changed, made the default, and taken away', async t => {
  const [lead, call] = await listTypes(db)
  await db('form_items').where({ form_id: call!.formId, system: 'due' }).update({ hidden: true })
  const made = { 'label.en': 'Web form', 'label.pl': 'Formularz', icon: 'globe', first_status: lead!.firstStatusId, model: call!.id }
  for (const [change, field] of [[{ 'label.en': '' }, 'label.en'], [{ icon: 'skull' }, 'icon'], [{ model: '424242' }, 'model'], [{ first_status: '424242' }, 'first_status'], [{ first_status: '' }, 'first_status']] as const) {
    const answer = await as(anna).post(`${URL}/types`, { ...made, ...change })
    t.equal(answer.status, 422, field)
    t.not(answer.error(field), '', field)
  }
  const [{ id: closed }] = await db('lead_statuses').where({ key: 'canceled' })
  t.equal((await as(anna).post(`${URL}/types`, { ...made, first_status: closed })).error('first_status'), words('lead_settings.first_gone'))
  t.equal((await as(anna).post(`${URL}/types`, made)).status, 303)
  const web = (await listTypes(db)).at(-1)!
  t.match(web, { labels: { en: 'Web form', pl: 'Formularz' }, icon: 'globe' })
  const items = (form: number) => db('form_items').where({ form_id: form }).orderBy('position').select('system', 'hidden', 'required')
  t.same(await items(web.formId), await items(call!.formId))
  t.match(await db('forms').where({ id: web.formId }).first(), { subject: 'lead', key: `type_${web.formId}` })

  const at = `${URL}/types/${web.id}`
  const seen = formOf((await as(anna).get(at)).body, at)
  t.equal((await as(anna).post(at, { ...seen, icon: 'star' })).status, 303)
  const late = await as(olga).post(at, { ...seen, 'label.en': 'Site' })
  t.equal(late.status, 409)
  t.match(late.body, 'value="Site"')
  t.equal((await as(olga).post(at, formOf(late.body, at))).status, 303)

  await as(anna).post(`${URL}/types/order`, { up: web.id })
  t.same((await listTypes(db)).map(({ id }) => id), [lead!.id, web.id, call!.id])
  t.notMatch((await as(anna).post(`${URL}/types/order`, { moved: web.id, behind: call!.id }, { fragment: true })).body, /<html/)

  t.ok(says((await as(anna).post(`${URL}/types/${lead!.id}/remove`)).body, 'lead_settings.is_default'))
  t.equal((await as(anna).post(`${at}/default`)).status, 303)
  t.equal((await settings()).default_type_id, web.id)
  t.equal((await as(anna).post(`${at}/remove`)).status, 422, 'the default one stays')
  await as(anna).post(`${URL}/types/${lead!.id}/remove`)
  t.same((await listTypes(db)).map(({ id }) => id), [call!.id, web.id])
  t.equal((await as(anna).get(`${URL}/types/${lead!.id}`)).status, 404)
  t.match((await as(anna).get(URL)).body, `${URL}/types/${lead!.id}/restore`)
  await as(anna).post(`${URL}/types/${lead!.id}/restore`)
  await as(anna).post(`${URL}/types/${lead!.id}/default`)

  await db('leads').insert({ number: 'T-1', type_id: web.id, status_id: lead!.firstStatusId })
  await as(anna).post(`${at}/remove`)
  t.match(await db('lead_types').where({ id: web.id }).first(), { form_id: web.formId }, 'one that a lead has is only hidden')
  await db('leads').delete()
  await as(anna).post(`${at}/restore`)
  await as(anna).post(`${at}/remove`)
  t.same(await Promise.all([db('lead_types').where({ id: web.id }), db('forms').where({ id: web.formId }), items(web.formId)]), [[], [], []], 'one that nobody has goes with its form')
  t.match((await as(anna).get('/settings/audit')).body, /<ins>Globe</)
  t.same((await db('audit_entries').whereLike('kind', 'leads.type%').orderBy('id').pluck('kind')).map(kind => kind.slice(11)), ['added', 'changed', 'changed', 'moved', 'moved', 'default', 'changed', 'changed', 'default', 'changed', 'changed', 'deleted'])
})

t.test('a campaign or a location that only leads have gives them another when it is deleted', async t => {
  for (const [table, column, url] of [['campaigns', 'campaign_id', '/settings/marketing'], ['locations', 'location_id', '/settings/locations']] as const) {
    const [gone, stays] = await db(table).insert([{ name: 'Gone' }, { name: 'Stays' }]).returning('id')
    const [{ id }] = await db('leads').insert({ number: `U-${table}`, type_id: 1, status_id: 1, [column]: gone.id }).returning('id')
    t.equal((await as(anna).post(`${url}/${gone.id}/delete`)).status, 422)
    t.equal((await as(anna).post(`${url}/${gone.id}/delete`, { instead: 'other', other: stays.id })).status, 303)
    t.match(await db('leads').where({ id }).first(), { [column]: stays.id, version: 2 })
    t.match(await db('events').where({ lead_id: id }), [{ kind: 'lead.changed', details: { changes: [{ field: column, old: { name: 'Gone' }, new: { name: 'Stays' } }] } }])
    t.equal((await as(anna).get(`/leads/${id}`)).status, 200)
  }
})
