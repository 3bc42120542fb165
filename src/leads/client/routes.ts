import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readNumber } from '../../clients/phones/number.js'
import { refusingTaken } from '../../clients/uniqueness/queries.js'
import { SEES_CLIENTS } from '../../clients/visibility.js'
import type { Db } from '../../database/knex.js'
import { Forbidden } from '../../web/errors.js'
import { idOf, typedText, type Body } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { contextOf } from '../context.js'
import { explain } from '../explain.js'
import type { Shown } from '../form-state.js'
import { isWrittenIn, readLeadForm } from '../form.js'
import { findLead, lockLead, type Lead } from '../queries.js'
import { saveLead, type LeadConflict } from '../save.js'
import type { MoveTold } from '../status/move.js'
import { withinOf } from '../steps/place.js'
import { makesClients, originIn, promote } from './making.js'
import { findLinkable, findOffers, setClientOf } from './queries.js'

type At = { Params: { id: string }, Querystring: { feed?: string } }
interface Pages {
  show (request: FastifyRequest<At>, reply: FastifyReply, shown: Shown & { move?: MoveTold }, status: number): Promise<FastifyReply>
  keepingTyped (request: FastifyRequest<At>, reply: FastifyReply, work: () => Promise<FastifyReply>): Promise<FastifyReply>
}

/** Whose lead it is: found by its phone, linked, unlinked, or made. `show` answers with the lead's page, `keepingTyped` when it is gone. */
export default async function leadClient (app: FastifyInstance, { show, keepingTyped }: Pages) {
  const { db } = app

  // Asked while a phone is typed, by those alone who may see clients.
  app.get('/leads/check', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const query = request.query as Body
    const typed = typedText(query, Object.keys(query).find(name => /^phones\.\d+\.number$/.test(name)) ?? '').replaceAll('\u0000', '').slice(0, 60)
    const { e164 } = readNumber(typed.trim(), viewer.organisation.country)
    const offers = e164 ? await findOffers(db, viewer, [e164]) : []
    const lead = idOf(query.lead) === null ? null : await findLead(db, viewer, idOf(query.lead))
    const invalid = e164 === null && typed.replace(/\D/g, '').length >= 7
    return reply.page('leads/client/check', { offers: lead?.client_id ? [] : offers, lead, invalid }, { fragment: 'leads/client/_offers' })
  })

  app.post<At>('/leads/:id/link', { config: { can: 'leads.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findLinkable(db, viewer, idOf((request.body as Body | undefined)?.client))
    return keeping(request, reply, async (trx, lead) => {
      await setClientOf(trx, viewer, lead, client.id)
      reply.flash('leads.linked', { name: client.name }, `/leads/${lead.id}/unlink`)
    })
  })

  app.post<At>('/leads/:id/unlink', { config: { can: 'leads.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    return keeping(request, reply, async (trx, lead) => {
      // Who may not see whose it is can't say that it isn't.
      if (lead.client_id !== null && !lead.client) throw new Forbidden(SEES_CLIENTS)
      await setClientOf(trx, viewer, lead, null)
      reply.flash('leads.unlinked')
    })
  })

  app.post<At>('/leads/:id/client', { config: { can: 'leads.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    if (!makesClients(viewer)) throw new Forbidden(['clients.create', ...SEES_CLIENTS])
    return keeping(request, reply, async (trx, lead) => {
      if (lead.client_id !== null) return
      if (await promote(trx, viewer, await originIn(trx, [lead], '')) === null) return `/clients/new?lead=${lead.id}`
      reply.flash('clients.created')
    })
  })

  /** Does something to a lead once what its form brings is saved, and goes to the page that `work` names; when either can't be, the form is shown again with why. */
  const keeping = (request: FastifyRequest<At>, reply: FastifyReply, work: (trx: Db, lead: Lead) => Promise<string | void>) => keepingTyped(request, reply, async () => {
    const viewer = viewerOf(request)
    const known = await findLead(db, viewer, idOf(request.params.id))
    const form = readLeadForm(request.body, viewer, await contextOf(db, viewer, known))
    const carries = isWrittenIn(form.typed)
    if (carries && Object.keys(form.errors).length > 0) return show(request, reply, { form }, 422)
    let next: string | void
    try {
      next = await refusingTaken(db, async trx => {
        const lead = await lockLead(trx, viewer, known.id)
        if (lead.archived_at) throw new Archived()
        const conflicts = carries ? await saveLead(trx, viewer, lead, form) : []
        if (conflicts.length > 0) throw new Unsaved(conflicts)
        return work(trx, await findLead(trx, viewer, lead.id))
      })
    } catch (error) {
      if (error instanceof Archived) return show(request, reply, { ...(carries && { form }), move: { to: null, reason: '', error: { key: 'leads.is_archived' } } }, 403)
      if (error instanceof Unsaved) return show(request, reply, { form, conflicts: error.conflicts }, 409)
      return show(request, reply, { form: await explain(db, viewer, error, form) }, 422)
    }
    return reply.redirect(next ?? `/leads/${known.id}${withinOf(request)}`, 303)
  })
}

class Unsaved extends Error {
  constructor (readonly conflicts: LeadConflict[]) { super('unsaved') }
}

/** Put away meanwhile: what is typed stays, to be sent once the lead is back. */
class Archived extends Error {}
