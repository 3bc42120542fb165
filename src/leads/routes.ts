import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { callerOf, giveToLead, isCallers, withCaller } from '../calls/caller.js'
import { talkOfLead } from '../conversations/queries.js'
import { refusingTaken } from '../clients/uniqueness/queries.js'
import { seesClients } from '../clients/visibility.js'
import type { Deletion } from '../audit/queries.js'
import type { Db } from '../database/knex.js'
import { again, transaction } from '../database/transaction.js'
import { cardOf } from '../feed/card.js'
import { feedFilter } from '../feed/event.js'
import { listFeed } from '../feed/queries.js'
import { asksFor, withCarried } from '../form-editor/items.js'
import { listOpenTasks } from '../tasks/list/queries.js'
import { NotFound } from '../web/errors.js'
import { idOf, type Body } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import type { Viewer } from '../web/viewer.js'
import { listLeadsOf } from './client/leads.js'
import { findLinkable, offersFor, offersOf } from './client/queries.js'
import { makesClients, originIn, promote } from './client/making.js'
import client from './client/routes.js'
import { contextOf } from './context.js'
import { createLead, type Made } from './creating.js'
import { whoDeleted } from './deleting/gone.js'
import deleting from './deleting/routes.js'
import { explain } from './explain.js'
import { leadFormState, type Shown } from './form-state.js'
import { asNew, isWrittenIn, MOST_PHONES, readLeadForm, type FormContext, type LeadForm } from './form.js'
import { clockOf, spanWords } from './list/due.js'
import { movesFrom } from './moving.js'
import people from './people/routes.js'
import { findLead, listLeadChoices, listStays, lockLead, managesLeads, seesLead, setLeadArchived } from './queries.js'
import { saveLead } from './save.js'
import { listStatuses } from './statuses.js'
import { moveAsked, type MoveTold } from './status/move.js'
import { placeOf, withinOf } from './steps/place.js'
import { isLeadOf, SEES_LEADS, seesLeads } from './visibility.js'

type At = { Params: { id: string }, Querystring: { feed?: string } }

/** What its page says besides what the lead is: what was typed and is wrong, who else was at it, why it can't be moved. */
interface Told extends Omit<Shown, 'defaults'> { move?: MoveTold }

