import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { NotFound } from '../../web/errors.js'
import { idOf, required, type Body, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { newPhone, phoneState, type PhoneState } from '../form-state.js'
import { judge, phoneFingerprint } from '../fingerprint.js'
import { findClient, listChoices, lockClient } from '../queries.js'
import { writePhone } from '../save.js'
import { ContactTaken, findMatches, isTaken, refusingTaken } from '../uniqueness/queries.js'
import { readPhones, rowIndexes } from './form.js'
import { createPhoneType, setPhoneRemoved } from './queries.js'

type At = { Params: { id: string, phone: string } }

export default async function phones (app: FastifyInstance) {
  const { db } = app

  // One more empty row, for the form of a new client or of one that is there.
  app.get<{ Querystring: Record<string, string | string[]> }>('/clients/phone-row', { config: { can: ['clients.create', 'clients.edit'] } }, async (request, reply) => {
    const taken = rowIndexes(request.query as Body, 'phone_rows').map(Number)
    const { phoneTypes } = await listChoices(db)
    const id = idOf(request.query.client)
    const client = id === null ? null : await findClient(db, viewerOf(request), id)
    const data = { client, phone: newPhone(Math.max(-1, ...taken) + 1, phoneTypes), phoneTypes, fresh: true }
    return reply.page('clients/phones/edit', data, { fragment: 'clients/phones/_phone' })
  })

  // A row that saves itself. A new phone and one that is there differ only in what they meet in the database.
  app.post<At>('/clients/:id/phones', { config: { can: 'clients.edit' } }, (request, reply) => save(request, reply))
  app.post<At>('/clients/:id/phones/:phone', { config: { can: 'clients.edit' } }, (request, reply) => save(request, reply, request.params.phone))

  app.post<At>('/clients/:id/phones/:phone/remove', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await db.transaction(async trx => {
      const client = await lockClient(trx, viewer, idOf(request.params.id))
      await setPhoneRemoved(trx, viewer, client.id, idOf(request.params.phone), true)
      return client
    })
    const undo = `/clients/${client.id}/phones/${request.params.phone}/restore`
    if (request.isFragment) return reply.page('', { flash: { key: 'phones.removed', undo } }, { fragment: 'clients/_removed' })
    return reply.flash('phones.removed', {}, undo).redirect(`/clients/${client.id}`, 303)
  })

  app.post<At>('/clients/:id/phones/:phone/restore', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const taken = await isTaken(db, async trx => {
      const client = await lockClient(trx, viewer, idOf(request.params.id))
      await setPhoneRemoved(trx, viewer, client.id, idOf(request.params.phone), false)
    })
    return reply.flash(taken ? 'phones.taken' : 'phones.restored').goTo(`/clients/${request.params.id}`)
  })

  // "+ Add" beside the types: one of one's own, made in place.
  app.post('/clients/phone-types', { config: { can: ['clients.create', 'clients.edit'] } }, async (request, reply) => {
    const body = (request.body ?? {}) as Body
    const index = rowIndexes(body, 'phone_rows')[0] ?? '0'
    const name = required(40).safeParse(body[`phones.${index}.new_type`] ?? body.new_type)
    const type = name.success ? await createPhoneType(db, name.data) : null
    const { phoneTypes } = await listChoices(db)
    const errors: FieldErrors = name.success ? {} : { new_type: { key: name.error.issues[0]!.message } }
    const data = { phoneTypes, errors, phone: { index, typeId: String(type?.id ?? body[`phones.${index}.type`] ?? '') } }
    return reply.page('clients/phones/type', data, { fragment: 'clients/phones/_type', status: name.success ? 200 : 422 })
  })

  async function save (request: FastifyRequest<At>, reply: FastifyReply, phoneId?: string) {
    const viewer = viewerOf(request)
    const body = (request.body ?? {}) as Body
    const id = phoneId === undefined ? null : idOf(phoneId)
    const { phoneTypes } = await listChoices(db)
    const form = readPhones(body, viewer.organisation.country)
    const at = form.values.findIndex(values => values.id === id)
    const values = form.values[at]
    const row = form.rows[at === -1 ? 0 : at]
    const known = await findClient(db, viewer, idOf(request.params.id))
    const show = (phone: PhoneState, status: number, extra: object = {}) =>
      reply.page('clients/phones/edit', { client: known, phone, phoneTypes, ...extra }, { fragment: 'clients/phones/_phone', status })

    // Nothing typed yet into a new row: nothing to save, nothing to say.
    if (!row) return show({ ...newPhone(Number(rowIndexes(body, 'phone_rows')[0] ?? 0), phoneTypes), ...(id === null && typedRow(body)) }, 200)
    const base = known.phones.find(phone => phone.id === id)
    const again = { ...newPhone(0, phoneTypes), ...(base && phoneState(base, 0)), ...row, ...(base?.masked && { typed: base.display }) }
    const error = form.errors[`phones.${row.index}.number`]
    const typeError = form.errors[`phones.${row.index}.type`]
    if (error || typeError || !values) return show({ ...again, error, typeError }, 422)
    try {
      const saved = await refusingTaken(db, async trx => {
        const client = await lockClient(trx, viewer, known.id)
        const phone = client.phones.find(phone => phone.id === id)
        if (id !== null && !phone) throw new NotFound()
        if (phone && isConflict(values, phone)) return null
        await writePhone(trx, viewer, client.id, values, phone)
        return findClient(trx, viewer, client.id)
      })
      if (!saved) {
        const current = (await findClient(db, viewer, known.id)).phones.find(phone => phone.id === id)!
        return show({ ...again, was: phoneFingerprint(current), error: { key: 'phones.changed_meanwhile', values: { number: current.display } } }, 409)
      }
      const phone = id === null ? saved.phones.at(-1)! : saved.phones.find(phone => phone.id === id)!
      return show({ ...phoneState(phone, 0), index: row.index }, 200, { saved: true })
    } catch (problem) {
      if (!(problem instanceof ContactTaken)) throw problem
      const matches = await findMatches(db, viewer, 'phone', problem.value, known.id)
      return show({ ...again, error: { key: 'phones.taken' } }, 422, { matches })
    }
  }
}

function isConflict (values: { was: string, number: { e164: string | null, typed: string } | undefined, typeId: number, newType: string, whatsapp: boolean, viber: boolean, sms: boolean }, phone: Parameters<typeof phoneFingerprint>[0]): boolean {
  const mine = phoneFingerprint({ ...phone, ...values.number, type: { id: values.newType ? -1 : values.typeId }, whatsapp: values.whatsapp, viber: values.viber, sms: values.sms })
  return judge(values.was, mine, phoneFingerprint(phone)) === 'conflict'
}

function typedRow (body: Body): Partial<PhoneState> {
  const index = rowIndexes(body, 'phone_rows')[0] ?? '0'
  const has = (name: string) => Boolean(body[`phones.${index}.${name}`])
  return { typeId: String(body[`phones.${index}.type`] ?? ''), whatsapp: has('whatsapp'), viber: has('viber'), sms: has('sms') }
}
