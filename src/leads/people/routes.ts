import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ContactTaken, refusingTaken } from '../../clients/uniqueness/queries.js'
import { one, typed, type Query } from '../../list-views/address.js'
import type { Right } from '../../rights.js'
import { transaction } from '../../database/transaction.js'
import { Forbidden } from '../../web/errors.js'
import { idOf, type Body, type FieldError } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import { originIn, promote } from '../client/making.js'
import { findLinkable, setClientOf } from '../client/queries.js'
import { SEES_LEADS } from '../visibility.js'
import { listPeople, lockLeadsOf } from './queries.js'

const PATH = '/leads/people'

/** People known only from leads, by their numbers: looked through, and made clients with all their leads. */
export default async function people (app: FastifyInstance) {
  const { db } = app

  app.get(PATH, { config: { can: SEES_LEADS } }, async (request, reply) => {
    if (!request.isFragment) void request.around()
    return show(request, reply, null, 200)
  })

  app.post(`${PATH}/client`, { config: { can: 'leads.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    assertMay(viewer, 'clients.view', 'clients.create')
    const phone = phoneIn(request)
    try {
      const { id, count } = await refusingTaken(db, async trx => {
        const leads = await lockLeadsOf(trx, viewer, phone)
        return { id: await promote(trx, viewer, await originIn(trx, leads, '')), count: leads.length }
      })
      // The form of clients asks for more.
      if (id === null) return reply.goTo(`/clients/new?known=${phone}`)
      return reply.flash('people.promoted', { count }).goTo(`/clients/${id}`)
    } catch (error) {
      if (!(error instanceof ContactTaken)) throw error
      return show(request, reply, { key: 'phones.taken' }, 422)
    }
  })

  app.post(`${PATH}/link`, { config: { can: 'leads.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    assertMay(viewer, 'clients.view')
    const client = await findLinkable(db, viewer, idOf((request.body as Body | undefined)?.client))
    const count = await transaction(db, async trx => {
      const leads = await lockLeadsOf(trx, viewer, phoneIn(request))
      for (const lead of leads) await setClientOf(trx, viewer, lead, client.id)
      return leads.length
    })
    return reply.flash('people.linked', { count, name: client.name }).goTo(PATH)
  })

  async function show (request: FastifyRequest, reply: FastifyReply, error: FieldError | null, status: number) {
    const viewer = viewerOf(request)
    assertMay(viewer, 'clients.view')
    const query = (request.query ?? {}) as Query
    const q = typed(query.q), after = idOf(one(query.after))
    const address = (at: number | null) => { const text = new URLSearchParams({ ...q && { q }, ...at && { after: String(at) } }).toString(); return text ? `${PATH}?${text}` : PATH }
    if (request.isFragment && request.method === 'GET') reply.header('HX-Replace-Url', address(after))
    return reply.page('leads/people/index', { ...await listPeople(db, viewer, { q, after }), q, at: after, address, error }, { fragment: 'leads/people/_list', status })
  }
}

const phoneIn = (request: FastifyRequest): number | null => idOf((request.body as Body | undefined)?.phone)

/** Who is in the client base, and who isn't, is told to those alone who may see it. */
function assertMay (viewer: Viewer, ...rights: Right[]): void {
  const missing = rights.filter(right => !viewer.can(right))
  if (missing.length > 0) throw new Forbidden(missing)
}
