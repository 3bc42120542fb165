import t from 'tap'
import { formatFor } from '../../src/web/format.js'
import { translator } from '../../src/web/i18n.js'
import { findActor } from '../../src/web/session-store.js'
import { listTemplatesFor, renderTemplate } from '../../src/templates/render.js'
import { cast, type Person } from '../support/cast.js'
import { formOf } from '../support/clients.js'
import { says, words } from '../support/words.js'

const URL = '/settings/templates'
const { as, db, anna, olga, sofia, marek, nuno, client } = await cast(t).then(made => ({ ...made, client: async (body: object) => Number((await made.as(made.anna).post('/clients', { kind: 'person', ...body })).location!.split('/').at(-1)) }))
const ready = { name: 'Repair ready', channel: 'email', whose: 'all', 'subject.en': 'Lead {{lead.number}} is ready', 'body.en': 'Dear {{client.first_name|client}},\n\nit is **ready**.', 'subject.pl': '{{lead.number}} gotowe', 'body.pl': 'Dzień dobry {{client.first_name}}!' }
const add = async (body: object = {}, by: Person = anna) => as(by).post(URL, { ...ready, ...body })
const idOf = async (name: string): Promise<number> => (await db('templates').where({ name }).first()).id
const zofia = await client({ first_name: 'Zofia', surname: 'Żak <b>', address: 'Rynek 1\n50-101 Wrocław', phone_rows: '0', 'phones.0.number': '600 123 456', 'phones.0.type': (await db('phone_types').where({ key: 'mobile' }).first()).id })

t.test('who may not manage templates sees none, and there is nothing behind a bad id', async t => {
  for (const path of ['', '/new', '/1', '/company']) t.equal((await as(sofia).get(URL + path)).status, 403)
  for (const path of ['', '/preview', '/1', '/1/preview', '/1/archive', '/1/restore', '/company']) t.equal((await as(sofia).post(URL + path)).status, 403)
  for (const path of ['/0', '/424242', '/new?from=424242', '/new?from=x']) t.equal((await as(anna).get(URL + path)).status, 404)
  for (const path of ['/424242', '/x/preview', '/424242/archive', '/x/restore']) t.equal((await as(anna).post(URL + path)).status, 404)
})

t.test('a template is added in several languages, changed, put away and brought back, and the audit log says so', async t => {
  t.equal((await add()).status, 303)
  const id = await idOf('Repair ready'), at = `${URL}/${id}`
  t.same((await db('template_texts').where({ template_id: id }).orderBy('language')).map(({ language }) => language), ['en', 'pl'])
  const list = await as(anna).get(URL)
  t.match(list.body, />Repair ready</)
  t.match((await as(anna).get(URL, { fragment: true })).body, /^(?![^]*<html)[^]*id="templates"/)
  t.equal((await add()).error('name'), words('templates.name_taken'), 'a name is one of a channel')
  t.equal((await add({ channel: 'sms' })).status, 303, 'and may be another’s')

  const seen = formOf((await as(anna).get(at)).body, at)
  t.match(seen, { name: 'Repair ready', 'subject.pl': '{{lead.number}} gotowe', whose: 'all' })
  t.equal((await as(anna).post(at, { ...seen, 'body.en': 'Dear client, it is ready.', channel: 'sms' })).status, 303)
  t.match(await db('templates').where({ id }).first(), { channel: 'email', version: 2 }, 'the channel stays')
  t.match(await db('audit_entries').where({ kind: 'templates.changed' }).first(), { subject_name: 'Repair ready', details: { changes: [{ field: 'text_en' }] } })
  const late = await as(olga).post(at, { ...seen, 'body.en': 'Mine' })
  t.equal(late.status, 409, 'the second of two is told')
  t.match(late.body, />Mine</)
  t.equal((await as(olga).post(at, formOf(late.body, at))).status, 303, 'and may insist')

  t.equal((await as(anna).post(`${at}/archive`)).status, 303)
  t.ok(says((await as(anna).get(at)).body, 'templates.is_archived'))
  t.equal((await add()).status, 303, 'its name is free')
  const back = await as(anna).post(`${at}/restore`)
  t.equal(back.status, 422)
  t.ok(says(back.body, 'templates.name_taken_meanwhile'))
  t.equal((await as(anna).post(`${URL}/${await idOf('Repair ready')}/archive`)).status, 303, 'the older of the two is archived already')
  t.ok((await db('audit_entries').whereIn('kind', ['templates.added', 'templates.archived'])).length >= 4)
  t.match((await as(anna).get('/settings/audit')).body, />Repair ready</)
  t.match((await as(anna).get(`${URL}/new?from=${id}`)).body, /value="\{\{lead\.number\}\} gotowe"/, 'a copy begins with its text')
})

