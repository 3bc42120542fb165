import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { once } from '../../database/once.js'
import { isDueBehind } from '../../tasks/due/routes.js'
import { idOf, readOne, text, typedText, type Body, type FieldError } from '../../web/form.js'
import { stream } from '../../web/live.js'
import { viewerOf } from '../../web/permissions.js'
import { findLead, seesLead } from '../queries.js'
import { listStatuses } from '../statuses.js'
import { SEES_LEADS } from '../visibility.js'
import { addLeadComment, findLeadEvent, hasNewerOfLead, listLeadFeed, setLeadCommentDeleted } from './queries.js'

type At = { Params: { lead: string }, Querystring: { older?: string, after?: string, seen?: string } }
type AtEvent = { Params: { lead: string, event: string } }

export default async function leadFeed (app: FastifyInstance) {
  const { db } = app

  app.get<At>('/leads/:lead/feed', { config: { can: SEES_LEADS } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const lead = await findLead(db, viewer, idOf(request.params.lead))
    const after = request.query.after === undefined ? null : idOf(request.query.after) ?? 0
    const [feed, statuses] = await Promise.all([listLeadFeed(db, viewer, lead.id, { older: idOf(request.query.older), after }), listStatuses(db, { removed: true })])
    const fragment = after !== null ? 'leads/feed/_newer' : request.query.older ? 'leads/feed/_events' : 'leads/feed/_feed'
    return reply.page('leads/feed/show', { lead, feed, statuses }, { fragment })
  })

  app.get<At>('/leads/:lead/live', { exposeHeadRoute: false, config: { can: SEES_LEADS, quiet: true } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const { id } = await findLead(db, viewer, idOf(request.params.lead))
    const behind = async () => [...await hasNewerOfLead(db, id, idOf(request.query.after) ?? 0) ? ['new'] : [], ...await isDueBehind(request)]
    const allowed = async () => { const now = await request.readViewer(); return now !== null && seesLead(db, now, id) }
    stream(app, request, reply, { topics: [`lead:${id}`, `employee:${viewer.id}`], behind, anew: ['new', 'tasks'], allowed })
  })

  app.get<AtEvent>('/leads/:lead/feed/:event', { config: { can: SEES_LEADS } }, async (request, reply) => {
    return reply.page('leads/feed/event', await at(request), { fragment: 'leads/feed/_event' })
  })

  app.post<At>('/leads/:lead/comments', { config: { can: SEES_LEADS } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const lead = await findLead(db, viewer, idOf(request.params.lead))
    const { value, error } = readComment(request.body)
    if (error) {
      const [feed, statuses] = await Promise.all([listLeadFeed(db, viewer, lead.id), listStatuses(db, { removed: true })])
      return reply.page('leads/feed/show', { lead, feed, statuses, text: typedText(request.body as Body, 'body'), error }, { fragment: 'leads/feed/_write', status: 422 })
    }
    await db.transaction(trx => once(trx, (request.body as Body).token, viewer.id, async () => String(await addLeadComment(trx, viewer, lead.id, value))))
    if (!request.isFragment) return reply.redirect(`/leads/${lead.id}`, 303)
    // The page asks for what is new itself, as it does when others write.
    reply.header('HX-Trigger', 'commented')
    return reply.page('', { lead }, { fragment: 'leads/feed/_write' })
  })

  for (const [action, deleted] of [['delete', true], ['restore', false]] as const) {
    app.post<AtEvent>(`/leads/:lead/feed/:event/${action}`, { config: { can: SEES_LEADS } }, async (request, reply) => {
      const { lead, event } = await at(request)
      await db.transaction(trx => setLeadCommentDeleted(trx, viewerOf(request), lead.id, event.id, deleted))
      return shown(request, reply)
    })
  }

  async function at (request: FastifyRequest<AtEvent>) {
    const viewer = viewerOf(request)
    const lead = await findLead(db, viewer, idOf(request.params.lead))
    const [event, statuses] = await Promise.all([findLeadEvent(db, viewer, lead.id, idOf(request.params.event)), listStatuses(db, { removed: true })])
    return { lead, event, statuses }
  }

  async function shown (request: FastifyRequest<AtEvent>, reply: FastifyReply) {
    if (request.isFragment) return reply.page('', await at(request), { fragment: 'leads/feed/_event' })
    return reply.redirect(`/leads/${request.params.lead}`, 303)
  }
}

function readComment (body: unknown): { value: string, error?: undefined } | { value?: undefined, error: FieldError } {
  const read = readOne(text(10_000), (body as Body | undefined)?.body)
  return read.value === '' ? { error: { key: 'feed.comment_empty' } } : read
}
