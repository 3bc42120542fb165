import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deletion } from '../audit/queries.js'
import { callerOf, giveToClient } from '../calls/caller.js'
import conversation, { type TalkPage } from '../conversations/client.js'
import { unreadOf } from '../conversations/queries.js'
import { once } from '../database/once.js'
import { itemsOf, type Shape } from '../form-editor/definition.js'
import { cardOf } from '../feed/card.js'
import { feedFilter } from '../feed/event.js'
import { listFeed } from '../feed/queries.js'
import { carriedOver, withCarried } from '../form-editor/items.js'
import { fieldOfPart, partOf } from '../form-editor/own/form.js'
import { shapeOf } from '../form-editor/shape.js'
import { Forbidden, NotFound } from '../web/errors.js'
import { listLeadsOf } from '../leads/client/leads.js'
import { asCaller, asSearched, clientFormOf, linkTo, OriginGone, originOf, phonesWith, withHidden, type Origin } from '../leads/client/making.js'
import { whoDeleted } from '../leads/deleting/gone.js'
import { clockOf } from '../leads/list/due.js'
import { seesLeads } from '../leads/visibility.js'
import { typed, type Query } from '../list-views/address.js'
import actions from '../many/actions/routes.js'
import exports from '../many/export/routes.js'
import selection from '../many/selection/routes.js'
import { listOpenTasks } from '../tasks/list/queries.js'
import { idOf, type Body } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import type { Viewer } from '../web/viewer.js'
import type { Client, ClientFields } from './client.js'
import consents from './consents/routes.js'
import { countTwins } from './duplicates/queries.js'
import duplicates from './duplicates/routes.js'
import emails from './emails/routes.js'
import { emptyFields, isUnit, mayWriteUnit, readClientForm, type ClientForm } from './form.js'
import erasing from './erasing/routes.js'
import { explain } from './explain.js'
import { formState, heldIn, type FormState } from './form-state.js'
import list from './list/routes.js'
import { manyClients } from './many.js'
import { maskPhone, seesContacts } from './masking.js'
import merging from './merging/routes.js'
import phones from './phones/routes.js'
import place from './place/routes.js'
import { createClient, findClient, listChoices, lockClient, setArchived } from './queries.js'
import { saveClient, type Conflict } from './save.js'
import { addRows, isStep } from './steps.js'
import { untagClient } from './tags/queries.js'
import tags from './tags/routes.js'
import { refusingTaken } from './uniqueness/queries.js'
import uniqueness from './uniqueness/routes.js'
import { SEES_CLIENTS, seesClients } from './visibility.js'

type At = { Params: { id: string, unit: string }, Querystring: { feed?: string } }

