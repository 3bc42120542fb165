import type { FastifyInstance } from 'fastify'
import type { Query } from '../../list-views/address.js'
import { listStatuses, statusName } from '../statuses.js'
import { listTypes, typeName } from '../types.js'
import { SEES_LEADS } from '../visibility.js'
import { clockOf } from './due.js'
import { BADGES, isNarrowed, readLeadFilter, SHOWS, SORTS } from './filter.js'
import live from './live.js'
import { lookAt, TABLE as PATH, type Look } from './look.js'
import { narrowings, type Named } from './narrowings.js'
import { countBadges, COUNT_LIMIT, findChosen, listFilterChoices, listLeads } from './queries.js'

export default async function list (app: FastifyInstance) {
  const { db } = app
  const config = { can: SEES_LEADS }
  await app.register(live)

  app.get(PATH, { config }, async (request, reply) => {
    if (!request.isFragment) void request.around()
    const look = lookAt(request)
    const path = look.list({ after: look.filter.after, before: look.filter.before })
    // A form sends its empty fields too; the address to keep is the short one.
    if ('tidy' in (request.query as Query) && !request.isFragment) {
      if (!request.headers['hx-request']) return reply.redirect(path, 303)
      reply.header('HX-Push-Url', path)
    }
    if (request.isFragment) reply.header('HX-Replace-Url', path)
    const shown = await read(look)
    return reply.page('leads/index', { ...shown, stream: `${PATH}/live?moves=${shown.badges.newest}` }, { fragment: 'leads/list/_answer' })
  })

  // The same as it stands now, for a list that stays open.
  app.get(`${PATH}/now`, { config: { ...config, quiet: true } }, async (request, reply) => {
    const look = lookAt(request)
    if (!request.isFragment) return reply.redirect(look.list({ after: look.filter.after, before: look.filter.before }), 303)
    return reply.page('', await read(look), { fragment: 'leads/list/_now' })
  })

  app.get(`${PATH}/filters`, { config }, async (request, reply) => {
    const look = lookAt(request)
    const [choices, statuses, types] = await Promise.all([listFilterChoices(db), listStatuses(db), listTypes(db)])
    return reply.page('leads/list/filters', { ...look, statusName, typeName, SHOWS, SORTS, choices: { ...choices, statuses, types } }, { fragment: 'leads/list/_filter_form' })
  })

  async function read (look: Look) {
    const { viewer, filter } = look
    const [page, badges, named, statuses, types] = await Promise.all([
      listLeads(db, viewer, filter), countBadges(db, viewer), findChosen(db, filter),
      filter.status ? listStatuses(db, { removed: true }) : [], filter.type ? listTypes(db, { removed: true }) : []
    ])
    const chosen: Named = { ...named, statuses, types }
    return { ...look, page, badges, chosen, BADGES, nothing: NOTHING, clockOf, typeName, narrowings, narrowed: isNarrowed(filter), countLimit: COUNT_LIMIT }
  }
}

/** A filter that asks for nothing, whatever is open. */
const NOTHING = readLeadFilter({})
