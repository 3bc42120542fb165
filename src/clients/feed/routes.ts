import type { FastifyInstance, FastifyRequest } from 'fastify'
import { idOf, readOne, text, typedText, type Body, type FieldError } from '../../web/form.js'
import { once } from '../../database/once.js'
import { isDueBehind } from '../../tasks/due/routes.js'
import { listOpenTasks } from '../../tasks/list/queries.js'
import { stream } from '../../web/live.js'
import { viewerOf } from '../../web/permissions.js'
import { findClient } from '../queries.js'
import { SEES_CLIENTS } from '../visibility.js'
import { isFeedFilter, type FeedFilter } from './event.js'
import { addComment, editComment, findEvent, findOwnComment, hasNewer, hasNewerTasks, listFeed, setCommentDeleted } from './queries.js'

type At = { Params: { id: string }, Querystring: { feed?: string, older?: string, after?: string, seen?: string } }
type AtEvent = { Params: { id: string, event: string } }

export default async function feed (app: FastifyInstance) {
  const { db } = app

  app.get<At>('/clients/:id/feed', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const filter: FeedFilter = isFeedFilter(request.query.feed) ? request.query.feed : 'all'
    const after = request.query.after === undefined ? null : idOf(request.query.after) ?? 0
    const feed = await listFeed(db, viewer, client.id, { filter, older: idOf(request.query.older), after })
    const fragment = after !== null ? 'clients/feed/_newer' : request.query.older ? 'clients/feed/_events' : 'clients/feed/_feed'
    const openTasks = after !== null && await hasNewerTasks(db, client.id, after) ? await listOpenTasks(db, viewer, client.id) : null
    return reply.page('clients/feed/show', { client, feed, filter }, { fragment, with: { openTasks } })
  })

  app.get<At>('/clients/:id/live', { exposeHeadRoute: false, config: { can: SEES_CLIENTS, quiet: true } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const isBehind = async () => await hasNewer(db, client.id, idOf(request.query.after) ?? 0) ? ['new'] : []
    const behind = async () => [...await isBehind(), ...await isDueBehind(request)]
    stream(app, request, reply, { topics: [`client:${client.id}`, `employee:${viewer.id}`], behind, anew: ['new', 'tasks'], allowed: () => stillSees(request, client.id) })
  })

  app.get<AtEvent>('/clients/:id/feed/:event', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const { client, event } = await at(request)
    return reply.page('clients/feed/event', { client, event }, { fragment: 'clients/feed/_event' })
  })

  app.get<AtEvent>('/clients/:id/feed/:event/edit', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const { client, event } = await atOwn(request)
    return reply.page('clients/feed/edit', { client, event, text: event.body }, { fragment: 'clients/feed/_edit' })
  })

  app.post<At>('/clients/:id/comments', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const { value, error } = readComment(request.body)
    if (error) {
      const feed = await listFeed(db, viewer, client.id)
      return reply.page('clients/feed/show', { client, feed, filter: 'all', text: typedText(request.body as Body, 'body'), error }, { fragment: 'clients/feed/_write', status: 422 })
    }
    await db.transaction(trx => once(trx, (request.body as Body).token, viewer.id, async () => String(await addComment(trx, viewer, client.id, value))))
    if (!request.isFragment) return reply.redirect(`/clients/${client.id}`, 303)
    // The page asks for what is new itself, as it does when others write.
    reply.header('HX-Trigger', 'commented')
    return reply.page('', { client }, { fragment: 'clients/feed/_written' })
  })

  app.post<AtEvent>('/clients/:id/feed/:event', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const { client, event } = await atOwn(request)
    const { value, error } = readComment(request.body)
    if (error) return reply.page('clients/feed/edit', { client, event, text: typedText(request.body as Body, 'body'), error }, { fragment: 'clients/feed/_edit', status: 422 })
    await db.transaction(trx => editComment(trx, viewerOf(request), client.id, event.id, value))
    return shown(request, reply, '')
  })

  app.post<AtEvent>('/clients/:id/feed/:event/delete', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const { client, event } = await at(request)
    await db.transaction(trx => setCommentDeleted(trx, viewerOf(request), client.id, event.id, true))
    return shown(request, reply, `/clients/${client.id}/feed/${event.id}/restore`)
  })

  app.post<AtEvent>('/clients/:id/feed/:event/restore', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const { client, event } = await at(request)
    await db.transaction(trx => setCommentDeleted(trx, viewerOf(request), client.id, event.id, false))
    return shown(request, reply, '')
  })

  async function at (request: FastifyRequest<AtEvent>) {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    return { client, event: await findEvent(db, viewer, client.id, idOf(request.params.event)) }
  }

  async function atOwn (request: FastifyRequest<AtEvent>) {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    return { client, event: await findOwnComment(db, viewer, client.id, idOf(request.params.event)) }
  }

  async function shown (request: FastifyRequest<AtEvent>, reply: import('fastify').FastifyReply, undo: string) {
    if (request.isFragment) return reply.page('', await at(request), { fragment: 'clients/feed/_event' })
    if (undo) reply.flash('feed.comment_deleted', {}, undo)
    return reply.redirect(`/clients/${request.params.id}`, 303)
  }

  async function stillSees (request: FastifyRequest, clientId: number): Promise<boolean> {
    const viewer = await request.readViewer()
    return viewer !== null && await findClient(db, viewer, clientId).then(() => true, () => false)
  }
}

function readComment (body: unknown): { value: string, error?: undefined } | { value?: undefined, error: FieldError } {
  const read = readOne(text(10_000), (body as Body | undefined)?.body)
  return read.value === '' ? { error: { key: 'feed.comment_empty' } } : read
}
