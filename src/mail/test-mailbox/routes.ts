import type { FastifyInstance, FastifyRequest } from 'fastify'
import { NotFound } from '../../web/errors.js'
import { idOf } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { sendsMail } from '../queries.js'
import { emptyTestMailbox, findCaught, listCaught } from './queries.js'

type OfMail = { Params: { id: string } }

// A mail is somebody's text: it may show itself, and open its links in a window of their own. No script, no picture from elsewhere.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"

/** Settings > Test mailbox: what would have been sent, as its readers would see it. */
export default async function testMailbox (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const

  app.get<{ Querystring: { before?: string } }>('/settings/test-mailbox', { config }, async (request, reply) => {
    const [page, sends] = await Promise.all([listCaught(db, viewerOf(request), { before: idOf(request.query.before) }), sendsMail(db)])
    return reply.page('mail/test-mailbox/index', { ...page, sends })
  })

  app.post('/settings/test-mailbox/empty', { config }, async (request, reply) => {
    const count = await emptyTestMailbox(db, viewerOf(request))
    return reply.flash('mail.emptied', { count }).goTo('/settings/test-mailbox')
  })

  app.get<OfMail>('/settings/test-mailbox/:id', { config }, async (request, reply) => {
    const mail = await one(request)
    return reply.page('mail/test-mailbox/show', { mail, parts: mail.text.split(/(https?:\/\/[^\s<>"]+)/) })
  })

  app.get<OfMail>('/settings/test-mailbox/:id/html', { config }, async (request, reply) => {
    const { isHidden, html } = await one(request)
    if (isHidden) throw new NotFound()
    return reply.type('text/html; charset=utf-8').header('Cache-Control', 'no-store')
      .header('Content-Security-Policy', POLICY).header('X-Frame-Options', 'SAMEORIGIN').header('Referrer-Policy', 'no-referrer')
      .send(html.replace(/<head[^>]*>/i, '$&<base target="_blank">'))
  })

  async function one (request: FastifyRequest<OfMail>) {
    const id = idOf(request.params.id)
    if (id === null) throw new NotFound()
    return findCaught(db, viewerOf(request), id)
  }
}
