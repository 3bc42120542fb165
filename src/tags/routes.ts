import type { FastifyInstance } from 'fastify'
import { choiceRoutes } from '../choices/routes.js'
import { tags } from './list.js'

export default async function tagRoutes (app: FastifyInstance) {
  choiceRoutes(app, tags)
}
