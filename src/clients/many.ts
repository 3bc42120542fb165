import type { Db } from '../database/knex.js'
import { shapeOf } from '../form-editor/shape.js'
import type { Query } from '../list-views/address.js'
import { SKIPPED, type ActsOnMany } from '../many/actions/action.js'
import type { Exported } from '../many/export/exported.js'
import type { Looked } from '../many/many.js'
import { LANGUAGES, type Viewer } from '../web/viewer.js'
import { askClients, findDetails, listActionChoices, type ClientAsked } from './actions/asking.js'
import { CLIENT_KINDS, tellOfErased } from './actions/kinds.js'
import { exportChoices, exportColumns, tickedBefore } from './export/column.js'
import { clientStatements } from './export/queries.js'
import { isNarrowed, type ClientFilter } from './list/filter.js'
import { lookFrom } from './list/look.js'
import { narrowings } from './list/narrowings.js'
import { filtered, findChosen, listFilterChoices } from './list/queries.js'
import { SEES_CLIENTS, visibleTo } from './visibility.js'

/** Clients, as many of them are ticked, changed and exported. */
export const manyClients: ActsOnMany<ClientFilter, ClientAsked> & Exported<ClientFilter> = {
  one: 'client',
  table: 'clients',
  path: '/clients',
  words: 'actions',
  job: 'clients.act',
  kinds: CLIENT_KINDS,
  skipped: SKIPPED,
  ticks: ['clients.edit', 'clients.delete', 'clients.erase', 'clients.export', 'messages.send_many'],
  name: alias => `${alias}.name`,
  visible: viewer => query => { visibleTo(viewer)(query) },
  filtered,
  look: lookAtClients,
  ask: askClients,
  details: findDetails,
  choices: listActionChoices,
  ended: tellOfErased,
  right: 'clients.export',
  sees: SEES_CLIENTS,
  audit: { kind: 'clients.exported', count: 'clients' },
  comesBack: true,
  exportable: async (db, viewer) => exportChoices(viewer, await shapeOf(db, 'client', viewer.formVersions)),
  tickedBefore,
  fileColumns: async (db, viewer, t, choices) => exportColumns(viewer, t, choices, (await listFilterChoices(db)).phoneTypes),
  statements: clientStatements,
  cellWords: t => ({ person: t('clients.kinds.person'), company: t('clients.kinds.company'), ...Object.fromEntries(LANGUAGES.map(one => [one, t(`form_editor.languages.${one}`)])) })
}

async function lookAtClients (db: Db, viewer: Viewer, query: Query): Promise<Looked<ClientFilter>> {
  const { filter, path, columns } = await lookFrom(db, viewer, query)
  return { filter, list: path(), narrowed: isNarrowed(filter), columns: columns.map(({ name }) => name), shown: { filter, chosen: await findChosen(db, filter), narrowings } }
}
