import type { FastifyInstance, FastifyRequest } from 'fastify'
import { listOwnFields } from '../../form-editor/shape.js'
import type { Query } from '../../list-views/address.js'
import { choosing } from '../../list-views/columns.js'
import { HOWS } from '../../list-views/condition.js'
import savedViews from '../../list-views/routes.js'
import actions from '../../many/actions/routes.js'
import exports from '../../many/export/routes.js'
import { selectedIds } from '../../many/selection/queries.js'
import selection from '../../many/selection/routes.js'
import { manyLeads } from '../many.js'
import { movesFrom } from '../moving.js'
import { listStatuses, statusName } from '../statuses.js'
import { listTypes, typeName } from '../types.js'
import { SEES_LEADS } from '../visibility.js'
import { columnsWith, type Column } from './columns.js'
import { clockOf, spanWords } from './due.js'
import { BADGES, BOARD_SORTS, isNarrowed, SHOWS, SORTS } from './filter.js'
import live from './live.js'
import { BOARD, boardAt, keptShort, LEADS, madeBadges, tableAt, TABLE, tidied, type TableLook } from './look.js'
import { narrowings } from './narrowings.js'
import { countBadges, COUNT_LIMIT, findNamed, listFilterChoices, listLeads } from './queries.js'

export default async function list (app: FastifyInstance, { databaseUrl }: { databaseUrl: string }) {
  const { db } = app
  const config = { can: SEES_LEADS }
  await app.register(live)
  for (const part of [selection, actions]) await app.register(part, { many: manyLeads })
  await app.register(exports, { many: manyLeads, url: databaseUrl })

  app.get(TABLE, { config }, async (request, reply) => {
    if (!request.isFragment) void request.around()
    const look = await tableAt(db, request)
    if (keptShort(request, reply, here(look))) return reply
    const shown = await read(look)
    return reply.page('leads/index', { ...shown, stream: `${TABLE}/live?moves=${shown.badges.newest}` }, { fragment: 'leads/list/_answer' })
  })

  // The same as it stands now, for a list that stays open.
  app.get(`${TABLE}/now`, { config: { ...config, quiet: true } }, async (request, reply) => {
    const look = await tableAt(db, request)
    if (!request.isFragment) return reply.redirect(here(look), 303)
    return reply.page('', await read(look), { fragment: 'leads/list/_now' })
  })

  for (const [at, lookAt, shows, sorts] of [[TABLE, (request: FastifyRequest) => tableAt(db, request), SHOWS, SORTS], [BOARD, (request: FastifyRequest) => boardAt(db, request), BADGES, BOARD_SORTS]] as const) {
    app.get(`${at}/filters`, { config }, async (request, reply) => {
      const [look, choices, statuses, types] = await Promise.all([lookAt(request), listFilterChoices(db), listStatuses(db), listTypes(db)])
      return reply.page('leads/list/filters', { ...look, HOWS, statusName, typeName, shows, sorts, ownSorts: at === TABLE ? columnsWith(look.fields).filter(({ field, sort }) => field && sort) : [], choices: { ...choices, statuses, types } }, { fragment: 'leads/list/_filter_form' })
    })
  }

  app.get(`${TABLE}/columns`, { config }, async (request, reply) => {
    const look = await tableAt(db, request)
    return reply.page('leads/list/columns', { ...look, ...choosing<Column>(columnsWith(look.fields), look.columns, request.query as Query) }, { fragment: 'leads/list/_columns' })
  })

  await app.register(savedViews, { name: LEADS, path: TABLE, can: SEES_LEADS, title: { key: 'leads_list.title' }, all: { key: 'leads_list.shows.open' }, tidy: async query => tidied(query, await listOwnFields(db, 'lead')), badges: true })

  async function read (look: TableLook) {
    const { viewer, filter, views } = look
    const made = madeBadges(views, look.fields)
    const counting = countBadges(db, viewer, made), badge = isNarrowed(filter) ? undefined : BADGES.find(badge => badge === filter.show)
    const [page, badges, chosen, selected, statuses] = await Promise.all([
      listLeads(db, viewer, filter, look.columns, badge && counting.then(badges => badges[badge])), counting, findNamed(db, filter, viewer.asOf),
      manyLeads.ticks.some(right => viewer.can(right)) ? selectedIds(db, manyLeads, viewer) : null, viewer.can('leads.move') ? listStatuses(db, { removed: true, asOf: viewer.asOf }) : []
    ])
    const movable = new Set(statuses.flatMap(({ id }) => movesFrom(viewer, statuses, id).length > 0 ? id : []))
    return { ...look, many: manyLeads, page, badges, made: made.map(({ view }) => view), chosen, selected, movable, BADGES, clockOf, spanWords, typeName, narrowings, narrowed: isNarrowed(filter), countLimit: COUNT_LIMIT }
  }
}

const here = ({ list, filter: { after, before } }: TableLook): string => list({ after, before })
