import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { addFields, reshape } from '../support/fields.js'
import { words } from '../support/words.js'

/** A shop whose form asks for a plate, a frame, a size, its last service and what was ordered. */
async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const fields = await addFields(made.db, {
    plate: { kind: 'unique_id', label: 'Plate' }, frame: { kind: 'one_choice', label: 'Frame', choices: ['Steel', 'Carbon'] }, size: { kind: 'number', label: 'Size' },
    served: { kind: 'date_time', label: 'Served' }, extras: { kind: 'several_choices', label: 'Extras', choices: ['Rack', 'Lights'] }, fleet: { kind: 'short_text', label: 'Fleet', on: 'company' }, member: { kind: 'yes_no', label: 'Member', default_value: 'yes' }
  })
  const id = await addClient(made.db, made.anna, { first_name: 'Zofia', surname: 'Wójcik' })
  const rows = (client = id) => made.db('client_values').where({ client_id: client }).orderBy(['field_id', 'position']).select('field_id', 'text_value', 'number_value', 'moment_value', 'option_id')
  const form = async (who = made.anna) => formOf((await made.as(who).get(`/clients/${id}`)).body, `/clients/${id}`)
  return { ...made, fields, id, path: `/clients/${id}`, rows, form, steel: fields.frame.options[0]!.id, carbon: fields.frame.options[1]!.id, extras: fields.extras.options.map(({ id }) => id) }
}

t.test('own fields are filled in with a new client, beginning with their defaults', async t => {
  const { as, anna, db, rows, steel, extras } = await shop(t)
  const { body } = await as(anna).get('/clients/new')
  const form = formOf(body, '/clients')
  t.match(form, { 'own.member': 'yes', 'own.size': '', 'own.frame': '' })
  t.notOk('own.fleet' in form, 'which only companies are asked for')
  const answer = await as(anna).post('/clients', { ...form, surname: 'Żółć', 'own.plate': 'WR 123', 'own.size': '56,5', 'own.frame': steel, 'own.extras': ['', ...extras], 'own.served': '2026-07-01T10:30' })
  t.equal(answer.status, 303)
  const id = Number(answer.location!.split('/').at(-1))
  t.match(await rows(id), [{ text_value: 'WR 123' }, { option_id: steel }, { number_value: '56.5' }, { moment_value: new Date('2026-07-01T08:30:00Z') }, { option_id: extras[0] }, { option_id: extras[1] }, { number_value: '1' }])
  t.match(formOf((await as(anna).get(`/clients/${id}`)).body, `/clients/${id}`), { 'own.plate': 'WR 123', 'own.size': '56.5', 'own.frame': String(steel), 'own.extras': ['', ...extras.map(String)], 'own.served': '2026-07-01T10:30', 'own.member': 'yes' })
  t.equal((await db('events').where({ client_id: id })).length, 1, 'one entry for all of it')
})

t.test('bad input in an own field is said beside it, and nothing is half saved', async t => {
  const { as, anna, db, path, form, rows } = await shop(t)
  for (const [name, value, key] of [['size', 'big', 'own.number'], ['served', 'soon', 'own.date_time'], ['frame', '424242', 'own.gone_choice'], ['plate', 'x'.repeat(61), 'form.too_long'], ['member', 'perhaps', 'form.choose']] as const) {
    const typed = { 'own.size': '7', note: 'Typed', [`own.${name}`]: value }
    for (const [where, sent] of [[path, { ...await form(), ...typed }], ['/clients', { kind: 'person', surname: 'Żółć', ...typed }]] as const) {
      const answer = await as(anna).post(where, sent)
      t.equal(answer.status, 422, name)
      t.equal(answer.error(`own.${name}`), words(key, { length: 61, max: 60 }), name)
      t.match(formOf(answer.body, where), { note: 'Typed', ...(name !== 'size' && { 'own.size': '7' }), ...(name === 'size' && { 'own.size': value }) }, 'what was typed stays')
    }
    t.equal((await as(anna).post(`${path}/parts/own-${name}`, { [`own.${name}`]: value }, { fragment: true })).status, 422, name)
  }
  t.same(await rows(), [])
  t.equal((await db('clients')).length, 1)
})

