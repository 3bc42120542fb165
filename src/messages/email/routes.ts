import type { FastifyInstance } from 'fastify'
import { openEmail } from './gateway.js'
import unsubscribing from './unsubscribe/routes.js'
import writing from './writing/routes.js'

/** Letters to clients: written on their pages, sent by the mail server of Settings > E-mail. */
export default async function letters (app: FastifyInstance) {
  app.gatewayOf.set('email', () => openEmail(app))
  await app.register(writing)
  await app.register(unsubscribing)
}
