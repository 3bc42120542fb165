import type { FastifyInstance, FastifyReply } from 'fastify'
import { enter } from '../../sign-in/enter.js'
import { forgiveSignIn } from '../../sign-in/throttle.js'
import { readInvitationForm } from './form.js'
import { acceptInvitation, findInvitation } from './queries.js'

type OfToken = { Params: { token: string } }

/** The page that a link leads to. Looking at it uses nothing up: messengers fetch each link to preview it. */
export default async function invitations (app: FastifyInstance) {
  const { db } = app
  const config = { public: true }

  app.get<OfToken>('/invitations/:token', { config }, async (request, reply) => {
    const invitation = await findInvitation(db, request.params.token)
    if (!invitation) return gone(reply)
    return reply.page('employees/invitation', { invitation, errors: {} })
  })

  app.post<OfToken>('/invitations/:token', { config }, async (request, reply) => {
    const { token } = request.params
    const invitation = await findInvitation(db, token)
    if (!invitation) return gone(reply)
    const form = readInvitationForm(request.body, [invitation.name, invitation.email])
    if (form.errors) return reply.page('employees/invitation', { invitation, errors: form.errors }, { status: 422 })

    const employee = await acceptInvitation(db, token, form.values.password, await app.publicUrl())
    if (!employee) return gone(reply)
    await forgiveSignIn(db, employee.email, request.ip)
    return enter(request, reply, employee.id)
  })
}

// Not the ordinary 404: it says what to do to somebody who can't sign in.
const gone = (reply: FastifyReply) => reply.page('employees/invitation_gone', {}, { status: 404 })
