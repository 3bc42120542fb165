import t from 'tap'
import { recordConsent } from '../../src/clients/consents/record.js'
import { eraseClients } from '../../src/clients/erasing/erase.js'
import type { Db } from '../../src/database/knex.js'
import { BELONGINGS, MENTIONS } from '../../src/clients/merging/belongings.js'
import { cast, type Person } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'

const { db, as, anna, marek, sofia, olga } = await cast(t)

const at = ({ table, column }: { table: string, column: string }) => `${table}.${column}`

t.test('every reference to a client is known to what merges, erases and exports', async t => {
  const { rows } = await db.raw(`
    select k.conrelid::regclass::text as table, a.attname as column, k.confdeltype as on_delete
    from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
    where k.contype = 'f' and k.confrelid = 'clients'::regclass`)
  t.same(rows.map(at).sort(), BELONGINGS.map(at).sort(), 'a new table has to say in src/clients/merging/belongings.ts what becomes of its rows')
  const cascading = rows.filter(({ on_delete }: { on_delete: string }) => on_delete === 'c').map(at)
  t.same(cascading.sort(), BELONGINGS.filter(({ erase }) => erase === 'cascades').map(at).sort(), 'what goes with its client')
})

t.test('so is every column that holds the number of a client without a reference', async t => {
  const { rows } = await db.raw(`
    select c.table_name as table, c.column_name as column from information_schema.columns c join information_schema.tables b using (table_schema, table_name)
    where c.table_schema = 'public' and b.table_type = 'BASE TABLE' and c.column_name = 'client_id'`)
  const known = new Set(BELONGINGS.map(at))
  t.same(rows.map(at).filter((name: string) => !known.has(name)).sort(), MENTIONS.filter(({ column }) => column === 'client_id').map(at).sort())
})

t.test('what is said of the tables is so', async t => {
  for (const { table, merge, by, erase, exports } of BELONGINGS) {
    if (typeof erase === 'object') await t.resolves(db.raw(erase.stays, { ids: [0] }))
    const columns = await db('information_schema.columns').where({ table_schema: 'public', table_name: table }).pluck('column_name')
    if (merge === 'moves') t.ok(columns.includes('id'), `${table} has an id`)
    if (merge === 'unites' || merge === 'chooses') t.ok(columns.includes(by), `${table} has ${by}`)
    if (exports) await t.resolves(db.raw(`select to_json(r) from (${exports.sql}) r`, { client: 1 }), `the export of ${table}`)
  }
  for (const { erase } of MENTIONS) if (erase) await t.resolves(db.raw(erase, { ids: [1] }))
})

const page = (person: Person, ids: readonly number[]) => as(person).get(`/clients/merge?ids=${ids.join(',')}`)
async function merge (person: Person, ids: readonly number[], choices: Record<string, unknown> = {}) {
  const shown = await page(person, ids)
  return as(person).post('/clients/merge', { ...formOf(shown.body, '/clients/merge'), ...choices })
}
const lastMerge = async () => (await db('client_merges').max('id as id').first())!.id as number
const undo = async () => { const id = await lastMerge(); return as(anna).post(`/clients/merges/${id}/undo`) }

/** All that there is of some clients, as it stands. Versions and times of change are no part of it. */
async function state (ids: readonly number[]) {
  const rows = (sql: string) => db.raw(sql, { ids: [...ids] }).then(({ rows }) => rows)
  return {
    clients: await rows("select to_jsonb(c) - 'version' - 'active_at' as row from clients c where id = any (:ids) order by id"),
    phones: await rows('select to_jsonb(p) as row from client_phones p where client_id = any (:ids) order by id'),
    emails: await rows('select to_jsonb(p) as row from client_emails p where client_id = any (:ids) order by id'),
    tags: await rows('select client_id, tag_id from client_tags where client_id = any (:ids) order by 1, 2'),
    values: await rows('select to_jsonb(v) as row from client_values v where client_id = any (:ids) order by client_id, field_id, position'),
    tasks: await rows('select client_id, what from tasks where client_id = any (:ids) order by id'),
    files: await rows('select client_id, name from files where client_id = any (:ids) order by id'),
    comments: await rows("select client_id, body from events where client_id = any (:ids) and kind = 'comment' order by id")
  }
}

