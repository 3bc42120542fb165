import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { transaction } from '../../database/transaction.js'
import { idOf, type Body, type FieldError } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { findLead, lockLead } from '../queries.js'
import { tellDeleted } from './gone.js'
import { countOfLead, deleteLead } from './queries.js'

type At = { Params: { id: string } }

/** Deleting a lead for good, once somebody has said that they mean it. */
export default async function deleting (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'leads.delete' } as const
  tellDeleted(app)

  app.get<At>('/leads/:id/delete', { config }, async (request, reply) => show(request, reply, undefined, 200))

  app.post<At>('/leads/:id/delete', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const { number } = await findLead(db, viewer, idOf(request.params.id))
    if (!((request.body ?? {}) as Body).sure) return show(request, reply, { key: 'leads.deleting.say_sure' }, 422)
    await transaction(db, async trx => deleteLead(trx, viewer, await lockLead(trx, viewer, idOf(request.params.id))))
    return reply.flash('leads.deleting.done', { number }).redirect('/leads', 303)
  })

  async function show (request: FastifyRequest<At>, reply: FastifyReply, error: FieldError | undefined, status: number) {
    const lead = await findLead(db, viewerOf(request), idOf(request.params.id))
    return reply.page('leads/deleting/show', { lead, counts: await countOfLead(db, lead.id), error }, { status })
  }
}
