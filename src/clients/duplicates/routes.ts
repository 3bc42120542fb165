import type { FastifyInstance } from 'fastify'
import { one } from '../../list-views/address.js'
import { idOf } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { readIds } from '../merging/form.js'
import { lookForDuplicates } from './look.js'
import { CERTAINTIES, countWaiting, hasDismissed, listDismissed, listDuplicates, REASONS, setDismissed, type Certainty, type DismissedPlace, type DuplicateFilter } from './queries.js'

/** Clients that may be one and the same: found in the background, merged or said not to be. */
export default async function duplicates (app: FastifyInstance, { url }: { url: string }) {
  const { db } = app
  const config = { can: 'clients.merge' } as const
  lookForDuplicates(app, url)

  app.get('/clients/duplicates', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const filter = readFilter(request.query)
    const [found, waiting, dismissed] = await Promise.all([listDuplicates(db, viewer, filter), countWaiting(db), hasDismissed(db)])
    return reply.page('clients/duplicates/index', { ...found, filter, waiting, dismissed, reasons: REASONS, certainties: Object.keys(CERTAINTIES) })
  })

  app.get('/clients/duplicates/dismissed', { config }, async (request, reply) => {
    return reply.page('clients/duplicates/dismissed', await listDismissed(db, viewerOf(request), readPlace(request.query)))
  })

  app.post('/clients/duplicates/dismiss', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const ids = readIds(request.body).slice(0, 50)
    if (ids.length < 2) return reply.flash('duplicates.two').goTo('/clients/duplicates')
    await db.transaction(trx => setDismissed(trx, viewer, ids, true))
    return reply.flash('duplicates.dismissed', {}, `/clients/duplicates/${ids.join(',')}/restore`).goTo('/clients/duplicates')
  })

  app.post<{ Params: { ids: string } }>('/clients/duplicates/:ids/restore', { config }, async (request, reply) => {
    await db.transaction(trx => setDismissed(trx, viewerOf(request), readIds({ ids: request.params.ids }).slice(0, 50), false))
    return reply.flash('duplicates.restored').goTo('/clients/duplicates')
  })
}

function readFilter (query: unknown): DuplicateFilter {
  const q = (query ?? {}) as Record<string, string>
  const [score, id] = one(q.after).split('_').map(idOf)
  return {
    reason: REASONS.find(reason => reason === one(q.reason)) ?? null,
    least: (Object.keys(CERTAINTIES) as Certainty[]).find(name => name === one(q.least)) ?? null,
    client: idOf(one(q.client)),
    after: score && id ? { score, id } : null
  }
}

function readPlace (query: unknown): DismissedPlace | null {
  const q = (query ?? {}) as Record<string, string>
  const [at, a, b] = [one(q.at), idOf(one(q.a)), idOf(one(q.b))]
  // As Postgres writes a moment.
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/.test(at) && !Number.isNaN(Date.parse(at)) && a && b ? { at, a, b } : null
}