const [plate] = await db('fields').insert({ subject: 'client', key: 'plate', kind: 'unique_id', labels: JSON.stringify({ en: 'Plate' }) }).returning('id')
for (const { id: form } of await db('forms').select('id')) {
  const section = await db('form_sections').where({ form_id: form }).orderBy('position').first('id')
  await db('form_items').insert({ form_id: form, section_id: section.id, position: 90, field_id: plate.id })
}
await db('form_versions').increment('version')
const value = (trx: Db, client: number, text: string) => trx.raw('insert into client_values (client_id, field_id, text_value, unique_key) values (?, ?, ?, unique_key(?))', [client, plate.id, text, text])

/** Two cards of one person, and a third, with something of everything. */
async function twins () {
  const one = await addClient(db, anna, { first_name: 'Jan', surname: 'Kowalski', address: 'Rynek 1', phones: [{ number: '600 100 200', on: ['sms'] }, '71 300 40 50'], emails: [{ address: 'jan@poczta.example', agrees: true }], tags: ['VIP', 'Rowery'], note: 'Rings twice' })
  const two = await addClient(db, anna, { first_name: 'Jan', surname: 'Kowalsky', discount_services: 15, phones: ['600 100 200', '601 500 600'], emails: ['JAN@poczta.example'], tags: ['Rowery', 'Fleet'], note: 'Has a dog', is_conflicted: true, conflict_reason: 'Shouts' })
  const three = await addClient(db, anna, { company_name: 'Kowalski Jan Naprawa', address: 'Rynek 1a' })
  await value(db, two, 'DW 123')
  await as(anna).post(`/clients/${two}/comments`, { body: 'From the second card' })
  await as(anna).post(`/clients/${two}/tasks`, { what: 'Ring him', due_on: '2030-01-05', assignee: anna.id })
  const hash = 'a'.repeat(64)
  await db('file_contents').insert({ hash, size: 3 }).onConflict().ignore()
  await db('files').insert({ token: `t${three}`, client_id: three, content: hash, name: 'scan.pdf', type: 'application/pdf', size: 3, employee_id: anna.id })
  return [one, two, three] as const
}
const all: number[] = []

t.test('the page shows what differs and merges as it says; an undo gives everything back', async t => {
  const ids = await twins()
  const [one, two, three] = ids
  all.push(...ids)
  const before = await state(ids)
  const shown = await page(marek, ids)
  t.equal(shown.status, 200)
  t.match(shown.body, /Kowalsky/)
  t.match(shown.body, /found 2 times/, 'one number on two cards')
  const form = formOf(shown.body, '/clients/merge')
  t.same([form.survivor, form['pick.surname'], form['pick.is_supplier'], form['pick.conflicted'], form['pick.discount_services'], form['pick.own.plate']], [String(two), String(two), undefined, String(two), String(two), String(two)], 'who has most to tell stays; a warning is not lost')

  const answer = await merge(marek, ids, { survivor: one, 'pick.surname': one, 'pick.kind': one, 'pick.company_name': one, 'pick.note': 'all', 'pick.address': three })
  t.same([answer.status, answer.location], [303, `/clients/${one}`])
  const client = await db('clients').where({ id: one }).first()
  t.match(client, { name: 'Jan Kowalski', address: 'Rynek 1a', note: 'Rings twice\n\nHas a dog', is_conflicted: true, conflict_reason: 'Shouts', discount_services: '15.00' })
  t.same(await db('client_phones').where({ client_id: one }).whereNull('removed_at').orderBy('position').pluck('display'), ['+48 600 100 200', '+48 71 300 40 50', '+48 601 500 600'])
  t.equal((await db('client_emails').where({ client_id: one }).whereNull('removed_at')).length, 1)
  t.same(await db('client_tags').join('tags', 'tags.id', 'tag_id').where({ client_id: one }).orderBy('name').pluck('name'), ['Fleet', 'Rowery', 'VIP'])
  t.equal((await db('client_values').where({ client_id: one }).first()).text_value, 'DW 123')
  const profile = await as(anna).get(`/clients/${one}`)
  for (const what of [/From the second card/, /Ring him/, /Merged into this client:/, /Kowalsky/, /about this merge/]) t.match(profile.body, what)
  t.equal((await db('clients').whereIn('id', ids)).length, 1, 'the others are no clients any more')
  t.notMatch((await as(anna).get('/clients?q=601500600')).body, new RegExp(`/clients/${two}"`))

  // Old addresses lead on, with what stands behind them, for who may see the survivor.
  t.same(await as(sofia).get(`/clients/${two}`).then(({ status, location }) => [status, location]), [303, `/clients/${one}`])
  t.equal((await as(sofia).get(`/clients/${three}/files/t${three}/scan.pdf?a=1`)).location, `/clients/${one}/files/t${three}/scan.pdf?a=1`)
  t.equal((await as(sofia).get(`/clients/${two}/feed`, { fragment: true })).headers['hx-redirect'], `/clients/${one}`)
  const late = await as(sofia).post(`/clients/${two}/comments`, { body: 'Too late' })
  t.equal(late.status, 409)
  t.match(late.body, /It is a part of Jan Kowalski now/)
  await db('clients').where({ id: one }).update({ is_supplier: true })
  t.equal((await as(sofia).get(`/clients/${two}`)).status, 404, 'who may not see the survivor learns nothing')
  await db('clients').where({ id: one }).update({ is_supplier: false })

  t.equal((await undo()).status, 303)
  t.same(await state(ids), before)
  t.match((await as(anna).get(`/clients?q=kowalsky`)).body, new RegExp(`/clients/${two}"`), 'found again')
  t.match((await as(anna).get(`/clients/merges/${await lastMerge()}`)).body, /All is as it was before the merge/)
  t.match((await as(anna).get(`/clients/${two}`)).body, /By itself again/)
  t.equal((await undo()).status, 200, 'pressed twice it is undone once')
})

