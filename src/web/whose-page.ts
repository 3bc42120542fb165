import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import { HttpError } from './errors.js'

/** For whom the page was made that htmx asks from, by the number of the employee, as public/js/offline.js tells; undefined without htmx. */
export const pageViewer = ({ headers }: FastifyRequest): string | undefined => headers['page-viewer'] as string | undefined

/**
 * Two tabs of a browser have one session. Whoever signs in as somebody else in one of them leaves the other with what the first person has typed there:
 * it isn't saved as theirs. It stays where it is, and the page says why.
 */
export default fp(async app => {
  app.addHook('onRequest', async request => {
    const { viewer, method, headers } = request, whose = pageViewer(request)
    if (method !== 'POST' || !viewer || whose === undefined || whose === String(viewer.id)) return
    headers['hx-request-type'] = 'partial' // also a whole form is answered in its page
    throw new HttpError(409, 'others_page', { name: viewer.name })
  })
}, { name: 'whose-page', dependencies: ['sessions', 'errors'] })
