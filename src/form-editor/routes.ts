import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { previewForm } from '../clients/preview.js'
import { transaction } from '../database/transaction.js'
import { NotFound } from '../web/errors.js'
import { idOf, typedText, type Body } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import { findForm, isRequirable, moveItem, setItem } from './arrange.js'
import { listChangesSince } from './changes.js'
import fields from './fields/routes.js'
import kind from './kind/routes.js'
import sections from './sections/routes.js'
import { shapeOf } from './shape.js'

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
    if (action === 'up' || action === 'down') await transaction(db, trx => moveItem(trx, viewer, 'client', form, id, action))
    else if (action === 'place') await transaction(db, trx => moveItem(trx, viewer, 'client', form, id, { section: idOf(body.section) ?? 0, before: idOf(body.before) }))
    else if (action === 'hide' || action === 'show') await transaction(db, trx => setItem(trx, viewer, 'client', form, id, { hidden: action === 'hide' }))
    else if (action === 'require' || action === 'release') await transaction(db, trx => setItem(trx, viewer, 'client', form, id, { required: action === 'require' }))
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
    const shape = await shapeOf(db, 'client')
    const edited = findForm(shape, key)
    const known = idOf(since)
    const [changes, preview] = await Promise.all([known === null ? [] : listChangesSince(db, 'client', known, viewer), previewForm(db, viewer, shape, key)])
    const removed = shape.fields.filter(field => field.removed)
    return reply.page('form-editor/show', { shape, edited, changes, removed, isRequirable, client: null, preview: true, ...preview }, { fragment: 'form-editor/_editor' })
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Answers a change of a form: the editor anew, or the way back to it. */
    editedForm (request: FastifyRequest, reply: FastifyReply, form: string): Promise<unknown>
  }
}
