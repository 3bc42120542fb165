import type { FastifyInstance } from 'fastify'
import { isMigrated } from '../database/migrate.js'

export default async function health (app: FastifyInstance) {
  // The process answers.
  app.get('/healthz', { config: { public: true, foreign: true }, logLevel: 'warn' }, async () => ({ status: 'alive' }))

  // The database answers and has the schema that this program knows.
  app.get('/readyz', { config: { public: true, foreign: true }, logLevel: 'warn' }, async (_request, reply) => {
    const database = await isMigrated(app.db).then(migrated => migrated ? 'ready' : 'not migrated', () => 'unreachable')
    return reply.code(database === 'ready' ? 200 : 503).header('Cache-Control', 'no-store').send({ status: database === 'ready' ? 'ready' : 'not ready', database })
  })
}
