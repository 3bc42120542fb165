import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { NotFound } from '../../../web/errors.js'
import { translator } from '../../../web/i18n.js'
import { findAsked, unsubscribe, type Asked } from './queries.js'
import { readUnsubscribeToken } from './token.js'

type At = { Params: { token: string } }

/**
 * Where the reader of a letter asks for no more of them. Looking changes nothing (mail programs look at links by themselves); the button
 * does, and so does a reader's mail program, whose POST comes from its provider's server without anything of ours (RFC 8058).
 */
export default async function unsubscribing (app: FastifyInstance) {
  const { db, sealer } = app
  // Whatever form the provider's program sends it in says nothing: the address alone counts.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { bodyLimit: 64 * 1024 }, (_request, payload, done) => {
    payload.resume()
    payload.on('end', () => done(null, {}))
    payload.on('error', done)
  })

  app.get<At>('/unsubscribe/:token', { config: { public: true } }, async (request, reply) => {
    const { asked } = await at(request)
    return show(reply, asked, false)
  })

  app.post<At>('/unsubscribe/:token', { config: { public: true, foreign: true } }, async (request, reply) => {
    const { id, asked } = await at(request)
    await unsubscribe(db, id)
    return show(reply, asked, true)
  })

  async function at (request: FastifyRequest<At>): Promise<{ id: number, asked: Asked }> {
    const id = await readUnsubscribeToken(sealer, request.params.token)
    const asked = id === null ? null : await findAsked(db, id)
    if (id === null || asked === null) throw new NotFound()
    return { id, asked }
  }

  const show = (reply: FastifyReply, { language, ...asked }: Asked, done: boolean) =>
    reply.header('X-Robots-Tag', 'noindex').page('messages/email/unsubscribe', { ...asked, done, t: translator(language), language })
}
