import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { NotFound } from '../web/errors.js'
import { idOf, type Body } from '../web/form.js'
import { pageBefore } from '../web/page-before.js'
import { viewerOf } from '../web/permissions.js'
import { Caster } from './casting.js'
import { dialTarget, findTarget } from './dialing.js'
import extension from './extension/routes.js'
import { cardsFor, hearsOfCalls, listGoing, printOf } from './going.js'
import hooks from './hooks/routes.js'
import { Listening } from './listening.js'
import { callsPath, isNarrowed, isUnreadDay, readCallFilter, type CallFilter } from './log/filter.js'
import { findRecording, listCallers, listCalls } from './log/queries.js'
import { dismissCall, endForgotten, noteAnswering } from './queries.js'
import { sampleRecording, SIMULATED } from './simulator/sample.js'
import settings from './settings/routes.js'
import { hourly } from '../web/hourly.js'

type OfCall = { Params: { call: string } }

/** Calls: their cards on every page, their log, and those that are made here. */
export default async function calls (app: FastifyInstance, { databaseUrl }: { databaseUrl: string }) {
  const { db } = app
  const sees = { can: 'calls.view' } as const
  const hears = { can: ['calls.view', 'calls.make'] } as const
  await app.register(hooks)
  await app.register(settings)
  await app.register(extension)

  const caster = new Caster(app)
  const unsubscribe = app.live.subscribe('calls', () => caster.told())
  const listening = new Listening(app, databaseUrl)
  app.addHook('onListen', async () => listening.start())
  app.addHook('onClose', async () => {
    unsubscribe()
    caster.close()
    await listening.close()
  })
  hourly(app, () => endForgotten(db), 'calls whose end nobody told of could not be ended')

  app.pageReaders.push(async request => {
    const viewer = viewerOf(request)
    if (!hearsOfCalls(viewer)) return {}
    const cards = cardsFor(viewer, await listGoing(db))
    return { callCards: cards, callsSeen: printOf(cards) }
  })
  app.everyStream.push({
    name: 'calls',
    isBehind: async request => {
      const { calls } = request.query as Body
      return typeof calls === 'string' && calls !== '' && printOf(cardsFor(viewerOf(request), await listGoing(db))) !== calls
    }
  })

  app.get('/calls', { config: sees }, async (request, reply) => {
    const filter = readCallFilter(request.query)
    const [page, callers] = await Promise.all([listCalls(db, viewerOf(request), filter), listCallers(db)])
    const narrowed = isNarrowed(filter)
    return reply.page('calls/index', { filter, page, callers, narrowed, isUnread: isUnreadDay(request.query), list: (change: Partial<CallFilter>) => callsPath(filter, change) }, { fragment: 'calls/_list' })
  })

  // The cards of every page, which asks when its stream may have missed something.
  app.get('/calls/now', { config: { ...hears, quiet: true } }, async (request, reply) => request.isFragment ? showCards(request, reply) : reply.redirect('/calls', 303))

  app.post('/calls', { config: { can: 'calls.make' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const dialed = await dialTarget(app, viewer, await findTarget(db, viewer, (request.body ?? {}) as Body))
    if (dialed === 'no_extension') return reply.flash('calls.no_extension').goTo('/account/telephone')
    if (request.isFragment) return dialed === 'no_telephony' ? reply.flash('calls.no_telephony').goTo('/calls') : showCards(request, reply)
    if (dialed !== 'begun') reply.flash(dialed === 'failed' ? 'calls.not_made' : 'calls.no_telephony')
    return reply.redirect(pageBefore(request), 303)
  })

  app.post<OfCall>('/calls/:call/dismiss', { config: hears }, async (request, reply) => {
    if (!await dismissCall(db, viewerOf(request), idOf(request.params.call))) throw new NotFound()
    return request.isFragment ? showCards(request, reply) : reply.redirect(pageBefore(request), 303)
  })

  app.post<OfCall>('/calls/:call/answering', { config: sees }, async (request, reply) => {
    if (!await noteAnswering(db, viewerOf(request), idOf(request.params.call))) throw new NotFound()
    return request.isFragment ? showCards(request, reply) : reply.redirect(pageBefore(request), 303)
  })

  // Its address is never in a page: who asks is asked here whether they may, and the provider isn't told where they came from.
  app.get<OfCall>('/calls/:call/recording', { config: sees }, async (request, reply) => {
    const address = await findRecording(db, viewerOf(request), idOf(request.params.call))
    if (address === null) throw new NotFound()
    if (address.startsWith(SIMULATED)) return reply.redirect('/calls/sample.wav', 303)
    return reply.header('Referrer-Policy', 'no-referrer').header('Cache-Control', 'no-store').redirect(address, 303)
  })

  // What the simulator's calls sound like.
  app.get('/calls/sample.wav', { config: sees }, async (_request, reply) => reply.type('audio/wav').header('X-Content-Type-Options', 'nosniff').send(sampleRecording()))

  async function showCards (request: FastifyRequest, reply: FastifyReply) {
    return reply.page('', { cards: cardsFor(viewerOf(request), await listGoing(db)) }, { fragment: 'calls/_now' })
  }
}