export default async function clients (app: FastifyInstance, { databaseUrl }: { databaseUrl: string }) {
  const { db } = app
  for (const part of [list, merging, erasing, phones, emails, tags, uniqueness, place, consents]) await app.register(part)
  for (const part of [selection, actions]) await app.register(part, { many: manyClients })
  await app.register(duplicates, { url: databaseUrl })
  await app.register(exports, { many: manyClients, url: databaseUrl })
  await app.register(conversation, { show: showConversation })

  app.get('/clients/new', { config: { can: 'clients.create' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const [shape, origin, caller] = await Promise.all([shapeOf(db, 'client', viewer.formVersions), originOf(db, viewer, request.query as Body), callerOf(db, viewer, request.query as Body)])
    if (origin?.lead.client_id) return reply.redirect(`/leads/${origin.lead.id}`, 303)
    const filled = async () => {
      const from = origin ?? (caller && asCaller(caller.number))
      if (from) return clientFormOf(db, viewer, from, shape, { masked: true })
      const searched = asSearched(typed((request.query as Query).q), viewer.organisation.country)
      return searched ? withoutErrors(await clientFormOf(db, viewer, searched, shape)) : undefined // what one has typed oneself one may read
    }
    return showNew(request, reply, formState(viewer, null, shape, await filled()), 200, origin)
  })

  app.post('/clients', { config: { can: 'clients.create' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const body = (request.body ?? {}) as Body
    const shape = await shapeOf(db, 'client')
    const context = { shape, client: null }
    const found = await Promise.all([originOf(db, viewer, body), callerOf(db, viewer, body)]).catch((error: unknown) => error)
    if (found instanceof OriginGone) return showWithout(request, reply, found)
    if (!Array.isArray(found)) throw found
    const [origin, caller] = found
    const numbers = origin?.numbers ?? (caller ? [caller.number] : [])
    if (isStep(body) || 'add_tag' in body) return showNew(request, reply, formState(viewer, null, shape, withoutErrors(readClientForm(withCarried(body), viewer, context))), 200, origin)
    const form = withHidden(viewer, readClientForm(body, viewer, context), numbers)
    if (hasErrors(form)) return showNew(request, reply, formState(viewer, null, shape, form), 422, origin)
    const phones = await phonesWith(db, viewer, kept(form.phones), numbers)
    const values = { ...emptyFields(viewer), ...form.fields as ClientFields, phones, emails: kept(form.emails), tags: form.tags, own: form.own }
    try {
      const id = await refusingTaken(db, trx => once(trx, body.token, viewer.id, async () => {
        const from = await originOf(trx, viewer, body, { lock: true })
        // Somebody was quicker. Who may not see that client isn't told.
        if (from?.lead.client) throw new OriginGone(409, 'not_found', { number: from.lead.number, name: from.lead.client.name })
        if (from?.lead.client_id) return String(from.lead.client_id)
        const id = await createClient(trx, viewer, values, from ? 'lead' : 'form')
        if (from) await linkTo(trx, viewer, from, id)
        if (caller) await giveToClient(trx, viewer, caller, id)
        return String(id)
      }))
      if (origin && idOf(body.lead) !== null) return reply.flash('clients.created').redirect(`/leads/${origin.lead.id}`, 303)
      const isSeen = seesClients(viewer)
      return reply.flash('clients.created').redirect(isSeen ? `/clients/${id}` : '/clients/new', 303)
    } catch (error) {
      if (error instanceof OriginGone) return showWithout(request, reply, error)
      return showNew(request, reply, formState(viewer, null, shape, await explain(db, error, viewer, form, shape, null)), 422, origin)
    }
  })

  app.get<At>('/clients/:id', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const viewer = viewerOf(request)
    if (!request.isFragment) void request.around()
    const [client, shape] = await Promise.all([findClient(db, viewer, idOf(request.params.id)), shapeOf(db, 'client', viewer.formVersions)])
    return show(request, reply, client, formState(viewer, client, shape), 200)
  })

  app.post<At>('/clients/:id', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const body = (request.body ?? {}) as Body
    const [known, shape] = await Promise.all([findClient(db, viewer, idOf(request.params.id)), shapeOf(db, 'client')])
    const context = { shape, client: known }
    if (isStep(body)) return show(request, reply, known, formState(viewer, known, shape, withoutErrors(readClientForm(withCarried(body), viewer, context))), 200)
    const form = readClientForm(body, viewer, context)
    if (hasErrors(form)) return show(request, reply, known, formState(viewer, known, shape, form), 422)
    try {
      const conflicts = await save(viewer, known.id, form, idOf(body.remove_tag))
      if (conflicts.length === 0) return reply.flash('clients.saved').redirect(`/clients/${known.id}`, 303)
      const now = await findClient(db, viewer, known.id)
      return show(request, reply, now, formState(viewer, now, shape, form, conflicts), 409)
    } catch (error) {
      return show(request, reply, known, formState(viewer, known, shape, await explain(db, error, viewer, form, shape, known.id)), 422)
    }
  })

  // One part of the form that saves itself.
  app.post<At>('/clients/:id/parts/:unit', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const { unit } = request.params
    const shape = await shapeOf(db, 'client')
    if (!isUnit(unit) && !fieldOfPart(shape, unit)) throw new NotFound()
    if (isUnit(unit) && !mayWriteUnit(viewer, unit)) throw new Forbidden()
    const known = await findClient(db, viewer, idOf(request.params.id))
    const form = readClientForm(request.body, viewer, { shape, client: known }, unit)
    if (hasErrors(form)) return showPart(request, reply, known, shape, form, 422)
    let conflicts: Conflict[]
    try {
      conflicts = await save(viewer, known.id, form)
    } catch (error) {
      return showPart(request, reply, known, shape, await explain(db, error, viewer, form, shape, known.id), 422)
    }
    const now = await findClient(db, viewer, known.id)
    if (conflicts.length > 0) return showPart(request, reply, now, shape, form, 409, conflicts)
    return request.isFragment ? showPart(request, reply, now, shape, form, 200) : reply.redirect(`/clients/${now.id}`, 303)
  })

  for (const [action, archived] of [['archive', true], ['restore', false]] as const) {
    app.post<At>(`/clients/:id/${action}`, { config: { can: 'clients.delete' } }, async (request, reply) => {
      const viewer = viewerOf(request)
      const client = await db.transaction(async trx => {
        const client = await lockClient(trx, viewer, idOf(request.params.id))
        await setArchived(trx, viewer, client, archived)
        return client
      })
      reply.flash(archived ? 'clients.archived' : 'clients.restored', { name: client.name }, archived ? `/clients/${client.id}/restore` : undefined)
      return reply.goTo(`/clients/${client.id}`)
    })
  }

  const save = (viewer: Viewer, id: number, form: ClientForm, removeTag: number | null = null): Promise<Conflict[]> =>
    refusingTaken(db, async trx => {
      const conflicts = await saveClient(trx, viewer, await lockClient(trx, viewer, id), form)
      if (conflicts.length === 0 && removeTag !== null) await untagClient(trx, viewer, id, removeTag)
      return conflicts
    })

  async function showNew (request: FastifyRequest, reply: FastifyReply, form: FormState, status: number, origin: Origin | null, gone: Gone | null = null) {
    const [choices, caller] = await Promise.all([listChoices(db, heldIn(form)), callerOf(db, viewerOf(request), (request.method === 'GET' ? request.query : request.body ?? {}) as Body)])
    addRows((request.body ?? {}) as Body, form, choices, true)
    const token = ((request.body ?? {}) as Body).token ?? randomUUID()
    const carried = carriedOver(form.asks, (request.body ?? {}) as Body)
    return reply.page('clients/new', { client: null, form, token, carried, caller, gone, origin: origin && { ...origin, hidden: seesContacts(viewerOf(request)) ? [] : origin.numbers.map(({ display }) => maskPhone(display)) }, ...choices }, { status, fragment: 'clients/form/_body' })
  }

  /** Shows again what was typed of a client when there is no lead to make one of any more, or not now: why, and what becomes of it when it is saved. */
  async function showWithout (request: FastifyRequest, reply: FastifyReply, { statusCode, values }: OriginGone) {
    const viewer = viewerOf(request), body = (request.body ?? {}) as Body, lead = idOf(body.lead), steps = isStep(body) || 'add_tag' in body
    const shape = await shapeOf(db, 'client'), deleted = statusCode === 404 ? await whoDeleted(db, viewer, lead) : null
    const form = withoutErrors(readClientForm(steps ? withCarried(body) : body, viewer, { shape, client: null }))
    return showNew(request, reply, formState(viewer, null, shape, form), steps ? 200 : deleted ? 410 : statusCode, null, { statusCode, values, lead, deleted })
  }

  async function showPart (request: FastifyRequest<At>, reply: FastifyReply, client: Client, shape: Shape, form: ClientForm, status: number, conflicts: Conflict[] = []) {
    const viewer = viewerOf(request)
    const saved = status === 200
    const twins = request.isFragment ? await countTwins(db, viewer, client.id) : 0
    if (request.isFragment && isSwitched(form)) {
      // The other kind has a form of its own: the whole of it is shown, with what is typed in it.
      const whole = readClientForm(withCarried(form.typed), viewer, { shape, client })
      const state = formState(viewer, client, shape, { ...whole, errors: form.errors }, conflicts)
      reply.header('HX-Retarget', '#form-body').header('HX-Reswap', 'outerMorph')
      return reply.page('', { client, twins, form: state, saved, carried: carriedOver(state.asks, form.typed), ...await listChoices(db, heldIn(state)) }, { fragment: 'clients/form/_switched', status })
    }
    const state = saved ? formState(viewer, client, shape) : formState(viewer, client, shape, form, conflicts)
    const item = itemsOf(state.asks).find(({ field, system }) => system === form.unit || (field && partOf(field) === form.unit))
    return reply.page('clients/edit', { client, twins, form: state, unit: form.unit, item, saved, ...await listChoices(db, heldIn(state)) }, { fragment: 'clients/form/_answer', status })
  }

  async function show (request: FastifyRequest<At>, reply: FastifyReply, client: Client, form: FormState, status: number) {
    const filter = feedFilter('client', request.query.feed)
    const viewer = viewerOf(request)
    const card = cardOf('client', client)
    const [around, feed, openTasks, leadsOf, unread] = await Promise.all([
      aroundCard(request, client, form), listFeed(db, viewer, card, { filter }), listOpenTasks(db, viewer, card),
      seesLeads(viewer) ? listLeadsOf(db, viewer, client.id) : null, viewer.can('messages.view') ? unreadOf(db, client.id) : 0
    ])
    return reply.page('clients/show', { ...around, card, feed, filter, openTasks, leadsOf, clockOf, token: randomUUID(), tab: 'feed', unread }, { status })
  }

  /** The same with the conversation beside the form instead of the feed. */
  async function showConversation (request: FastifyRequest<any>, reply: FastifyReply, talk: TalkPage, status: number) {
    const viewer = viewerOf(request)
    const [client, shape] = await Promise.all([findClient(db, viewer, talk.talk.client!.id), shapeOf(db, 'client', viewer.formVersions)])
    return reply.page('clients/show', { ...await aroundCard(request, client, formState(viewer, client, shape)), ...talk, tab: 'conversation', unread: talk.talk.unread }, { status })
  }

  async function aroundCard (request: FastifyRequest<any>, client: Client, form: FormState) {
    const viewer = viewerOf(request)
    const [choices, twins] = await Promise.all([listChoices(db, heldIn(form)), countTwins(db, viewer, client.id)])
    const body = (request.body ?? {}) as Body
    addRows(body, form, choices, false)
    return { client, form, twins, carried: carriedOver(form.asks, body), ...choices }
  }
}

/** Why no client was made of the lead that its form names; and who deleted it, if somebody did. */
interface Gone extends Pick<OriginGone, 'statusCode' | 'values'> { lead: number | null, deleted: Deletion | null }

const withoutErrors = (form: ClientForm): ClientForm => ({ ...form, errors: {} })

/** Whether the kind was switched since the form was laid out. */
const isSwitched = ({ typed, unit }: ClientForm) => unit === 'identity' && typed.form_kind !== undefined && typed.kind !== typed.form_kind

const hasErrors = (form: ClientForm) => Object.keys(form.errors).length > 0

const kept = <T extends { remove: boolean }> (rows: T[]): T[] => rows.filter(row => !row.remove)