t.test('an own field saves itself, and the feed tells of it in words that stay', async t => {
  const { as, sofia, nuno, db, path, rows, steel, carbon, extras } = await shop(t)
  const part = (name: string, value: unknown, was = '') => as(sofia).post(`${path}/parts/own-${name}`, { [`own.${name}`]: value, [`was.own.${name}`]: was, note: 'not mine' }, { fragment: true })
  const answer = await part('frame', steel)
  t.equal(answer.status, 200)
  t.match(answer.body, /id="part-own-frame"[^]*class="flag-good saved"/)
  await part('frame', carbon)
  await part('extras', ['', extras[1]])
  await part('size', '1234,5')
  await part('served', '2026-07-01T10:30')
  await part('member', 'no')
  await part('member', '')
  t.equal((await rows()).length, 4)
  await db('field_options').where({ id: steel }).update({ labels: { en: 'Titanium' } })
  await db('fields').update({ labels: { en: 'Renamed' } })
  const body = (await as(sofia).get(path)).body.replace(/\s+/g, ' ')
  t.match(body, /Frame <del>\s*Steel<\/del> → <ins>\s*Carbon<\/ins>/)
  t.match(body, /Extras → <ins>\s*Lights<\/ins>/)
  t.match(body, /Size → <ins>\s*1,234.5<\/ins>/)
  t.match(body, /Served → <ins>\s*1 Jul 2026, 10:30<\/ins>/)
  t.match(body, new RegExp(`Member <del>\\s*${words('no')}</del> → <ins>\\s*${words('none')}</ins>`))
  t.equal((await db('clients').first('note')).note, '')
  t.equal((await as(nuno).post(`${path}/parts/own-frame`, { 'own.frame': carbon })).status, 403)
  for (const unit of ['own-nothing', 'own-', 'own-__proto__']) t.equal((await as(sofia).post(`${path}/parts/${unit}`, {})).status, 404, unit)
  const page = await as(sofia).post(`${path}/parts/own-size`, { 'own.size': 'x' })
  t.match(page.body, /<html[^]*value="x"/)
})

t.test('saving what is there already writes nothing', async t => {
  const { as, anna, db, path, form, steel, extras } = await shop(t)
  await as(anna).post(path, { ...await form(), 'own.plate': 'WR 1', 'own.size': '0,5', 'own.frame': steel, 'own.extras': ['', ...extras], 'own.served': '2026-07-01T10:30', 'own.member': 'no' })
  t.equal((await db('events')).length, 2)
  await as(anna).post(path, await form())
  t.equal((await db('events')).length, 2)
})

t.test('of two who change the same own field the second is asked', async t => {
  const { as, anna, marek, db, path, form, rows, steel, carbon } = await shop(t)
  const [annas, mareks] = [await form(), await form(marek)]
  await as(anna).post(path, { ...annas, 'own.frame': steel, 'own.size': '5' })
  const page = await as(marek).post(path, { ...mareks, 'own.frame': carbon, 'own.plate': 'X1' })
  t.equal(page.status, 409)
  t.match(page.body.replace(/\s+/g, ' '), /Frame · changed by Anna Kowalska[^]*<b>\s*Steel<\/b>[^]*<b>\s*Carbon<\/b>/)
  t.notOk((await rows()).some(row => row.text_value), 'nothing of theirs is saved')
  const again = await as(marek).post(path, { ...formOf(page.body, path), 'resolve.own.frame': 'mine' })
  t.equal(again.status, 303)
  t.match(await rows(), [{ text_value: 'X1' }, { option_id: carbon }, { number_value: '5' }])
  const part = await as(anna).post(`${path}/parts/own-frame`, { 'own.frame': steel, 'was.own.frame': annas['was.own.frame'] }, { fragment: true })
  t.equal(part.status, 409, 'also in place')
  t.match(part.body, /name="resolve.own.frame"/)
  t.equal((await db('clients').first('version')).version, 3)
})

