import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SEES_CARDS } from '../../feed/card.js'
import { stream } from '../../web/live.js'
import { viewerOf } from '../../web/permissions.js'
import { DueClock } from './clock.js'
import { findDueNow, printOf } from './queries.js'

type Listening = { Querystring: { seen?: string } }

/** What is due, on every page: the count in the navigation, and a notice when a task's time comes. */
export default async function due (app: FastifyInstance) {
  const { db } = app
  const clock = new DueClock(db, app.live, error => app.log.warn({ err: error }, 'what came due could not be looked up'))
  app.addHook('onReady', async () => clock.start())
  app.addHook('onClose', async () => clock.stop())

  app.pageReaders.push(async request => {
    const viewer = viewerOf(request)
    if (!SEES_CARDS.some(right => viewer.can(right))) return {}
    const myDue = await findDueNow(db, viewer)
    return { myDue, seen: printOf(myDue) }
  })

  app.get('/tasks/due', { config: { can: SEES_CARDS, quiet: true } }, async (request, reply) => {
    if (!request.isFragment) return reply.redirect('/tasks', 303)
    return reply.page('', { myDue: await findDueNow(db, viewerOf(request)) }, { fragment: 'tasks/due/_now' })
  })

  // The stream of pages that have none of their own.
  app.get<Listening>('/live', { exposeHeadRoute: false, config: { signedIn: true, quiet: true } }, async (request, reply) => {
    const { id } = viewerOf(request)
    stream(app, request, reply, { topics: [`employee:${id}`], behind: () => isDueBehind(request), anew: ['tasks'], allowed: async () => await request.readViewer() !== null })
  })
}

/** The event that a page needs whose address says it shows (`seen`) something else than is due now. */
export async function isDueBehind (request: FastifyRequest<Listening>): Promise<string[]> {
  if (request.query.seen === undefined) return []
  const now = await findDueNow(request.server.db, viewerOf(request))
  return printOf(now) === request.query.seen ? [] : ['tasks']
}
