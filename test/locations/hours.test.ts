import t, { type Test } from 'tap'
import { addWorkingTime, workingTimeBetween, type Hours, type Span } from '../../src/locations/hours.js'
import { readWeekForm, spansTyped } from '../../src/locations/hours/form.js'
import { findHours } from '../../src/locations/hours/queries.js'
import { instantOf } from '../../src/web/zone.js'
import { cast } from '../support/cast.js'
import { formOf } from '../support/clients.js'

const ZONE = 'Europe/Warsaw'
const at = (local: string, zone = ZONE) => instantOf(local, zone)
const span = (opens: number, closes: number): Span => ({ opens: opens * 60, closes: closes * 60 })
const weekdays = [span(9, 13), span(14, 18)]
const SHOP: Hours = { week: [weekdays, weekdays, weekdays, weekdays, weekdays, [span(9, 13)], []], closed: [{ startsOn: '2026-12-24', endsOn: '2026-12-26' }] }
const ALWAYS: Hours = { week: Array.from({ length: 7 }, () => [span(0, 24)]), closed: [] }
const NEVER_SAID: Hours = { week: [[], [], [], [], [], [], []], closed: [] }

t.test('working time between two moments leaves out nights, breaks, Sundays and closed days', async t => {
  const BETWEEN: [from: string, to: string, minutes: number][] = [
    ['2026-11-23T09:00', '2026-11-23T10:30', 90], ['2026-11-23T12:30', '2026-11-23T14:30', 60], ['2026-11-23T13:10', '2026-11-23T13:50', 0],
    ['2026-11-23T17:00', '2026-11-24T10:00', 120], ['2026-11-27T17:00', '2026-11-30T10:00', 60 + 240 + 60], ['2026-11-29T00:00', '2026-11-29T23:59', 0],
    ['2026-12-23T17:30', '2026-12-28T09:30', 60], ['2026-11-23T10:00', '2026-11-23T09:00', 0], ['2026-11-23T05:00', '2026-11-23T23:00', 480]
  ]
  for (const [from, to, minutes] of BETWEEN) t.equal(workingTimeBetween(SHOP, ZONE, at(from), at(to)), minutes, `${from} ${to}`)
  t.equal(workingTimeBetween(NEVER_SAID, ZONE, at('2026-11-29T00:00'), at('2026-11-29T02:00')), 120, 'without hours all time counts')
})

t.test('working time is added over closing time', async t => {
  const ADDED: [from: string, minutes: number, to: string][] = [
    ['2026-11-23T09:00', 60, '2026-11-23T10:00'], ['2026-11-23T12:30', 60, '2026-11-23T14:30'], ['2026-11-23T17:30', 60, '2026-11-24T09:30'],
    ['2026-11-28T12:00', 90, '2026-11-30T09:30'], ['2026-12-23T17:00', 120, '2026-12-28T10:00'], ['2026-11-29T11:00', 0, '2026-11-30T09:00'], ['2026-11-23T09:00', 480, '2026-11-23T18:00']
  ]
  for (const [from, minutes, to] of ADDED) t.same(addWorkingTime(SHOP, ZONE, at(from), minutes), at(to), `${from} + ${minutes}`)
  t.same(addWorkingTime(NEVER_SAID, ZONE, at('2026-11-29T00:00'), 90), at('2026-11-29T01:30'))
  t.equal(addWorkingTime({ ...SHOP, closed: [{ startsOn: '2026-01-01', endsOn: '2036-01-01' }] }, ZONE, at('2026-11-23T09:00'), 1), null, 'a shop that has closed for good')
})

