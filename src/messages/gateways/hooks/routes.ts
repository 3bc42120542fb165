import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { transaction } from '../../../database/transaction.js'
import { HttpError } from '../../../web/errors.js'
import type { HookRequest } from '../adapter.js'
import { adapterOf } from '../adapters.js'
import { secretsOf } from '../open.js'
import { findGatewayByHook } from '../queries.js'
import { takeBrought, takeReport } from './news.js'

type OfHook = { Params: { hook: string } }

// What a provider tells at once: a hundred reports are some 60 kB.
const BIGGEST = 512 * 1024

/**
 * Where providers tell what became of messages and bring what clients write. Nobody is signed in: the gateway's adapter finds out whether
 * the request is from whom it says, of which it needs the bytes as they came.
 */
export default async function hooks (app: FastifyInstance) {
  const { db, sealer } = app
  app.setErrorHandler(answerPlainly)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BIGGEST }, (_request, body, done) => { done(null, body) })

  app.post<OfHook>('/hooks/messages/:hook', { config: { public: true, foreign: true }, bodyLimit: BIGGEST }, async (request, reply) => {
    const gateway = await findGatewayByHook(db, request.params.hook)
    const adapter = adapterOf(gateway.adapter)
    const { url, headers, query, body } = request
    const asked: HookRequest = { url, headers, query: oneOfEach(query as Record<string, string | string[]>), raw: Buffer.isBuffer(body) ? body : Buffer.alloc(0), type: headers['content-type'] ?? '' }
    const secrets = await secretsOf(sealer, gateway)
    const verdict = secrets !== undefined && adapter.verify(asked, gateway.settings, secrets, await app.publicUrl())
    if (verdict === false) {
      request.log.warn({ gateway: gateway.id }, 'a webhook was not signed by its provider')
      throw new HttpError(403, 'forbidden')
    }
    const { reports, brought } = adapter.read(asked, gateway.settings)
    let unknown = 0
    for (const report of reports) {
      if (verdict !== true && report.reference !== verdict.only) continue
      if (!await transaction(db, trx => takeReport(trx, gateway, report))) unknown++
    }
    if (verdict === true) for (const one of brought) await transaction(db, trx => takeBrought(trx, gateway, one))
    // One that is told of a message before our own answer to it was read is told of it again, by who asks for more than 200.
    if (unknown > 0 && unknown === reports.length) return reply.code(404).type('text/plain').send('No such message, or not yet')
    return reply.code(200).type(adapter.thanks.type).send(adapter.thanks.body)
  })
}

// What is named twice isn't ours.
const oneOfEach = (query: Record<string, string | string[]>): Record<string, string> => Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String([value].flat()[0])]))

// Who reads it is a program, or somebody who looks at a provider's console for why nothing arrives.
const WORDS: Record<number, string> = { 403: 'Signature missing or wrong', 404: 'Nothing listens here', 413: 'Too large' }

async function answerPlainly (error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const status = error.statusCode ?? 500
  if (status >= 500) request.log.error({ err: error, route: request.routeOptions.url }, 'what a provider told could not be taken')
  return reply.code(status).type('text/plain').header('X-Content-Type-Options', 'nosniff').send(WORDS[status] ?? 'Try again later')
}
