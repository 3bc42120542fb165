import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readStep } from '../choices/form.js'
import { transaction } from '../database/transaction.js'
import { GROUPS, type LeadStatus } from '../leads/lead.js'
import { listStatuses } from '../leads/statuses.js'
import { wording as namesFor } from '../leads/wording.js'
import { listRoles } from '../roles/queries.js'
import { NotFound } from '../web/errors.js'
import { idOf, typedText, type Body, type FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import { attempt } from '../web/refusal.js'
import { LANGUAGES } from '../web/viewer.js'
import { colourOf, STATUS_COLOURS } from './colour.js'
import { CLOCKS, readDeletion, readStatusForm, readVersion, statusTyped, WON_BY } from './form.js'
import { countHoursAnew } from './late.js'
import { limitOf, UNIT_NAMES } from './limit.js'
import { drawMap, findTrouble } from './map.js'
import { asksWhy, becomeLost, countLeadsOf, takersOf } from './moving.js'
import { changeStatus, countLeads, createStatus, deleteStatus, keepReason, listFirst, moveStatus, StatusChanged } from './queries.js'

declare module '../jobs/enqueue.js' {
  interface Jobs { 'leads.hours': { location: number | null } }
}

interface OfOne { Params: { id: string } }

const URL = '/settings/lead-statuses'

/** Settings > Statuses > Leads: what becomes of leads, by which ways, and how long it may take. */
export default async function leadStatuses (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const

  // Left by the change of a location's hours, or of the company's time zone.
  app.job('leads.hours', async ({ location }) => countHoursAnew(db, location))

  app.get(URL, { config }, async (request, reply) => showList(request, reply))

  app.get(`${URL}/new`, { config }, async (request, reply) => showForm(request, reply, null, { typed: statusTyped(), errors: {} }, 200))

  app.post(URL, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const form = readStatusForm(request.body, viewer.organisation.language)
    if (form.errors) return showForm(request, reply, null, form, 422)
    const { made, errors } = await attempt(transaction(db, trx => createStatus(trx, viewer, form.values)))
    if (errors) return showForm(request, reply, null, { typed: form.typed, errors }, 422)
    return reply.flash('choices.added', { name: made }).goTo(URL)
  })

  app.post(`${URL}/order`, { config }, async (request, reply) => {
    const asked = readStep(request.body)
    if (!asked || asked === 'by name') throw new NotFound()
    await transaction(db, trx => moveStatus(trx, viewerOf(request), asked.id, asked.step))
    return request.isFragment ? showList(request, reply) : reply.redirect(URL, 303)
  })

  app.get<OfOne>(`${URL}/:id`, { config }, async (request, reply) => {
    const status = await find(request)
    return showForm(request, reply, status, { typed: statusTyped(status), errors: {} }, 200)
  })

  app.post<OfOne>(`${URL}/:id`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const status = await find(request)
    const form = readStatusForm(request.body, viewer.organisation.language, status)
    if (form.errors) return showForm(request, reply, status, form, 422)
    try {
      const { made, errors } = await attempt(transaction(db, trx => changeStatus(trx, viewer, status.id, form.values, readVersion(form.typed))))
      if (errors) return await showForm(request, reply, status, { typed: form.typed, errors }, 422)
      return reply.flash('choices.saved', { name: made }).goTo(URL)
    } catch (error) {
      if (!(error instanceof StatusChanged)) throw error
      // What the other saved is shown beside; sent again, this form replaces it.
      return showForm(request, reply, error.now, { typed: { ...form.typed, version: String(error.now.version) }, errors: {}, now: statusTyped(error.now) }, 409)
    }
  })

  app.post<OfOne>(`${URL}/:id/delete`, { config }, async (request, reply) => {
    const status = await find(request)
    const typed = (request.body ?? {}) as Body
    const asked = readDeletion(typed)
    const again = (errors: FieldErrors) => showForm(request, reply, status, { typed: statusTyped(status), errors, instead: asked.instead, reason: typedText(typed, 'reason') }, 422)
    if (asked.errors.reason) return again(asked.errors)
    const { made, errors } = await attempt(transaction(db, trx => deleteStatus(trx, viewerOf(request), status.id, asked)))
    if (errors) return again(errors)
    return reply.flash(made.leads > 0 ? 'lead_status_form.deleted_moved' : 'choices.deleted', { name: made.name, count: made.leads }).goTo(URL)
  })

  async function find ({ params }: FastifyRequest<OfOne>): Promise<LeadStatus> {
    const id = idOf(params.id)
    const status = (await listStatuses(db)).find(status => status.id === id)
    if (!status) throw new NotFound()
    return status
  }

  async function showList (request: FastifyRequest, reply: FastifyReply) {
    const [statuses, counts, first, roles] = await Promise.all([listStatuses(db), countLeads(db), listFirst(db), listRoles(db)])
    return reply.page('lead-statuses/index', { ...wording(request), statuses, counts, first, roles, map: drawMap(statuses), trouble: findTrouble(statuses, first) }, { fragment: 'lead-statuses/_list' })
  }

  async function showForm (request: FastifyRequest, reply: FastifyReply, status: LeadStatus | null, form: { typed: Body, errors: FieldErrors, now?: Body, instead?: number | null, reason?: string }, code: number) {
    const [statuses, roles, first, leads, asks] = await Promise.all([listStatuses(db), listRoles(db), listFirst(db), status && countLeadsOf(db, status.id), status && asksWhy(db, status.id)])
    const viewer = viewerOf(request), main = viewer.organisation.language
    const data = { ...wording(request), status, statuses, others: statuses.filter(({ id }) => id !== status?.id), roles, leads, asksWhy: asks, languages: [main, ...LANGUAGES.filter(language => language !== main)], kept: status && keepReason(status, statuses, first), takers: status && takersOf(viewer, status, statuses), now: null, instead: null, reason: '', ...form }
    return reply.page(status ? 'lead-statuses/edit' : 'lead-statuses/new', data, { fragment: status ? 'lead-statuses/_edit' : 'lead-statuses/_form', status: code })
  }
}

const wording = (request: FastifyRequest) => {
  return { nameOf: namesFor(request).statusName, colourOf, limitOf, groups: GROUPS, colours: STATUS_COLOURS, clocks: CLOCKS, units: UNIT_NAMES, wonBy: WON_BY, becomeLost }
}