t.test('of consents the last word counts, and the boxes come back', async t => {
  const one = await addClient(db, anna, { surname: 'Zgoda', phones: [{ number: '602 000 111', on: ['sms', 'whatsapp'] }] })
  const two = await addClient(db, anna, { surname: 'Zgoda', phones: [{ number: '602 000 111', on: ['sms', 'viber'] }] })
  const phoneOf = (client: number) => db('client_phones').where({ client_id: client }).whereNull('removed_at').first()
  const withdrawn = await phoneOf(two)
  await db.transaction(async trx => {
    await trx('client_phones').where({ id: withdrawn.id }).update({ sms: false })
    await recordConsent(trx, anna, two, { phone_id: withdrawn.id }, { channel: 'sms', given: false, address: withdrawn.display, source: 'form' })
  })
  await merge(anna, [one, two], { survivor: one })
  t.match(await phoneOf(one), { sms: false, whatsapp: true, viber: true })
  t.equal((await db('consents').where({ client_id: one, source: 'merge' })).length, 2)
  t.equal((await as(anna).get(`/clients/${one}/consents`)).status, 200)
  // Changed by hand since: it stays, and is named.
  const now = await phoneOf(one)
  await db.transaction(async trx => {
    await trx('client_phones').where({ id: now.id }).update({ viber: false })
    await recordConsent(trx, anna, one, { phone_id: now.id }, { channel: 'viber', given: false, address: now.display, source: 'form' })
  })
  await undo()
  t.match(await phoneOf(one), { sms: true, whatsapp: true, viber: false })
  t.match(await phoneOf(two), { sms: false, viber: true })
  t.match((await as(anna).get(`/clients/merges/${await lastMerge()}`)).body, /<li>Phone<\/li>/)
})

t.test('what was changed since the merge stays and is named', async t => {
  const one = await addClient(db, anna, { surname: 'Stary', note: 'one' })
  const two = await addClient(db, anna, { surname: 'Nowy', note: 'two', phones: ['603 000 222'] })
  await merge(anna, [one, two], { survivor: one, 'pick.surname': two, 'pick.note': two })
  await as(anna).post(`/clients/${one}/parts/note`, { note: 'by hand' })
  await as(anna).post(`/clients/${one}/comments`, { body: 'Written since' })
  // A number that somebody else got meanwhile, which the setting refuses to have twice.
  await db('client_phones').where({ client_id: one }).update({ removed_at: new Date() })
  await undo()
  t.match(await db('clients').where({ id: one }).first(), { surname: 'Stary', note: 'by hand' })
  t.match(await db('clients').where({ id: two }).first(), { surname: 'Nowy', note: 'two' })
  const { body } = await as(anna).get(`/clients/merges/${await lastMerge()}`)
  t.match(body, /<li>Note<\/li>/)
  t.match(body, /entries written in the feed since stay with Stary/)
  t.equal((await db('events').where({ client_id: one, body: 'Written since' })).length, 1)
})

