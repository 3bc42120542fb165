import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A message for the next page: what was done, and how to undo it. */
export interface Flash {
  key: string
  values?: Record<string, string | number>
  /** Where a POST undoes it. */
  undo?: string
}

declare module 'fastify' {
  interface FastifyReply {
    /** Says `key`, translated, on the page that comes next. */
    flash (key: string, values?: Flash['values'], undo?: string): FastifyReply
  }
  interface FastifyRequest {
    /** Takes the message that the last answer left, once. */
    takeFlash (reply: FastifyReply): Flash | null
  }
}

const COOKIE = 'clientela_flash'

/** Messages travel in a signed cookie for a minute: no session to write twice for "Saved". */
export default fp(async app => {
  app.decorateReply('flash', function (this: FastifyReply, key, values, undo) {
    const flash: Flash = { key, ...(values && { values }), ...(undo && { undo }) }
    return this.setCookie(COOKIE, Buffer.from(JSON.stringify(flash)).toString('base64url'), {
      path: '/', httpOnly: true, sameSite: 'lax', secure: this.request.protocol === 'https', maxAge: 60, signed: true
    })
  })

  app.decorateRequest('takeFlash', function (this: FastifyRequest, reply) {
    const cookie = this.cookies?.[COOKIE] // none are read when the address itself is bad
    if (!cookie) return null
    reply.clearCookie(COOKIE, { path: '/' })
    const { valid, value } = this.unsignCookie(cookie)
    if (!valid || !value) return null
    try {
      return JSON.parse(Buffer.from(value, 'base64url').toString()) as Flash
    } catch {
      return null
    }
  })
}, { name: 'flash', dependencies: ['sessions'] })