t.test('what is wrong stands beside its field, and what was typed stays', async t => {
  for (const [body, field, key, values] of [
    [{ name: '' }, 'name', 'form.required'],
    [{ channel: 'viber' }, 'channel', 'form.choose'],
    [{ 'body.en': 'Dear {{client.firstname}}' }, 'body.en', 'templates.unknown', { name: 'client.firstname', nearest: 'client.first_name' }],
    [{ 'subject.pl': '{{lead.numer}}' }, 'subject.pl', 'templates.unknown', { name: 'lead.numer', nearest: 'lead.number' }],
    [{ 'body.en': 'Dear {{client.first_name' }, 'body.en', 'templates.unclosed'],
    [{ 'body.en': '{{{client.name}}}' }, 'body.en', 'templates.no_unescaped'],
    [{ 'subject.en': '' }, 'subject.en', 'templates.no_subject'],
    [{ 'subject.en': 'two\nlines' }, 'subject.en', 'templates.one_line'],
    [{ 'body.pl': '' }, 'body.pl', 'templates.no_body'],
    [{ 'subject.en': '', 'body.en': '', 'subject.pl': '', 'body.pl': '' }, 'body.en', 'templates.no_text'],
    [{ 'body.en': 'x'.repeat(20_001) }, 'body.en', 'form.too_long', { max: 20_000, length: 20_001 }],
    [{ whose: 'some' }, 'whose', 'templates.no_roles'],
    [{ whose: 'some', role: 424242 }, 'whose', 'templates.no_roles']
  ] as [object, string, string, object?][]) {
    const answer = await add({ name: 'Refused', ...body })
    t.equal(answer.status, 422, key)
    t.equal(answer.error(field), words(key, values as Record<string, unknown>))
    t.match(answer.body, /name="name"[^>]* value="(Refused)?"/)
  }
  t.equal(await db('templates').where({ name: 'Refused' }).first(), undefined)
})

t.test('some roles only may be given a template, and an own field is a variable as long as it is there', async t => {
  const [field] = await db('fields').insert({ subject: 'client', key: 'plate', kind: 'short_text', labels: JSON.stringify({ en: 'Number plate' }) }).returning('id')
  await db('form_versions').where({ subject: 'client' }).increment('version')
  t.equal((await add({ name: 'Plate', channel: 'sms', 'body.en': 'Your {{client.own.plate}} is ready', whose: 'some', role: sofia.roleId })).status, 303)
  const listed = async (person: Person) => (await listTemplatesFor(db, (await findActor(db, person.id))!, 'sms')).map(({ name }) => name)
  t.ok((await listed(sofia)).includes('Plate'))
  t.notOk((await listed(marek)).includes('Plate'))
  t.ok((await listed(olga)).includes('Plate'), 'an owner may do everything')
  const id = await idOf('Plate')
  await db('client_values').insert({ client_id: zofia, field_id: field.id, text_value: 'DW 1\nX' })
  t.match(await renderTemplate(db, { templateId: id, clientId: zofia }), { text: 'Your DW 1 X is ready', html: null, subject: '', empty: [] })
  await db('fields').where({ id: field.id }).update({ removed_at: db.fn.now() })
  await db('form_versions').where({ subject: 'client' }).increment('version')
  t.ok(says((await as(anna).get(URL)).body, 'templates.broken'))
  t.match(await renderTemplate(db, { templateId: id, clientId: zofia }), { empty: ['client.own.plate'] })
  t.equal((await as(anna).post(`${URL}/${id}`, formOf((await as(anna).get(`${URL}/${id}`)).body, `${URL}/${id}`))).status, 422)
})

t.test('a template is rendered for a client: values escaped in HTML, on one line in a subject, in the client’s language', async t => {
  await as(anna).post(`${URL}/company`, { phone: '+48 71 000 00 00', website: 'shop.example', version: '1' })
  await add({ name: 'All', 'subject.en': '{{client.name}}: {{client.address}}', 'body.en': '{{client.name}}, {{client.address}} {{company.name}} {{company.phone}} {{link.website}} {{client.discount_services}} {{employee.first_name}} {{date.today}} {{lead.number}}', 'subject.pl': '', 'body.pl': '' })
  const id = await idOf('All')
  const rendered = await renderTemplate(db, { templateId: id, clientId: zofia, employeeId: marek.id })
  t.equal(rendered.subject, 'Zofia Żak <b>: Rynek 1 50-101 Wrocław')
  const today = formatFor('en', 'PL', 'Europe/Warsaw', translator('en')).date(new Date())
  t.equal(rendered.html, `<p>Zofia Żak &lt;b&gt;, Rynek 1<br>50-101 Wrocław Naprawa &amp; Co +48 71 000 00 00 <a href="https://shop.example">https://shop.example</a>  Marek ${today}</p>`)
  t.same(rendered.empty, ['client.discount_services', 'lead.number'])
  t.equal(rendered.language, 'en')
  await t.rejects(renderTemplate(db, { templateId: 424242, clientId: zofia }))
})

