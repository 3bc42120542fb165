import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient, formOf } from '../support/clients.js'
import { says, words } from '../support/words.js'

async function shop (t: Parameters<typeof cast>[0]) {
  const made = await cast(t)
  const { db, anna } = made
  const id = await addClient(db, anna, { first_name: 'Zofia', surname: '=Wójcik', phones: [{ number: '600 123 456', on: ['sms'] }, '22 123 45 67'], emails: [{ address: 'zofia@poczta.example', agrees: true }] })
  const [phone] = (await db('client_phones').orderBy('id')).map(row => row.id as number)
  const [sms, email] = await db('consents').orderBy('id') as { id: number }[]
  return { ...made, id, phone: phone!, sms: sms!.id, email: email!.id, path: `/clients/${id}/consents` }
}

const rows = (body: string) => [...body.matchAll(/<tr id="consent-(\d+)"/g)].map(([, id]) => Number(id))

t.test('the history tells of every number what was said, when, by whom and how', async t => {
  const { as, anna, marek, sofia, path, id, phone, sms, email, db } = await shop(t)
  await as(marek).post(`/clients/${id}/phones/${phone}`, { row: 0, 'phones.0.id': phone, 'phones.0.number': '600 123 456', 'phones.0.type': 1 })
  await as(marek).post(`/clients/${id}/phones/${phone}/remove`)
  const page = await as(anna).get(path)
  t.equal(page.status, 200)
  const withdrawn = Number((await db('consents').max('id as id').first())!.id)
  t.same(rows(page.body), [withdrawn, email, sms], 'newest first')
  t.match(page.body, new RegExp(`id="consent-${withdrawn}"[^]*SMS</b> <span class="num">\\+48 600 123 456</span> <small>${words('consent.taken_off')}[^]*${words('consent.was_withdrawn')}[^]*Marek Nowak`))
  t.match(page.body, new RegExp(`id="consent-${sms}"[^]*${words('consent.was_given')}[^]*in person[^]*Anna Kowalska <small>client form`))
  const fragment = await as(anna).get(`${path}?phone=${phone}`, { fragment: true })
  t.notMatch(fragment.body, /<html/)
  t.same(rows(fragment.body), [withdrawn, sms])
  t.match((await as(anna).get(`/clients/${id}`)).body, `href="${path}"`)
  t.match((await as(anna).get(`/clients/${id}`)).body, new RegExp(`href="${path}\\?email=\\d+"`))

  const masked = (await as(sofia).get(path)).body
  t.notMatch(masked, /123 456|zofia@poczta/)
  t.match(masked, /\+48 ••• ••• •56[^]*z•••@•••/)
  t.ok(says((await as(anna).get(`${path}?phone=424242`)).body, 'consent.none_here'))
  t.equal(rows((await as(anna).get(`${path}?phone=x&older=-1`)).body).length, 3, 'what makes no sense narrows nothing')
})

t.test('beside a number stands of which channel its last consent is', async t => {
  const { as, anna, id, phone } = await shop(t)
  t.match((await as(anna).get(`/clients/${id}`)).body, /SMS · consent: /)
  const row = { row: 0, 'phones.0.id': phone, 'phones.0.number': '600 123 456', 'phones.0.type': 1, 'phones.0.sms': 'on' }
  await as(anna).post(`/clients/${id}/phones/${phone}`, { ...row, 'phones.0.viber': 'on' })
  t.match((await as(anna).get(`/clients/${id}`)).body, /Viber · consent: /)
  await as(anna).post(`/clients/${id}/phones/${phone}`, row)
  t.match((await as(anna).get(`/clients/${id}`)).body, /Viber · withdrawn: /)
})

t.test('a long history comes in pages', async t => {
  const { as, anna, path, id, phone, db } = await shop(t)
  await db.raw("insert into consents (client_id, phone_id, channel, address, given, source) select ?, ?, 'sms', '+48 600 123 456', true, 'import' from generate_series(1, 60)", [id, phone])
  const first = await as(anna).get(path)
  t.equal(rows(first.body).length, 50)
  const older = /href="([^"]*older=\d+[^"]*)"/.exec(first.body)![1]!.replaceAll('&amp;', '&')
  const second = await as(anna).get(older)
  t.equal(rows(second.body).length, 12)
  t.notMatch(second.body, 'older=')
})

