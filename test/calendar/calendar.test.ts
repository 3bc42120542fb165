import ICAL from 'ical.js'
import t from 'tap'
import { writeCalendar, type CalendarEntry } from '../../src/calendar/ical.js'
import { MOST_READS } from '../../src/calendar/queries.js'
import { cast } from '../support/cast.js'
import { addClient } from '../support/clients.js'

const PAGE = '/account/calendar'
const entry = (more: Partial<CalendarEntry> = {}): CalendarEntry => ({ uid: 'lead-1@desk.example', summary: 'L-1', description: '', url: 'https://desk.example/leads/1', due: { at: new Date('2026-11-03T13:30:00Z') }, changed: new Date('2026-11-01T08:00:00.123Z'), sequence: 3, urgent: false, ...more })
const read = (text: string) => new ICAL.Component(ICAL.parse(text))
const eventsOf = (text: string) => read(text).getAllSubcomponents('vevent').map(one => new ICAL.Event(one))

t.test('what is written another program reads, whatever it says', async t => {
  const hostile = 'Zażółć; gęślą, \\n jaźń\nEND:VEVENT\r\nBEGIN:VALARM 😀 "x" ' + 'ąę😀'.repeat(60) + '\u0000\u0007'
  const text = writeCalendar('Naprawa & Co: leads', [entry({ summary: hostile, description: hostile }), entry({ uid: 'task-2@desk.example', due: { day: '2026-12-24' }, urgent: true })])
  t.ok(text.split('\r\n').every(line => Buffer.byteLength(line) <= 75 && !line.includes('\n')))
  t.ok(!text.includes('\ufffd'), 'no character is cut in two')
  const [first, second] = eventsOf(text)
  const clean = hostile.replace(/\r\n/g, '\n').replace(/[\u0000\u0007]/g, ' ') // eslint-disable-line no-control-regex
  t.equal(first!.summary, clean)
  t.equal(first!.description, clean)
  t.equal(first!.startDate.toJSDate().toISOString(), '2026-11-03T13:30:00.000Z')
  t.match(text, /DTSTART:20261103T133000Z\r\nDURATION:PT15M\r\n/)
  t.match(text, /DTSTAMP:20261101T080000Z/)
  t.ok(second!.startDate.isDate)
  t.equal(second!.startDate.toString(), '2026-12-24')
  t.equal(read(text).getFirstPropertyValue('x-wr-calname'), 'Naprawa & Co: leads')
  for (const needed of ['VERSION:2.0', 'PRODID:', 'METHOD:PUBLISH', 'UID:lead-1@desk.example', 'SEQUENCE:3', 'PRIORITY:1']) t.match(text, needed)
})