t.test('the language is the client’s, else that of their number’s country, else the company’s, else the first there is', async t => {
  await db('organisation').update({ language: 'en' })
  await add({ name: 'Tongues', channel: 'sms', 'body.en': 'Hello', 'body.pl': 'Cześć', 'body.es': 'Hola' })
  const id = await idOf('Tongues'), type = (await db('phone_types').where({ key: 'mobile' }).first()).id
  const of = async (clientId: number | null, language?: 'pl' | 'pt') => (await renderTemplate(db, { templateId: id, clientId, ...(language && { language }) })).text
  const from = (number: string) => client({ first_name: 'Someone', surname: number, phone_rows: '0', 'phones.0.number': number, 'phones.0.type': type })
  t.equal(await of(zofia), 'Hello', 'a number of the company’s own country says nothing')
  t.equal(await of(await from('+34 612 345 678')), 'Hola')
  t.equal(await of(await from('+351 912 345 678')), 'Hello', 'there is no Portuguese version')
  t.equal(await of(null), 'Hello')
  t.equal(await of(zofia, 'pl'), 'Cześć')
  const wrong = await as(anna).post(`/clients/${zofia}/parts/language`, { language: 'xx', 'was.language': '' }, { fragment: true })
  t.equal(wrong.status, 422)
  t.match((await as(anna).post(`/clients/${zofia}/parts/language`, { ...formOf((await as(anna).get(`/clients/${zofia}`)).body, `/clients/${zofia}`), language: 'es' }, { fragment: true })).body, /value="es" selected/)
  t.equal(await of(zofia), 'Hola', 'what the profile says goes before the number')
  t.match((await as(anna).get(`/clients/${zofia}`)).body, /Language[^<]*→ <ins>Spanish/)
  await db('clients').where({ id: zofia }).update({ language: '' })
  await db('template_texts').where({ template_id: id, language: 'en' }).delete()
  t.equal(await of(zofia), 'Hola')
})

t.test('a draft is previewed for a client, live and by the button, and says what is empty', async t => {
  const live = await as(anna).post(`${URL}/preview`, { ...ready, client: zofia }, { fragment: true })
  t.equal(live.status, 200)
  t.notMatch(live.body, /<html/)
  t.match(live.body, /Dear Zofia/)
  t.match(live.body, /<code>lead\.number<\/code>/, 'no lead, so its number is empty')
  const plain = await as(anna).post(`${URL}/preview`, { ...ready, who: 'zofia' })
  t.match(plain.body, /<html[^]*value="Repair ready"[^]*Dear Zofia/)
  t.match(plain.body, new RegExp(`name="client" value="${zofia}"`))
  t.ok(says((await as(anna).post(`${URL}/preview`, { ...ready, who: 'nobody of this name' }, { fragment: true })).body, 'templates.no_match'))
  t.match((await as(anna).post(`${URL}/preview`, { ...ready, 'body.en': '{{client.nam}}' }, { fragment: true })).body, /client\.nam”[^]*client\.name/)
  const sms = { ...ready, channel: 'sms', client: zofia, language: 'en' }
  t.ok(says((await as(anna).post(`${URL}/preview`, sms, { fragment: true })).body, 'templates.sms_parts', { count: 1 }))
  t.ok(says((await as(anna).post(`${URL}/preview`, { ...sms, 'body.en': 'ł'.repeat(71) }, { fragment: true })).body, 'templates.sms_odd', { sign: 'ł' }))
  const polish = await as(anna).post(`${URL}/preview`, { ...ready, client: zofia, language: 'pl' }, { fragment: true })
  t.match(polish.body, /Dzień dobry Zofia/)

  await db('roles').where({ name: 'Nothing' }).update({ rights: ['messages.manage'] })
  const blind = await as(nuno).post(`${URL}/preview`, { ...ready, client: zofia, who: 'zofia' }, { fragment: true })
  t.notMatch(blind.body, /Zofia/, 'who may not see clients is shown what variables are called')
  t.match(blind.body, /‹First name›/)
  await db('roles').where({ name: 'Nothing' }).update({ rights: ['messages.manage', 'clients.view'] })
  const masked = await as(nuno).post(`${URL}/preview`, { ...ready, client: zofia, 'body.en': '{{client.phone}}' }, { fragment: true })
  t.match(masked.body, /•••/)
  t.notMatch(masked.body, /600 123/)
  await db('roles').where({ name: 'Nothing' }).update({ rights: [] })
})

t.test('what templates say of the company is kept; a link has to be one', async t => {
  const wrong = await as(anna).post(`${URL}/company`, { website: 'javascript:alert(1)', email: 'x', phone: '1' })
  t.equal(wrong.status, 422)
  t.equal(wrong.error('website'), words('templates.link_wrong'))
  t.equal(wrong.error('email'), words('form.email'))
  const seen = formOf((await as(anna).get(`${URL}/company`)).body, `${URL}/company`)
  t.equal((await as(anna).post(`${URL}/company`, { ...seen, review: 'https://maps.example/r?x=1' })).status, 303)
  t.match(await db('company_words').first(), { review: 'https://maps.example/r?x=1', website: 'https://shop.example' })
  t.equal((await as(olga).post(`${URL}/company`, { ...seen, review: '' })).status, 409)
  t.match(await db('audit_entries').where({ kind: 'templates.company_words' }).orderBy('id', 'desc').first(), { details: { changes: [{ field: 'review_link' }] } })
})