t.test('how it was said can be told afterwards; what was noted first stays', async t => {
  const { as, anna, sofia, path, sms, db, id } = await shop(t)
  const at = `${path}/${sms}`
  const wrong = (body: string, field: string) => new RegExp(`id="consent-${sms}-${field}-error">([^<]*)`).exec(body)?.[1]
  const form = formOf((await as(sofia).get(path)).body, at)
  const saved = await as(sofia).post(at, { ...form, how: 'writing', note: 'Form no. 17' }, { fragment: true })
  t.equal(saved.status, 200)
  t.match(saved.body, new RegExp(`^\\s*<tr id="consent-${sms}"[^]*in writing <q>Form no\\. 17</q>[^]*Sofia Ramos`))
  t.match(await db('consents').where({ id: sms }).first(), { how: 'in_person' })
  t.match(await db('consent_notes'), [{ consent_id: sms, how: 'writing', note: 'Form no. 17', employee_id: sofia.id }])
  t.match(await db('events').where({ kind: 'consent.noted' }), [{ details: { channel: 'sms', how: 'writing', address: '+48 600 123 456' } }])
  const feed = (await as(sofia).get(`/clients/${id}/feed?feed=consent`)).body
  t.match(feed, /in writing<\/ins>: “Form no\. 17” · <span class="num">\+48 ••• ••• •56/)

  // Who saw the page before that is told.
  const asked = await as(anna).post(at, { ...form, how: 'phone', note: '' })
  t.equal(asked.status, 409)
  t.equal(wrong(asked.body, 'how'), words('consent.noted_meanwhile', { name: 'Sofia Ramos' }))
  t.match(asked.body, /value="phone" selected/)
  const again = await as(anna).post(at, formOf(asked.body, at))
  t.same([again.status, again.location], [303, `${path}#consent-${sms}`])
  t.equal((await db('consent_notes')).length, 2)
  await as(anna).post(at, formOf((await as(anna).get(path)).body, at))
  t.equal((await db('consent_notes')).length, 2, 'nothing said anew')
  await t.rejects(db('consent_notes').update({ note: 'other' }), { code: '23514', constraint: 'consent_notes_kept' })

  for (const [body, field, key] of [[{ how: 'by pigeon', note: 'kept' }, 'how', 'form.choose'], [{ how: 'phone', note: 'x'.repeat(501) }, 'note', 'form.too_long'], [{}, 'how', 'form.choose']] as const) {
    const refused = await as(anna).post(at, body, { fragment: true })
    t.equal(refused.status, 422)
    t.equal(wrong(refused.body, field), words(key, { max: 500, length: 501 }))
    t.match(refused.body, /<details open>/)
  }
})