t.test('a merge of merged ones is undone the last one first', async t => {
  const ids = []
  for (const surname of ['Alfa', 'Beta', 'Gamma']) ids.push(await addClient(db, anna, { surname, phones: ['604 000 333'] }))
  const [a, b, c] = ids as [number, number, number]
  const before = await state(ids)
  await merge(anna, [a, b], { survivor: b })
  const first = await lastMerge()
  await merge(anna, [b, c], { survivor: c })
  t.equal((await as(anna).get(`/clients/${a}`)).location, `/clients/${c}`, 'straight to where it is now')
  const refused = await as(anna).post(`/clients/merges/${first}/undo`)
  t.equal(refused.status, 409)
  t.match(refused.body, /took part in a later merge/)
  await undo()
  t.equal((await as(anna).get(`/clients/${a}`)).location, `/clients/${b}`)
  t.equal((await as(anna).post(`/clients/merges/${first}/undo`)).status, 303)
  t.same(await state(ids), before)
})

t.test('numbers that the setting refuses to have twice come back all the same; unique ids hold', async t => {
  const one = await addClient(db, anna, { surname: 'Para', phones: ['605 000 444'] })
  const two = await addClient(db, anna, { surname: 'Para', phones: ['605 000 444'] })
  await value(db, one, 'A 1')
  await value(db, two, 'B 2')
  await db('organisation').update({ phone_uniqueness: 'refuse' })
  t.teardown(() => db('organisation').update({ phone_uniqueness: 'allow' }))
  await merge(anna, [one, two], { survivor: one, 'pick.own.plate': two })
  const third = await addClient(db, anna, { surname: 'Trzeci' })
  await value(db, third, 'a1')
  await undo()
  t.same((await db('client_phones').whereIn('client_id', [one, two]).whereNull('removed_at')).length, 2, 'it was so before')
  t.same(await db('client_values').whereIn('client_id', [one, two, third]).orderBy('client_id').pluck('text_value'), ['B 2', 'a1'], 'A 1 is taken meanwhile')
  t.match((await as(anna).get(`/clients/merges/${await lastMerge()}`)).body, /plate/)
})

t.test('whoever comes second, or saw something else, is told, and nothing is changed', async t => {
  const ids: number[] = []
  for (const surname of ['Raz', 'Dwa', 'Trzy']) ids.push(await addClient(db, anna, { surname }))
  const [a, b, c] = ids as [number, number, number]
  const mine = formOf((await page(anna, [a, b])).body, '/clients/merge')
  const theirs = formOf((await page(marek, [b, c])).body, '/clients/merge')
  const answers = await Promise.all([as(anna).post('/clients/merge', { ...mine, survivor: a }), as(marek).post('/clients/merge', { ...theirs, survivor: c })])
  t.same(answers.map(({ status }) => status).sort(), [303, 409], 'of two overlapping merges one is made')
  t.match(answers.find(({ status }) => status === 409)!.body, /not there any more/)
  t.equal((await db('clients').whereIn('id', ids)).length, 2)

  const d = await addClient(db, anna, { surname: 'Cztery' })
  const e = await addClient(db, anna, { surname: 'Pięć' })
  const form = formOf((await page(anna, [d, e])).body, '/clients/merge')
  await as(marek).post(`/clients/${e}/parts/note`, { note: 'new' })
  const told = await as(anna).post('/clients/merge', { ...form, survivor: d, 'pick.surname': e })
  t.equal(told.status, 409)
  t.match(told.body, /Somebody changed Pięć/)
  const again = formOf(told.body, '/clients/merge')
  t.same([again.survivor, again['pick.surname']], [String(d), String(e)], 'what was chosen stays')
  t.equal((await as(anna).post('/clients/merge', again)).status, 303)
  t.equal((await as(anna).post('/clients/merge', again)).location, `/clients/${d}`, 'sent twice it is one merge')
})

