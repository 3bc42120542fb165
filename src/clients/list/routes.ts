import type { FastifyInstance, FastifyRequest } from 'fastify'
import { forgetNoted } from '../../database/remembered.js'
import { listOwnFields } from '../../form-editor/shape.js'
import { saysNothing, type Query } from '../../list-views/address.js'
import { choosing } from '../../list-views/columns.js'
import { HOWS } from '../../list-views/condition.js'
import savedViews from '../../list-views/routes.js'
import { selectedIds } from '../../many/selection/queries.js'
import { hourly } from '../../web/hourly.js'
import { manyClients } from '../many.js'
import { SEES_CLIENTS } from '../visibility.js'
import { isNarrowed, kept } from './filter.js'
import { CLIENTS, lookAt, PATH, tidied, type Look } from './look.js'
import { narrowings } from './narrowings.js'
import { COUNT_LIMIT, findChosen, listClients, listFilterChoices } from './queries.js'

export default async function list (app: FastifyInstance) {
  const { db } = app
  const config = { can: SEES_CLIENTS }
  hourly(app, () => forgetNoted(db), 'old notes of what was changed could not be cleared away')

  app.get(PATH, { config }, async (request, reply) => {
    if (!request.isFragment) void request.around()
    const look = await lookAt(db, request)
    const { viewer, filter } = look
    const path = look.path({ after: filter.after, before: filter.before })
    // What can't be read is said once, on this page: the short address knows nothing of it.
    if (isLong(request) && path !== request.url && look.inVain.length === 0) {
      // Fetch would follow a redirect in silence, and htmx keep the longer address.
      if (!request.headers['hx-request']) return reply.redirect(path, 303)
      reply.header('HX-Push-Url', path)
    }
    const [page, chosen, selected] = await Promise.all([listClients(db, viewer, filter, look), findChosen(db, filter, viewer.asOf), manyClients.ticks.some(right => viewer.can(right)) ? selectedIds(db, manyClients, viewer) : null])
    // The search box sends its whole form; the address shown is the short one.
    if (request.isFragment) reply.header('HX-Replace-Url', path)
    return reply.page('clients/index', { ...shown(look), many: manyClients, page, chosen, selected }, { fragment: 'clients/list/_answer' })
  })

  app.get(`${PATH}/filters`, { config }, async (request, reply) => {
    const look = await lookAt(db, request)
    return reply.page('clients/list/filters', { ...shown(look), choices: await listFilterChoices(db) }, { fragment: 'clients/list/_filter_form' })
  })

  app.get(`${PATH}/columns`, { config }, async (request, reply) => {
    const look = await lookAt(db, request)
    return reply.page('clients/list/columns', { ...shown(look), ...choosing(look.every, look.columns, request.query as Query) }, { fragment: 'clients/list/_columns' })
  })

  await app.register(savedViews, {
    name: CLIENTS, path: PATH, can: SEES_CLIENTS, title: { key: 'clients.title' }, all: { key: 'clients.all_of_them' },
    tidy: async query => tidied(query, await listOwnFields(db, 'client'))
  })
}

/** Whether the address isn't the one to be kept: the bare one, or one that a form made with all its empty fields. */
const isLong = ({ query, isFragment }: FastifyRequest) => !isFragment && (saysNothing(query as Query) || 'tidy' in (query as Query))

const shown = ({ path, ...look }: Look) => ({ ...look, kept: kept(look.filter), list: path, narrowed: isNarrowed(look.filter), countLimit: COUNT_LIMIT, HOWS, narrowings })
