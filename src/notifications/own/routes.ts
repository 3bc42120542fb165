import type { FastifyInstance } from 'fastify'
import { viewerOf } from '../../web/permissions.js'
import { muteOwn } from './queries.js'

/** Of what the company tells, what somebody wants to hear: a part of the page Account. */
export default async function own (app: FastifyInstance) {
  app.post('/account/notifications', { config: { signedIn: true } }, async (request, reply) => {
    const { shown, on } = (request.body ?? {}) as Record<string, string | string[] | undefined>
    await app.db.transaction(trx => muteOwn(trx, viewerOf(request), [shown ?? []].flat(), [on ?? []].flat()))
    return reply.flash('notifications.own_saved').goTo('/account')
  })
}
