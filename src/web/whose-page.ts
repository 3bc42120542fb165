import fp from 'fastify-plugin'
import { HttpError, pageViewer } from './errors.js'

/**
 * Two tabs of a browser have one session. Whoever signs in as somebody else in one of them leaves the other with what the first person has typed there:
 * it isn't saved as theirs. It stays where it is, and the page says why.
 */
export default fp(async app => {
  app.addHook('onRequest', async request => {
    const { viewer, method } = request, whose = pageViewer(request)
    if (method === 'POST' && viewer && whose !== undefined && whose !== String(viewer.id)) throw new HttpError(409, 'others_page', { name: viewer.name })
  })
}, { name: 'whose-page', dependencies: ['sessions', 'errors'] })
