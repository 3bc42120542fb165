import type { FastifyInstance } from 'fastify'
import { readOne, required, type Body } from '../../web/form.js'
import { rowIndexes } from '../contacts/form.js'
import { contactRoutes } from '../contacts/routes.js'
import { listChoices } from '../queries.js'
import { createPhoneType } from '../../phone-types/queries.js'
import { phoneRows } from './rows.js'

export default async function phones (app: FastifyInstance) {
  const { db } = app
  contactRoutes(app, phoneRows)

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
