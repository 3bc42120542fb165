import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { one, type Query } from '../../list-views/address.js'
import { idOf, typedText, type Body } from '../../web/form.js'
import { pageBefore } from '../../web/page-before.js'
import { viewerOf } from '../../web/permissions.js'
import { movesFrom } from '../moving.js'
import { listStatuses } from '../statuses.js'
import { moveAsked, type MoveTold } from './move.js'
import { findMovable } from './queries.js'

type At = { Params: { id: string }, Querystring: Query }

/** A lead's status, changed where the lead is listed: the menu of a row of the table or of a card of the board, and without scripts a page. */
export default async function status (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'leads.move' } as const

  app.get<At>('/leads/:id/status', { config }, async (request, reply) => {
    const { to, from, card } = request.query
    return show(request, reply, { only: idOf(one(to)), from: idOf(one(from)), card: card !== undefined, back: listOr(pageBefore(request)) })
  })

  app.post<At>('/leads/:id/status', { config }, async (request, reply) => {
    const body = (request.body ?? {}) as Body
    const id = idOf(request.params.id), to = idOf(body.to), from = idOf(body.from)
    const shown = { only: idOf(body.only), from, card: 'card' in body, back: listOr(typedText(body, 'back')) }
    const move = await moveAsked(db, viewerOf(request), id, body)
    if (move?.moved) {
      tell(reply, id, from, move.moved.status)
      return show(request, reply, { ...shown, only: null, from: null, was: from, move, status: 409 })
    }
    if (move) return show(request, reply, { ...shown, move, status: 422 })
    if (!request.isFragment) return reply.redirect(shown.back, 303)
    return tell(reply, id, from, to).code(204).send()
  })

  /** `only`: the one move that is asked for; `from`: the status in which the list shows it. */
  interface Shown { only?: number | null, from?: number | null, card: boolean, back: string, was?: number | null, move?: MoveTold, status?: number }

  async function show (request: FastifyRequest<At>, reply: FastifyReply, { only = null, from = null, was = null, move, status = 200, ...shown }: Shown) {
    const viewer = viewerOf(request)
    const lead = await findMovable(db, viewer, idOf(request.params.id))
    const statuses = await listStatuses(db, { removed: true })
    const moves = lead.archived_at ? [] : movesFrom(viewer, statuses, from ?? lead.status_id).filter(({ id }) => only === null || id === only)
    return reply.page('leads/status/show', { ...shown, lead, from: from ?? lead.status_id, was, statuses, moves, only, move: move ?? null }, { fragment: move?.moved ? 'leads/status/_moved' : 'leads/status/_menu', status })
  }
}

/** Lets the list that is open look at what has changed. */
const tell = (reply: FastifyReply, lead: number | null, ...statuses: (number | null)[]) =>
  reply.header('HX-Trigger', JSON.stringify({ leads: {}, 'leads-in': { lead, statuses } }))

/** Where a list of leads is that somebody comes from; nowhere else. */
const listOr = (path: string): string => /^\/leads(\/board(\/columns\/\d+)?)?(\?[^\s\\]*)?$/.test(path) ? path : '/leads'
