import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { previewForm } from '../clients/preview.js'
import type { Db } from '../database/knex.js'
import { transaction } from '../database/transaction.js'
import { previewLeadForm } from '../leads/preview.js'
import { NotFound } from '../web/errors.js'
import { idOf, typedText, type Body } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import type { Viewer } from '../web/viewer.js'
import { findForm, isRequirable, moveItem, setItem } from './arrange.js'
import { listChangesSince } from './changes.js'
import type { Shape, Subject } from './definition.js'
import fields from './fields/routes.js'
import kind from './kind/routes.js'
import sections from './sections/routes.js'
import { namesOfForms, shapedWith } from './shaped.js'

type AtForm = { Params: { form: string }, Querystring: { since?: string } }
type AtItem = { Params: { form: string, item: string, action: string } }

/** Settings > Form editor. Each press changes one thing; whatever somebody else changed meanwhile stays, and is told. */
export default async function formEditor (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const
  for (const part of [fields, kind, sections]) await app.register(part)

  app.get('/settings/form-editor', { config }, async (request, reply) => show(request, reply, 'person', undefined))

  app.get<AtForm>('/settings/form-editor/:form', { config }, async (request, reply) => show(request, reply, request.params.form, request.query.since))

  app.post<AtItem>('/settings/form-editor/:form/items/:item/:action', { config }, async (request, reply) => {
    const { form, item, action } = request.params
    const body = (request.body ?? {}) as Body
    const viewer = viewerOf(request)
    const id = idOf(item)
    const { subject } = await shapedWith(db, form)
    if (action === 'up' || action === 'down') await transaction(db, trx => moveItem(trx, viewer, subject, form, id, action))
    else if (action === 'place') await transaction(db, trx => moveItem(trx, viewer, subject, form, id, { section: idOf(body.section) ?? 0, before: idOf(body.before) }))
    else if (action === 'hide' || action === 'show') await transaction(db, trx => setItem(trx, viewer, subject, form, id, { hidden: action === 'hide' }))
    else if (action === 'require' || action === 'release') await transaction(db, trx => setItem(trx, viewer, subject, form, id, { required: action === 'require' }))
    else throw new NotFound()
    return done(request, reply, form)
  })

  app.decorate('editedForm', done)

  /** Shows the editor anew, and what others changed since the window knew it. */
  async function done (request: FastifyRequest, reply: FastifyReply, form: string) {
    const since = typedText((request.body ?? {}) as Body, 'version')
    if (request.isFragment) return show(request, reply, form, since)
    return reply.redirect(`/settings/form-editor/${form}${idOf(since) ? `?since=${since}` : ''}`, 303)
  }

  async function show (request: FastifyRequest, reply: FastifyReply, key: string, since: string | undefined) {
    const viewer = viewerOf(request)
    const { subject, shape } = await shapedWith(db, key)
    const edited = findForm(shape, key)
    const known = idOf(since)
    const [names, changes, preview] = await Promise.all([namesOfForms(db, request), known === null ? [] : listChangesSince(db, subject, known, viewer), PREVIEWS[subject](db, viewer, shape, key)])
    const removed = shape.fields.filter(field => field.removed)
    return reply.page('form-editor/show', { ...names, subject, shape, edited, changes, removed, isRequirable, client: null, lead: null, preview: true, ...preview }, { fragment: 'form-editor/_editor' })
  }
}

/** The form as it will be seen: the real one, with nothing in it. */
const PREVIEWS: Record<Subject, (db: Db, viewer: Viewer, shape: Shape, key: string) => Promise<object>> = { client: previewForm, lead: previewLeadForm }

declare module 'fastify' {
  interface FastifyInstance {
    /** Answers a change of a form: the editor anew, or the way back to it. */
    editedForm (request: FastifyRequest, reply: FastifyReply, form: string): Promise<unknown>
  }
}
