import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { idOf, refused, type Body, type FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import { attempt } from './attempt.js'
import badges from './badge/routes.js'
import { readNewView, readOpening, readRoleOpenings, readViewChange } from './form.js'
import { changeView, createView, findOpening, findView, keepOpening, keepRoleOpenings, listRoleOpenings, listViews, moveView, removeView, type ViewValues } from './queries.js'
import { mayChange, type ListView, type SavedList } from './view.js'

type Of = { Params: { view: string } }

/** The saved views of a list: to keep one, change, order and remove it, and to say what the list opens with. */
export default async function savedViews (app: FastifyInstance, list: SavedList) {
  const { db } = app
  const { path } = list
  const at = `${path}/views`
  const config = { can: list.can }
  if (list.badges) await app.register(badges, { list })

  app.get(at, { config }, async (request, reply) => reply.page('list-views/index', await overview(request)))

  app.get<{ Querystring: Record<string, string> }>(`${at}/new`, { config }, async (request, reply) => {
    const query = await list.tidy(new URL(request.url, 'http://localhost').search)
    return reply.page('list-views/new', { list, typed: { query }, errors: {} })
  })

  app.post(at, { config }, async (request, reply) => {
    const form = readNewView(request.body)
    const answer = await attempt(form.errors, async () => createView(db, viewerOf(request), list.name, { ...form.values!, query: await list.tidy(form.values!.query) }))
    if (answer.errors) return reply.page('list-views/new', { list, ...refused(form.typed, answer.errors) }, { status: 422 })
    return reply.flash('views.saved', { name: form.values!.name }).goTo(form.values!.badge && list.badges ? `${at}/${answer.made}/badge` : `${path}?view=${answer.made}`)
  })

  app.post(`${at}/opening`, { config }, async (request, reply) => {
    const read = readOpening((request.body as Body | undefined)?.opening)
    if (!read) return reply.page('list-views/index', { ...await overview(request), errors: { opening: { key: 'form.choose' } } }, { status: 422 })
    await keepOpening(db, viewerOf(request), list.name, read.opening)
    return reply.flash('views.opening_saved').goTo(at)
  })

  app.post(`${at}/roles`, { config: { can: 'settings.manage' } }, async (request, reply) => {
    const openings = readRoleOpenings((request.body ?? {}) as Body)
    if (!openings) return reply.page('list-views/index', { ...await overview(request), errors: { roles: { key: 'form.choose' } } }, { status: 422 })
    await keepRoleOpenings(db, viewerOf(request), list.name, openings)
    return reply.flash('views.opening_saved').goTo(at)
  })

  app.get<Of>(`${at}/:view`, { config }, async (request, reply) => showEdit(request, reply, await found(request)))

  app.post<Of>(`${at}/:view`, { config }, async (request, reply) => {
    const view = await found(request)
    const body = (request.body ?? {}) as Body
    const form = readViewChange(body)
    const { name, whom, query } = form.values ?? {}
    const values: Partial<ViewValues> = { ...name !== undefined && { name }, ...whom && { shared: whom === 'all' }, ...query !== undefined && { query: await list.tidy(query) } }
    const answer = await attempt(form.errors, () => changeView(db, viewerOf(request), list.name, view.id, idOf(body.version), values))
    if (answer.changed) return showEdit(request, reply, answer.changed, { ...form, meanwhile: true }, 409)
    if (answer.errors) return showEdit(request, reply, view, { typed: form.typed, errors: answer.errors }, 422)
    reply.flash('views.saved', { name: name ?? view.name })
    return reply.goTo(name === undefined ? `${path}?view=${view.id}` : at)
  })

  for (const [action, removed] of [['delete', true], ['restore', false]] as const) {
    app.post<Of>(`${at}/:view/${action}`, { config }, async (request, reply) => {
      const answer = await attempt(undefined, () => removeView(db, viewerOf(request), list.name, idOf(request.params.view), removed))
      if (answer.errors) return reply.flash('views.restore_taken').goTo(at)
      const { id, name } = answer.made as ListView
      return reply.flash(removed ? 'views.deleted' : 'views.restored', { name }, removed ? `${at}/${id}/restore` : undefined).goTo(at)
    })
  }

  for (const [action, step] of [['up', -1], ['down', 1]] as const) {
    app.post<Of>(`${at}/:view/${action}`, { config }, async (request, reply) => {
      await moveView(db, viewerOf(request), list.name, idOf(request.params.view), step)
      return reply.goTo(at)
    })
  }

  const found = (request: FastifyRequest<Of>) => findView(db, viewerOf(request), list.name, idOf(request.params.view))

  async function showEdit (request: FastifyRequest, reply: FastifyReply, view: ListView, rest: { typed?: Body, errors?: FieldErrors | undefined, meanwhile?: boolean } = {}, status = 200) {
    const viewer = viewerOf(request)
    const typed = { name: view.name, whom: view.shared ? 'all' : 'me', ...rest.typed }
    return reply.page('list-views/edit', { list, view, mayChange: mayChange(viewer, view), isOwn: view.owner_id === viewer.id, meanwhile: rest.meanwhile, typed, errors: rest.errors ?? {} }, { status })
  }

  async function overview (request: FastifyRequest) {
    const viewer = viewerOf(request)
    const [{ views, opensWith }, opening, roles] = await Promise.all([
      listViews(db, viewer, list.name), findOpening(db, viewer, list.name), viewer.can('settings.manage') ? listRoleOpenings(db, list.name) : null
    ])
    return { list, views, opensWith, opening, roles, errors: {}, mayChange: (view: ListView) => mayChange(viewer, view) }
  }
}
