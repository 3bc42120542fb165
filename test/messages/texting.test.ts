import t from 'tap'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'
import { runJobs } from '../support/jobs.js'
import { says } from '../support/words.js'

const shared = await cast(t)
const { app, db, as, anna, marek, olga, sofia, nuno } = shared
const id = await addClient(db, anna, { first_name: 'Zofia', phones: [{ number: '600 123 456', on: ['sms', 'viber'] }, '600 999 888'] })
const phone: number = (await db('client_phones').orderBy('id').first('id')).id
const other: number = (await db('client_phones').orderBy('id', 'desc').first('id')).id
const url = `/clients/${id}/text`

t.test('a text is written by a number whose box is on, leaves in ten seconds, and can be taken back', async t => {
  const profile = (await as(marek).get(`/clients/${id}`)).body
  t.match(profile, `${url}?phone=${phone}`)
  t.notMatch(profile, `${url}?phone=${other}`, 'no arrow where no box is on')
  t.notMatch((await as(sofia).get(`/clients/${id}`)).body, `${url}?phone`)
  const page = await as(marek).get(`${url}?phone=${phone}&channel=viber`)
  t.match(page.body, new RegExp(`value="${phone}-viber" selected`))
  t.ok(says(page.body, 'texting.caught', { channel: 'Viber' }), 'it says that nothing leaves yet')
  t.notMatch((await as(marek).get(`${url}?phone=${phone}`, { fragment: true })).body, '<html')
  const token = /name="token" value="([^"]+)"/.exec(page.body)![1]!
  const body = { token, to: `${phone}-sms`, text: 'Your bicycle is ready.\r\nCome by!' }
  const sent = await as(marek).post(url, body)
  t.equal(sent.location, `/clients/${id}`)
  await as(marek).post(url, body)
  const [message, ...more] = await db('messages')
  t.same(more, [], 'a form that is sent twice is one message')
  t.match(message, { channel: 'sms', state: 'due', phone_id: phone, client_id: id, employee_id: marek.id, body_text: 'Your bicycle is ready.\nCome by!', cause: 'hand' })
  t.ok(message.due_at.getTime() > Date.now() + 5000)
  await runJobs(app)
  t.match(await db('messages').first(), { state: 'due' })
  const { location } = await as(marek).post(`/messages/${message.id}/cancel`)
  t.match(await db('messages').first(), { state: 'canceled' })
  t.equal(location, `${url}?back=${message.id}`)
  t.match((await as(marek).get(location!)).body, /Your bicycle is ready\.\nCome by!<\/textarea>/, 'what was taken back is there to go on with')
  t.notMatch((await as(olga).get(location!)).body, 'Your bicycle', 'for who wrote it')
  await as(marek).post(url, body)
  await as(marek).post(url, body)
  t.same(await db('messages').orderBy('id').pluck('state'), ['canceled', 'due'], 'the form that was taken back means one more, sent however often')
  const inPlace = await as(marek).post(url, { ...body, token: '11111111-2222-4333-8444-555555555555' }, { fragment: true })
  t.match(inPlace.body, /\/messages\/\d+\/cancel/)
  t.equal(inPlace.headers['hx-trigger'], 'commented')
})

t.test("a lead that isn't the client's, or isn't there, has nothing to do with a text", async t => {
  for (const lead of ['999999', 'x']) t.equal((await as(marek).post(url, { to: `${phone}-sms`, text: 'From nowhere', lead })).location, `/clients/${id}`, lead)
  t.same(await db('messages').where({ body_text: 'From nowhere' }).pluck('lead_id'), [null, null])
})