t.test('a unique id that was taken meanwhile, and a choice that is gone, are said beside the field', async t => {
  const { as, anna, marek, db, fields, path, form, rows, steel, carbon } = await shop(t)
  const [one, two] = await Promise.all([anna, marek].map(who => as(who).post('/clients', { kind: 'person', surname: who.name, 'own.plate': 'WR 123' })))
  t.same([one!.status, two!.status].sort(), [303, 422], 'of two at once')
  const refused = one!.status === 422 ? one! : two!
  t.equal(refused.error('own.plate'), words('own.taken'))
  t.match(refused.body, /<a href="\/clients\/\d+" target="_blank">(Anna Kowalska|Marek Nowak)</)
  const part = await as(anna).post(`${path}/parts/own-plate`, { 'own.plate': 'wr123' }, { fragment: true })
  t.equal(part.status, 422)
  t.equal(part.error('own.plate'), words('own.taken'))

  const before = await form()
  await as(anna).post(`${path}/parts/own-frame`, { 'own.frame': steel })
  await db('field_options').where({ id: steel }).update({ retired_at: db.fn.now() })
  await db('field_options').where({ id: carbon }).delete()
  await reshape(db)
  t.equal((await as(anna).post(path, { ...await form(), note: 'x' })).status, 303, 'who has a choice that is no longer offered keeps it')
  t.match(await rows(), [{ option_id: steel }])
  const gone = await as(anna).post(path, { ...before, 'own.frame': carbon })
  t.equal(gone.error('own.frame'), words('own.gone_choice'))
  t.equal((await as(anna).post('/clients', { kind: 'person', surname: 'X', 'own.frame': steel })).error('own.frame'), words('own.gone_choice'))

  await db('fields').where({ id: fields.size.id }).update({ kind: 'short_text' }) // as the editor does, without telling the version yet
  const changed = await as(anna).post(`${path}/parts/own-size`, { 'own.size': '5' }, { fragment: true })
  t.same([changed.status, changed.error('own.size')], [422, words('own.changed_field')])
})

t.test('a removed field is not asked for, and keeps its values', async t => {
  const { as, anna, db, fields, path, form, rows } = await shop(t)
  const before = { ...await form(), 'own.size': '5', 'own.plate': 'X' }
  await as(anna).post(path, before)
  await db('fields').where({ id: fields.size.id }).update({ removed_at: db.fn.now() })
  await reshape(db)
  t.notOk('own.size' in await form())
  t.notMatch((await as(anna).get(path)).body, /own\.size/)
  t.equal((await as(anna).post(path, { ...before, 'own.size': 'abc', 'own.plate': 'Y', 'was.own.plate': '' })).status, 303, 'nobody is asked about what they can\'t see')
  t.match(await rows(), [{ text_value: 'Y' }, { number_value: '5' }])
  t.equal((await as(anna).post(`${path}/parts/own-size`, { 'own.size': '6' }, { fragment: true })).status, 200, 'what was typed before one knew is kept with the rest')
  t.match(await rows(), [{ text_value: 'Y' }, { number_value: '6' }])
})

t.test('what is required is asked for when a client is made or saved whole, and holds up no other part', async t => {
  const { as, anna, db, path, form } = await shop(t)
  await addFields(db, { consent: { kind: 'yes_no', label: 'Consent', required: true } })
  await reshape(db, { phones: { required: true }, campaign: { required: true }, tags: { required: true }, note: { required: true, hidden: true } })
  const [campaign] = await db('campaigns').insert({ name: 'Cartaz' }).returning('id')
  for (const [where, sent] of [['/clients', { kind: 'person', surname: 'X' }], [path, await form()]] as const) {
    const answer = await as(anna).post(where, sent)
    t.equal(answer.status, 422)
    for (const name of ['phones', 'campaign_id', 'tag', 'own.consent']) t.equal(answer.error(name), words('form.required'), name)
    t.equal(answer.error('note'), '', 'what is hidden is not asked for')
  }
  const whole = { campaign_id: campaign.id, tag: 'VIP', 'own.consent': 'no', phone_rows: 0, 'phones.0.number': '600 123 456', 'phones.0.type': 1 }
  t.equal((await as(anna).post('/clients', { kind: 'person', surname: 'X', ...whole })).status, 303)
  t.equal((await as(anna).post(`${path}/parts/address`, { address: 'Rynek 1' }, { fragment: true })).status, 200)
  t.equal((await as(anna).post(path, { ...await form(), ...whole })).status, 303)
  t.equal((await as(anna).post(path, { ...await form(), address: 'Rynek 2' })).status, 303, 'what the client has counts')
  const part = await as(anna).post(`${path}/parts/own-consent`, { 'own.consent': '' }, { fragment: true })
  t.same([part.status, part.error('own.consent')], [422, words('form.required')])

  const [id, tag] = [Number(path.split('/').at(-1)), (await db('client_tags').first('tag_id')).tag_id]
  const phone = await db('client_phones').where({ client_id: id }).first('id')
  for (const ask of [{ fragment: true }, {}]) {
    const last = await as(anna).post(`${path}/phones/${phone.id}/remove`, { phone_rows: ['4', '7'], 'phones.7.id': phone.id }, ask)
    t.same([last.status, last.error('phones.7.number')], [422, words('phones.last_needed')], 'the last of what is required stays')
    t.equal((await as(anna).post(`${path}/tags/${tag}/remove`, {}, ask)).error('tag'), words('tags.last_needed'))
  }
  t.equal((await as(anna).post(path, { ...await form(), remove_tag: tag })).error('tag'), words('form.required'))
  await as(anna).post(`${path}/tags`, { tag: 'Rower' })
  t.equal((await as(anna).post(`${path}/tags/${tag}/remove`, {})).status, 303, 'beside another one it goes')
  await reshape(db, { phones: { required: false } })
  t.equal((await as(anna).post(`${path}/phones/${phone.id}/remove`, {})).status, 303)
})

