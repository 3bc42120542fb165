import type { FastifyInstance } from 'fastify'
import { findRole } from '../roles/queries.js'
import { NotFound } from '../web/errors.js'
import { idOf } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import { sessionKeyOf } from '../web/session.js'
import { startViewing, stopViewing } from './queries.js'

export default async function viewAs (app: FastifyInstance) {
  const { db } = app

  app.post<{ Params: { id: string } }>('/settings/roles/:id/view', { config: { can: 'roles.manage' } }, async (request, reply) => {
    const id = idOf(request.params.id)
    if (id === null) throw new NotFound()
    await startViewing(db, viewerOf(request), sessionKeyOf(request), await findRole(db, id))
    return reply.goTo('/')
  })

  // For anyone: whoever looks as a role hasn't that role's right to look as others.
  app.post('/view-as/stop', { config: { signedIn: true, beforeTwoSteps: true, whileViewing: true } }, async (request, reply) => {
    const { viewingAs } = viewerOf(request)
    await stopViewing(db, sessionKeyOf(request))
    return reply.goTo(viewingAs ? `/settings/roles/${viewingAs.id}` : '/')
  })
}