t.test('the wording in force is kept with each consent', async t => {
  const { as, anna, db, id, phone, path } = await shop(t)
  const page = await as(anna).get('/settings/consent')
  const form = formOf(page.body, '/settings/consent')
  t.equal(form.language, 'en', 'the company\'s language first')
  await as(anna).post('/settings/consent', { ...form, sms: 'I agree to SMS about my orders.' })
  await as(anna).post('/settings/consent', { ...formOf((await as(anna).get('/settings/consent?language=pl')).body, '/settings/consent'), sms: 'Zgadzam się na SMS.' })
  const turn = (sms: boolean) => as(anna).post(`/clients/${id}/phones/${phone}`, { row: 0, 'phones.0.id': phone, 'phones.0.number': '600 123 456', 'phones.0.type': 1, ...(sms && { 'phones.0.sms': 'on' }) })
  await turn(false)
  await turn(true)
  const second = await as(anna).post('/settings/consent', { ...formOf((await as(anna).get('/settings/consent')).body, '/settings/consent'), sms: 'I agree to SMS <about> anything.' })
  t.same([second.status, second.location], [303, '/settings/consent?language=en'])
  await turn(false)
  await turn(true)
  t.same((await db('consents as k').leftJoin('consent_wordings as d', 'd.id', 'k.wording_id').where({ phone_id: phone }).orderBy('k.id').select('k.given', 'd.language', 'd.version')).map(row => ({ ...row })),
    [{ given: true, language: null, version: null }, { given: false, language: null, version: null }, { given: true, language: 'en', version: 1 }, { given: false, language: null, version: null }, { given: true, language: 'en', version: 2 }])
  const history = (await as(anna).get(path)).body
  t.match(history, 'I agree to SMS &lt;about&gt; anything.')
  t.match(history, 'I agree to SMS about my orders.')
  t.match((await as(anna).get('/settings/consent')).body, new RegExp(words('consent.earlier', { count: 1 })))
  await as(anna).post('/settings/consent', { ...formOf((await as(anna).get('/settings/consent')).body, '/settings/consent'), sms: ' ' })
  await turn(false)
  await turn(true)
  t.match(await db('consents').orderBy('id', 'desc').first(), { given: true, wording_id: null }, 'an empty text takes it out of force')
  t.match((await db('audit_entries').where({ kind: 'settings.consent' }).orderBy('id')).map(row => row.details.changes), [[{ field: 'consent_sms', old: null, new: 'I agree to SMS about my orders.' }], [{ new: 'Zgadzam się na SMS.' }], [{ old: 'I agree to SMS about my orders.' }], [{ new: null }]])
  await t.rejects(db('consent_wordings').update({ body: 'other' }), { code: '23514', constraint: 'consent_wordings_kept' })
  await t.rejects(db('consent_wordings').delete(), { code: '23514', constraint: 'consent_wordings_kept' })
})

t.test('a wording that can not be kept is refused, and of two who word it anew the second is told', async t => {
  const { as, anna, olga, db } = await shop(t)
  const path = '/settings/consent'
  const form = formOf((await as(anna).get(path)).body, path)
  const refused = await as(anna).post(path, { ...form, viber: 'x'.repeat(2001), email: 'stays' }, { fragment: true })
  t.equal(refused.status, 422)
  t.equal(refused.error('viber'), words('form.too_long', { max: 2000, length: 2001 }))
  t.match(refused.body, />stays<\/textarea>/)
  t.equal((await as(anna).post(path, { ...form, language: 'de' })).status, 422)
  t.equal((await db('consent_wordings')).length, 0)

  await as(olga).post(path, { ...form, viber: 'What Olga wrote' })
  const asked = await as(anna).post(path, { ...form, viber: 'What Anna wrote', sms: 'SMS by Anna' })
  t.equal(asked.status, 409)
  t.equal(asked.error('viber'), words('consent.worded_meanwhile'))
  t.match(asked.body, /What Anna wrote<\/textarea>[^]*What Olga wrote/)
  t.equal((await db('consent_wordings')).length, 1, 'nothing is half saved')
  t.equal((await as(anna).post(path, formOf(asked.body, path))).status, 303, 'who has seen it may')
  t.same((await db('consent_wordings').where({ channel: 'viber' }).orderBy('version')).map(({ body }) => body), ['What Olga wrote', 'What Anna wrote'])
})

