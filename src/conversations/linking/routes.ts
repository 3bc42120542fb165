import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ContactTaken, refusingTaken } from '../../clients/uniqueness/queries.js'
import { seesClients } from '../../clients/visibility.js'
import { typed } from '../../list-views/address.js'
import { Forbidden, NotFound } from '../../web/errors.js'
import { idOf, readOne, required, type Body, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import type { Conversation } from '../conversation.js'
import { findConversation } from '../queries.js'
import { linkStranger, listCandidates, lockStranger, makeClient, makeLead } from './queries.js'

type At = { Params: { id: string }, Querystring: { q?: string } }

/** Who a stranger is: a client there is already, a new one, or somebody of whom a lead is made. */
export default async function linking (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'messages.send' } as const

  app.get<At>('/conversations/:id/link', { config }, async (request, reply) => {
    const talk = await stranger(request)
    return show(request, reply, talk, {}, 200)
  })

  app.post<At>('/conversations/:id/link', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const talk = await stranger(request)
    const body = (request.body ?? {}) as Body
    const client = idOf(body.client)
    if (client === null) return show(request, reply, talk, { client: { key: 'form.choose' } }, 422)
    return linked(request, reply, talk, async trx => {
      await linkStranger(trx, viewer, await lockStranger(trx, talk.id), client, body.keep !== undefined && viewer.can('clients.edit'))
      return client
    })
  })

  app.post<At>('/conversations/:id/client', { config: { can: 'clients.create' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    if (!viewer.can('messages.send')) throw new Forbidden(['messages.send'])
    const talk = await stranger(request)
    const { value: name, error } = readOne(required(200), (request.body as Body | undefined)?.name)
    if (error) return show(request, reply, talk, { name: error }, 422)
    return linked(request, reply, talk, async trx => {
      const known = await lockStranger(trx, talk.id)
      const client = await makeClient(trx, viewer, known, name)
      if (client !== null) await linkStranger(trx, viewer, known, client, false)
      return client
    })
  })

  app.post<At>('/conversations/:id/lead', { config: { can: 'leads.create' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    if (!viewer.can('messages.send')) throw new Forbidden(['messages.send'])
    const talk = await stranger(request)
    const lead = await db.transaction(async trx => {
      const known = await lockStranger(trx, talk.id)
      return known.lead_id ?? await makeLead(trx, viewer, known)
    })
    const made = await findConversation(db, viewer, talk.id)
    return reply.flash('talk.lead_made').goTo(made.lead?.id === lead ? `/leads/${lead}` : talk.path)
  })

  async function linked (request: FastifyRequest<At>, reply: FastifyReply, talk: Conversation & { id: number }, work: (trx: typeof db) => Promise<number | null>) {
    const viewer = viewerOf(request)
    let client: number | null
    try {
      client = await refusingTaken(db, work)
    } catch (error) {
      if (!(error instanceof ContactTaken)) throw error
      return show(request, reply, talk, { client: { key: 'talk.address_taken' } }, 422)
    }
    if (client === null) return show(request, reply, talk, { name: { key: 'talk.asks_more' } }, 422)
    return reply.flash('talk.linked').goTo(seesClients(viewer) ? `/clients/${client}/conversation` : '/inbox')
  }

  async function stranger (request: FastifyRequest<At>): Promise<Conversation & { id: number }> {
    const talk = await findConversation(db, viewerOf(request), idOf(request.params.id))
    if (talk.client) throw new NotFound()
    return talk as Conversation & { id: number }
  }

  async function show (request: FastifyRequest<At>, reply: FastifyReply, talk: Conversation & { id: number }, errors: FieldErrors, status: number) {
    const viewer: Viewer = viewerOf(request)
    const body = (request.body ?? {}) as Body
    const q = typed(request.query.q ?? body.q)
    const known = await db.transaction(trx => lockStranger(trx, talk.id))
    const candidates = seesClients(viewer) ? await listCandidates(db, viewer, known, q) : null
    return reply.page('conversations/linking/show', { talk, candidates, q, errors, name: body.name ?? known.stranger }, { status, fragment: 'conversations/linking/_candidates' })
  }
}
