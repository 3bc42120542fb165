import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { once } from '../../database/once.js'
import type { SystemItem } from '../../form-editor/definition.js'
import { shapeOf } from '../../form-editor/shape.js'
import { parsed } from '../../list-views/address.js'
import { Forbidden, NotFound } from '../../web/errors.js'
import { idOf } from '../../web/form.js'
import { hourly } from '../../web/hourly.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import { KINDS } from '../client.js'
import { isNarrowed } from '../list/filter.js'
import { lookFrom, type Look } from '../list/look.js'
import { narrowings } from '../list/narrowings.js'
import { findChosen, listFilterChoices } from '../list/queries.js'
import { listChoices } from '../queries.js'
import { requires } from '../required.js'
import { clearSelection, MOST_SELECTED, selectedIds, selectOnly } from '../selection/queries.js'
import { ACTION_KINDS, ACTS_ON_MANY, isUndoable, mayAct, rightsFor, SKIPPED, type ActionKind, type Skipped } from './action.js'
import { readActionForm, type ActionForm } from './form.js'
import { actOnMany } from './jobs.js'
import { askToStop, clientsOf, countChosen, countSkipped, createAction, createUndo, findAction, findDetails, forgetOldRows, goOn, isKept, listActions, listRows, lockAction, type ClientAction, type Whom } from './queries.js'

type At = { Params: { action: string }, Querystring: { why?: string, after?: string } }

const PAGE = 50

