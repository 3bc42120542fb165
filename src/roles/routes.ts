import type { FastifyInstance, FastifyRequest } from 'fastify'
import { countByRole } from '../employees/queries.js'
import { RIGHT_GROUPS, type Right } from '../rights.js'
import { countWithout } from '../two-steps/queries.js'
import { NotFound } from '../web/errors.js'
import { idOf, type Body, type FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import type { Viewer } from '../web/viewer.js'
import { boxesOf, readNewRoleForm, readRightsForm, readRoleForm, readTwoStepsForm } from './form.js'
import { changeRights, createRole, deleteRole, findRole, listRoles, renameRole, requireTwoSteps } from './queries.js'
import { covers, rightsOf, type Role } from './ranks.js'
import { attempt } from '../web/refusal.js'

type OfRole = { Params: { id: string } }

export default async function roles (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'roles.manage' } as const

  app.get('/settings/roles', { config }, async (request, reply) => reply.page('roles/index', await matrix(viewerOf(request))))

  app.post('/settings/roles/rights', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const form = readRightsForm(request.body)
    const { errors } = form.errors ? form : await attempt(changeRights(db, viewer, form.values))
    if (errors) return reply.page('roles/index', await matrix(viewer, form.typed, errors), { status: 422 })
    return reply.flash('roles.saved').goTo('/settings/roles')
  })

  app.get('/settings/roles/new', { config }, async (request, reply) => reply.page('roles/new', { models: await models(viewerOf(request)), typed: {}, errors: {} }))

  app.post('/settings/roles', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const form = readNewRoleForm(request.body)
    const { errors, made } = form.errors ? { errors: form.errors } : await attempt(createRole(db, viewer, form.values))
    if (errors) return reply.page('roles/new', { models: await models(viewer), typed: form.typed, errors }, { status: 422 })
    return reply.flash('roles.created', { name: made.name }).goTo('/settings/roles')
  })

  app.get<OfRole>('/settings/roles/:id', { config }, async (request, reply) => reply.page('roles/show', await one(request)))

  app.post<OfRole>('/settings/roles/:id', { config }, async (request, reply) => {
    const shown = await one(request)
    const form = readRoleForm(request.body)
    const { errors, made } = form.errors ? { errors: form.errors } : await attempt(renameRole(db, viewerOf(request), shown.role.id, form.values))
    if (errors) return reply.page('roles/show', { ...await one(request), typed: form.typed, errors }, { status: errors.name?.key === 'roles.renamed_meanwhile' ? 409 : 422 })
    return reply.flash('roles.renamed', { name: made.name }).goTo('/settings/roles')
  })

  app.post<OfRole>('/settings/roles/:id/delete', { config }, async (request, reply) => {
    const shown = await one(request)
    const { errors } = await attempt(deleteRole(db, viewerOf(request), shown.role.id))
    if (errors) return reply.page('roles/show', { ...shown, errors }, { status: 422 })
    return reply.flash('roles.deleted', { name: shown.role.name ?? '' }).goTo('/settings/roles')
  })

  app.post<OfRole>('/settings/roles/:id/two-steps', { config }, async (request, reply) => {
    const { role } = await one(request)
    const { values } = readTwoStepsForm(request.body)
    await requireTwoSteps(db, viewerOf(request), role.id, values?.two_steps ?? false)
    return reply.flash('settings.saved').goTo(`/settings/roles/${role.id}`)
  })

  /** Who may do what, box by box; after a refusal as it was ticked. */
  async function matrix (viewer: Viewer, typed: Body = {}, errors: FieldErrors = {}) {
    const [all, counts] = await Promise.all([listRoles(db), countByRole(db)])
    return { groups: RIGHT_GROUPS, errors, roles: all.map(role => ({ ...column(viewer, role, typed), count: counts.get(role.id) ?? 0 })) }
  }

  /** The roles that a new one can start from: those whose rights the viewer holds. */
  async function models (viewer: Viewer) {
    return (await listRoles(db)).filter(role => rightsOf(role).every(right => viewer.can(right)))
  }

  async function one (request: FastifyRequest<OfRole>) {
    const id = idOf(request.params.id)
    if (id === null) throw new NotFound()
    const role = await findRole(db, id)
    const [counts, affected] = await Promise.all([countByRole(db), countWithout(db, id)])
    const viewer = viewerOf(request)
    return { role, count: counts.get(id) ?? 0, affected, isOwn: id === viewer.roleId, mayForce: covers(viewer, role), typed: { name: role.name ?? '' }, errors: {} }
  }
}

/** One role of the matrix: which boxes the viewer may change, and which are ticked. */
function column (viewer: Viewer, role: Role, typed: Body) {
  const isOwn = role.id === viewer.roleId
  const rights = rightsOf(role)
  const mayChange = (right: Right) => role.key !== 'owner' && viewer.can(right) && !(isOwn && right === 'roles.manage')
  const boxes = `was.${role.id}` in typed ? boxesOf(typed, role.id) : null
  return {
    ...role,
    isOwn,
    mayChange,
    isTicked: (right: Right) => boxes && mayChange(right) ? boxes.now.has(right) : rights.includes(right),
    was: boxes ? [...boxes.was] : rights.filter(mayChange)
  }
}