t.test('an address that its person makes is read by whoever knows it, and takes one\'s own due leads and tasks along', async t => {
  const { as, app, db, anna, marek, sofia, nuno } = await cast(t)
  const type = (await db('lead_types').first('id'))!.id
  const client = await addClient(db, anna, { first_name: 'Ewa', surname: 'Kwiatkowska', phones: ['512 000 333'] })
  const make = async (values: Record<string, unknown>) => {
    t.equal((await as(anna).post('/leads', { type_id: type, contact_name: 'Piotr', manager_id: sofia.id, due_on: '2099-06-01', ...values })).status, 303)
    return (await db('leads').max('id as id').first())!.id as number
  }
  const timed = await make({ due_time: '14:30', phone_rows: '0', 'phones.0.number': '600 123 456', comment: 'Boiler leaks', urgent: 'on' })
  const allDay = await make({ contact_name: 'José, "Pepe"' })
  for (const other of [{ manager_id: marek.id, contact_name: 'Marek’s' }, { due_on: '', contact_name: 'Never due' }]) await make(other)
  const closed = await make({ contact_name: 'Closed' })
  await db('leads').where({ id: closed }).update({ closed_at: db.fn.now() })
  await as(anna).post(`/clients/${client}/tasks`, { what: 'Call her back', due_on: '2099-03-29', due_time: '09:30', assignee: sofia.id })

  t.match((await as(sofia).get(PAGE)).body, /primary/)
  const made = await as(sofia).post(PAGE)
  const address = /value="(http[^"]+)"/.exec(made.body)![1]!
  const path = new URL(address).pathname
  t.notMatch((await as(sofia).get(PAGE)).body, path, 'it is shown once')
  t.notOk(JSON.stringify(await db('calendar_feeds')).includes(path.slice(10, 53)), 'and kept nowhere')

  const answer = await as(null).get(path)
  t.equal(answer.status, 200)
  t.match(answer.headers['content-type'], /text\/calendar/)
  const found = eventsOf(answer.body)
  t.match(found.map(({ uid }) => uid.split('@')[0]), [`lead-${timed}`, `lead-${allDay}`, /task-\d+/])
  t.equal(found[0]!.startDate.toJSDate().toISOString(), '2099-06-01T12:30:00.000Z')
  t.match(found[0]!.description, /\+48 ••• ••• •56\nNew lead\nBoiler leaks/, 'phones are masked as on her pages')
  t.equal(found[1]!.startDate.toString(), '2099-06-01', 'a day without a time is the whole day')
  t.match(found[1]!.summary, 'José, "Pepe"')
  t.equal(found[2]!.startDate.toJSDate().toISOString(), '2099-03-29T07:30:00.000Z')

  const etag = String(answer.headers.etag)
  const again = await as(null).get(path, { headers: { 'if-none-match': `"x", ${etag}` } })
  t.same([again.status, again.body], [304, ''])
  await db('leads').where({ id: timed }).update({ client_id: client, due_at: '2099-06-02T12:30:00Z' })
  const after = await as(null).get(path, { headers: { 'if-none-match': etag } })
  t.equal(after.status, 200)
  t.match(after.body, 'Kwiatkowska')
  await db('roles').where({ id: sofia.roleId }).update({ rights: ['leads.view_own'] })
  const unseen = (await as(null).get(path)).body
  t.notMatch(unseen, /Kwiatkowska|Call her back|512 000|512000/, 'of a client whom she may not see there is nothing')
  t.match(unseen, 'Piotr')

  await db('employees').where({ id: sofia.id }).update({ deactivated_at: db.fn.now() })
  t.equal((await as(null).get(path)).status, 404)
  await db('employees').where({ id: sofia.id }).update({ deactivated_at: null })
  await db('calendar_feeds').update({ reads: MOST_READS })
  t.match(await as(null).get(path), { status: 429, headers: { 'retry-after': /\d+/ } })
  await db('calendar_feeds').update({ hour_at: db.raw("now() - interval '61 minutes'") })
  t.equal((await as(null).get(path)).status, 200)

  const other = new URL(/value="(http[^"]+)"/.exec((await as(sofia).post(PAGE)).body)![1]!).pathname
  t.equal((await as(null).get(path)).status, 404, 'the old one is worth nothing')
  t.equal((await as(null).get(other)).status, 200)
  t.equal((await as(sofia).post(`${PAGE}/revoke`)).status, 303)
  t.equal((await as(null).get(other)).status, 404)
  t.same(await db('audit_entries').where({ employee_id: sofia.id }).orderBy('id').pluck('kind'), ['safety.calendar_made', 'safety.calendar_made', 'safety.calendar_revoked'])
  t.equal((await as(nuno).post(PAGE)).status, 200, 'who sees no leads has an empty one')
  t.equal((await as(null).post(PAGE)).status, 401)
  t.equal((await app.inject('/calendar/short.ics')).statusCode, 404)

  let status = 404
  for (let n = 0; n < 40 && status === 404; n++) status = (await as(null).get(`/calendar/${String(n).padStart(43, 'x')}.ics`)).status
  t.equal(status, 429, 'who guesses waits')
})
