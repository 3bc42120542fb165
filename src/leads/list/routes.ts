import type { FastifyInstance } from 'fastify'
import { parsed, saysNothing, type Query } from '../../list-views/address.js'
import { choosing } from '../../list-views/columns.js'
import savedViews from '../../list-views/routes.js'
import actions from '../../many/actions/routes.js'
import { selectedIds } from '../../many/selection/queries.js'
import selection from '../../many/selection/routes.js'
import { manyLeads } from '../many.js'
import { listStatuses, statusName } from '../statuses.js'
import { listTypes, typeName } from '../types.js'
import { SEES_LEADS } from '../visibility.js'
import { COLUMNS, type Column } from './columns.js'
import { clockOf, spanWords } from './due.js'
import { BADGES, isNarrowed, readLeadFilter, SHOWS, SORTS } from './filter.js'
import live from './live.js'
import { LEADS, tableAt, TABLE as PATH, tidied, type TableLook } from './look.js'
import { narrowings } from './narrowings.js'
import { countBadges, COUNT_LIMIT, findNamed, listFilterChoices, listLeads } from './queries.js'

export default async function list (app: FastifyInstance) {
  const { db } = app
  const config = { can: SEES_LEADS }
  await app.register(live)
  for (const part of [selection, actions]) await app.register(part, { many: manyLeads })

  app.get(PATH, { config }, async (request, reply) => {
    if (!request.isFragment) void request.around()
    const look = await tableAt(db, request)
    const path = here(look)
    const query = request.query as Query
    // A form sends its empty fields too, and the bare address may open a view; the address to keep is the short one.
    if (('tidy' in query || saysNothing(query)) && !request.isFragment && path !== request.url) {
      if (!request.headers['hx-request']) return reply.redirect(path, 303)
      reply.header('HX-Push-Url', path)
    }
    if (request.isFragment) reply.header('HX-Replace-Url', path)
    const shown = await read(look)
    return reply.page('leads/index', { ...shown, stream: `${PATH}/live?moves=${shown.badges.newest}` }, { fragment: 'leads/list/_answer' })
  })

  // The same as it stands now, for a list that stays open.
  app.get(`${PATH}/now`, { config: { ...config, quiet: true } }, async (request, reply) => {
    const look = await tableAt(db, request)
    if (!request.isFragment) return reply.redirect(here(look), 303)
    return reply.page('', await read(look), { fragment: 'leads/list/_now' })
  })

  app.get(`${PATH}/filters`, { config }, async (request, reply) => {
    const [look, choices, statuses, types] = await Promise.all([tableAt(db, request), listFilterChoices(db), listStatuses(db), listTypes(db)])
    return reply.page('leads/list/filters', { ...look, statusName, typeName, SHOWS, SORTS, choices: { ...choices, statuses, types } }, { fragment: 'leads/list/_filter_form' })
  })

  app.get(`${PATH}/columns`, { config }, async (request, reply) => {
    const look = await tableAt(db, request)
    return reply.page('leads/list/columns', { ...look, ...choosing<Column>(COLUMNS, look.columns, request.query as Query) }, { fragment: 'leads/list/_columns' })
  })

  await app.register(savedViews, { name: LEADS, path: PATH, can: SEES_LEADS, title: { key: 'leads_list.title' }, all: { key: 'leads_list.shows.open' }, tidy: async query => tidied(query), badges: true })

  async function read (look: TableLook) {
    const { viewer, filter, views } = look
    const made = views.filter(({ badge }) => badge).slice(0, MOST_BADGES)
    const [page, badges, chosen, selected] = await Promise.all([
      listLeads(db, viewer, filter, look.columns), countBadges(db, viewer, made.map(({ id, query }) => ({ id, filter: readLeadFilter(parsed(query)) }))), findNamed(db, filter),
      manyLeads.ticks.some(right => viewer.can(right)) ? selectedIds(db, manyLeads, viewer) : null
    ])
    return { ...look, many: manyLeads, page, badges, made, chosen, selected, BADGES, clockOf, spanWords, typeName, narrowings, narrowed: isNarrowed(filter), countLimit: COUNT_LIMIT }
  }
}

// Beyond these nobody would read them, and each is counted for each page.
const MOST_BADGES = 8

const here = ({ list, filter: { after, before } }: TableLook): string => list({ after, before })
