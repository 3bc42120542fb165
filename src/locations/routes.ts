import type { FastifyInstance } from 'fastify'
import { choiceRoutes } from '../choices/routes.js'
import hours from './hours/routes.js'
import { locations } from './list.js'

export default async function locationRoutes (app: FastifyInstance) {
  choiceRoutes(app, locations)
  await app.register(hours)
}
