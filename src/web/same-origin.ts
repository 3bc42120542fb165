import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import { CrossSite } from './errors.js'

/**
 * Refuses requests that another site made a browser send. Everything that changes something is a POST, so other methods pass.
 * Sec-Fetch-Site tells (W3C Fetch Metadata); browsers without it are judged by Origin, else by Referer; a POST that has
 * none of the three is refused. A route whose config says `foreign` is asked by servers, which send none of them.
 */
export default fp(async app => {
  app.addHook('onRequest', async request => {
    if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS' || request.routeOptions.config.foreign) return
    if (!isSameOrigin(request)) throw new CrossSite()
  })
}, { name: 'same-origin' })

function isSameOrigin (request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  const from = request.headers.origin ?? request.headers.referer
  if (from === undefined) return false
  try {
    return new URL(from).host === request.host
  } catch {
    return false // "null", or no address at all
  }
}
