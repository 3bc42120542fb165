import type { FastifyInstance } from 'fastify'
import { idOf, readOne, required, type Body } from '../../web/form.js'
import { rowIndexes } from '../contacts/form.js'
import { contactRoutes } from '../contacts/routes.js'
import { listChoices } from '../queries.js'
import { createPhoneType } from '../../phone-types/queries.js'
import { phoneRows } from './rows.js'

export default async function phones (app: FastifyInstance) {
  const { db } = app
  contactRoutes(app, phoneRows)

  // What "+" beside the types opens; the form of a client with twenty phones need not bring it twenty times.
  app.get<{ Querystring: Record<string, string> }>('/clients/phone-types/new', { config: { can: ['clients.create', 'clients.edit'] } }, async (request, reply) => {
    const { row, client, phone } = request.query
    const index = /^\d{1,4}$/.test(row ?? '') ? row! : '0'
    const { phoneTypes } = await listChoices(db)
    const typeId = String(request.query[`phones.${index}.type`] ?? '')
    return reply.page('clients/phones/type', { phoneTypes, client: idOf(client) && { id: idOf(client) }, phone: { index, id: idOf(phone), typeId, asksType: true } }, { fragment: 'clients/phones/_type' })
  })

  // "+ Add" beside the types: one of one's own, made in place.
  app.post('/clients/phone-types', { config: { can: ['clients.create', 'clients.edit'] } }, async (request, reply) => {
    const body = (request.body ?? {}) as Body
    const index = rowIndexes(body, 'phone')[0] ?? '0'
    const { value: name, error } = readOne(required(40), body[`phones.${index}.new_type`] ?? body.new_type)
    const type = error ? null : await createPhoneType(db, name)
    const { phoneTypes } = await listChoices(db)
    const data = { phoneTypes, errors: error ? { new_type: error } : {}, phone: { index, typeId: String(type?.id ?? body[`phones.${index}.type`] ?? '') } }
    return reply.page('clients/phones/type', data, { fragment: 'clients/phones/_type', status: error ? 422 : 200 })
  })
}