t.test('bad input, and who may not', async t => {
  const person = await addClient(db, anna, { surname: 'Osoba' })
  const company = await addClient(db, anna, { company_name: 'Firma' })
  const supplier = await addClient(db, anna, { company_name: 'Hurt', is_supplier: true })
  const nameless = await merge(anna, [person, company], { survivor: person, 'pick.kind': company, 'pick.company_name': person })
  t.equal(nameless.status, 422)
  t.match(nameless.body, /would have no name/)
  t.match(formOf(nameless.body, '/clients/merge'), { 'pick.kind': String(company), 'pick.company_name': String(person) })
  t.equal((await merge(anna, [person, company], { survivor: supplier })).status, 422)
  t.equal((await as(anna).get('/clients/merge')).status, 200)
  t.equal((await as(anna).get(`/clients/merge?ids=${person},987654`)).status, 404)
  t.equal((await as(anna).post('/clients/merge', {})).status, 422)
  t.equal((await as(anna).get('/clients/merges/987654')).status, 404)
  t.equal((await as(anna).post('/clients/merges/x/undo')).status, 404)
  t.equal((await page(sofia, [person, company])).status, 403)
  t.equal((await as(sofia).post('/clients/merges/1/undo')).status, 403)
  t.equal((await as(null).get(`/clients/merge?ids=${person}`)).status, 303)

  // Somebody who may merge, but may see neither suppliers nor numbers, nor change discounts.
  const [role] = await db('roles').insert({ name: 'Merger', rights: ['clients.view', 'clients.merge'] }).returning('id')
  await db('employees').where({ id: sofia.id }).update({ role_id: role.id })
  t.teardown(() => db('employees').where({ id: sofia.id }).update({ role_id: sofia.roleId }))
  t.equal((await page(sofia, [person, supplier])).status, 404)
  const cheap = await addClient(db, anna, { surname: 'Tani', discount_services: 50, phones: ['606 777 888'] })
  const shown = await page(sofia, [person, cheap])
  t.notMatch(shown.body, /606 777 888/)
  await merge(sofia, [person, cheap], { survivor: person, 'pick.discount_services': cheap })
  t.match(await db('clients').where({ id: person }).first(), { discount_services: '0.00' })
})

t.test('a table that has not been told of stops the merge', async t => {
  const ids = [await addClient(db, anna, { surname: 'Lewy' }), await addClient(db, anna, { surname: 'Prawy' })]
  const form = formOf((await page(anna, ids)).body, '/clients/merge')
  await db('client_selection').insert(ids.map(client_id => ({ employee_id: olga.id, client_id })))
  t.equal((await as(anna).post('/clients/merge', form)).status, 303, 'what is ticked goes with it')
  const [row] = await db('client_selection').where({ employee_id: olga.id })
  t.ok(row)
})

t.test('whoever is erased is gone everywhere', async t => {
  const one = await addClient(db, anna, { surname: 'Zniknie', phones: ['607 111 222'] })
  const two = await addClient(db, anna, { surname: 'Zniknięty', phones: ['607 111 223'] })
  const other = await addClient(db, anna, { surname: 'Zostaje' })
  await merge(anna, [other, two], { survivor: other, 'pick.surname': other })
  await undo()
  await merge(anna, [one, two], { survivor: one, 'pick.surname': one })
  const gone = await db.transaction(trx => eraseClients(trx, anna, [one], 'request'))
  t.same([...gone.keys()], [one])
  for (const id of [one, two]) {
    const { status, body } = await as(anna).get(`/clients/${id}/feed`)
    t.equal(status, 410)
    t.match(body, /This client was deleted/)
  }
  const { rows } = await db.raw("select count(*)::int as count from events e where to_jsonb(e)::text like '%Znikn%'")
  t.equal(rows[0].count, 0, 'nor named in the feed of others')
  t.match((await as(anna).get(`/clients/${other}`)).body, /a deleted client/)
})
