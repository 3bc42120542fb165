import fc from 'fast-check'
import t from 'tap'
import { numberOf, parseTemplate, periodOf, refuseRestarts, RESTARTS, type Part } from '../../src/lead-settings/template.js'
import { testDatabase } from '../support/database.js'

const words = fc.stringMatching(/^[A-Z0-9/ .-]{1,4}$/)
const part: fc.Arbitrary<Part> = fc.oneof(
  words.map((text): Part => ({ kind: 'text', text })), fc.constantFrom<Part>({ kind: 'year' }, { kind: 'month' }, { kind: 'location' }), fc.integer({ min: 1, max: 6 }).map((width): Part => ({ kind: 'counter', width }))
)
const parts = fc.array(part, { minLength: 1, maxLength: 6 })
const typed = (parts: readonly Part[]) => parts.map(part => part.kind === 'text' ? part.text : part.kind === 'counter' ? `{counter:${part.width}}` : `{${part.kind}}`).join('')
/** Texts that stand side by side are one. */
const joined = (parts: readonly Part[]): Part[] => parts.reduce<Part[]>((all, part) => {
  const last = all.at(-1)
  return part.kind === 'text' && last?.kind === 'text' ? [...all.slice(0, -1), { kind: 'text', text: last.text + part.text }] : [...all, part]
}, [])
// Those that could pass for one another.
const filling = fc.record({ counter: fc.constantFrom(1, 2, 11, 12, 26, 101, 111, 202, 2026, 12_026), year: fc.integer({ min: 2025, max: 2027 }), month: fc.constantFrom(1, 2, 11, 12), location: fc.constantFrom('', 'A', 'A1', '1', '2', '11', '26') })
const holds = (property: fc.IProperty<any>, numRuns: number) => () => fc.assert(property, { numRuns, seed: 7 })

t.test('a template is read as it was meant, or refused', async t => {
  t.doesNotThrow(holds(fc.property(parts, made => {
    const read = parseTemplate(typed(made))
    if (read.error) return
    if (JSON.stringify(read.parts) !== JSON.stringify(joined(made))) throw new Error(`${typed(made)} is read as ${JSON.stringify(read.parts)}`)
    if (read.parts.filter(({ kind }) => kind === 'counter').length !== 1) throw new Error(`${typed(made)} has to have one counter`)
  }), 1000))
})

t.test('no two numbers of an accepted template are the same, whatever the location and however often it restarts', async t => {
  const accepted = parts.map(made => parseTemplate(typed(made)).parts).filter(parts => parts !== undefined)
  t.doesNotThrow(holds(fc.property(accepted, fc.constantFrom(...RESTARTS), filling, filling, (parts, restarts, one, other) => {
    if (refuseRestarts(parts, restarts)) return
    const taken = (filling: typeof one) => `${periodOf(restarts, filling)}/${filling.counter}` // what a counter gives out once
    if (taken(one) === taken(other)) return
    if (numberOf(parts, one) === numberOf(parts, other)) throw new Error(`${JSON.stringify(parts)}: ${numberOf(parts, one)} is of ${JSON.stringify(one)} and of ${JSON.stringify(other)}`)
  }), 6000))
})

t.test('a period begins when the calendar in the zone says so', async t => {
  const { db } = await testDatabase(t)
  const zones = ['Europe/Warsaw', 'Europe/Lisbon', 'America/Sao_Paulo']
  const instants = fc.sample(fc.record({ zone: fc.constantFrom(...zones), year: fc.integer({ min: 2017, max: 2027 }), month: fc.integer({ min: 0, max: 11 }), minute: fc.integer({ min: -300, max: 300 }) }), { numRuns: 600, seed: 7 })
    .map(({ zone, year, month, minute }) => ({ zone, at: new Date(Date.UTC(year, month, 1) + minute * 60_000) })).sort((a, b) => a.at.getTime() - b.at.getTime())
  const { rows } = await db.raw('select extract(year from at at time zone zone)::int as year, extract(month from at at time zone zone)::int as month from json_to_recordset(?) as i (zone text, at timestamptz)', [JSON.stringify(instants)])
  const calendars = new Map(zones.map(zone => [zone, new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit' })]))
  const shown = instants.map(({ zone, at }) => calendars.get(zone)!.format(at).slice(0, 7))
  t.same(rows.map((row: { year: number, month: number }) => periodOf('monthly', row)), shown)
  t.same(rows.map((row: { year: number, month: number }) => periodOf('yearly', row)), shown.map(month => month.slice(0, 4)))
  for (const zone of zones) {
    const periods = shown.filter((_, n) => instants[n]!.zone === zone)
    t.same(periods, periods.toSorted(), `no period begins again in ${zone}`)
  }
})
