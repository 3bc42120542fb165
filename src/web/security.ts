import compress from '@fastify/compress'
import helmet from '@fastify/helmet'
import fp from 'fastify-plugin'
import type { FastifyReply } from 'fastify'
import { constants } from 'node:zlib'

/** The headers that every answer carries, and compression that is cheap enough for each page. */
export default fp(async app => {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"]
      }
    },
    // Not "no-referrer": under it browsers send "Origin: null" with our own forms.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' }
  })
  app.addHook('onRequest', async (request, reply) => {
    if (request.protocol === 'https') reply.header('Strict-Transport-Security', 'max-age=15552000')
  })
  await app.register(compress, {
    encodings: ['br', 'gzip'],
    threshold: 1024,
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
    zlibOptions: { level: 4 }
  })
}, { name: 'security' })

/** Lets one page show pictures from these origins too ("https://tile.example"), and those a script makes by itself (data:). */
export function allowImages (reply: FastifyReply, origins: readonly string[]): void {
  reply.header('Content-Security-Policy', `${String(reply.getHeader('content-security-policy'))};img-src 'self' data: ${origins.join(' ')}`)
}
