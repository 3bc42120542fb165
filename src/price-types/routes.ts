import type { FastifyInstance } from 'fastify'
import { choiceRoutes } from '../choices/routes.js'
import { priceTypes } from './list.js'

export default async function priceTypeRoutes (app: FastifyInstance) {
  choiceRoutes(app, priceTypes)
}
