import { timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { startSession } from '../sign-in/enter.js'
import { beginSignIn, forgiveSignIn } from '../sign-in/throttle.js'
import { refused, type Body } from '../web/form.js'
import { countries, currencies, languages, propose, timeZones } from './choices.js'
import { readSetupForm } from './form.js'
import { AlreadySetUp, findSetupCode, isSetUp, setUp } from './queries.js'

export default fp(async function installation (app: FastifyInstance) {
  const { db } = app
  let done = await isSetUp(db)

  // Until there is a company every page leads to the first run.
  app.addHook('onRequest', async (request, reply) => {
    if (done || request.viewer) return
    const path = request.routeOptions.url
    if (path === '/setup' || path === '/healthz' || path === '/readyz') return
    done = await isSetUp(db)
    if (!done) return reply.redirect('/setup', 303)
  })

  app.get('/setup', { config: { public: true } }, async (request, reply) => {
    if (await isSetUp(db)) return reply.redirect('/', 303) // back, from the first page
    return reply.page('installation/setup', pageOf(request, propose(request.headers['accept-language'], request.language)))
  })

  app.post('/setup', { config: { public: true } }, async (request, reply) => {
    if (await isSetUp(db)) return reply.redirect('/sign-in', 303)
    const form = readSetupForm(request.body)
    const needsCode = !isLocal(request)
    const wait = needsCode ? await beginSignIn(db, 'setup code', request.ip) : 0
    const wrongCode = needsCode && (wait > 0 || !isCode(String(form.typed.code ?? '').replace(/\s/g, ''), await findSetupCode(db)))
    if (needsCode && !wrongCode) await forgiveSignIn(db, 'setup code', request.ip) // a mistake elsewhere in the form is no guess
    if (form.errors || wrongCode) {
      const errors = { ...form.errors, ...(wrongCode && { code: wait > 0 ? { key: 'sign_in.wait', values: { count: wait } } : { key: 'setup.code_wrong' } }) }
      if (wait > 0) reply.header('Retry-After', wait)
      return reply.page('installation/setup', { ...pageOf(request, typedChoices(form.typed)), ...refused(form.typed, errors) }, { status: wait > 0 ? 429 : 422 })
    }
    try {
      const owner = await setUp(db, form.values)
      if (form.values.example) await (await import('../../seeds/demo.js')).seedExample(db, { by: owner }) // once in a shop's life
      await startSession(request, owner)
    } catch (error) {
      if (!(error instanceof AlreadySetUp)) throw error
    }
    return reply.redirect('/', 303)
  })
}, { name: 'installation', dependencies: ['pages'] })

function pageOf (request: FastifyRequest, chosen: Record<string, string>) {
  const { language } = request
  return { needsCode: !isLocal(request), chosen, countries: countries(language), currencies: currencies(language), timeZones: timeZones(), languages, typed: {}, errors: {} }
}

const typedChoices = (typed: Body) => ({
  country: String(typed.country ?? ''), currency: String(typed.currency ?? ''), timeZone: String(typed.time_zone ?? ''), language: String(typed.language ?? '')
})

/**
 * Whether the browser runs on this very machine: a loopback connection that no proxy passed on, asked for by a loopback name
 * (a foreign name that resolves to 127.0.0.1 is somebody's trick). With a proxy nobody does: it may not say for whom it asks.
 */
function isLocal (request: FastifyRequest): boolean {
  const from = request.socket.remoteAddress ?? ''
  const passedOn = request.server.config.trustProxy || 'x-forwarded-for' in request.headers || 'forwarded' in request.headers || 'x-real-ip' in request.headers
  return !passedOn && /^(127\.|::1$|::ffff:127\.)/.test(from) && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(request.host)
}

const isCode = (typed: string, code: string) => /^\d{8}$/.test(typed) && timingSafeEqual(Buffer.from(typed), Buffer.from(code))
