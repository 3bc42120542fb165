import t from 'tap'
import { formatFor } from '../../src/web/format.js'
import { languageOf, translator } from '../../src/web/i18n.js'
import { isLanguage, LANGUAGES, type Language } from '../../src/web/viewer.js'

const at = (instant: string) => new Date(instant)

/** The formats of "pl-PL" and the like; spaces of every kind become plain ones. */
function of (tag: string, timeZone = 'Europe/Warsaw') {
  const [language, country] = tag.split('-') as [Language, string]
  const format = formatFor(language, country, timeZone, translator(language))
  const plain = <A extends unknown[]>(say: (...given: A) => string) => (...given: A) => say(...given).replace(/\s/g, ' ')
  return { number: plain(format.number), percent: plain(format.percent), date: plain(format.date), dateTime: plain(format.dateTime), ago: plain(format.ago), moment: plain(format.moment) }
}

t.test('numbers and percentages', async t => {
  const SAID: [tag: string, number: string, percent: string][] = [
    ['en-GB', '12,345.68', '12.5%'],
    ['en-PL', '12,345.68', '12.5%'],
    ['en-US', '12,345.68', '12.5%'],
    ['es-ES', '12.345,68', '12,5 %'],
    ['es-MX', '12,345.68', '12.5%'],
    ['pl-PL', '12 345,68', '12,5%'],
    ['pt-PT', '12 345,68', '12,5%'],
    ['pt-BR', '12.345,68', '12,5%']
  ]
  for (const [tag, number, percent] of SAID) {
    t.equal(of(tag).number(12345.678), number, tag)
    t.equal(of(tag).percent(12.5), percent, tag)
  }
  t.equal(of('en-GB').percent(7.07), '7.07%')
  t.equal(of('pl-PL').percent(0), '0%')
  t.equal(of('pl-PL').percent(100), '100%')
})

t.test('dates and times', async t => {
  const SAID: [tag: string, date: string, dateTime: string][] = [
    ['en-GB', '3 Nov 2026', '3 Nov 2026, 18:05'],
    ['en-PL', '3 Nov 2026', '3 Nov 2026, 18:05'],
    ['en-US', 'Nov 3, 2026', 'Nov 3, 2026, 06:05 PM'],
    ['es-ES', '3 nov 2026', '3 nov 2026, 18:05'],
    ['pl-PL', '3 lis 2026', '3 lis 2026, 18:05'],
    ['pt-BR', '3 nov. 2026', '3 nov. 2026, 18:05']
  ]
  for (const [tag, date, dateTime] of SAID) {
    t.equal(of(tag).date(at('2026-11-03T17:05:00Z')), date, tag)
    t.equal(of(tag).dateTime(at('2026-11-03T17:05:00Z')), dateTime, tag)
    t.equal(of(tag, 'America/Sao_Paulo').date('2026-11-03'), date, `${tag}: a calendar date is the same in every zone`)
  }
  t.match(of('pt-PT').dateTime(at('2026-11-03T17:05:00Z')), /^0?3\/11\/2026, 18:05$/)
})

