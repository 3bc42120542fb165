import type { FastifyInstance, FastifyRequest } from 'fastify'
import { findCompany } from '../../installation/queries.js'
import { showsUnsubscribe } from '../../messages/email/gateway.js'
import { frame } from '../../messages/email/letter.js'
import { languageOfReader } from '../../messages/email/reader.js'
import { unsubscribeToken } from '../../messages/email/unsubscribe/token.js'
import type { ShownMessage } from '../../messages/message.js'
import { filesOfMessages, findMessage, listCaughtMessages } from '../../messages/queries.js'
import { smsParts } from '../../messages/sms-parts.js'
import { Forbidden, NotFound } from '../../web/errors.js'
import { idOf } from '../../web/form.js'
import { showLetter } from '../../web/letters.js'
import { translator } from '../../web/i18n.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import { sendsMail } from '../queries.js'
import { emptyTestMailbox, findCaught, listCaught } from './queries.js'

type OfMail = { Params: { id: string } }

// What ends a sentence, or the brackets around it, is no part of an address.
const LINKS = /(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]])/

/** Whoever reads what was written to clients: it takes more than the right to the settings. Throws Forbidden. */
function reader (request: FastifyRequest<any>): Viewer {
  const viewer = viewerOf(request)
  if (!viewer.can('messages.view')) throw new Forbidden(['messages.view'])
  return viewer
}

/** Settings > Test mailbox: what would have been sent, as its readers would see it. */
export default async function testMailbox (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const

  app.get<{ Querystring: { before?: string, of?: string } }>('/settings/test-mailbox', { config }, async (request, reply) => {
    if (request.query.of === 'clients') {
      const [page, sends] = await Promise.all([listCaughtMessages(db, reader(request), idOf(request.query.before)), sendsMail(db)])
      return reply.page('mail/test-mailbox/messages', { ...page, sends })
    }
    const [page, sends] = await Promise.all([listCaught(db, viewerOf(request), { before: idOf(request.query.before) }), sendsMail(db)])
    return reply.page('mail/test-mailbox/index', { ...page, sends })
  })

  app.post('/settings/test-mailbox/empty', { config }, async (request, reply) => {
    const count = await emptyTestMailbox(db, viewerOf(request))
    return reply.flash('mail.emptied', { count }).goTo('/settings/test-mailbox')
  })

  app.get<OfMail>('/settings/test-mailbox/:id', { config }, async (request, reply) => {
    const mail = await one(request)
    return reply.page('mail/test-mailbox/show', { mail, parts: mail.text.split(LINKS) })
  })

  app.get<OfMail>('/settings/test-mailbox/:id/html', { config }, async (request, reply) => {
    const { isHidden, html } = await one(request)
    if (isHidden) throw new NotFound()
    return showLetter(reply, html)
  })

  // What was written to clients, on whatever channel, as they would see it.
  app.get<OfMail>('/settings/test-mailbox/messages/:id', { config }, async (request, reply) => {
    const message = await caughtMessage(request)
    const files = (await filesOfMessages(db, [message.id])).get(message.id) ?? []
    const parts = message.channel === 'email' ? await framed(message) : null
    return reply.page('mail/test-mailbox/message', { message, files, parts: parts?.text.split(LINKS) ?? [], html: parts?.html ?? null, sms: message.channel === 'sms' ? smsParts(message.text) : null })
  })

  app.get<OfMail>('/settings/test-mailbox/messages/:id/html', { config }, async (request, reply) => {
    const message = await caughtMessage(request)
    const { html } = message.channel === 'email' ? await framed(message) : { html: null }
    if (html === null) throw new NotFound()
    return showLetter(reply, html)
  })

  async function caughtMessage (request: FastifyRequest<OfMail>): Promise<ShownMessage> {
    const message = await findMessage(db, reader(request), idOf(request.params.id))
    if (message.state !== 'caught') throw new NotFound()
    return message
  }

  /** A letter with its frame, as it would have left. */
  async function framed (message: ShownMessage) {
    const company = await findCompany(db)
    const language = await languageOfReader(db, message.client_id, company)
    const unsubscribe = showsUnsubscribe(message) ? `${await app.publicUrl()}/unsubscribe/${await unsubscribeToken(app.sealer, message.id)}` : null
    return frame(message, { t: translator(language), language, company: company.name, unsubscribe })
  }

  async function one (request: FastifyRequest<OfMail>) {
    const id = idOf(request.params.id)
    if (id === null) throw new NotFound()
    return findCaught(db, viewerOf(request), id)
  }
}