t.test('what is wrong is said, and what was typed stays', async t => {
  const empty = await as(marek).post(url, { to: `${phone}-sms`, text: ' ' })
  t.equal(empty.status, 422)
  t.ok(empty.error('text'))
  const long = await as(marek).post(url, { to: `${phone}-sms`, text: 'ab'.repeat(800) })
  t.ok(long.error('text'))
  t.match(long.body, 'ab'.repeat(800))
  for (const to of [`${phone}-whatsapp`, `${other}-sms`, 'x', '']) {
    const refused = await as(marek).post(url, { to, text: 'typed words' })
    t.equal(refused.status, 422, to)
    t.ok(refused.error('to'), to)
    t.match(refused.body, 'typed words')
  }
  t.match((await as(marek).post(url, { to: `${phone}-sms`, text: 'ś', step: '1' })).body, /1 part, 69 characters left · ś makes it Unicode/)
  for (const token of ['x', 'x'.repeat(5000)]) t.equal((await as(marek).post(url, { to: `${phone}-sms`, text: 'By hand', token })).status, 303)
  t.notMatch((await as(marek).get(`${url}?text=words+of+a+link`)).body, 'words of a link')
  t.equal((await as(sofia).get(url)).status, 403)
  t.equal((await as(nuno).post(url, { to: `${phone}-sms`, text: 'x' })).status, 403)
  t.equal((await as(null).get(url)).status, 303)
  for (const wrong of ['999999', 'x']) t.equal((await as(marek).get(`/clients/${wrong}/text`)).status, 404)
  const quiet = await addClient(db, anna, { first_name: 'Jan', phones: ['600 777 666'] })
  t.ok(says((await as(marek).get(`/clients/${quiet}/text`)).body, 'texting.nobody'))
  await as(anna).post(`/clients/${quiet}/archive`)
  t.ok(says((await as(marek).get(`/clients/${quiet}/text`)).body, 'messages.client_archived'))
  await as(anna).post(`/clients/${id}/archive`)
  t.notMatch((await as(marek).get(`/clients/${id}`)).body, url)
  const late = await as(marek).post(url, { to: `${phone}-sms`, text: 'words for later' })
  t.equal(late.status, 422)
  await as(anna).post(`/clients/${id}/restore`)
})

t.test("a template's words come in the client's place, and whoever may not see numbers writes to them all the same", async t => {
  const [template] = await db('templates').insert({ channel: 'sms', name: 'Ready', for_all: true }).returning('id')
  await db('template_texts').insert({ template_id: template.id, language: 'en', subject: '', body: 'Hello {{client.first_name}}, {{client.surname}}!' })
  const used = await as(marek).post(url, { to: `${phone}-sms`, text: 'mine', template: template.id, use: '1' })
  t.match(used.body, /Hello Zofia, !/)
  t.match(used.body, 'Client: Surname', 'what came out empty is named')
  t.equal((await as(marek).post(url, { to: `${phone}-viber`, text: 'mine', template: template.id, use: '1' })).status, 422, 'Viber is written in one\'s own words')
  const sent = await as(marek).post(url, { to: `${phone}-sms`, text: 'Hello Zofia!', template: template.id })
  t.equal(sent.status, 303)
  t.equal((await db('messages').orderBy('id', 'desc').first()).template_id, template.id)

  await db('roles').where({ key: 'specialist' }).update({ rights: db.raw("array_append(rights, 'messages.send')") })
  const masked = await as(sofia).get(url)
  t.notMatch(masked.body, /600 ?123 ?456/)
  await db('template_texts').where({ template_id: template.id }).update({ body: 'We ring {{client.phone}}.' })
  t.match((await as(marek).post(url, { to: `${phone}-sms`, text: '', template: template.id, use: '1' })).body, 'We ring +48 600 123 456.')
  t.match((await as(sofia).post(url, { to: `${phone}-sms`, text: '', template: template.id, use: '1' })).body, /We ring \+48 ••• ••• •56\./, 'nor by a template')
  t.equal((await as(sofia).post(url, { to: `${phone}-sms`, text: 'From the bench' })).status, 303)
  t.equal((await db('messages').orderBy('id', 'desc').first()).address, '+48600123456')
})

t.test('a template is put before what was written, and in place of another that nobody touched', async t => {
  const [one, two] = await Promise.all(['One {{client.first_name}}', 'Two'].map(async (words, n) => {
    await as(anna).post('/settings/templates', { name: `Text ${n}`, channel: 'sms', whose: 'all', 'body.en': words })
    return (await db('templates').where({ name: `Text ${n}` }).first()).id
  }))
  const use = async (body: object) => {
    const { body: page } = await as(marek).post(url, { to: `${phone}-sms`, use: '1', ...body })
    return { text: /<textarea[^>]*>([^<]*)<\/textarea>/.exec(page)![1]!, put: /name="put" value="([^"]*)"/.exec(page)![1]! }
  }
  const first = await use({ template: one, text: 'mine' })
  t.equal(first.text, 'One Zofia\n\nmine')
  t.equal((await use({ template: two, ...first })).text, 'Two\n\nOne Zofia\n\nmine')
  const alone = await use({ template: one, text: '' })
  t.equal((await use({ template: two, ...alone })).text, 'Two')
})
