import type { FastifyInstance } from 'fastify'
import { transaction } from '../database/transaction.js'
import { NotFound } from '../web/errors.js'
import { idOf } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import type { Viewer } from '../web/viewer.js'
import { findDraftOf } from './email/writing/queries.js'
import { gatewayNames } from './gateways/queries.js'
import { AGAIN, cancelMessage, listFates, sendAgain } from './ledger.js'
import type { ShownMessage } from './message.js'
import { filesOfMessages, findMessage, listStuck } from './queries.js'

type OfMessage = { Params: { message: string } }

/** A message and everything that became of it, and the list of those that were not sent. */
export default async function messages (app: FastifyInstance) {
  const { db } = app
  const sees = { config: { can: 'messages.view' } } as const
  const sends = { config: { can: 'messages.send' } } as const

  app.get('/messages/failed', sees, async (request, reply) => {
    const page = await listStuck(db, viewerOf(request), idOf((request.query as { before?: string }).before))
    return reply.page('messages/failed', page)
  })

  app.get<OfMessage>('/messages/:message', sees, async (request, reply) => {
    const viewer = viewerOf(request)
    const message = await findMessage(db, viewer, idOf(request.params.message))
    const [fates, files] = await Promise.all([listFates(db, message.id), filesOfMessages(db, [message.id])])
    const gateways = await gatewayNames(db, fates.flatMap(({ details }) => details.gateway ?? []))
    return reply.page('messages/show', { message, fates, gateways, files: files.get(message.id) ?? [], again: AGAIN.includes(message.state) }, { fragment: 'messages/_message' })
  })

  // Until it leaves: what was undone stays, canceled.
  app.post<OfMessage>('/messages/:message/cancel', sends, async (request, reply) => {
    const viewer = viewerOf(request)
    const message = await findMessage(db, viewer, idOf(request.params.message))
    // Pressed twice it is the same.
    const canceled = await transaction(db, trx => cancelMessage(trx, viewer, message.id)) || message.state === 'canceled'
    const draft = canceled ? await findDraftOf(db, viewer, message.id) : undefined
    const goesOn = draft ? `/clients/${draft.client_id}/write?draft=${draft.token}` : canceled && isOwnText(viewer, message) ? `/clients/${message.client_id}/text?back=${message.id}` : null
    // In the place of the profile where it was written, the words are there again.
    if (goesOn) return request.isFragment ? reply.redirect(goesOn, 303) : reply.flash('messages.canceled').redirect(goesOn, 303)
    return reply.flash(canceled ? 'messages.canceled' : 'messages.left_already').goTo(message.client_id === null ? `/messages/${message.id}` : `/clients/${message.client_id}`)
  })

  app.post<OfMessage>('/messages/:message/again', sends, async (request, reply) => {
    const viewer = viewerOf(request)
    const message = await findMessage(db, viewer, idOf(request.params.message))
    if (message.direction === 'in') throw new NotFound()
    const isQueued = await transaction(db, trx => sendAgain(trx, viewer, message.id))
    return reply.flash(isQueued ? 'messages.again_queued' : 'messages.not_again').goTo(`/messages/${message.id}`)
  })
}

const isOwnText = ({ id }: Viewer, message: ShownMessage): boolean => message.cause === 'hand' && message.employee_id === id && message.client_id !== null && message.channel !== 'email'
