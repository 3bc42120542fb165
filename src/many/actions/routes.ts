import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { once } from '../../database/once.js'
import { parsed } from '../../list-views/address.js'
import { Forbidden, NotFound } from '../../web/errors.js'
import { idOf } from '../../web/form.js'
import { hourly } from '../../web/hourly.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import type { Whom } from '../many.js'
import { clearSelection, countChosen, MOST_SELECTED, selectedIds, selectOnly } from '../selection/queries.js'
import { actsOn, isUndoable, kindOf, mayAct, type ActsOnMany, type ManyAction } from './action.js'
import { readActionForm, type ActionForm } from './form.js'
import { actOnMany } from './jobs.js'
import { askToStop, countSkipped, createAction, createUndo, findAction, forgetOldRows, goOn, isKept, listActions, listRows, lockAction, rowsActedOn } from './queries.js'

type At = { Params: { action: string }, Querystring: { why?: string, after?: string } }

const PAGE = 50

// What is kept of a form that was sent twice is one text.
const WRONG = 'wrong '

/** What is done to many rows at once: chosen and confirmed, done in the background, looked at, stopped and taken back. */
export default async function actions (app: FastifyInstance, { many }: { many: ActsOnMany }) {
  const { db } = app
  const at = `${many.path}/actions`
  const config = { can: actsOn(many) }
  actOnMany(app, many)
  hourly(app, () => forgetOldRows(db, many), 'the rows of old actions could not be cleared away')

  app.get<{ Querystring: { before?: string } }>(at, { config }, async (request, reply) => {
    const found = await listActions(db, many, viewerOf(request), idOf(request.query.before), PAGE + 1)
    return reply.page('many/actions/index', { many, actions: found.slice(0, PAGE), before: found.length > PAGE ? found[PAGE - 1]!.id : null })
  })

  app.get(`${at}/new`, { config }, async (request, reply) => {
    const form = readActionForm(many, request.query)
    if (form.kind) assertMay(viewerOf(request), form.kind)
    return showNew(request, reply, { ...form, errors: {} }, 200)
  })

  app.post(at, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const form = readActionForm(many, request.body)
    const { kind } = form
    if (!kind) return reply.redirect(`${at}/new`, 303)
    assertMay(viewer, kind)
    if (form.asked.isStep) return showNew(request, reply, form, 200)
    if (Object.keys(form.errors).length > 0) return showNew(request, reply, form, 422)
    const whom = await whomOf(viewer, form)
    const { confirms } = kindOf(many, kind)
    const made = await db.transaction(trx => once(trx, form.typed.token, viewer.id, async () => {
      const details = await many.details(trx, viewer, kind, form.asked.values)
      if ('wrong' in details) return WRONG + JSON.stringify(details.wrong)
      const created = await createAction(trx, many, viewer, kind, details, whom, confirms ? form.number ?? 0 : undefined)
      if (created && whom.of === 'selected') await clearSelection(trx, many, viewer)
      return created ? String(created) : 'nobody'
    }))
    if (made === 'nobody') return showNew(request, reply, { ...form, errors: confirms ? { number: { key: `${many.words}.type_number` } } : { of: { key: `${many.words}.nobody` } } }, 422)
    if (made.startsWith(WRONG)) return showNew(request, reply, { ...form, errors: JSON.parse(made.slice(WRONG.length)) }, 422)
    return reply.goTo(`${at}/${made}`)
  })

  app.get<At>(`${at}/:action`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const action = await findAction(db, many, viewer, idOf(request.params.action))
    const why = many.skipped.find(one => one === request.query.why) ?? null
    const [skipped, rows] = await Promise.all([countSkipped(db, many, action.id), listRows(db, many, viewer, action.id, { why, after: idOf(request.query.after) }, PAGE + 1)])
    const kind = kindOf(many, action.kind)
    return reply.page('many/actions/show', {
      many, action, skipped, why, rows: rows.slice(0, PAGE), after: rows.length > PAGE ? rows[PAGE - 1]!.id : null,
      may: mayAct(viewer, kind), undoable: isUndoable(kind), kept: isKept(action), mostSelected: MOST_SELECTED
    }, { fragment: 'many/actions/_state' })
  })

  app.post<At>(`${at}/:action/stop`, { config }, async (request, reply) => {
    const action = await find(request)
    await askToStop(db, many, action.id)
    return reply.goTo(`${at}/${action.id}`)
  })

  app.post<At>(`${at}/:action/continue`, { config }, async (request, reply) => {
    const action = await find(request)
    await goOn(db, many, action.id)
    return reply.goTo(`${at}/${action.id}`)
  })

  app.post<At>(`${at}/:action/undo`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const id = await db.transaction(async trx => {
      const action = await lockAction(trx, many, viewer, idOf(request.params.action)) // of two who undo at once the second finds the first's
      assertMay(viewer, action.kind)
      if (action.undoes || !isUndoable(kindOf(many, action.kind)) || !isKept(action) || action.state === 'waiting' || action.state === 'running') throw new NotFound()
      return action.undoneBy ?? await createUndo(trx, many, viewer, action) ?? action.id
    })
    return reply.goTo(`${at}/${id}`)
  })

  // Ticks its rows again, for the next thing to be done to them.
  app.post<At>(`${at}/:action/select`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const action = await findAction(db, many, viewer, idOf(request.params.action))
    await selectOnly(db, many, viewer, await rowsActedOn(db, many, action.id, MOST_SELECTED))
    return reply.goTo(many.path)
  })

  /** An action the viewer may do themselves, and so stop or go on with. */
  async function find (request: FastifyRequest<At>): Promise<ManyAction> {
    const viewer = viewerOf(request)
    const action = await findAction(db, many, viewer, idOf(request.params.action))
    assertMay(viewer, action.kind)
    return action
  }

  function assertMay (viewer: Viewer, name: string): void {
    const kind = kindOf(many, name)
    if (!mayAct(viewer, kind)) throw new Forbidden(kind.needs)
  }

  const look = (viewer: Viewer, { within }: ActionForm) => many.look(db, viewer, parsed(within))

  async function whomOf (viewer: Viewer, form: ActionForm): Promise<Whom> {
    return form.of === 'selected' ? { of: 'selected' } : { of: 'matching', filter: (await look(viewer, form)).filter }
  }

  async function showNew (request: FastifyRequest, reply: FastifyReply, form: ActionForm, status: number) {
    const viewer = viewerOf(request)
    const { filter, list, narrowed, shown } = await look(viewer, form)
    const [selected, matching, choices] = await Promise.all([selectedIds(db, many, viewer), countChosen(db, many, viewer, { of: 'matching', filter }), many.choices(db, viewer, form.kind)])
    return reply.page('many/actions/new', {
      many, form, shown, matching, selected: selected.length, list, narrowed, token: form.typed.token ?? randomUUID(), ...choices,
      of: 'of' in form.typed ? form.of : selected.length > 0 ? 'selected' : 'matching',
      kinds: Object.keys(many.kinds).filter(kind => mayAct(viewer, kindOf(many, kind))), confirms: form.kind !== null && kindOf(many, form.kind).confirms
    }, { status })
  }
}
