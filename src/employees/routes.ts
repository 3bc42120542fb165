import type { FastifyInstance, FastifyRequest } from 'fastify'
import { languages } from '../installation/choices.js'
import { listLocations } from '../locations/queries.js'
import { findLastMail } from '../mail/outbox/queries.js'
import { sendsMail } from '../mail/queries.js'
import { listRoles } from '../roles/queries.js'
import { covers } from '../roles/ranks.js'
import { countOpenTasks } from '../tasks/list/queries.js'
import { attempt } from '../web/refusal.js'
import { NotFound } from '../web/errors.js'
import { idOf, typedText, type FieldErrors } from '../web/form.js'
import { findTwoSteps } from '../two-steps/queries.js'
import { viewerOf } from '../web/permissions.js'
import { readEmployeeForm, shownEmployee, typedEmployee, type ShownEmployee } from './form.js'
import { renewInvitation } from './invitations/queries.js'
import invitations from './invitations/routes.js'
import { activateEmployee, changeEmployee, createEmployee, deactivateEmployee, findEmployee, listEmployees, printEmployee } from './queries.js'

type OfEmployee = { Params: { id: string } }

export default async function employees (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'employees.manage' } as const
  await app.register(invitations)

  app.get('/settings/employees', { config }, async (_request, reply) => {
    const [people, roles, locations] = await Promise.all([listEmployees(db), listRoles(db), listLocations(db)])
    return reply.page('employees/index', { people, roles: byId(roles), locations: byId(locations) })
  })

  app.get('/settings/employees/new', { config }, async (request, reply) => {
    const { language } = viewerOf(request).organisation
    return reply.page('employees/new', await blank(request, { name: '', email: '', role: '', locations: [], language }))
  })

  app.post('/settings/employees', { config }, async (request, reply) => {
    const form = readEmployeeForm(request.body)
    const { errors, made } = form.errors ? { errors: form.errors } : await attempt(createEmployee(db, viewerOf(request), form.values, await app.publicUrl()))
    if (errors) return reply.page('employees/new', await blank(request, typedEmployee(form.typed), errors), { status: 422 })
    // The link is shown by the next page, once, and kept nowhere but in the letter: the message is its only other carrier.
    return reply.flash(`employees.invited_${made.mail}`, { name: made.name, email: form.values!.email, token: made.token }).goTo(`/settings/employees/${made.id}`)
  })

  app.get<OfEmployee>('/settings/employees/:id', { config }, async (request, reply) => reply.page('employees/show', await one(request)))

  app.post<OfEmployee>('/settings/employees/:id', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const shown = await one(request)
    const form = readEmployeeForm(request.body)
    const { errors, made } = form.errors ? { errors: form.errors } : await attempt(changeEmployee(db, viewer, shown.employee.id, form.values))
    // Once somebody has been told that another changed them, saving again is meant.
    const was = errors?.form ? shown.was : typedText(form.typed, 'was')
    if (errors) return reply.page('employees/show', { ...shown, shown: typedEmployee(form.typed), was, errors }, { status: errors.form ? 409 : 422 })
    // Whoever gave themselves another role may have no business here any more.
    const next = made.id === viewer.id && made.roleId !== viewer.roleId ? '/' : '/settings/employees'
    return reply.flash('employees.saved', { name: made.name }).goTo(next)
  })

  app.post<OfEmployee>('/settings/employees/:id/invitation', { config }, async (request, reply) => {
    const shown = await one(request)
    const { errors, made } = await attempt(renewInvitation(db, viewerOf(request), shown.employee.id, await app.publicUrl()))
    if (errors) return reply.page('employees/show', { ...shown, errors }, { status: 422 })
    return reply.flash(`employees.link_${made.mail}`, { name: made.name, email: shown.employee.email, token: made.token }).goTo(`/settings/employees/${shown.employee.id}`)
  })

  app.post<OfEmployee>('/settings/employees/:id/deactivate', { config }, async (request, reply) => {
    const shown = await one(request)
    const { errors, made } = await attempt(deactivateEmployee(db, viewerOf(request), shown.employee.id))
    if (errors) return reply.page('employees/show', { ...shown, errors }, { status: 422 })
    return reply.flash('employees.deactivated', { name: made.name }, `/settings/employees/${made.id}/activate`).goTo('/settings/employees')
  })

  app.post<OfEmployee>('/settings/employees/:id/activate', { config }, async (request, reply) => {
    const { employee } = await one(request)
    const { name } = await activateEmployee(db, viewerOf(request), employee.id)
    return reply.flash('employees.activated', { name }).goTo('/settings/employees')
  })

  /** What the page of a new employee shows: of the roles those that the viewer may give. */
  async function blank (request: FastifyRequest, shown: ShownEmployee, errors: FieldErrors = {}) {
    const [roles, locations, sends] = await Promise.all([listRoles(db), listLocations(db), sendsMail(db)])
    return { sends, shown, errors, languages, locations, roles: roles.filter(role => covers(viewerOf(request), role)) }
  }

  /** What the page of one employee shows. */
  async function one (request: FastifyRequest<OfEmployee>) {
    const id = idOf(request.params.id)
    if (id === null) throw new NotFound()
    const employee = await findEmployee(db, id)
    const form = await blank(request, shownEmployee(employee))
    const mayChange = form.roles.some(role => role.id === employee.roleId)
    // Somebody above the viewer is shown as they are.
    const roles = mayChange ? form.roles : (await listRoles(db)).filter(role => role.id === employee.roleId)
    const [twoSteps, lastMail, openTasks] = await Promise.all([findTwoSteps(db, id), findLastMail(db, id, ['invitation', 'password_link']), countOpenTasks(db, id)])
    return { ...form, roles, employee, was: printEmployee(employee), twoSteps, lastMail, openTasks, mayChange, isSelf: id === viewerOf(request).id, origin: `${request.protocol}://${request.host}` }
  }
}

const byId = <T extends { id: number }>(rows: T[]) => new Map(rows.map(row => [row.id, row]))
