import type { FastifyInstance } from 'fastify'
import { contactRoutes } from '../contacts/routes.js'
import { emailRows } from './rows.js'

export default async function emails (app: FastifyInstance) {
  contactRoutes(app, emailRows)
}