t.test('the history goes out as a file, harmless and whole', async t => {
  const { as, anna, marek, id, path, sms, db, phone } = await shop(t)
  await as(anna).post(`${path}/${sms}`, { how: 'other', note: '=HYPERLINK("http://evil.example")' })
  const file = await as(marek).get(`${path}.csv`)
  t.equal(file.status, 200)
  t.match(file.headers, { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': `attachment; filename="consents-${id}.csv"`, 'cache-control': 'no-store' })
  const lines = file.body.split('\r\n')
  t.equal(lines[0]![0], '\uFEFF')
  t.equal(lines.length, 4)
  t.match(lines[1], new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,${id},Zofia =Wójcik,'\\+48 600 123 456,SMS,Agreed,in another way,"'=HYPERLINK\\(""http://evil\\.example""\\)",Anna Kowalska,client form,,$`))
  t.match(lines[2], /,zofia@poczta\.example,e-mail,Agreed,/)
  await db('employees').where({ id: marek.id }).update({ language: 'pl' })
  t.match((await as(marek).get(`${path}.csv`)).body, /^\uFEFFKiedy;Numer klienta;/)

  // Everybody's, by days, in more chunks than one.
  await db.raw("insert into consents (client_id, phone_id, channel, address, given, source, at) select ?, ?, 'sms', '1', true, 'import', timestamptz '2026-03-01 22:59:59+00' + n * interval '1 microsecond' from generate_series(1, 1500) n", [id, phone])
  await db.raw("insert into consents (client_id, phone_id, channel, address, given, source, source_name, at) values (?, ?, 'sms', '1', true, 'import', 'old.xlsx', '2026-03-01 23:00:00+00')", [id, phone])
  const count = async (query: string) => (await as(anna).get(`/settings/consent/export${query}`)).body.trimEnd().split('\r\n').length - 1
  t.equal(await count(''), 1503)
  t.equal(await count('?from=2026-03-01&to=2026-03-01'), 1500, 'days are the company\'s: Warsaw is an hour ahead')
  t.equal(await count('?from=2026-03-02&to=2026-03-02'), 1)
  t.equal(await count('?to=2020-01-01'), 0)
  const wrong = await as(anna).get('/settings/consent/export?from=2026-03-02&to=2026-02-31')
  t.equal(wrong.status, 422)
  t.equal(wrong.error('to'), words('form.date'))
  t.match(wrong.body, 'value="2026-03-02"')
  t.match((await as(anna).get('/settings/consent/export?from=2026-03-02')).headers['content-disposition'], 'consents-2026-03-02.csv')
})

t.test('each part is for those who may', async t => {
  const { as, anna, marek, sofia, nuno, path, sms, id, db } = await shop(t)
  for (const at of [path, `${path}.csv`, '/settings/consent', '/settings/consent/export']) {
    t.equal((await as(nuno).get(at)).status, 403, at)
    t.match((await as(null).get(at)).location, /^\/sign-in/)
  }
  t.same([(await as(sofia).get(`${path}.csv`)).status, (await as(sofia).get('/settings/consent')).status], [403, 403])
  t.notMatch((await as(sofia).get(path)).body, 'consents.csv')
  const settings = (await as(marek).get('/settings/consent')).body
  t.notMatch(settings, '<textarea')
  t.match(settings, 'action="/settings/consent/export"')
  t.equal((await as(marek).post('/settings/consent', { language: 'en' })).status, 403)
  const [{ id: role }] = await db('roles').insert({ name: 'Exports', rights: ['clients.view', 'clients.export'] }).returning('id')
  await db('employees').where({ id: nuno.id }).update({ role_id: role })
  for (const at of [`${path}.csv`, '/settings/consent', '/settings/consent/export']) t.equal((await as(nuno).get(at)).status, 403, `${at} without seeing numbers`)
  t.equal((await as(nuno).post(`${path}/${sms}`, { how: 'phone' })).status, 403)

  for (const bad of ['999999', 'x']) {
    t.equal((await as(anna).get(`/clients/${bad}/consents`)).status, 404)
    t.equal((await as(anna).get(`/clients/${bad}/consents.csv`)).status, 404)
    t.equal((await as(anna).post(`${path}/${bad}`, { how: 'phone' })).status, 404)
  }
  const other = await addClient(db, anna, { first_name: 'Inês' })
  t.equal((await as(anna).post(`/clients/${other}/consents/${sms}`, { how: 'phone' })).status, 404, 'another client\'s')
  await db('clients').where({ id }).update({ is_supplier: true })
  t.equal((await as(sofia).get(path)).status, 404)
  await db('roles').where({ id: role }).update({ rights: ['clients.view', 'clients.export', 'contacts.view_full'] })
  t.equal((await as(nuno).get('/settings/consent/export')).body.trimEnd().split('\r\n').length, 1, 'nor in the file')
})
