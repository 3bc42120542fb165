import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { together } from '../jobs/together.js'
import { SEES_LEADS } from '../leads/visibility.js'
import { hourly } from '../web/hourly.js'
import { NotFound } from '../web/errors.js'
import { idOf, type Body } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import { causesOf } from './causes.js'
import own from './own/routes.js'
import { findNews, forgetOldNotices, listNotices, markAllRead, markRead, printOf, type Place } from './queries.js'
import { AlarmClock, ring } from './ring.js'
import settings from './settings/routes.js'
import { tell } from './tell.js'
import { sentenceOf } from './words.js'

declare module '../jobs/enqueue.js' {
  interface Jobs { 'leads.notify': { events: number[] } }
}

/** Whoever sees leads, or conversations that may be given to them. */
const HEARS = [...SEES_LEADS, 'messages.view'] as const

// As many as one letter lists.
const AT_ONCE = 200

type One = { Params: { notification: string } }

/** What people are told of leads and conversations: the bell on every page, the list behind it, and who tells. */
export default async function notifications (app: FastifyInstance) {
  const { db } = app
  const config = { can: HEARS }
  await app.register(settings)
  await app.register(own)

  // Left by the entries of leads' feeds themselves: see migrations/0029_tell_of_leads.ts.
  app.job('leads.notify', together(db, 'leads.notify', AT_ONCE, async () => {
    const publicUrl = await app.publicUrl()
    return async (trx, events) => tell(trx, await causesOf(trx, events), publicUrl)
  }))
  const clock = new AlarmClock(async () => ring(db, await app.publicUrl()), error => app.log.warn({ err: error }, 'what leads came due could not be told'))
  app.addHook('onListen', async () => clock.start())
  app.addHook('onClose', async () => clock.stop())
  hourly(app, () => forgetOldNotices(db), 'old notifications could not be cleared away')

  app.pageReaders.push(async request => {
    const viewer = viewerOf(request)
    if (!HEARS.some(right => viewer.can(right))) return {}
    const news = await findNews(db, viewer)
    return { news, newsSeen: printOf(news) }
  })
  app.everyStream.push({
    name: 'notifications',
    isBehind: async request => {
      const { news } = request.query as Body
      return typeof news === 'string' && news !== '' && printOf(await findNews(db, viewerOf(request))) !== news
    }
  })

  app.get('/notifications', { config }, async (request, reply) => show(request, reply))

  // The count on every page, which asks for it when its stream says so.
  app.get('/notifications/now', { config: { ...config, quiet: true } }, async (request, reply) => {
    if (!request.isFragment) return reply.redirect('/notifications', 303)
    return reply.page('', { news: await findNews(db, viewerOf(request)) }, { fragment: 'notifications/_now' })
  })

  app.post('/notifications/read', { config }, async (request, reply) => {
    await markAllRead(db, viewerOf(request), idOf((request.body as Body | undefined)?.up_to) ?? 0)
    return reply.redirect('/notifications', 303)
  })

  for (const action of ['open', 'read'] as const) {
    app.post<One>(`/notifications/:notification/${action}`, { config }, async (request, reply) => {
      const path = await markRead(db, viewerOf(request), idOf(request.params.notification))
      if (path === null) throw new NotFound()
      return reply.redirect(action === 'open' ? path : '/notifications', 303)
    })
  }

  async function show (request: FastifyRequest, reply: FastifyReply) {
    const viewer = viewerOf(request)
    const [page, news] = await Promise.all([listNotices(db, viewer, placeOf((request.query as Body).after)), findNews(db, viewer)])
    return reply.page('notifications/index', { page, unread: news, sentenceOf, first: !(request.query as Body).after }, { fragment: 'notifications/_list' })
  }
}

// "unread-123", "read-123"; anything else begins at the top.
function placeOf (value: unknown): Place | null {
  const [, read, id] = /^(un)?read-(\d{1,15})$/.exec(String(value)) ?? []
  return id === undefined ? null : { read: read === undefined, id: Number(id) }
}
