import type { FastifyRequest } from 'fastify'

/** The page from which a request came, as its browser says; "/" when it doesn't. */
export function pageBefore (request: FastifyRequest): string {
  try {
    const { pathname, search } = new URL(request.headers.referer ?? '')
    return pathname + search
  } catch {
    return '/'
  }
}
