import fc from 'fast-check'
import t from 'tap'
import { addWorkingTime, workingTimeBetween, type Hours, type Span } from '../../src/locations/hours.js'
import { spanWords } from '../../src/leads/list/due.js'
import { translator } from '../../src/web/i18n.js'
import { LANGUAGES } from '../../src/web/viewer.js'
import { instantOf } from '../../src/web/zone.js'

/*
 * Working time beside a slow model: a table of what a clock in the zone shows at each minute of the days around a change of the clocks, by Intl
 * alone, over which the model goes minute by minute. Of a time that the clocks show twice the first is meant; one that they leave out is as
 * long after the gap begins as it would have been.
 */
const MINUTE = 60_000
const DAYS = 9
// Where the table ends, but for a day that isn't there as a whole.
const BEYOND = (DAYS - 2) * 1440

interface Table { zone: string, start: number, days: string[], minutes: number[], rows: Map<string, number[]> }

function tableOf (zone: string, from: string): Table {
  const clock = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const start = Date.parse(`${from}T00:00:00Z`)
  const table: Table = { zone, start, days: [], minutes: [], rows: new Map() }
  for (let n = 0; n < DAYS * 1440; n++) {
    const parts = Object.fromEntries(clock.formatToParts(start + n * MINUTE).map(({ type, value }) => [type, value]))
    const day = `${parts.year}-${parts.month}-${parts.day}`
    table.days.push(day)
    if (!table.rows.has(day)) table.rows.set(day, [])
    table.rows.get(day)!.push(n)
    table.minutes.push(Number(parts.hour) * 60 + Number(parts.minute))
  }
  return table
}

const TABLES = [
  ['Europe/Warsaw', '2026-03-26'], ['Europe/Warsaw', '2026-10-22'], ['Europe/Lisbon', '2026-03-26'], ['Europe/Lisbon', '2026-10-22'],
  ['America/Sao_Paulo', '2018-11-01'], ['America/Sao_Paulo', '2018-02-15'] // at midnight, the last there were
].map(([zone, from]) => tableOf(zone!, from!))

/** At which row of the table a day's clock shows so many minutes past midnight. */
function rowAt ({ rows: byDay, minutes }: Table, day: string, wanted: number): number {
  const rows = byDay.get(day)!
  const shown = rows.find(row => minutes[row] === wanted)
  if (shown !== undefined) return shown
  if (wanted === 1440) return rows.at(-1)! + 1
  const after = rows.find(row => minutes[row]! > wanted)!
  const left = minutes[after - 1]! + 1 === 1440 ? 0 : minutes[after - 1]! + 1 // the first minute that is left out
  return after + wanted - left
}

/** Whether somebody works at each minute of the table. */
function works (table: Table, { week, closed }: Hours): boolean[] {
  const open = Array<boolean>(table.days.length).fill(false)
  for (const day of [...table.rows.keys()].slice(1, -1)) { // the first and the last are there in part
    if (closed.some(({ startsOn, endsOn }) => startsOn <= day && day <= endsOn)) continue
    const weekday = (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7
    for (const { opens, closes } of week[weekday]!) open.fill(true, rowAt(table, day, opens), rowAt(table, day, closes))
  }
  return open
}

// Any time of the day, and often by night, when clocks are changed.
const edge = fc.oneof(fc.integer({ min: 0, max: 96 }), fc.integer({ min: 0, max: 20 }))
const spans = fc.uniqueArray(edge, { maxLength: 6 }).map(edges => {
  const sorted = edges.toSorted((a, b) => a - b).map(edge => edge * 15)
  return Array.from({ length: Math.floor(sorted.length / 2) }, (_, n): Span => ({ opens: sorted[2 * n]!, closes: sorted[2 * n + 1]! }))
})
const week = fc.array(spans, { minLength: 7, maxLength: 7 }).filter(week => week.some(day => day.length > 0))
const cases = fc.record({ where: fc.nat(TABLES.length - 1), week, shut: fc.option(fc.integer({ min: 2, max: 5 })), from: fc.integer({ min: 2 * 1440, max: 4 * 1440 }), minutes: fc.integer({ min: 1, max: 1500 }) })

t.test('working time is added as a clock on the wall would count it, also across a change of the clocks', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(cases, ({ where, week, shut, from, minutes }) => {
    const table = TABLES[where]!
    const day = shut === null ? null : [...table.rows.keys()][shut]!
    const hours: Hours = { week, closed: day === null ? [] : [{ startsOn: day, endsOn: day }] }
    const open = works(table, hours)
    let row = from
    for (let left = minutes; left > 0 && row < BEYOND; row++) if (open[row]) left--
    if (row >= BEYOND) return
    const begun = new Date(table.start + from * MINUTE), end = new Date(table.start + row * MINUTE)
    const added = addWorkingTime(hours, table.zone, begun, minutes)
    if (added?.getTime() !== end.getTime()) throw new Error(`${table.zone} ${begun.toISOString()} + ${minutes}: ${added?.toISOString()} instead of ${end.toISOString()}`)
    const between = workingTimeBetween(hours, table.zone, begun, end)
    if (between !== minutes) throw new Error(`${between} between instead of ${minutes}`)
  }), { numRuns: 300, seed: 5 }))
})

t.test('a span reads the same in every language, as the script that goes on with it takes for granted', async t => {
  for (const language of LANGUAGES) t.same([5, 59.9, 60, 1439, 1680, 9 * 1440].map(minutes => spanWords(minutes, translator(language))), ['5 min', '59 min', '1 h', '23 h', '1 d 4 h', '9 d'], language)
})

t.test('a due time is the instant at which a clock in the zone shows it', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.nat(TABLES.length - 1), fc.integer({ min: 1, max: DAYS - 3 }), fc.integer({ min: 0, max: 1439 }), (where, n, minute) => {
    const table = TABLES[where]!
    const day = [...table.rows.keys()][n]!
    const local = `${day}T${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
    const at = instantOf(local, table.zone).getTime(), wanted = table.start + rowAt(table, day, minute) * MINUTE
    if (at !== wanted) throw new Error(`${table.zone} ${local}: ${new Date(at).toISOString()} instead of ${new Date(wanted).toISOString()}`)
  }), { numRuns: 500, seed: 5 }))
})
