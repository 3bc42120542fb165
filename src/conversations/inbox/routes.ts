import type { FastifyInstance, FastifyRequest } from 'fastify'
import { MESSAGE_CHANNELS } from '../../messages/message.js'
import { isDueBehind } from '../../tasks/due/routes.js'
import type { Body } from '../../web/form.js'
import { stream } from '../../web/live.js'
import { viewerOf } from '../../web/permissions.js'
import { InboxClock, LISTS } from './clock.js'
import { inboxAt, readInboxFilter, SHOWS, type InboxFilter } from './filter.js'
import { countUnread, listTalks } from './queries.js'

/** The inbox: every conversation that somebody talks in, as it stands now, and on every page how much of it nobody has looked at. */
export default async function inbox (app: FastifyInstance) {
  const { db } = app
  const sees = { can: 'messages.view' } as const
  const clock = new InboxClock(db, app.live, error => app.log.warn({ err: error }, 'what came into the inbox could not be told'))
  app.addHook('onReady', async () => clock.start())
  app.addHook('onClose', async () => clock.stop())

  app.pageReaders.push(async request => {
    const viewer = viewerOf(request)
    return viewer.can('messages.view') ? { inboxCount: await countUnread(db, viewer) } : {}
  })
  app.everyStream.push({
    name: 'unread',
    isBehind: async request => {
      const { inbox } = request.query as Body
      const viewer = viewerOf(request)
      return typeof inbox === 'string' && inbox !== '' && viewer.can('messages.view') && String(await countUnread(db, viewer)) !== inbox
    }
  })

  app.get('/inbox', { config: sees }, async (request, reply) => {
    const shown = await read(request, readInboxFilter(request.query))
    return reply.page('conversations/inbox/index', { ...shown, stream: '/inbox/live?list' }, { fragment: 'conversations/inbox/_answer' })
  })

  // The same as it stands now, for a page that stays open.
  app.get('/inbox/now', { config: { ...sees, quiet: true } }, async (request, reply) => {
    const filter = readInboxFilter(request.query)
    if (!request.isFragment) return reply.redirect(inboxAt(filter), 303)
    return reply.page('', await read(request, filter), { fragment: 'conversations/inbox/_list' })
  })

  app.get('/inbox/live', { exposeHeadRoute: false, config: { ...sees, quiet: true } }, async (request, reply) => {
    const { id } = viewerOf(request)
    stream(app, request, reply, { topics: [LISTS, `employee:${id}`], behind: () => isDueBehind(request as never), anew: ['inbox', 'tasks'], allowed: async () => (await request.readViewer())?.can('messages.view') ?? false })
  })

  // The count on every page, which asks for it when its stream says so.
  app.get('/inbox/unread', { config: { ...sees, quiet: true } }, async (request, reply) => {
    if (!request.isFragment) return reply.redirect('/inbox?show=unread', 303)
    return reply.page('', { inboxCount: await countUnread(db, viewerOf(request)) }, { fragment: 'conversations/inbox/_count' })
  })

  async function read (request: FastifyRequest, filter: InboxFilter) {
    return { filter, page: await listTalks(db, viewerOf(request), filter), shows: SHOWS, channels: MESSAGE_CHANNELS, inboxAt }
  }
}