export default async function leads (app: FastifyInstance) {
  const { db } = app
  await app.register(client, { show, keepingTyped })
  await app.register(deleting)
  await app.register(people)

  app.get('/leads/new', { config: { can: 'leads.create' } }, async (request, reply) => showNew(request, reply, await contextOf(db, viewerOf(request), null), {}, 200))

  // One more row for a phone.
  app.get('/leads/phone-row', { config: { can: ['leads.create', 'leads.edit'] } }, async (request, reply) => {
    const rows = [(request.query as Body).phone_rows ?? []].flat().map(Number).filter(Number.isSafeInteger)
    const index = Math.max(-1, ...rows) + 1
    const phone = { index, id: null, typed: '', masked: false, remove: false, fresh: true }
    return reply.page('leads/form/phone', { phone, lead: null, full: rows.length >= MOST_PHONES }, { fragment: 'leads/form/_phone' })
  })

  app.post('/leads', { config: { can: 'leads.create' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const caller = await callerOf(db, viewer, (request.body ?? {}) as Body)
    const body = withCaller((request.body ?? {}) as Body, caller)
    const context = await contextOf(db, viewer, null)
    if (await isGone(viewer, body)) {
      delete body.client_id
      const form = readLeadForm(body, viewer, context)
      return showNew(request, reply, context, { form: { ...form, errors: { ...form.errors, contact_name: { key: 'leads.client_gone' } } } }, 422)
    }
    if (isStep(body)) return showNew(request, reply, context, step(viewer, body, context), 200)
    const form = readLeadForm(body, viewer, context)
    if (hasErrors(form)) return showNew(request, reply, context, { form }, 422)
    const linked = await linkedIn(viewer, body)
    try {
      const manager_id = asksFor(form.asks, 'manager') ? form.fields.manager_id : await managesLeads(db, viewer.id) ? viewer.id : null
      const makes = 'with_client' in body && !linked && makesClients(viewer)
      const make = async (at: Db): Promise<Made> => {
        const made = await createLead(at, viewer, { ...form.fields, manager_id, own: form.own, client_id: linked?.id ?? null }, { token: body.token })
        if (!made.isNew) return made
        if (caller) await giveToLead(at, viewer, caller, made.id)
        if (makes && await mayOpen(viewer, made.id, at)) await promote(at, viewer, await originIn(at, [await lockLead(at, viewer, made.id)], ''))
        return made
      }
      // One by itself is made by one statement, which is a transaction of its own.
      const { id, number, isNew } = await (caller || makes || form.own.length > 0 ? refusingTaken(db, make) : again(() => make(db)))
      const opens = isNew ? seesLeads(viewer) && isLeadOf(viewer, { manager_id, location_id: form.fields.location_id }) : await mayOpen(viewer, id)
      const asks = makes && opens && (await db('leads').where({ id }).first('client_id'))?.client_id === null // of a client more than the lead has
      return reply.flash('leads.created', { number }).redirect(asks ? `/clients/new?lead=${id}` : opens ? `/leads/${id}` : '/leads/new', 303)
    } catch (error) {
      return showNew(request, reply, context, { form: await explain(db, viewer, error, form) }, 422)
    }
  })

  // A page that stays open asks for what stands above its form: the clock goes on, and others move the lead.
  app.get<At>('/leads/:id', { config: { can: SEES_LEADS } }, async (request, reply) => show(request, reply, {}, 200))

  app.post<At>('/leads/:id', { config: { can: 'leads.edit' } }, async (request, reply) => keepingTyped(request, reply, async () => {
    const viewer = viewerOf(request)
    const body = (request.body ?? {}) as Body
    const known = await findLead(db, viewer, idOf(request.params.id))
    const context = await contextOf(db, viewer, known)
    if (isStep(body)) return show(request, reply, step(viewer, body, context), 200)
    const form = readLeadForm(body, viewer, context)
    if (hasErrors(form)) return show(request, reply, { form }, 422)
    try {
      const conflicts = await transaction(db, async trx => {
        const lead = await lockLead(trx, viewer, known.id)
        return lead.archived_at ? null : saveLead(trx, viewer, lead, form)
      })
      // Put away while it was written in: what is typed stays, to be sent once the lead is back.
      if (!conflicts) return show(request, reply, { form, move: { to: null, reason: '', error: { key: 'leads.is_archived' } } }, 403)
      if (conflicts.length > 0) return show(request, reply, { form, conflicts }, 409)
    } catch (error) {
      return show(request, reply, { form: await explain(db, viewer, error, form) }, 422)
    }
    return reply.flash('leads.saved').redirect(await mayOpen(viewer, known.id) ? `/leads/${known.id}${withinOf(request)}` : '/leads', 303)
  }))

  app.post<At>('/leads/:id/move', { config: { can: 'leads.move' } }, async (request, reply) => {
    const move = await moveAsked(db, viewerOf(request), idOf(request.params.id), (request.body ?? {}) as Body)
    if (move) return show(request, reply, { move }, move.moved ? 409 : 422)
    return reply.redirect(`/leads/${request.params.id}${withinOf(request)}`, 303)
  })

  for (const [action, archived] of [['archive', true], ['restore', false]] as const) {
    app.post<At>(`/leads/:id/${action}`, { config: { can: 'leads.archive' } }, async (request, reply) => {
      const viewer = viewerOf(request)
      const lead = await transaction(db, async trx => {
        const lead = await lockLead(trx, viewer, idOf(request.params.id))
        await setLeadArchived(trx, viewer, lead, archived)
        return lead
      })
      reply.flash(archived ? 'leads.archived' : 'leads.restored', { number: lead.number }, archived ? `/leads/${lead.id}/restore` : undefined)
      return reply.redirect(`/leads/${lead.id}${withinOf(request)}`, 303)
    })
  }

  const mayOpen = async (viewer: Viewer, id: number, at: Db = db) => seesLeads(viewer) && seesLead(at, viewer, id)

  /** The client whom a new lead's form links: the one just chosen, or the one carried along. */
  async function linkedIn (viewer: Viewer, body: Body) {
    const id = 'unlink' in body ? null : idOf(body.link) ?? idOf(body.client_id)
    return id === null || !seesClients(viewer) ? null : findLinkable(db, viewer, id)
  }

  /** Whether the client whom a form carries along was merged or erased meanwhile: what is typed stays. */
  async function isGone (viewer: Viewer, body: Body): Promise<boolean> {
    if ('link' in body || 'unlink' in body) return false
    return linkedIn(viewer, body).then(() => false, error => { if (error instanceof NotFound) return true; throw error })
  }

  /**
   * Does what a lead's form asks for. When the lead is gone by then, what was typed is shown as the form of a new one, and by whom it was deleted;
   * a part of a page stays as it is, and what was typed with it.
   */
  async function keepingTyped (request: FastifyRequest<At>, reply: FastifyReply, work: () => Promise<FastifyReply>): Promise<FastifyReply> {
    try {
      return await work()
    } catch (error) {
      const viewer = viewerOf(request), id = idOf(request.params.id), body = (request.body ?? {}) as Body
      if (!(error instanceof NotFound) || request.isFragment || !isWrittenIn(body) || id === null || await seesLead(db, viewer, id)) throw error
      const context = await contextOf(db, viewer, null), deleted = await whoDeleted(db, viewer, id)
      return showNew(request, reply, context, { form: { ...readLeadForm(asNew(body), viewer, context), errors: {} }, gone: { deleted } }, deleted ? 410 : 404)
    }
  }

  async function showNew (request: FastifyRequest, reply: FastifyReply, context: FormContext, { gone, ...shown }: Shown & { gone?: { deleted: Deletion | null } }, status: number) {
    const viewer = viewerOf(request)
    const body = (request.body ?? {}) as Body
    const query = request.query as Body
    const [choices, linked, caller] = await Promise.all([listLeadChoices(db, null), linkedIn(viewer, request.method === 'GET' ? { client_id: query.client ?? '' } : body), callerOf(db, viewer, request.method === 'GET' ? query : body)])
    if (shown.form && caller) shown.form.phoneRows = shown.form.phoneRows.filter(row => !isCallers(caller, row))
    const mine = choices.managers.some(({ id }) => id === viewer.id) ? viewer.id : null
    const form = leadFormState(viewer, context, { ...shown, defaults: { type: choices.defaultType, manager: mine, ...(caller && !caller.isHidden && !linked && { phone: caller.shown }) } })
    const offers = linked ? [] : await offersFor(db, viewer, form.phones.map(({ typed }) => typed))
    return reply.page('leads/new', { lead: null, ...choices, types: context.types, linked, offers, makesClients: makesClients(viewer), form, caller, gone: gone ?? null, token: body.token ?? randomUUID() }, { fragment: 'leads/form/_form', status })
  }

  async function show (request: FastifyRequest<At>, reply: FastifyReply, { move, ...shown }: Told, status: number) {
    const viewer = viewerOf(request)
    if (!request.isFragment) void request.around()
    const lead = await findLead(db, viewer, idOf(request.params.id))
    const place = placeOf(request)
    const heading = { lead, place, within: place?.text ?? '', clockOf, spanWords, statuses: await listStatuses(db, { removed: true }), move: move ?? null }
    const moves = lead.archived_at ? [] : movesFrom(viewer, heading.statuses, lead.status_id)
    if (request.isFragment && !shown.form) return reply.page('', { ...heading, moves, stays: await listStays(db, lead.id) }, { fragment: 'leads/_fresh', status })
    const card = cardOf('lead', { id: lead.id, name: lead.number })
    const filter = feedFilter('lead', request.query.feed)
    const [choices, context, feed, openTasks, stays, offers, leadsOf, talk] = await Promise.all([
      listLeadChoices(db, lead), contextOf(db, viewer, lead), listFeed(db, viewer, card, { filter }), listOpenTasks(db, viewer, card), listStays(db, lead.id), lead.client_id === null && viewer.can('leads.edit') ? offersOf(db, viewer, lead.id) : [],
      lead.client ? listLeadsOf(db, viewer, lead.client.id, { except: lead.id }) : null, talkOfLead(db, viewer, lead)
    ])
    const form = leadFormState(viewer, context, shown)
    return reply.page('leads/show', {
      ...heading, moves, ...choices, types: context.types, makesClients: makesClients(viewer), card, feed, filter, openTasks, stays, offers, leadsOf, talk, clockOf, linked: lead.client, form, token: randomUUID()
    }, { fragment: 'leads/form/_form', status })
  }
}

/** Steps in filling in a form that send it and save nothing: a row for a phone, another type's form, a client linked to a new lead. */
const isStep = (body: Body): boolean => ['add_phone', 'switch_type', 'link', 'unlink'].some(name => name in body)

function step (viewer: Viewer, body: Body, context: FormContext): Shown {
  const form = readLeadForm(withCarried(body), viewer, context)
  return { form: { ...form, errors: {} }, more: 'add_phone' in body }
}

const hasErrors = ({ errors }: LeadForm): boolean => Object.keys(errors).length > 0