t.test('a day begins at midnight where the shop is', async t => {
  // Warsaw is an hour ahead of UTC in winter, two in summer; São Paulo is three behind.
  const SAID: [zone: string, now: string, value: string, ago: string, moment: string][] = [
    ['Europe/Warsaw', '2026-11-03T09:00:00Z', '2026-11-03T08:59:00Z', '09:59', 'today 09:59'],
    ['Europe/Warsaw', '2026-11-02T23:30:00Z', '2026-11-02T23:00:00Z', '00:00', 'today 00:00'],
    ['Europe/Warsaw', '2026-11-02T23:30:00Z', '2026-11-02T22:59:59Z', 'yesterday', 'yesterday 23:59'],
    ['Europe/Warsaw', '2026-11-02T22:59:59Z', '2026-11-01T23:00:00Z', '00:00', 'today 00:00'],
    ['Europe/Warsaw', '2026-11-03T22:59:59Z', '2026-11-01T23:00:00Z', 'yesterday', 'yesterday 00:00'],
    ['Europe/Warsaw', '2026-11-03T22:59:59Z', '2026-11-01T22:59:59Z', '1 Nov', '1 Nov 23:59'],
    ['Europe/Warsaw', '2026-07-10T22:30:00Z', '2026-07-10T21:30:00Z', 'yesterday', 'yesterday 23:30'],
    ['Europe/Warsaw', '2026-10-25T22:59:00Z', '2026-10-23T22:00:00Z', 'yesterday', 'yesterday 00:00'], // the day the clocks go back has 25 hours
    ['Europe/Warsaw', '2026-03-29T21:59:00Z', '2026-03-27T22:59:00Z', '27 Mar', '27 Mar 23:59'], // and this one 23
    ['America/Sao_Paulo', '2026-11-03T02:30:00Z', '2026-11-02T12:00:00Z', '09:00', 'today 09:00'],
    ['America/Sao_Paulo', '2026-11-03T03:00:00Z', '2026-11-03T02:59:00Z', 'yesterday', 'yesterday 23:59'],
    ['America/Sao_Paulo', '2026-11-03T03:00:00Z', '2026-11-02T02:59:00Z', '1 Nov', '1 Nov 23:59']
  ]
  for (const [zone, now, value, ago, moment] of SAID) {
    const format = of('en-GB', zone)
    t.equal(format.ago(at(value), at(now)), ago, `${value} seen at ${now} in ${zone}`)
    t.equal(format.moment(at(value), at(now)), moment)
  }
})

t.test('the year is named when it is another one where the shop is', async t => {
  const SAID: [zone: string, now: string, value: string, ago: string][] = [
    ['Europe/Warsaw', '2026-01-05T12:00:00Z', '2025-12-31T23:30:00Z', '1 Jan'], // New Year has come in Warsaw, not in UTC
    ['Europe/Warsaw', '2026-01-05T12:00:00Z', '2025-12-31T22:30:00Z', '31 Dec 2025'],
    ['Europe/Warsaw', '2026-12-31T23:30:00Z', '2026-12-20T12:00:00Z', '20 Dec 2026'],
    ['America/Sao_Paulo', '2026-01-05T12:00:00Z', '2026-01-01T02:30:00Z', '31 Dec 2025'],
    ['America/Sao_Paulo', '2027-01-01T02:30:00Z', '2026-12-20T12:00:00Z', '20 Dec'],
    ['America/Sao_Paulo', '2027-01-01T03:30:00Z', '2026-12-20T12:00:00Z', '20 Dec 2026'],
    ['Europe/Warsaw', '2026-06-01T12:00:00Z', '2026-02-01T12:00:00Z', '1 Feb'],
    ['Europe/Warsaw', '2026-06-01T12:00:00Z', '2024-02-01T12:00:00Z', '1 Feb 2024']
  ]
  for (const [zone, now, value, ago] of SAID) t.equal(of('en-GB', zone).ago(at(value), at(now)), ago, `${value} seen at ${now} in ${zone}`)
  t.equal(of('en-GB').ago(at('2025-12-31T22:59:00Z'), at('2025-12-31T23:01:00Z')), 'yesterday', 'also across New Year')
  t.equal(of('en-GB').ago(new Date()), of('en-GB').moment(new Date()).replace('today ', ''), 'from now, when nothing else is said')
})

