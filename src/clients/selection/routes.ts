import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { all } from '../../list-views/address.js'
import { safePath } from '../../sign-in/form.js'
import { hourly } from '../../web/hourly.js'
import { idOf, typedText, type Body } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { TICKS } from '../actions/action.js'
import { PAGE_SIZE } from '../list/queries.js'
import { clearSelection, forgetOldSelections, select, selectedIds } from './queries.js'

/** The clients ticked in the list: kept until they are used or another day comes, whatever page or search one goes on to. */
export default async function selection (app: FastifyInstance) {
  const { db } = app
  const config = { can: TICKS }
  hourly(app, () => forgetOldSelections(db), 'old selections could not be cleared away')

  // The boxes of a whole page: what is ticked in it, and what isn't.
  app.post('/clients/selection', { config }, async (request, reply) => {
    const body = (request.body ?? {}) as Body
    const page = typedText(body, 'page').split(',').map(idOf).filter(id => id !== null).slice(0, PAGE_SIZE)
    const isRoom = await select(db, viewerOf(request), page, all(body.client).map(idOf).filter(id => id !== null && page.includes(id)) as number[])
    return answer(request, reply, !isRoom)
  })

  app.post('/clients/selection/clear', { config }, async (request, reply) => {
    await clearSelection(db, viewerOf(request))
    return answer(request, reply)
  })

  async function answer (request: FastifyRequest, reply: FastifyReply, isFull = false) {
    const body = (request.body ?? {}) as Body
    const to = safePath(typedText(body, 'to') || typedText(body, 'list') || '/clients')
    if (!request.isFragment) return (isFull ? reply.flash('selection.full') : reply).redirect(to.startsWith('/clients') ? to : '/clients', 303)
    return reply.page('', { selected: await selectedIds(db, viewerOf(request)), asked: to.slice('/clients'.length), isFull }, { fragment: 'clients/selection/_bar' })
  }
}