t.test('people and companies have forms of their own, and switching keeps what was typed', async t => {
  const { as, anna, db, path, form, rows } = await shop(t)
  await reshape(db, { address: { hidden: true } }, ['company'])
  const typed = { kind: 'company', form_kind: 'person', company_name: 'Rowery', address: 'Rynek 1', note: 'Typed', 'own.size': 'x' }
  for (const ask of [{ fragment: true }, {}]) {
    const company = await as(anna).post('/clients', { ...typed, switch_kind: '1' }, ask)
    t.equal(company.status, 200)
    const shown = formOf(`<form action="/clients">${company.body.slice(company.body.indexOf('<div id="form-body"'))}`, '/clients')
    t.match(shown, { form_kind: 'company', company_name: 'Rowery', note: 'Typed', 'own.size': 'x', 'own.fleet': '', 'kept.address': 'Rynek 1' })
    t.notOk('address' in shown)
    const back = await as(anna).post('/clients', { ...shown, kind: 'person', switch_kind: '1' }, ask)
    t.match(back.body, /name="address"[^>]*value="Rynek 1"/)
    t.notMatch(back.body, 'name="own.fleet"')
  }
  t.equal((await db('clients')).length, 1, 'and saves nothing')
  const answer = await as(anna).post('/clients', { ...typed, 'own.size': '5', 'kept.address': 'x', 'own.fleet': '12 vans' })
  t.equal(answer.status, 303)

  // In place: the kind saves itself, and the whole form comes with it.
  const identity = { ...await form(), kind: 'company', note: 'Not saved yet' }
  const refused = await as(anna).post(`${path}/parts/identity`, identity, { fragment: true })
  t.same([refused.status, refused.headers['hx-retarget'], refused.error('company_name')], [422, '#form-body', words('clients.company_name_missing')])
  t.match(refused.body, /name="own.fleet"[^]*Not saved yet|Not saved yet[^]*name="own.fleet"/)
  const done = await as(anna).post(`${path}/parts/identity`, { ...identity, company_name: 'Rowery' }, { fragment: true })
  t.equal(done.status, 200)
  t.match(done.body, /name="form_kind" value="company"/)
  t.equal((await db('clients').where({ id: Number(path.split('/').at(-1)) }).first()).name, 'Rowery')
  t.same(await rows(), [])
})

t.test('a field that was hidden while something wrong stood in it is named, and saving again goes on without', async t => {
  const { as, anna, db, fields, path, form, rows } = await shop(t)
  const open = await form()
  await db('form_items').where({ field_id: fields.size.id }).update({ hidden: true })
  await reshape(db, { address: { hidden: true } })
  const refused = await as(anna).post(path, { ...open, note: 'Prefers Viber', 'own.size': 'wide', address: 'x'.repeat(501) })
  t.equal(refused.status, 422)
  t.match(refused.body, /role="alert"[^]*“Size” isn&#39;t asked for any more/)
  t.match(refused.body, /“Address” isn&#39;t asked for any more/)
  t.match(refused.body, /Prefers Viber/)
  t.equal((await as(anna).post(path, formOf(refused.body, path))).status, 303)
  t.equal((await db('clients').first('note')).note, 'Prefers Viber')
  t.same((await rows()).filter(row => row.number_value !== null), [])
})