t.test('the clocks going forward and back neither make time nor lose it', async t => {
  t.equal(workingTimeBetween(ALWAYS, ZONE, at('2026-03-29T00:00'), at('2026-03-30T00:00')), 23 * 60)
  t.equal(workingTimeBetween(ALWAYS, ZONE, at('2026-10-25T00:00'), at('2026-10-26T00:00')), 25 * 60)
  const night: Hours = { week: Array.from({ length: 7 }, () => [span(1, 4)]), closed: [] }
  t.same(addWorkingTime(night, ZONE, at('2026-03-29T01:00'), 120), at('2026-03-29T04:00'), 'two hours from one to four')
  t.same(addWorkingTime(night, ZONE, at('2026-10-25T01:00'), 240), at('2026-10-25T04:00'), 'four hours from one to four')
  const split: Hours = { week: Array.from({ length: 7 }, () => [{ opens: 60, closes: 150 }, { opens: 150, closes: 300 }]), closed: [] }
  for (const day of ['2026-03-29', '2026-10-25']) t.equal(workingTimeBetween(split, ZONE, at(`${day}T00:00`), at(`${day}T12:00`)), workingTimeBetween(split, ZONE, at(`${day}T01:00`), at(`${day}T05:00`)), day)
  for (const zone of ['America/Sao_Paulo', 'Asia/Kathmandu', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC']) {
    for (const from of ['2026-03-28T16:45', '2026-04-04T23:30', '2026-10-03T12:15', '2026-10-31T17:59']) {
      for (const minutes of [1, 59, 480, 1000, 5000]) {
        const end = addWorkingTime(SHOP, zone, at(from, zone), minutes)!
        t.equal(workingTimeBetween(SHOP, zone, at(from, zone), end), minutes, `${zone} ${from} + ${minutes}`)
      }
    }
  }
})

t.test('hours are read as people type them', async t => {
  const read = (day1: string) => readWeekForm({ day1 })
  for (const [typed, shown] of [['', ''], ['9-13, 14-18', '09:00-13:00, 14:00-18:00'], ['14:00 – 18:30; 9.15–13', '09:15-13:00, 14:00-18:30'], ['0-24', '00:00-24:00'], ['9am - 5pm', '09:00-17:00'], ['12am-12pm', '00:00-12:00'], ['9-13,13-18', '09:00-13:00, 13:00-18:00']] as const) t.equal(spansTyped(read(typed).values!.week[0]!), shown, typed)
  for (const [typed, key] of [['18-9', 'reversed'], ['9-9', 'reversed'], ['9-13, 12-14', 'overlap'], ['9-18, 10-11', 'overlap'], ['9', 'unreadable'], ['nine to five', 'unreadable'], ['9-25', 'unreadable'], ['9:75-10', 'unreadable'], ['9-13 x', 'unreadable'], ['0pm-5pm', 'unreadable'], ['13pm-15pm', 'unreadable']] as const) t.equal(read(typed).errors?.day1?.key, `hours.${key}`, typed)
})

async function place (t: Test) {
  const made = await cast(t)
  const [{ id }] = await made.db('locations').insert({ name: 'Rynek' }).returning('id')
  return { ...made, id: id as number, url: `/settings/locations/${id}/hours` }
}

t.test('a location\'s hours are kept, and of two windows the second is told', async t => {
  const { as, anna, olga, db, id, url } = await place(t)
  t.match((await as(anna).get(`/settings/locations/${id}`)).body, /No hours yet/)
  const [mine, theirs] = await Promise.all([anna, olga].map(async who => formOf((await as(who).get(url)).body, url)))
  t.match((await as(anna).get(url, { fragment: true })).body, /^\s*<div id="hours"/)
  t.match(await as(olga).post(url, { ...theirs, day1: '9-13, 14-18', day6: '10:00-13:00' }), { status: 303, location: url })
  t.match((await as(anna).get(`/settings/locations/${id}`)).body, /Monday<\/dt><dd class="num">09:00-13:00, 14:00-18:00<[^]*Sunday<\/dt><dd class="num">closed/)
  const told = await as(anna).post(url, { ...mine, day1: '8-12' })
  t.equal(told.status, 409)
  t.match(told.body, /Somebody else changed these hours[^]*value="8-12"[^]*Theirs: 09:00-13:00, 14:00-18:00/)
  t.equal((await as(anna).post(url, formOf(told.body, url))).status, 303)
  t.same((await findHours(db, id)).week, [[span(8, 12)], [], [], [], [], [], []])
  t.match(await db('audit_entries').orderBy('id').select('kind', 'subject_name'), [{ kind: 'settings.hours', subject_name: 'Rynek' }, {}])

  const wrong = await as(anna).post(url, { ...formOf((await as(anna).get(url)).body, url), day2: '18-9', day3: '9-13, 12-14', day4: '\0' })
  t.equal(wrong.status, 422)
  t.match(wrong.error('day2'), /18-9 ends before it begins/)
  t.match(wrong.error('day3'), /9-13 and 12-14 overlap/)
  t.match(wrong.error('day4'), /control/)
  t.match(wrong.body, /value="9-13, 12-14"/)
  await t.rejects(db('location_hours').insert({ location_id: id, weekday: 1, opens: 11 * 60, closes: 13 * 60 }), /conflicting|exclusion/i, 'the database holds it too')
})

t.test('closed days are added, taken off and brought back', async t => {
  const { as, anna, db, id, url } = await place(t)
  for (let i = 0; i < 2; i++) t.match(await as(anna).post(`${url}/closed-days`, { starts_on: '2099-12-24', ends_on: '2099-12-26', note: 'Wigilia <b>' }), { status: 303, location: url })
  t.match(await as(anna).post(`${url}/closed-days`, { starts_on: '2099-11-11' }), { status: 303 })
  t.match((await findHours(db, id)).closed, [{ startsOn: '2099-11-11', endsOn: '2099-11-11' }, { startsOn: '2099-12-24', endsOn: '2099-12-26', note: 'Wigilia <b>' }])
  t.match((await as(anna).get(url)).body, /24 Dec 2099 – 26 Dec 2099[^]*Wigilia &lt;b&gt;/)
  for (const [body, field] of [[{ starts_on: '' }, 'starts_on'], [{ starts_on: '2099-02-31' }, 'starts_on'], [{ starts_on: '2099-01-02', ends_on: '2099-01-01' }, 'ends_on'], [{ starts_on: '2099-01-01', note: 'x'.repeat(201) }, 'note']] as const) {
    const page = await as(anna).post(`${url}/closed-days`, body)
    t.equal(page.status, 422)
    t.not(page.error(field), '', field)
  }
  const { id: days } = (await db('location_closed_days').orderBy('id').first('id'))!
  t.equal((await as(anna).post(`${url}/closed-days/${days}/remove`)).status, 303)
  t.equal((await findHours(db, id)).closed.length, 1)
  t.equal((await as(anna).post(`${url}/closed-days/${days}/restore`)).status, 303)
  t.equal((await findHours(db, id)).closed.length, 2)
})

t.test('it is for those who manage settings', async t => {
  const { as, anna, marek, id, url } = await place(t)
  for (const path of [url, `${url}/closed-days`, `${url}/closed-days/1/remove`, `${url}/closed-days/1/restore`]) {
    t.equal((await as(marek).post(path)).status, 403)
    t.equal((await as(null).post(path)).status, 401)
    for (const bad of ['424242', 'abc']) t.equal((await as(anna).post(path.replace(`/${id}/`, `/${bad}/`), { starts_on: '2099-01-01' })).status, 404, path)
  }
  t.equal((await as(marek).get(url)).status, 403)
  t.equal((await as(anna).get('/settings/locations/424242/hours')).status, 404)
  t.equal((await as(anna).post(`${url}/closed-days/424242/remove`)).status, 404)
})
