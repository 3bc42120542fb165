import fp from 'fastify-plugin'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Away, BrokenOff, CrossSite, Forbidden, HttpError, NotFound, SignInFirst } from './errors.js'
import { pageBefore } from './page-before.js'
import { isSecret, readSent, withoutSecrets } from './sent.js'
import { othersForm, PAGE_VIEWER, pageViewer } from './whose-page.js'

// What Fastify and its plugins throw before a handler runs, by code, in words of ours.
const KNOWN: Record<string, [status: number, key: string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'body_too_large'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'wrong_type'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'bad_request']
}

// How Postgres (PostgreSQL, appendix A: class 08, 57P01 to 57P03), the system and, without a code, pg and Knex say that a connection broke or none is to be had.
const GONE = /^(08...|57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE)$/
const NO_CONNECTION = /(^| - )(Connection terminated|Unable to acquire a connection|Client has encountered a connection error)/

/** Where something is now that isn't at its address any more (`page`: its own page), or how it ended; null when a noun knows nothing of it. */
export type LostPage = (request: FastifyRequest) => Promise<{ page: string, path: string } | HttpError | null>

declare module 'fastify' {
  interface FastifyInstance {
    /** Asked before a page isn't found; a noun adds its own. */
    lostPages: LostPage[]
  }
}

/** Says what went wrong as a page, or, to a fragment request, in the page's `#flash`. What nobody foresaw is a 500 and is logged. */
export default fp(async app => {
  app.decorate('lostPages', [])
  app.setErrorHandler(async (error: FastifyError | HttpError, request, reply) => {
    if (error instanceof SignInFirst) return signInFirst(request, reply)
    const known = error instanceof HttpError ? error : understand(error)
    if (known instanceof Away) {
      reply.header('Retry-After', '5') // seconds: Postgres is there again within two after it was killed
      request.viewer = null // nothing more is asked for a page of theirs
    }
    if (known.statusCode === 404 && await leadOn(request, reply)) return reply
    if (known.statusCode >= 500) request.log.error({ err: error, route: request.routeOptions.url }, 'request failed')
    return show(request, reply, known)
  })
  app.setNotFoundHandler({}, async (request, reply) => show(request, reply, new NotFound()))
}, { name: 'errors', dependencies: ['pages'] })

/** Leads on to where something is now, or says how it ended. Returns whether it did. */
async function leadOn (request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  for (const find of request.server.lostPages) {
    const found = await find(request)
    if (found instanceof HttpError) await show(request, reply, found)
    else if (found && request.isFragment) reply.header('HX-Redirect', found.page).send('')
    else if (found) reply.redirect(found.path, 303)
    if (found) return true
  }
  return false
}

/**
 * Answers an address that Fastify can't read. One that can't be decoded, such as "/clients/%", is read as what it says literally, "%" and all; one that is
 * too long as one that nobody has: so each is found by nobody, like any other that is wrong. Fastify has asked no hook, so it begins anew.
 */
export function readLiterally (error: FastifyError, { raw, server }: FastifyRequest, reply: FastifyReply): void {
  const [path = '', query] = (raw.url ?? '').split(/(?=[?#])(.*)/s)
  // What is literal may be too long in its turn, this never is.
  raw.url = error.code === 'FST_ERR_BAD_URL' ? path.replaceAll('%', '%25') + (query ?? '') : '/%25'
  server.routing(raw, reply.raw)
}

function understand (error: FastifyError): HttpError {
  const known = KNOWN[error.code]
  // Whose client it was went while they were at it.
  if (error.code === '23503' && (error as { constraint?: string }).constraint?.endsWith('_client_id_fkey')) return new NotFound()
  if (known) return new HttpError(...known)
  if (GONE.test(error.code) || NO_CONNECTION.test(error.message)) return new Away()
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) return new HttpError(error.statusCode, 'bad_request')
  return new HttpError(500, 'unexpected')
}

async function show (request: FastifyRequest, reply: FastifyReply, error: HttpError): Promise<FastifyReply> {
  const { statusCode: status, key, values } = error, isGone = status === 404 || status === 410
  const sendsWhole = request.method === 'POST' && !request.isFragment && !isGone
  // A page of its own would take the place of the one where it was typed.
  if (sendsWhole && pageViewer(request) !== undefined) request.headers['hx-request-type'] = 'partial'
  const sent = sendsWhole && !request.isFragment && isOurs(request, error) ? await readSent(request).catch(() => []) : []
  // Whoever sees somebody else's page isn't told what they themselves may not.
  const others = error instanceof Forbidden && othersForm(request, sent.find(([name]) => name === PAGE_VIEWER)?.[1])
  if (others) return show(request, reply, others)
  const fields = isBare(sent.map(([name]) => name)) ? [] : sent
  const data = { status, key, values, reqId: request.id, typed: isGone ? writtenIn(request) : '', action: request.url, fields }
  if (request.isFragment) reply.header('HX-Retarget', '#flash').header('HX-Reswap', 'innerHTML')
  return reply.page('errors/show', data, { fragment: 'errors/_message', status: error.statusCode })
}

/**
 * Whether a form came of a page of ours, and can be taken. Without JavaScript that page is gone when the answer is an error: the answer has all of it, to be sent again.
 * Nothing of what another site, or another server, sent.
 */
const isOurs = ({ is404, routeOptions }: FastifyRequest, error: HttpError): boolean =>
  !(error instanceof CrossSite || error instanceof BrokenOff || is404 || routeOptions.config.foreign || error.statusCode === 413 || error.statusCode === 415)

/** Whether nothing was sent that can be kept: a button was pressed, or secrets alone were typed. */
const isBare = (names: readonly string[]): boolean => names.every(name => name === PAGE_VIEWER || isSecret(name))

// What is written in whole sentences: why a lead was lost, a comment, a letter, a task, a note.
const WRITTEN = ['reason', 'subject', 'body', 'what', 'note']

/** What somebody wrote for a thing that is gone. It is given back, to be copied. */
function writtenIn ({ body }: FastifyRequest): string {
  const sent = (body ?? {}) as Record<string, unknown>
  return WRITTEN.map(name => sent[name]).filter(text => typeof text === 'string' && text.trim() !== '').join('\n\n')
}

/** A page request is sent to sign in and back; one that carries a form keeps it; a fragment asks in the page, which stays as it is. */
async function signInFirst (request: FastifyRequest, reply: FastifyReply) {
  if (request.isFragment) {
    // Not into the sign-in page that another answer may have brought meanwhile.
    reply.header('HX-Retarget', 'body.app #flash').header('HX-Reswap', 'innerHTML')
    return reply.page('sign-in/again', {}, { fragment: 'sign-in/_again', status: 401 })
  }
  if (request.method === 'POST') {
    // A form is carried along, but for its secrets, and sent again to where it was going; a bare button leads back to its page.
    const body = withoutSecrets(request.body)
    const carries = !isBare(Object.keys(body))
    return reply.page('sign-in/show', { returnTo: carries ? request.url : pageBefore(request), kept: carries ? JSON.stringify(body) : '', notice: true }, { status: 401 })
  }
  const to = request.url === '/' ? '' : `?to=${encodeURIComponent(request.url)}`
  return reply.redirect(`/sign-in${to}`, 303)
}
