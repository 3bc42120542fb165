import type { Named, PhoneType } from '../../src/clients/client.js'
import type { Db } from '../../src/database/knex.js'
import type { BuiltInRole } from '../../src/rights.js'
import { hashPassword } from '../../src/sign-in/password.js'
import type { Language } from '../../src/web/viewer.js'
import { wordConsents } from './consents.js'
import { listOwnFields, shapeForms } from './fields.js'
import { loadNames } from './names.js'
import { PLACES } from './places.js'
import { makePrices } from './prices.js'
import type { Branch, Campaign, Employee, Shop } from './shop.js'
import { makeCalendar } from './times.js'
import type { Colour } from './words.js'

/** What everybody in the demo signs in with. */
export const DEMO_PASSWORD = 'clientela-demo'

export const DEMO_COMPANY = { name: 'Naprawa & Co', country: 'PL', currency: 'PLN', time_zone: 'Europe/Warsaw', language: 'en' } as const

const LOCATIONS = ['Wrocław', 'Sevilla', 'Lisboa'] as const

interface Person { name: string, email: string, role: BuiltInRole, language: Language, locations: readonly (typeof LOCATIONS)[number][], left?: boolean }

const STAFF: Person[] = [
  { name: 'Olga Zielińska', email: 'olga@clientela.example', role: 'owner', language: 'en', locations: LOCATIONS },
  { name: 'Anna Nowak', email: 'anna@clientela.example', role: 'admin', language: 'en', locations: LOCATIONS },
  { name: 'Marek Wójcik', email: 'marek@clientela.example', role: 'manager', language: 'pl', locations: ['Wrocław'] },
  { name: 'Carmen Ortega Ruiz', email: 'carmen@clientela.example', role: 'manager', language: 'es', locations: ['Sevilla', 'Lisboa'] },
  { name: 'Piotr Mazur', email: 'piotr@clientela.example', role: 'specialist', language: 'pl', locations: ['Wrocław'] },
  { name: 'Emma Kowalczyk', email: 'emma@clientela.example', role: 'specialist', language: 'en', locations: ['Wrocław'] },
  { name: 'Sofia Romero Vega', email: 'sofia@clientela.example', role: 'specialist', language: 'es', locations: ['Sevilla'] },
  { name: 'Tiago Almeida', email: 'tiago@clientela.example', role: 'specialist', language: 'pt', locations: ['Lisboa'] },
  { name: 'Jan Dąbrowski', email: 'jan@clientela.example', role: 'specialist', language: 'pl', locations: ['Wrocław'], left: true }
]

/** The e-mails of those who can sign in to the demo. */
export const DEMO_EMAILS = STAFF.filter(one => !one.left).map(one => one.email)

const TAGS: [name: string, colour: Colour][] = [
  ['Regular', 'green'], ['Business', 'blue'], ['Invoice', 'plain'], ['VIP', 'amber'], ['Phones', 'plain'], ['Laptops', 'plain'], ['Warranty', 'teal'], ['Pays late', 'red'],
  ['White goods', 'plain'], ['Student', 'plain'], ['Neighbour', 'green'], ['Courier', 'blue'], ['Cash only', 'plain'], ['Wholesale', 'blue'], ['Speaks English', 'teal'],
  ['Pensioner', 'plain'], ['Coffee machines', 'plain'], ['Data recovery', 'teal'], ['Priority', 'red'], ['Hotel', 'amber'], ['School', 'amber'], ['Referral partner', 'green'],
  ['On-site visits', 'blue'], ['Deposit required', 'red'], ['Newsletter', 'plain']
]

/** Those of a season begin on the first of `month` (1 to 12), last so many months, and bear their year. */
interface Season { month: number, months: number, yearsAgo: number }

const CAMPAIGNS: [name: string, season?: Season][] = [
  ['Google'], ['Recommendation'], ['Facebook — spring', { month: 3, months: 3, yearsAgo: 0 }], ['Website form'], ['Passing by'],
  ['Back to school', { month: 8, months: 2, yearsAgo: 0 }], ['Facebook — spring', { month: 3, months: 3, yearsAgo: 1 }], ['Christmas vouchers', { month: 11, months: 2, yearsAgo: 0 }],
  ['Leaflets — student halls', { month: 10, months: 1, yearsAgo: 1 }], ['Local radio', { month: 1, months: 3, yearsAgo: 2 }]
]

const OWN_PHONE_TYPES = ['Reception', 'Accounts']

const YEARS = 3

