import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readStep } from '../choices/form.js'
import { transaction } from '../database/transaction.js'
import { shapeOf } from '../form-editor/shape.js'
import { isClosed, type LeadType } from '../leads/lead.js'
import { listStatuses } from '../leads/statuses.js'
import { listTypes } from '../leads/types.js'
import { NotFound } from '../web/errors.js'
import { idOf, typedText, type Body, type FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import { attempt } from '../web/refusal.js'
import { LANGUAGES } from '../web/viewer.js'
import { readTypeForm, TYPE_ICONS, typeTyped } from './form.js'
import { changeType, createType, findSettings, listShownTypes, moveType, setDefault, setRemoved, TypeChanged } from './queries.js'
import { wording } from '../leads/wording.js'

interface OfOne { Params: { id: string } }

const PAGE = '/settings/leads'
const URL = `${PAGE}/types`

/** The types of leads: added with a form like another's, named, ordered, taken away. */
export default async function leadTypes (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const

  app.get(`${URL}/new`, { config }, async (request, reply) => {
    const [{ defaultTypeId }, statuses] = await Promise.all([findSettings(db), listStatuses(db)])
    const first = statuses.find(({ group }) => group === 'new')
    return showForm(request, reply, null, { typed: { icon: 'inbox', model: String(defaultTypeId), first_status: String(first?.id ?? '') }, errors: {} }, 200)
  })

  app.post(URL, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const form = readTypeForm(request.body, viewer.organisation.language)
    if (form.errors) return showForm(request, reply, null, form, 422)
    const { made, errors } = await attempt(transaction(db, trx => createType(trx, viewer, form.values)))
    if (errors) return showForm(request, reply, null, { typed: form.typed, errors }, 422)
    return reply.flash('choices.added', { name: made }).goTo(PAGE)
  })

  app.post(`${URL}/order`, { config }, async (request, reply) => {
    const asked = readStep(request.body)
    if (!asked || asked === 'by name') throw new NotFound()
    await transaction(db, trx => moveType(trx, viewerOf(request), asked.id, asked.step))
    if (!request.isFragment) return reply.redirect(PAGE, 303)
    const [settings, types, statuses] = await Promise.all([findSettings(db), listShownTypes(db), listStatuses(db)])
    return reply.page('lead-settings/index', { ...wording(request), settings, types, statuses }, { fragment: 'lead-settings/_types' })
  })

  app.get<OfOne>(`${URL}/:id`, { config }, async (request, reply) => {
    const type = await find(request)
    return showForm(request, reply, type, { typed: typeTyped(type), errors: {} }, 200)
  })

  app.post<OfOne>(`${URL}/:id`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const type = await find(request)
    const form = readTypeForm(request.body, viewer.organisation.language, type)
    if (form.errors) return showForm(request, reply, type, form, 422)
    try {
      const { made, errors } = await attempt(transaction(db, trx => changeType(trx, viewer, type.id, form.values, idOf(typedText(form.typed, 'version')))))
      if (errors) return await showForm(request, reply, type, { typed: form.typed, errors }, 422)
      return reply.flash('choices.saved', { name: made }).goTo(PAGE)
    } catch (error) {
      if (!(error instanceof TypeChanged)) throw error
      const name = wording(request).typeName(error.now)
      return showForm(request, reply, error.now, { typed: { ...form.typed, version: String(error.now.version) }, errors: { form: { key: 'choices.changed_meanwhile', values: { name } } } }, 409)
    }
  })

  app.post<OfOne>(`${URL}/:id/default`, { config }, async (request, reply) => {
    const name = await transaction(db, trx => setDefault(trx, viewerOf(request), idOf(request.params.id)))
    return reply.flash('lead_settings.default_set', { name }).goTo(PAGE)
  })

  for (const [action, removed] of [['remove', true], ['restore', false]] as const) {
    app.post<OfOne>(`${URL}/:id/${action}`, { config }, async (request, reply) => {
      const { made, errors } = await attempt(transaction(db, trx => setRemoved(trx, viewerOf(request), idOf(request.params.id), removed)))
      if (errors) {
        const type = await find(request)
        return showForm(request, reply, type, { typed: typeTyped(type), errors }, 422)
      }
      const said = !removed ? 'choices.is_restored' : made.kept ? 'choices.is_retired' : 'choices.deleted'
      return reply.flash(said, { name: made.name }, made.kept ? `${URL}/${request.params.id}/${removed ? 'restore' : 'remove'}` : undefined).goTo(PAGE)
    })
  }

  async function find ({ params }: FastifyRequest<OfOne>): Promise<LeadType> {
    const id = idOf(params.id)
    const type = (await listTypes(db)).find(type => type.id === id)
    if (!type) throw new NotFound()
    return type
  }

  async function showForm (request: FastifyRequest, reply: FastifyReply, type: LeadType | null, form: { typed: Body, errors: FieldErrors }, code: number) {
    const [types, statuses, settings, { forms }] = await Promise.all([listTypes(db), listStatuses(db), findSettings(db), shapeOf(db, 'lead')])
    const main = viewerOf(request).organisation.language
    const formKey = forms.find(({ id }) => id === type?.formId)?.key
    const data = { ...wording(request), type, formKey, types, statuses: statuses.filter(({ group }) => !isClosed(group)), icons: TYPE_ICONS, isDefault: type?.id === settings.defaultTypeId, languages: [main, ...LANGUAGES.filter(language => language !== main)], ...form }
    return reply.page('lead-settings/type', data, { fragment: 'lead-settings/_type', status: code })
  }
}
