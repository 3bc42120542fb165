import type { FastifyInstance } from 'fastify'
import { choiceRoutes } from '../choices/routes.js'
import { phoneTypes } from './list.js'

export default async function phoneTypeRoutes (app: FastifyInstance) {
  choiceRoutes(app, phoneTypes)
}
