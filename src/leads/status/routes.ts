import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { transaction } from '../../database/transaction.js'
import { one, type Query } from '../../list-views/address.js'
import { pageBefore } from '../../web/errors.js'
import { idOf, readOne, text, typedText, type Body, type FieldError } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { MovedMeanwhile, moveLead, MoveRefused, movesFrom } from '../moving.js'
import { listStatuses } from '../statuses.js'
import { findMovable } from './queries.js'

type At = { Params: { id: string }, Querystring: Query }

/** What a menu says besides where the lead may go: where it was to go, and why it isn't there. */
export interface MoveTold { to: number | null, reason: string, error?: FieldError, moved?: MovedMeanwhile }

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
    const { value: reason = '', error } = readOne(text(500), body.reason)
    const shown = { only: idOf(body.only), from, card: 'card' in body, back: listOr(typedText(body, 'back')) }
    try {
      if (error) throw new MoveRefused(error)
      await transaction(db, trx => moveLead(trx, viewerOf(request), id, { to, from, reason }))
    } catch (error) {
      if (error instanceof MovedMeanwhile) {
        tell(reply, id, from, error.status)
        return show(request, reply, { ...shown, only: null, from: null, was: from, move: { to, reason, moved: error }, status: 409 })
      }
      if (error instanceof MoveRefused) return show(request, reply, { ...shown, move: { to, reason: typedText(body, 'reason'), error: error.error }, status: 422 })
      throw error
    }
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