/** What is done to many clients at once: chosen and confirmed, done in the background, looked at, stopped and taken back. */
export default async function actions (app: FastifyInstance) {
  const { db } = app
  const config = { can: ACTS_ON_MANY }
  actOnMany(app)
  hourly(app, () => forgetOldRows(db), 'the clients of old actions could not be cleared away')

  app.get<{ Querystring: { before?: string } }>('/clients/actions', { config }, async (request, reply) => {
    const found = await listActions(db, viewerOf(request), idOf(request.query.before), PAGE + 1)
    return reply.page('clients/actions/index', { actions: found.slice(0, PAGE), before: found.length > PAGE ? found[PAGE - 1]!.id : null })
  })

  app.get('/clients/actions/new', { config }, async (request, reply) => {
    const form = readActionForm(request.query)
    if (form.kind) assertMay(viewerOf(request), form.kind)
    return showNew(request, reply, { ...form, errors: {} }, 200)
  })

  app.post('/clients/actions', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const form = readActionForm(request.body)
    if (!form.kind) return reply.redirect('/clients/actions/new', 303)
    assertMay(viewer, form.kind)
    if ('add_tag' in form.typed) return showNew(request, reply, { ...form, errors: form.errors.tag?.key === 'tags.empty' ? {} : form.errors }, 200)
    if (Object.keys(form.errors).length > 0) return showNew(request, reply, form, 422)
    const whom = await whomOf(viewer, form)
    const { kind } = form
    const id = await db.transaction(trx => once(trx, form.typed.token, viewer.id, async () => {
      const details = await findDetails(trx, kind, form)
      const created = details && await createAction(trx, viewer, kind, details, whom, kind === 'erase' ? form.number ?? 0 : undefined)
      if (created && whom.of === 'selected') await clearSelection(trx, viewer)
      return created ? String(created) : details ? 'nobody' : 'gone'
    }))
    if (id === 'nobody' && kind === 'erase') return showNew(request, reply, { ...form, errors: { number: { key: 'actions.type_number' } } }, 422)
    if (id === 'nobody') return showNew(request, reply, { ...form, errors: { of: { key: 'actions.nobody' } } }, 422)
    if (id === 'gone') return showNew(request, reply, { ...form, errors: { [kind === 'remove_tags' ? 'tag_id' : 'to']: { key: 'form.choose' } } }, 422)
    return reply.goTo(`/clients/actions/${id}`)
  })

  app.get<At>('/clients/actions/:action', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const action = await findAction(db, viewer, idOf(request.params.action))
    const why = SKIPPED.find(one => one === request.query.why) ?? null
    const [skipped, rows] = await Promise.all([countSkipped(db, action.id), listRows(db, viewer, action.id, { why: why as Skipped | null, after: idOf(request.query.after) }, PAGE + 1)])
    return reply.page('clients/actions/show', {
      action, skipped, why, rows: rows.slice(0, PAGE), after: rows.length > PAGE ? rows[PAGE - 1]!.id : null,
      may: mayAct(viewer, action.kind), undoable: isUndoable(action.kind), kept: isKept(action), mostSelected: MOST_SELECTED
    }, { fragment: 'clients/actions/_state' })
  })

  app.post<At>('/clients/actions/:action/stop', { config }, async (request, reply) => {
    const action = await find(request)
    await askToStop(db, action.id)
    return reply.goTo(`/clients/actions/${action.id}`)
  })

  app.post<At>('/clients/actions/:action/continue', { config }, async (request, reply) => {
    const action = await find(request)
    await goOn(db, action.id)
    return reply.goTo(`/clients/actions/${action.id}`)
  })

  app.post<At>('/clients/actions/:action/undo', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const id = await db.transaction(async trx => {
      const action = await lockAction(trx, viewer, idOf(request.params.action)) // of two who undo at once the second finds the first's
      assertMay(viewer, action.kind)
      if (action.undoes || !isUndoable(action.kind) || !isKept(action) || action.state === 'waiting' || action.state === 'running') throw new NotFound()
      return action.undoneBy ?? await createUndo(trx, viewer, action) ?? action.id
    })
    return reply.goTo(`/clients/actions/${id}`)
  })

  // Ticks its clients again, for the next thing to be done to them.
  app.post<At>('/clients/actions/:action/select', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const action = await findAction(db, viewer, idOf(request.params.action))
    await selectOnly(db, viewer, await clientsOf(db, action.id, MOST_SELECTED))
    return reply.goTo('/clients')
  })

  /** An action the viewer may do themselves, and so stop or go on with. */
  async function find (request: FastifyRequest<At>): Promise<ClientAction> {
    const viewer = viewerOf(request)
    const action = await findAction(db, viewer, idOf(request.params.action))
    assertMay(viewer, action.kind)
    return action
  }

  const look = (viewer: Viewer, { within }: ActionForm): Promise<Look> => lookFrom(db, viewer, parsed(within))

  async function whomOf (viewer: Viewer, form: ActionForm): Promise<Whom> {
    return form.of === 'selected' ? { of: 'selected' } : { of: 'matching', filter: (await look(viewer, form)).filter }
  }

  async function showNew (request: FastifyRequest, reply: FastifyReply, form: ActionForm, status: number) {
    const viewer = viewerOf(request)
    const { filter, path, fields } = await look(viewer, form)
    const [selected, matching, chosen, { tags }, onOffer, shape] = await Promise.all([
      selectedIds(db, viewer), countChosen(db, viewer, { of: 'matching', filter }), findChosen(db, filter), listFilterChoices(db), listChoices(db), shapeOf(db, 'client', viewer.formVersions)
    ])
    const isRequired = (system: SystemItem) => KINDS.some(kind => requires(shape, { kind }, system))
    return reply.page('clients/actions/new', {
      form, filter, fields, chosen, choices: { ...onOffer, tags }, narrowings, matching, selected: selected.length, list: path(), narrowed: isNarrowed(filter), token: form.typed.token ?? randomUUID(),
      of: 'of' in form.typed ? form.of : selected.length > 0 ? 'selected' : 'matching',
      kinds: ACTION_KINDS.filter(kind => mayAct(viewer, kind)), mayBeNone: !isRequired(form.kind === 'set_campaign' ? 'campaign' : 'location')
    }, { status })
  }
}

function assertMay (viewer: Viewer, kind: ActionKind): void {
  if (!mayAct(viewer, kind)) throw new Forbidden(rightsFor(kind))
}
