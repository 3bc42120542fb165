import { countClientsBy, findUseOf, holdClientsBy, replaceInClients } from '../clients/choices/queries.js'
import type { Choice, ChoiceList } from '../choices/choice.js'
import { countByLocation, holdLocated, replaceLocations } from '../employees/locations.js'
import { countLeadsWith, holdLeadsWith, replaceInLeads } from '../leads/choices.js'
import { readLocationForm } from './form.js'
import { spansTyped } from './hours/form.js'
import { findHours } from './hours/queries.js'

const named = ({ id, name }: Choice) => ({ id, name })

interface Location extends Choice { code: string }

/** Settings > Locations: clients belong to one, employees work in some. */
export const locations: ChoiceList<Location, { name: string, code: string }> = {
  table: 'locations',
  columns: ['code'],
  url: '/settings/locations',
  words: 'locations',
  can: 'settings.manage',
  audit: 'lists.locations',
  mayBeNone: true,
  href: id => `/clients?location=${id}`,
  read: readLocationForm,
  typed: ({ name, code }) => ({ name: name ?? '', code }),
  audited: values => values,
  count: (db, ids) => countClientsBy(db, 'location_id', ids),
  about: countByLocation,
  async more (db, id) { return { hours: await findHours(db, id, new Date().toISOString().slice(0, 10)), spansTyped } },
  async findUse (db, ids) {
    const clients = await findUseOf(db, 'location_id', ids), employees = await countByLocation(db, ids), leads = await countLeadsWith(db, 'location_id', ids)
    return { ...clients, leads, employees: [...employees.values()].reduce((sum, count) => sum + count, 0) }
  },
  async hold (trx, ids) {
    await holdClientsBy(trx, 'location_id', ids)
    await holdLeadsWith(trx, 'location_id', ids)
    await holdLocated(trx, ids)
  },
  async replace (trx, by, from, to) {
    await replaceInClients(trx, by, 'location_id', from.map(named), to && named(to))
    await replaceInLeads(trx, by, 'location_id', from.map(named), to && named(to))
    await replaceLocations(trx, from.map(({ id }) => id), to?.id ?? null)
  }
}
