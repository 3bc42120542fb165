import { randomBytes } from 'node:crypto'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DEFAULT_WEBHOOK, isAllowed, readMessage, type WebhookConfig } from '../adapters/webhook.js'
import type { Source } from '../call.js'
import { findTelephony, secretOf } from '../settings/queries.js'
import { takeReport } from '../taking.js'
import twilio from './twilio.js'
import { Unheard } from './unheard.js'

type WithSecret = { Params: { secret?: string } }

const MOST = 64 * 1024

/** What shows that the simulator's messages are ours: this process sends them to itself. */
export const SIMULATOR_SECRET = randomBytes(32).toString('base64url')
export const SIMULATOR: WebhookConfig = { ...DEFAULT_WEBHOOK, check: 'header' }

/** What telephone systems tell: their servers ask here, by no session, and show each time that it is them. Answers are for programs. */
export default async function hooks (app: FastifyInstance) {
  app.removeAllContentTypeParsers()
  // As it came: signatures are of the bytes. It is read once it is known whose it is.
  app.addContentTypeParser(['application/json', 'application/x-www-form-urlencoded'], { parseAs: 'buffer', bodyLimit: MOST }, (_request, body, done) => done(null, body))
  app.setErrorHandler(answerPlainly)
  const config = { public: true, foreign: true }
  await app.register(twilio)

  app.post('/hooks/calls/webhook', { config }, async (request, reply) => hear(request, reply))
  app.post<WithSecret>('/hooks/calls/webhook/:secret', { config }, async (request, reply) => hear(request, reply, request.params.secret))
  app.post('/hooks/calls/simulator', { config }, async (request, reply) => take(request, reply, 'simulator', SIMULATOR, SIMULATOR_SECRET, ''))

  async function hear (request: FastifyRequest, reply: FastifyReply, inUrl = '') {
    const settings = await findTelephony(app.db)
    const secret = settings.adapter === 'webhook' ? await secretOf(app.sealer, settings, 'webhook') : null
    if (secret === null) throw new Unheard(404)
    return take(request, reply, 'webhook', settings.configs.webhook, secret, inUrl)
  }

  async function take (request: FastifyRequest, reply: FastifyReply, adapter: Source, mapping: WebhookConfig, secret: string, inUrl: string) {
    const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0)
    if (!isAllowed(mapping, secret, { body, headers: request.headers, inUrl })) throw new Unheard(401)
    const read = readMessage(mapping, parse(body, request.headers['content-type']))
    if (read === null) return reply.code(204).send()
    if ('wrong' in read) return reply.code(422).type('text/plain').send(`Not understood: ${read.wrong} (${mapping.fields[read.wrong]})`)
    await takeReport(app.db, adapter, read)
    return reply.code(204).send()
  }
}

function parse (body: Buffer, type = ''): unknown {
  if (!type.startsWith('application/json')) return Object.fromEntries(new URLSearchParams(body.toString('utf8')))
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new Unheard(400)
  }
}

const WORDS: Record<number, string> = { 400: 'Not readable', 401: 'Secret or signature missing or wrong', 403: 'Signature missing or wrong', 404: 'Nothing listens here', 413: 'Too large', 415: 'Neither JSON nor a form' }

async function answerPlainly (error: FastifyError | Unheard, request: FastifyRequest, reply: FastifyReply) {
  const status = error.statusCode ?? 500
  if (status >= 500) request.log.error({ err: error, route: request.routeOptions.url }, 'a report of a call could not be taken')
  return reply.code(status).type('text/plain').header('X-Content-Type-Options', 'nosniff').send(WORDS[status] ?? 'Try again later')
}
