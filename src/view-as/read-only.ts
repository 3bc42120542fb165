import fp from 'fastify-plugin'
import { HttpError } from '../web/errors.js'
import { onlyLooking } from './looking.js'

/** Nothing can be changed while one looks as another role. */
class ReadOnly extends HttpError { constructor () { super(403, 'read_only') } }

/** Refuses whatever would change something while somebody looks as another role, but for stopping that and signing out, and shows it so. */
export default fp(async app => {
  app.addHook('onRequest', async request => {
    if (!request.viewer?.viewingAs || request.method === 'GET' || request.method === 'HEAD' || request.routeOptions.config.whileViewing) return
    throw new ReadOnly()
  })
  app.pageFinishers.push(({ viewer }, html) => viewer?.viewingAs ? onlyLooking(html) : html)
}, { name: 'read-only', dependencies: ['sessions', 'pages'] })