t.test('lists and the feed in each language', async t => {
  const now = at('2026-11-03T17:05:00Z')
  const SAID: [tag: string, today: string, yesterday: string, moment: string, earlier: string, lastYear: string][] = [
    ['en-GB', '17:00', 'yesterday', 'yesterday 17:00', '1 Oct', '3 Nov 2025'],
    ['en-US', '05:00 PM', 'yesterday', 'yesterday 05:00 PM', 'Oct 1', 'Nov 3, 2025'],
    ['es-ES', '17:00', 'ayer', 'ayer 17:00', '1 oct', '3 nov 2025'],
    ['pl-PL', '17:00', 'wczoraj', 'wczoraj 17:00', '1 paź', '3 lis 2025'],
    ['pt-PT', '17:00', 'ontem', 'ontem 17:00', '1/10', '3/11/2025'],
    ['pt-BR', '17:00', 'ontem', 'ontem 17:00', '1 out.', '3 nov. 2025']
  ]
  for (const [tag, today, yesterday, moment, earlier, lastYear] of SAID) {
    const format = of(tag)
    t.equal(format.ago(at('2026-11-03T16:00:00Z'), now), today, tag)
    t.equal(format.ago(at('2026-11-02T16:00:00Z'), now), yesterday, tag)
    t.equal(format.moment(at('2026-11-02T16:00:00Z'), now), moment, tag)
    // Versions of Node differ in "01/10".
    t.equal(format.ago(at('2026-10-01T10:00:00Z'), now).replace(/^0/, ''), earlier, tag)
    t.equal(format.ago(at('2025-11-03T16:00:00Z'), now).replace(/^0/, ''), lastYear, tag)
  }
  t.same(LANGUAGES.map(language => of(`${language}-ES`).moment(now, now)), ['today 18:05', 'hoy 18:05', 'dziś 18:05', 'hoje 18:05'])
})

t.test('plurals', async t => {
  const people = (language: Language) => (count: number) => translator(language)('roles.people', { count, n: formatFor(language, 'PL', 'UTC', translator(language)).number(count) }).replace(/\s/g, ' ')
  t.same([0, 1, 2, 5, 1000000].map(people('en')), ['0 employees', '1 employee', '2 employees', '5 employees', '1,000,000 employees'])
  t.same([0, 1, 2, 5, 1000000, 1000001].map(people('es')), ['0 empleados', '1 empleado', '2 empleados', '5 empleados', '1.000.000 de empleados', '1.000.001 empleados'])
  t.same([0, 1, 2, 5, 1000000].map(people('pt')), ['funcionários: 0', 'funcionários: 1', 'funcionários: 2', 'funcionários: 5', 'funcionários: 1.000.000'])
  t.same([0, 1, 2, 4, 5, 11, 12, 14, 21, 22, 25, 102, 112, 1.5].map(people('pl')),
    ['0 pracowników', '1 pracownik', '2 pracowników', '4 pracowników', '5 pracowników', '11 pracowników', '12 pracowników', '14 pracowników', '21 pracowników', '22 pracowników', '25 pracowników', '102 pracowników', '112 pracowników', '1,5 pracownika'])

  const more = (language: Language) => (count: number) => translator(language)('clients.more_phones', { count })
  t.same([1, 2, 4, 5, 12, 22, 25].map(more('pl')), ['jeszcze 1 numer', 'jeszcze 2 numery', 'jeszcze 4 numery', 'jeszcze 5 numerów', 'jeszcze 12 numerów', 'jeszcze 22 numery', 'jeszcze 25 numerów'])
  t.same([1, 2].map(more('es')), ['1 teléfono más', '2 teléfonos más'])
  t.same([1, 2].map(more('pt')), ['mais 1 telefone', 'mais 2 telefones'])
  t.equal(translator('en')('form.fix', { count: 1 }), 'One field needs a look before this can be saved.')
})

t.test('words are filled in as they are', async t => {
  t.equal(translator('pl')('clients.archived', { name: 'Wiosna & <Lato>' }), 'Wiosna & <Lato>: przeniesiono do archiwum.', 'the view escapes')
  t.equal(translator('es')('no.such.words'), 'no.such.words')
})

t.test('the language a browser asks for', async t => {
  const SAID: [asked: string | undefined, language: Language][] = [
    [undefined, 'en'], ['', 'en'], ['*', 'en'], ['de', 'en'], ['pl', 'pl'], ['PT-br,pt;q=0.9,en;q=0.8', 'pt'], ['de-DE,de;q=0.9,es;q=0.5,en;q=0.4', 'es'],
    ['en;q=0.3,pl;q=0.9', 'pl'], ['pl;q=0,es', 'es'], ['es-419', 'es'], ['x'.repeat(10_000), 'en']
  ]
  for (const [asked, language] of SAID) t.equal(languageOf(asked), language, String(asked).slice(0, 40))
  t.ok(isLanguage('pt'))
  t.notOk(isLanguage('de'))
})
