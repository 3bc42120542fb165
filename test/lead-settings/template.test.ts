import t from 'tap'
import { numberOf, parseTemplate, periodOf, refuseRestarts, RESTARTS } from '../../src/lead-settings/template.js'

const make = (template: string, counter = 7, location = 'MAD') => numberOf(parseTemplate(template).parts!, { counter, year: 2026, month: 3, location })

t.test('a template makes numbers', async t => {
  t.equal(make('L-{counter:5}'), 'L-00007')
  t.equal(make('L-{counter:5}', 1234567), 'L-1234567', 'a counter that has outgrown its width goes on')
  t.equal(make('{location}/{year}-{month}/{counter}'), 'MAD/2026-03/7')
  t.equal(make('{location}/{year}-{counter:2}', 7, ''), '2026-07', 'without a location its sign goes too')
  t.equal(make('{counter:3}-{location}', 7, ''), '007')
  t.equal(make('Zapytanie nº {counter:3}'), 'Zapytanie nº 007')
  t.same([periodOf('never', { year: 2026, month: 3 }), periodOf('yearly', { year: 2026, month: 3 }), periodOf('monthly', { year: 2026, month: 3 })], ['', '2026', '2026-03'])
})

t.test('a template that would make no numbers, or the same twice, is refused', async t => {
  const REFUSED: [string, string][] = [
    ['', 'no_counter'], ['L-{year}', 'no_counter'], ['L-{Counter}{counter}', 'unknown'], ['{counter:0}', 'unknown'], ['{counter:99}', 'unknown'], ['{}{counter}', 'unknown'],
    ['{counter', 'brace'], ['}{counter}', 'brace'], ['{{counter}}', 'brace'], ['{counter}{counter}', 'counters'], ['L\u0000{counter}', 'signs'], [`${'x'.repeat(32)}{counter}`, 'long'],
    ['{location}{counter}', 'location'], ['{counter:3}{location}', 'location'], ['{location}X{year}{counter}', 'location']
  ]
  for (const [template, why] of REFUSED) t.equal(parseTemplate(template).error?.key, `lead_settings.template_${why}`, JSON.stringify(template))
  const restarts = (template: string, how: 'never' | 'yearly' | 'monthly') => refuseRestarts(parseTemplate(template).parts!, how)?.key
  t.equal(restarts('{counter}', 'yearly'), 'lead_settings.restart_needs_year')
  t.equal(restarts('{year}-{counter}', 'monthly'), 'lead_settings.restart_needs_month')
  t.equal(restarts('{month}-{counter}', 'monthly'), 'lead_settings.restart_needs_month')
  t.same([restarts('{counter}', 'never'), restarts('{year}{counter}', 'yearly'), restarts('{year}{month}{counter}', 'monthly')], [undefined, undefined, undefined])
})

// All templates of up to four pieces, of which the refused ones are left out, with leads whose codes and counters look alike.
t.test('whatever template is accepted, two counters make two numbers', async t => {
  const PIECES = ['L', '-', '1', '{year}', '{month}', '{location}', '{counter}']
  const templates = (length: number): string[] => length === 0 ? [''] : templates(length - 1).flatMap(start => [start, ...PIECES.map(piece => start + piece)])
  const leads = [1, 2, 11, 21, 2026, 12026].flatMap(counter => [2026, 2027].flatMap(year => [1, 11].flatMap(month => ['', '1', 'A', 'A1', '2026'].map(location => ({ counter, year, month, location })))))
  let accepted = 0
  for (const template of new Set(templates(4))) {
    const { parts } = parseTemplate(template)
    for (const restarts of parts ? RESTARTS.filter(how => !refuseRestarts(parts, how)) : []) {
      accepted++
      const given = new Map<string, string>()
      for (const lead of leads) {
        const number = numberOf(parts!, lead), place = `${periodOf(restarts, lead)} ${lead.counter}`
        if ((given.get(number) ?? place) !== place) return t.fail(`${template}: ${number} is both ${given.get(number)} and ${place}`)
        given.set(number, place)
      }
    }
  }
  t.ok(accepted > 300, `${accepted} templates`)
})