/** Makes all of the demo company but its row in `organisation`, which comes last of all. `until` is the demo's today. */
export async function makeCompany (db: Db, until: Date): Promise<Shop> {
  const calendar = makeCalendar(DEMO_COMPANY.time_zone, YEARS * 365, until)
  const opened = new Date(calendar.start)
  const locations = await insertNamed(db, 'locations', LOCATIONS.map(name => ({ name, code: name.slice(0, 3).toUpperCase(), created_at: opened })))
  const staff = await makeStaff(db, locations, opened, new Date(calendar.end - 300 * 86_400_000))
  const { name: company, language } = DEMO_COMPANY
  await shapeForms(db)
  return {
    country: DEMO_COMPANY.country,
    branches: await makeBranches(locations),
    staff,
    campaigns: await makeCampaigns(db, CAMPAIGNS.map(([name, season]) => season ? seasonal(name, season, until) : { name, starts: null, ends: null }), until, opened),
    tags: await insertNamed(db, 'tags', TAGS.map(([name, colour]) => ({ name, colour, created_at: opened, retired_at: name === 'Newsletter' ? until : null }))),
    phoneTypes: await makePhoneTypes(db),
    wordings: await wordConsents(db, { company, language, by: staff[0]!.id, since: opened, anew: new Date(calendar.end - 400 * 86_400_000) }),
    calendar,
    own: await listOwnFields(db),
    prices: await makePrices(db, opened, until)
  }
}

async function makeBranches ([wroclaw, sevilla, lisboa]: Named[]): Promise<Branch[]> {
  const [pl, es, pt, br] = await Promise.all([loadNames('pl'), loadNames('es'), loadNames('pt_PT'), loadNames('pt_BR')])
  return [
    { location: wroclaw!, weight: 50, place: PLACES.PL!, names: [[pl, 97], [es, 2], [pt, 1]], numbers: [['PL', 97], ['ES', 2], ['PT', 1]] },
    { location: sevilla!, weight: 28, place: PLACES.ES!, names: [[es, 96], [pl, 2], [br, 2]], numbers: [['ES', 96], ['PL', 2], ['PT', 2]] },
    { location: lisboa!, weight: 22, place: PLACES.PT!, names: [[pt, 70], [br, 27], [es, 3]], numbers: [['PT', 82], ['BR', 15], ['ES', 3]] }
  ]
}

async function makeStaff (db: Db, locations: Named[], since: Date, left: Date): Promise<Employee[]> {
  const password = await hashPassword(DEMO_PASSWORD)
  const roles = new Map<string, number>((await db('roles').select('key', 'id')).map(({ key, id }) => [key, id]))
  const rows = await db('employees').insert(STAFF.map(({ name, email, role, language, left: gone }) => ({
    name, email, language, role_id: roles.get(role), password_hash: password, created_at: since, deactivated_at: gone ? left : null
  }))).returning('id')

  const staff = STAFF.map(({ role, language, locations: places, left: gone }, i): Employee => ({
    id: rows[i].id, role, language, locations: locations.filter(({ name }) => (places as readonly string[]).includes(name)).map(({ id }) => id), ...(gone && { until: left })
  }))
  await db('employee_locations').insert(staff.flatMap(({ id, locations: ids }) => ids.map(location => ({ employee_id: id, location_id: location }))))
  return staff
}

/** Adds campaigns; one that is over is retired. */
export async function makeCampaigns (db: Db, campaigns: Omit<Campaign, 'id'>[], until: Date, since: Date): Promise<Campaign[]> {
  const today = dayOf(until)
  const named = await insertNamed(db, 'campaigns', campaigns.map(({ name, starts, ends }) =>
    ({ name, starts_on: starts, ends_on: ends, retired_at: ends === null || ends >= today ? null : ends, created_at: starts ?? since })))
  return named.map((campaign, i) => ({ ...campaigns[i]!, ...campaign }))
}

/** The types of phones there are, after the company's own were added. */
async function makePhoneTypes (db: Db): Promise<PhoneType[]> {
  await db('phone_types').insert(OWN_PHONE_TYPES.map(name => ({ name })))
  return listPhoneTypes(db)
}

export const listPhoneTypes = (db: Db): Promise<PhoneType[]> => db('phone_types').select('id', 'key', 'name').orderByRaw('position nulls last, name_key, id')

/** Inserts rows that have names, and gives their ids in the same order. */
export async function insertNamed (db: Db, table: string, rows: { name: string }[]): Promise<Named[]> {
  const made = await db(table).insert(rows).returning(['id', 'name'])
  return made.map(({ id, name }) => ({ id, name }))
}

// The last time that such a season began.
function seasonal (name: string, { month, months, yearsAgo }: Season, until: Date): Omit<Campaign, 'id'> {
  const thisYear = until.getUTCFullYear()
  const year = (Date.UTC(thisYear, month - 1) <= until.getTime() ? thisYear : thisYear - 1) - yearsAgo
  return { name: `${name} ${year}`, starts: dayOf(new Date(Date.UTC(year, month - 1, 1))), ends: dayOf(new Date(Date.UTC(year, month - 1 + months, 0))) }
}

const dayOf = (date: Date) => date.toISOString().slice(0, 10)
