import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { all } from '../../list-views/address.js'
import { safePath } from '../../sign-in/form.js'
import { hourly } from '../../web/hourly.js'
import { idOf, typedText, type Body } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import type { Many } from '../many.js'
import { clearSelection, forgetOldSelections, select, selectedIds } from './queries.js'

const MOST_ON_A_PAGE = 50

/** The rows ticked in a list: kept until they are used or another day comes, whatever page or search one goes on to. */
export default async function selection (app: FastifyInstance, { many }: { many: Many }) {
  const { db } = app
  const { path } = many
  const config = { can: many.ticks }
  hourly(app, () => forgetOldSelections(db, many), 'old selections could not be cleared away')

  // The boxes of a whole page: what is ticked in it, and what isn't.
  app.post(`${path}/selection`, { config }, async (request, reply) => {
    const body = (request.body ?? {}) as Body
    const page = typedText(body, 'page').split(',').map(idOf).filter(id => id !== null).slice(0, MOST_ON_A_PAGE)
    const isRoom = await select(db, many, viewerOf(request), page, all(body[many.one]).map(idOf).filter(id => id !== null && page.includes(id)) as number[])
    return answer(request, reply, !isRoom)
  })

  app.post(`${path}/selection/clear`, { config }, async (request, reply) => {
    await clearSelection(db, many, viewerOf(request))
    return answer(request, reply)
  })

  async function answer (request: FastifyRequest, reply: FastifyReply, isFull = false) {
    const body = (request.body ?? {}) as Body
    const to = safePath(typedText(body, 'to') || typedText(body, 'list') || path)
    if (!request.isFragment) return (isFull ? reply.flash(`${many.words}.full`) : reply).redirect(to.startsWith(path) ? to : path, 303)
    return reply.page('', { many, selected: await selectedIds(db, many, viewerOf(request)), asked: to.slice(path.length), isFull }, { fragment: 'many/selection/_bar' })
  }
}
