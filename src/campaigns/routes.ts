import type { FastifyInstance } from 'fastify'
import { choiceRoutes } from '../choices/routes.js'
import { campaigns } from './list.js'

export default async function campaignRoutes (app: FastifyInstance) {
  choiceRoutes(app, campaigns)
}
