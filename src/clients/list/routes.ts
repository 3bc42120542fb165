import type { FastifyInstance } from 'fastify'
import { viewerOf } from '../../web/permissions.js'
import { SEES_CLIENTS } from '../visibility.js'
import { isNarrowed, listPath, readClientFilter } from './filter.js'
import { COUNT_LIMIT, listClients, listFilterChoices } from './queries.js'

export default async function list (app: FastifyInstance) {
  const { db } = app

  app.get('/clients', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const filter = readClientFilter(request.query)
    const [page, choices] = await Promise.all([listClients(db, viewer, filter), listFilterChoices(db)])
    const path = (change = {}) => listPath(filter, change)
    // The search box sends its whole form; the address shown is the short one.
    if (request.isFragment) reply.header('HX-Replace-Url', listPath(filter, { after: filter.after, before: filter.before }))
    return reply.page('clients/index', { filter, page, choices, list: path, narrowed: isNarrowed(filter), countLimit: COUNT_LIMIT }, { fragment: 'clients/list/_answer' })
  })
}
