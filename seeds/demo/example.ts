import type { Db } from '../../src/database/knex.js'
import type { Language } from '../../src/web/viewer.js'
import { insertNamed, listPhoneTypes, makeCampaigns } from './company.js'
import { loadNames, type Flavour } from './names.js'
import { placeOf } from './places.js'
import type { Branch, Shop } from './shop.js'
import { makeCalendar } from './times.js'
import { WORDS } from './words.js'

// Whose names people bear: by country where we know it, else by the company's language.
const BY_COUNTRY: Record<string, Flavour> = { PL: 'pl', ES: 'es', PT: 'pt_PT', BR: 'pt_BR' }
const BY_LANGUAGE: Record<Language, Flavour> = { en: 'en', es: 'es', pl: 'pl', pt: 'pt_PT' }

const DAYS = 120

/** Gives a fresh company two locations, campaigns and tags in its language, with its owner as the only employee. */
export async function furnish (db: Db, ownerId: number, until: Date): Promise<Shop> {
  const { country, language, time_zone: timeZone } = await db('organisation').first() as { country: string, language: Language, time_zone: string }
  const words = WORDS[language]
  const locations = await insertNamed(db, 'locations', words.locations.map(name => ({ name })))
  await db('employee_locations').insert(locations.map(({ id }) => ({ employee_id: ownerId, location_id: id })))

  const calendar = makeCalendar(timeZone, DAYS, until)
  const names = await loadNames(BY_COUNTRY[country] ?? BY_LANGUAGE[language])
  const place = placeOf(country, language)
  return {
    country,
    branches: locations.map((location, i): Branch => ({ location, weight: i === 0 ? 3 : 2, place, names: [[names, 1]], numbers: [[country, 1]] })),
    staff: [{ id: ownerId, role: 'owner', language, locations: locations.map(({ id }) => id) }],
    campaigns: await makeCampaigns(db, words.campaigns.map(name => ({ name, starts: null, ends: null })), until, new Date(calendar.start)),
    tags: await insertNamed(db, 'tags', words.tags.map(([name, colour]) => ({ name, colour }))),
    phoneTypes: await listPhoneTypes(db),
    wordings: [],
    calendar,
    own: [],
    prices: []
  }
}
