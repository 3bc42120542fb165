import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readNumber } from '../../clients/phones/number.js'
import { ContactTaken, refusingTaken } from '../../clients/uniqueness/queries.js'
import { SEES_CLIENTS } from '../../clients/visibility.js'
import type { Db } from '../../database/knex.js'
import { Forbidden } from '../../web/errors.js'
import { idOf, typedText, type Body, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { contextOf } from '../context.js'
import { explain } from '../explain.js'
import type { Shown } from '../form-state.js'
import { readLeadForm } from '../form.js'
import { findLead, lockLead, type Lead } from '../queries.js'
import { saveLead, type LeadConflict } from '../save.js'
import { findLinkable, findOffers, promote, setClientOf } from './queries.js'

type At = { Params: { id: string }, Querystring: { feed?: string } }
type Show = (request: FastifyRequest<At>, reply: FastifyReply, shown: Shown, status: number) => Promise<FastifyReply>

/** Whose lead it is: found by its phone, linked, unlinked, or made. `show` answers with the lead's page. */
export default async function leadClient (app: FastifyInstance, { show }: { show: Show }) {
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
    if (!viewer.can('clients.create')) throw new Forbidden(['clients.create'])
    return keeping(request, reply, async (trx, lead): Promise<FieldErrors> => {
      if (lead.client_id !== null) return {}
      if (lead.contact_name === '') return { contact_name: { key: 'leads.name_needed' } }
      await promote(trx, viewer, lead)
      reply.flash('clients.created')
      return {}
    })
  })

  /** Does something to a lead once what its form brings is saved; when either can't be, the form is shown again with why. */
  async function keeping (request: FastifyRequest<At>, reply: FastifyReply, work: (trx: Db, lead: Lead) => Promise<FieldErrors | void>) {
    const viewer = viewerOf(request)
    const known = await findLead(db, viewer, idOf(request.params.id))
    const form = readLeadForm(request.body, viewer, await contextOf(db, viewer, known))
    const carries = Object.keys(form.typed).some(name => name.startsWith('was.'))
    if (carries && Object.keys(form.errors).length > 0) return show(request, reply, { form }, 422)
    try {
      await refusingTaken(db, async trx => {
        const lead = await lockLead(trx, viewer, known.id)
        if (lead.archived_at) throw new Forbidden()
        const conflicts = carries ? await saveLead(trx, viewer, lead, form) : []
        if (conflicts.length > 0) throw new Unsaved(409, {}, conflicts)
        const errors = await work(trx, await findLead(trx, viewer, lead.id)) ?? {}
        if (Object.keys(errors).length > 0) throw new Unsaved(422, errors)
      })
    } catch (error) {
      if (error instanceof Unsaved) return show(request, reply, { form: { ...form, errors: error.errors }, conflicts: error.conflicts }, error.status)
      const told = error instanceof ContactTaken ? { ...form, errors: { 'phones.0.number': { key: 'phones.taken' } } } : await explain(db, viewer, error, form)
      return show(request, reply, { form: told }, 422)
    }
    return reply.redirect(`/leads/${known.id}`, 303)
  }
}

class Unsaved extends Error {
  constructor (readonly status: number, readonly errors: FieldErrors, readonly conflicts: LeadConflict[] = []) { super('unsaved') }
}
