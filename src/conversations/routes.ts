import type { FastifyInstance, FastifyRequest } from 'fastify'
import { transaction } from '../database/transaction.js'
import { findOfStranger } from '../files/queries.js'
import { sendContent } from '../files/serve.js'
import { cancelMessage } from '../messages/ledger.js'
import { findMessage } from '../messages/queries.js'
import { Forbidden, NotFound } from '../web/errors.js'
import { idOf, type Body } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import type { Conversation } from './conversation.js'
import inbox from './inbox/routes.js'
import linking from './linking/routes.js'
import { assign, findConversation, markSeen, markUnread, setClosed } from './queries.js'
import { talkAt } from './talk.js'

type At = { Params: { id: string } }
type AtMessage = { Params: { id: string, message: string } }

// Somebody else's HTML: it shows itself, and nothing it names is fetched. No script, no picture from elsewhere, no form.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"

/** Conversations: with strangers at their own address, with clients on the client's card (client.ts); who minds them, and what is done with. */
export default async function conversations (app: FastifyInstance) {
  const { db } = app
  const sees = { can: 'messages.view' } as const
  const sends = { config: { can: 'messages.send' } } as const
  const find = (request: FastifyRequest<any>): Promise<Conversation & { id: number }> =>
    findConversation(db, viewerOf(request), idOf((request.params as At['Params']).id)) as Promise<Conversation & { id: number }>
  await app.register(inbox)
  await app.register(linking)
  await talkAt(app, '/conversations/:id', { find: (viewer, id) => findConversation(db, viewer, id), show: (_request, reply, page, status) => reply.page('conversations/show', page, { status }) })

  // Asked by the page itself once somebody sees its newest message; a GET changes nothing.
  app.post<At>('/conversations/:id/seen', { config: { ...sees, quiet: true } }, async (request, reply) => {
    const { id, path, client } = await find(request)
    await markSeen(db, id, idOf((request.body as Body | undefined)?.up_to) ?? 0)
    if (!request.isFragment) return reply.redirect(path, 303)
    return client ? reply.page('', { talk: await find(request) }, { fragment: 'conversations/_seen' }) : reply.code(204).send()
  })

  app.post<At>('/conversations/:id/unread', { config: sees }, async (request, reply) => {
    const { id, who } = await find(request)
    await markUnread(db, id)
    return reply.flash('talk.marked_unread', { who }).goTo('/inbox')
  })

  app.post<At>('/conversations/:id/assign', sends, async (request, reply) => {
    const talk = await find(request)
    const to = (request.body as Body | undefined)?.assignee
    const employee = idOf(to)
    if (to !== '' && employee === null) throw new NotFound()
    if (!await db.transaction(trx => assign(trx, viewerOf(request), talk, employee))) throw new NotFound()
    return reply.flash(employee === null ? 'talk.unassigned_now' : 'talk.assigned_now').goTo(talk.path)
  })

  for (const [action, closed] of [['close', true], ['reopen', false]] as const) {
    app.post<At>(`/conversations/:id/${action}`, sends, async (request, reply) => {
      const { id, path, who } = await find(request)
      await setClosed(db, id, closed)
      reply.flash(closed ? 'talk.closed_now' : 'talk.reopened_now', { who }, closed ? `/conversations/${id}/reopen` : undefined)
      return reply.goTo(closed ? '/inbox' : path)
    })
  }

  // What was taken back is there to go on with.
  app.post<AtMessage>('/conversations/:id/messages/:message/undo', sends, async (request, reply) => {
    const viewer = viewerOf(request)
    const { id, path } = await find(request)
    const message = await findMessage(db, viewer, idOf(request.params.message))
    if (message.conversation_id !== id) throw new NotFound()
    if (message.employee_id !== viewer.id) throw new Forbidden()
    const canceled = await transaction(db, trx => cancelMessage(trx, viewer, message.id))
    if (!canceled) return reply.flash('messages.left_already').goTo(path)
    return reply.goTo(`${path}?draft=${message.id}`)
  })

  // An e-mail as it was written, in a frame of its own.
  app.get<AtMessage>('/conversations/:id/messages/:message/html', { config: sees }, async (request, reply) => {
    const { id } = await find(request)
    const { html, conversation_id: of } = await findMessage(db, viewerOf(request), idOf(request.params.message))
    if (of !== id || html === null) throw new NotFound()
    return reply.type('text/html; charset=utf-8').header('Cache-Control', 'no-store')
      .header('Content-Security-Policy', POLICY).header('X-Frame-Options', 'SAMEORIGIN').header('Referrer-Policy', 'no-referrer')
      .send(`<!doctype html><base target="_blank">${html}`)
  })

  // Of a client's the card serves them.
  app.get<{ Params: { id: string, message: string, token: string, name: string } }>('/conversations/:id/messages/:message/files/:token/:name', { exposeHeadRoute: false, compress: false, config: sees }, async (request, reply) => {
    const { id } = await find(request)
    const message = await findMessage(db, viewerOf(request), idOf(request.params.message))
    if (message.conversation_id !== id) throw new NotFound()
    const { content: hash, ...file } = await findOfStranger(db, message.id, request.params.token)
    return sendContent(request, reply, app.storage, { hash, ...file })
  })
}
