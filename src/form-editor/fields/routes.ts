import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { once } from '../../database/once.js'
import { transaction } from '../../database/transaction.js'
import { NotFound } from '../../web/errors.js'
import { idOf, typedText, type Body } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { LANGUAGES } from '../../web/viewer.js'
import { FIELD_KINDS, type OwnField } from '../definition.js'
import { namesOfForms, shapedBy, shapedOf, shapedWith, type Shaped } from '../shaped.js'
import { fieldTyped, isFieldStep, optionRows, readFieldForm, type FieldForm } from './form.js'
import { addField, changeField, ChangedMeanwhile, countValues, eraseField, findField, setRemoved } from './queries.js'

type AtField = { Params: { field: string } }
type OnForm = { Querystring: { form?: string, section?: string } }

const EDITOR = '/settings/form-editor'
const FIRST = 'person'

export default async function fields (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const

  app.get<OnForm>(`${EDITOR}/fields/new`, { config }, async (request, reply) => {
    const { form = FIRST, section = '' } = request.query
    const shaped = await shapedWith(db, form)
    const typed = { kind: 'short_text', section, back: form, ...Object.fromEntries(shaped.forms.map(({ key }) => [`on.${key}`, '1'])) }
    return edit(request, reply, shaped, null, { typed, errors: {}, options: [] })
  })

  app.post(`${EDITOR}/fields`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const shaped = await shapedWith(db, typedText((request.body ?? {}) as Body, 'back') || FIRST)
    const form = readFieldForm(request.body, viewer, shaped)
    if (isFieldStep(form.typed)) return edit(request, reply, shaped, null, { ...form, errors: {} })
    const { values, typed } = form
    if (!values) return edit(request, reply, shaped, null, form)
    await transaction(db, trx => once(trx, typed.token, viewer.id, async () => String(await addField(trx, viewer, shaped.subject, values, idOf(typed.section)))))
    return reply.flash('form_editor.field_added').goTo(`${EDITOR}/${back(shaped, typed)}`)
  })

  app.get<AtField>(`${EDITOR}/fields/:field`, { config }, async (request, reply) => {
    const shaped = await shapedBy(db, idOf(request.params.field))
    const field = found(shaped, request.params.field)
    return edit(request, reply, shaped, field, { typed: fieldTyped(field, shaped, viewerOf(request)), errors: {}, options: field.options })
  })

  app.post<AtField>(`${EDITOR}/fields/:field`, { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const shaped = await shapedBy(db, idOf(request.params.field))
    const field = found(shaped, request.params.field)
    const form = readFieldForm(request.body, viewer, shaped, field)
    if (isFieldStep(form.typed)) return edit(request, reply, shaped, field, { ...form, errors: {} })
    const { values, typed } = form
    if (!values) return edit(request, reply, shaped, field, form)
    try {
      await transaction(db, trx => changeField(trx, viewer, shaped.subject, field.id, Number(typedText(typed, 'version')), values))
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile)) throw error
      // What was typed stays, beside what is there now; saved again, it replaces that.
      const again = { ...form, typed: { ...typed, version: String(error.field.version) } }
      const now = await shapedOf(db, shaped.subject)
      return edit(request, reply, now, error.field, again, { now: error.field, nowTyped: fieldTyped(error.field, now, viewer) })
    }
    return reply.flash('form_editor.saved').goTo(`${EDITOR}/${back(shaped, typed)}`)
  })

  for (const [action, removed] of [['remove', true], ['restore', false]] as const) {
    app.post<AtField>(`${EDITOR}/fields/:field/${action}`, { config }, async (request, reply) => {
      const { subject } = await shapedBy(db, idOf(request.params.field))
      const field = await transaction(db, trx => setRemoved(trx, viewerOf(request), subject, idOf(request.params.field), removed))
      reply.flash(removed ? 'form_editor.field_removed' : 'form_editor.field_restored', {}, removed ? `${EDITOR}/fields/${field.id}/restore` : undefined)
      return reply.goTo(`${EDITOR}/${back(await shapedOf(db, subject), (request.body ?? {}) as Body)}`)
    })
  }

  app.get<AtField>(`${EDITOR}/fields/:field/erase`, { config }, async (request, reply) => erasing(reply, request.params.field, 200))

  app.post<AtField>(`${EDITOR}/fields/:field/erase`, { config }, async (request, reply) => {
    if (!((request.body ?? {}) as Body).sure) return erasing(reply, request.params.field, 422)
    const { subject, forms } = await shapedBy(db, idOf(request.params.field))
    const { count } = await transaction(db, trx => eraseField(trx, viewerOf(request), subject, idOf(request.params.field)))
    return reply.flash('form_editor.field_erased', { count }).goTo(`${EDITOR}/${forms[0]!.key}`)
  })

  async function erasing (reply: FastifyReply, id: string, status: number) {
    const { subject, shape, forms } = await shapedBy(db, idOf(id))
    const field = findField(shape, idOf(id))
    if (!field.removed) throw new NotFound()
    return reply.page('form-editor/erase', { field, back: forms[0]!.key, count: await countValues(db, subject, field.id), error: status === 422 ? { key: 'form_editor.say_sure' } : undefined }, { fragment: 'form-editor/_erase', status })
  }

  async function edit (request: FastifyRequest, reply: FastifyReply, shaped: Shaped, field: OwnField | null, { typed, errors, options }: FieldForm, meanwhile: object = {}) {
    const rows = optionRows(options, typed, field ? 0 : 3)
    const main = viewerOf(request).organisation.language
    const languages = [main, ...LANGUAGES.filter(language => language !== main)]
    const status = 'now' in meanwhile ? 409 : Object.keys(errors).length > 0 ? 422 : 200
    return reply.page('form-editor/field', { ...await namesOfForms(db, request), forms: shaped.forms, field, typed, errors, rows, token: typedText(typed, 'token') || randomUUID(), languages, kinds: FIELD_KINDS, back: back(shaped, typed), ...meanwhile }, { fragment: 'form-editor/_field', status })
  }
}

/** A field that isn't removed. Throws NotFound. */
function found ({ shape }: Shaped, id: string): OwnField {
  const field = findField(shape, idOf(id))
  if (field.removed) throw new NotFound()
  return field
}

/** The form from which somebody came. */
const back = ({ forms }: Shaped, typed: Body): string => forms.find(({ key }) => key === typedText(typed, 'back'))?.key ?? forms[0]!.key
