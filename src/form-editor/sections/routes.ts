import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { once } from '../../database/once.js'
import { transaction } from '../../database/transaction.js'
import { NotFound } from '../../web/errors.js'
import { idOf, typedText, type Body, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { LANGUAGES } from '../../web/viewer.js'
import type { FormSection } from '../definition.js'
import { readLabels, typedLabels } from '../fields/form.js'
import { shapedWith } from '../shaped.js'
import { addSection, findSection, moveSection, removeSection, RenamedMeanwhile, renameSection, titleFingerprint } from './queries.js'

type AtForm = { Params: { form: string } }
type AtSection = { Params: { form: string, section: string, action: string } }

export default async function sections (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const
  const url = '/settings/form-editor/:form/sections'

  app.get<AtForm>(`${url}/new`, { config }, async (request, reply) => {
    await shapedWith(db, request.params.form)
    return edit(reply, request.params.form, null, {}, {})
  })

  app.post<AtForm>(url, { config }, async (request, reply) => {
    const { form } = request.params
    const { labels, errors } = read(request, true)
    if (Object.keys(errors).length > 0) return edit(reply, form, null, (request.body ?? {}) as Body, errors)
    const viewer = viewerOf(request)
    const { subject } = await shapedWith(db, form)
    await transaction(db, trx => once(trx, (request.body as Body).token, viewer.id, async () => { await addSection(trx, viewer, subject, form, labels); return 'added' }))
    return reply.flash('form_editor.section_added').goTo(`/settings/form-editor/${form}`)
  })

  app.get<AtSection>(`${url}/:section`, { config }, async (request, reply) => {
    const { shape } = await shapedWith(db, request.params.form)
    const { section } = findSection(shape, request.params.form, idOf(request.params.section))
    return edit(reply, request.params.form, section, typedLabels('label', section.labels), {})
  })

  app.post<AtSection>(`${url}/:section`, { config }, async (request, reply) => {
    const { form } = request.params
    const { subject, shape } = await shapedWith(db, form)
    const { section } = findSection(shape, form, idOf(request.params.section))
    const { labels, errors } = read(request, false)
    if (Object.keys(errors).length > 0) return edit(reply, form, section, (request.body ?? {}) as Body, errors)
    try {
      await transaction(db, trx => renameSection(trx, viewerOf(request), subject, form, section.id, labels, typedText((request.body ?? {}) as Body, 'was')))
    } catch (error) {
      if (!(error instanceof RenamedMeanwhile)) throw error
      // What was typed stays, beside what is there now; saved again, it replaces that.
      return edit(reply, form, error.section, (request.body ?? {}) as Body, {}, true)
    }
    return reply.flash('form_editor.saved').goTo(`/settings/form-editor/${form}`)
  })

  app.post<AtSection>(`${url}/:section/:action`, { config }, async (request, reply) => {
    const { form, section, action } = request.params
    const viewer = viewerOf(request)
    const { subject } = await shapedWith(db, form)
    if (action === 'remove') await transaction(db, trx => removeSection(trx, viewer, subject, form, idOf(section)))
    else if (action === 'up' || action === 'down') await transaction(db, trx => moveSection(trx, viewer, subject, form, idOf(section), action === 'up' ? -1 : 1))
    else throw new NotFound()
    return app.editedForm(request, reply, form)
  })

  function read (request: FastifyRequest, isNew: boolean) {
    const errors: FieldErrors = {}
    const main = isNew ? viewerOf(request).organisation.language : undefined
    return { labels: readLabels((request.body ?? {}) as Body, 'label', 60, errors, main), errors }
  }

  function edit (reply: FastifyReply, form: string, section: FormSection | null, typed: Body, errors: FieldErrors, meanwhile = false) {
    const was = section && titleFingerprint(section.labels)
    return reply.page('form-editor/section', { formKey: form, section, typed, errors, was, token: typedText(typed, 'token') || randomUUID(), meanwhile, languages: LANGUAGES }, { fragment: 'form-editor/_section', status: meanwhile ? 409 : Object.keys(errors).length > 0 ? 422 : 200 })
  }
}
