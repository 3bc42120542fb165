import type { FastifyInstance, FastifyReply } from 'fastify'
import { transaction } from '../../database/transaction.js'
import { NotFound } from '../../web/errors.js'
import { idOf, oneOf, readOne, typedText, type Body } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import type { Viewer } from '../../web/viewer.js'
import { FIELD_KINDS, type FieldKind, type OwnField, type Subject } from '../definition.js'
import { ChangedMeanwhile, findField } from '../fields/queries.js'
import { shapedBy } from '../shaped.js'
import { changeKind, tryKind } from './queries.js'

type AtField = { Params: { field: string }, Querystring: { kind?: string } }

/** Changing a field's kind: first what it would do, then doing it. */
export default async function kind (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const
  const url = '/settings/form-editor/fields/:field/kind'

  app.get<AtField>(url, { config }, async (request, reply) => {
    const { subject, field } = await found(request.params.field)
    return show(reply, viewerOf(request), subject, field, readKind(field, request.query.kind))
  })

  app.post<AtField>(url, { config }, async (request, reply) => {
    const { subject, field } = await found(request.params.field)
    const body = (request.body ?? {}) as Body
    const viewer = viewerOf(request)
    const kind = readKind(field, body.kind)
    if (!kind) return show(reply, viewer, subject, field, undefined, 422)
    try {
      const { converts, left, total } = await transaction(db, trx => changeKind(trx, viewer, subject, field.id, Number(typedText(body, 'version')), kind))
      return reply.flash(left.length > 0 ? 'form_editor.converted_some' : 'form_editor.converted', { count: converts, left: total - converts }).goTo(`/settings/form-editor/fields/${field.id}`)
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile)) throw error
      return show(reply, viewer, subject, error.field, readKind(error.field, kind), 409)
    }
  })

  async function found (id: string): Promise<{ subject: Subject, field: OwnField }> {
    const { subject, shape } = await shapedBy(db, idOf(id))
    const field = findField(shape, idOf(id))
    if (field.removed) throw new NotFound()
    return { subject, field }
  }

  async function show (reply: FastifyReply, viewer: Viewer, subject: Subject, field: OwnField, kind: FieldKind | undefined, status = 200) {
    const found = kind && await tryKind(db, viewer, subject, field, kind)
    return reply.page('form-editor/kind', { subject, field, kind, found, kinds: FIELD_KINDS.filter(one => one !== field.kind), status }, { fragment: 'form-editor/_kind', status })
  }
}

const readKind = (field: OwnField, typed: unknown): FieldKind | undefined => {
  const { value } = readOne(oneOf(FIELD_KINDS), typed)
  return value === field.kind ? undefined : value
}
