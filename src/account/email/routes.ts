import type { FastifyInstance } from 'fastify'
import { attempt } from '../../web/refusal.js'
import { openLink } from '../links.js'
import { confirmEmail } from './queries.js'

type OfToken = { Params: { token: string } }

/** The page that a link to a new e-mail leads to, wherever it is opened. Looking at it confirms nothing. */
export default async function email (app: FastifyInstance) {
  const { db } = app
  const config = { public: true }

  app.get<OfToken>('/confirm-email/:token', { config }, async (request, reply) => {
    const link = await openLink(db, 'email', request.params.token)
    if (typeof link !== 'object') return reply.page('sign-in/forgotten/closed', { why: link, again: '/account' }, { status: 404 })
    return reply.page('account/email/confirm', { link, errors: {} })
  })

  app.post<OfToken>('/confirm-email/:token', { config }, async (request, reply) => {
    const { token } = request.params
    const link = await openLink(db, 'email', token)
    const { errors, made } = await attempt(confirmEmail(db, token))
    if (errors) return reply.page('account/email/confirm', { link, errors }, { status: 422 })
    if (typeof made !== 'object') return reply.page('sign-in/forgotten/closed', { why: made, again: '/account' }, { status: 404 })
    return reply.flash('account.email_changed', { email: made.sentTo }).goTo(request.viewer ? '/account' : '/sign-in')
  })
}
