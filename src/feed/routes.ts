import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { once } from '../database/once.js'
import { SUBJECTS, type Subject } from '../form-editor/definition.js'
import { isDueBehind } from '../tasks/due/routes.js'
import { listOpenTasks } from '../tasks/list/queries.js'
import { idOf, readOne, text, typedText, type Body, type FieldError } from '../web/form.js'
import { stream } from '../web/live.js'
import { viewerOf } from '../web/permissions.js'
import { CARDS } from './card.js'
import { feedFilter } from './event.js'
import { addComment, editComment, findEvent, findOwnComment, hasNewer, hasNewerTasks, listFeed, setCommentDeleted } from './queries.js'

type At = { Params: { id: string }, Querystring: { feed?: string, older?: string, after?: string, seen?: string } }
type AtEvent = { Params: { id: string, event: string } }

/** The feeds of clients and of leads: what happened, and the comments that people write into them. */
export default async function feeds (app: FastifyInstance) {
  for (const subject of SUBJECTS) feedOf(app, subject)
}

function feedOf (app: FastifyInstance, subject: Subject): void {
  const { db } = app
  const url = `/${subject}s/:id`
  const config = { can: CARDS[subject].sees }
  const cardAt = (request: FastifyRequest) => CARDS[subject].find(db, viewerOf(request), idOf((request.params as At['Params']).id))

  app.get<At>(`${url}/feed`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const card = await cardAt(request)
    const filter = feedFilter(subject, request.query.feed)
    const after = request.query.after === undefined ? null : idOf(request.query.after) ?? 0
    const [feed, around] = await Promise.all([listFeed(db, viewer, card, { filter, older: idOf(request.query.older), after }), CARDS[subject].around(db)])
    const fragment = after !== null ? 'feed/_newer' : request.query.older ? 'feed/_events' : 'feed/_feed'
    const openTasks = after !== null && await hasNewerTasks(db, card, after) ? await listOpenTasks(db, viewer, card) : null
    return reply.page('feed/show', { ...around, card, feed, filter }, { fragment, with: { openTasks, looks: fragment === 'feed/_feed' } })
  })

  app.get<At>(`${url}/live`, { exposeHeadRoute: false, config }, async (request, reply) => {
    const card = await cardAt(request)
    const isBehind = async () => await hasNewer(db, card, idOf(request.query.after) ?? 0) ? ['new'] : []
    const behind = async () => [...await isBehind(), ...await isDueBehind(request)]
    stream(app, request, reply, { topics: [`${subject}:${card.id}`, `employee:${viewerOf(request).id}`], behind, anew: ['new', 'tasks'], allowed: () => stillSees(request, card.id) })
  })

  app.get<AtEvent>(`${url}/feed/:event`, { config }, async (request, reply) => {
    return reply.page('feed/event', await at(request), { fragment: 'feed/_event' })
  })

  app.get<AtEvent>(`${url}/feed/:event/edit`, { config }, async (request, reply) => {
    const { card, event } = await atOwn(request)
    return reply.page('feed/edit', { card, event, text: event.body }, { fragment: 'feed/_edit' })
  })

  app.post<At>(`${url}/comments`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const card = await cardAt(request)
    const { value, error } = readComment(request.body)
    if (error) {
      const [feed, around] = await Promise.all([listFeed(db, viewer, card), CARDS[subject].around(db)])
      return reply.page('feed/show', { ...around, card, feed, filter: 'all', text: typedText(request.body as Body, 'body'), error }, { fragment: 'feed/_write', status: 422 })
    }
    await db.transaction(trx => once(trx, (request.body as Body).token, viewer.id, async () => String(await addComment(trx, viewer, card, value))))
    if (!request.isFragment) return reply.redirect(card.path, 303)
    // The page asks for what is new itself, as it does when others write.
    reply.header('HX-Trigger', 'commented')
    return reply.page('', { card }, { fragment: 'feed/_written' })
  })

  app.post<AtEvent>(`${url}/feed/:event`, { config }, async (request, reply) => {
    const { card, event } = await atOwn(request)
    const { value, error } = readComment(request.body)
    if (error) return reply.page('feed/edit', { card, event, text: typedText(request.body as Body, 'body'), error }, { fragment: 'feed/_edit', status: 422 })
    await db.transaction(trx => editComment(trx, viewerOf(request), card, event.id, value))
    return shown(request, reply, '')
  })

  for (const [action, deleted] of [['delete', true], ['restore', false]] as const) {
    app.post<AtEvent>(`${url}/feed/:event/${action}`, { config }, async (request, reply) => {
      const { card, event } = await at(request)
      await db.transaction(trx => setCommentDeleted(trx, viewerOf(request), card, event.id, deleted))
      return shown(request, reply, deleted ? `${card.path}/feed/${event.id}/restore` : '')
    })
  }

  async function at (request: FastifyRequest<AtEvent>) {
    const card = await cardAt(request)
    const [event, around] = await Promise.all([findEvent(db, viewerOf(request), card, idOf(request.params.event)), CARDS[subject].around(db)])
    return { ...around, card, event }
  }

  async function atOwn (request: FastifyRequest<AtEvent>) {
    const card = await cardAt(request)
    return { card, event: await findOwnComment(db, viewerOf(request), card, idOf(request.params.event)) }
  }

  async function shown (request: FastifyRequest<AtEvent>, reply: FastifyReply, undo: string) {
    if (request.isFragment) return reply.page('', await at(request), { fragment: 'feed/_event' })
    if (undo) reply.flash('feed.comment_deleted', {}, undo)
    return reply.redirect(`/${subject}s/${request.params.id}`, 303)
  }

  async function stillSees (request: FastifyRequest, id: number): Promise<boolean> {
    const viewer = await request.readViewer()
    return viewer !== null && await CARDS[subject].find(db, viewer, id).then(() => true, () => false)
  }
}

function readComment (body: unknown): { value: string, error?: undefined } | { value?: undefined, error: FieldError } {
  const read = readOne(text(10_000), (body as Body | undefined)?.body)
  return read.value === '' ? { error: { key: 'feed.comment_empty' } } : read
}
