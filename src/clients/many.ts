import type { Db } from '../database/knex.js'
import type { Query } from '../list-views/address.js'
import { SKIPPED, type ActsOnMany } from '../many/actions/action.js'
import type { Looked } from '../many/many.js'
import type { Viewer } from '../web/viewer.js'
import { askClients, findDetails, listActionChoices, type ClientAsked } from './actions/asking.js'
import { CLIENT_KINDS, tellOfErased } from './actions/kinds.js'
import { isNarrowed, type ClientFilter } from './list/filter.js'
import { lookFrom } from './list/look.js'
import { narrowings } from './list/narrowings.js'
import { filtered, findChosen } from './list/queries.js'
import { visibleTo } from './visibility.js'

/** Clients, as many of them are ticked, changed and exported. */
export const manyClients: ActsOnMany<ClientFilter, ClientAsked> = {
  one: 'client',
  table: 'clients',
  path: '/clients',
  words: 'actions',
  job: 'clients.act',
  kinds: CLIENT_KINDS,
  skipped: SKIPPED,
  ticks: ['clients.edit', 'clients.delete', 'clients.erase', 'clients.export'],
  order: ['clients.name_key', 'clients.id'],
  name: alias => `${alias}.name`,
  visible: viewer => query => { visibleTo(viewer)(query) },
  filtered,
  look: lookAtClients,
  ask: askClients,
  details: findDetails,
  choices: listActionChoices,
  ended: tellOfErased
}

async function lookAtClients (db: Db, viewer: Viewer, query: Query): Promise<Looked<ClientFilter>> {
  const { filter, path } = await lookFrom(db, viewer, query)
  return { filter, list: path(), narrowed: isNarrowed(filter), shown: { filter, chosen: await findChosen(db, filter), narrowings } }
}
