import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { once } from '../../database/once.js'
import { transaction } from '../../database/transaction.js'
import { shapeOf } from '../../form-editor/shape.js'
import { NotFound } from '../../web/errors.js'
import { idOf, type FieldError } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { priceTypeOf } from '../client.js'
import { findClients, listChoices } from '../queries.js'
import { maskedUnited, unitedEmails, unitedPhones } from './contacts.js'
import { compare, EVERY } from './fields.js'
import { MOST_MERGED, readMergeForm, type MergeForm } from './form.js'
import { CannotMerge, mergeClients, NotAsSeen, present } from './merge.js'
import { followMoved } from './moved.js'
import { countBelongings, findMerge } from './queries.js'
import { LaterFirst, undoMerge } from './undo.js'

type At = { Params: { merge: string } }

/** Several clients made one, side by side, and taken apart again. */
export default async function merging (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'clients.merge' } as const
  followMoved(app)

  app.get('/clients/merge', { config }, async (request, reply) => show(request, reply, readMergeForm(request.query), {}))

  app.post('/clients/merge', { config, bodyLimit: 1024 * 1024 }, async (request, reply) => {
    const viewer = viewerOf(request)
    const form = readMergeForm(request.body)
    const { ids, survivor, picks, seen, token } = form
    if (ids.length < 2 || ids.length > MOST_MERGED) return show(request, reply, form, { status: 422 })
    if (survivor === null || !ids.includes(survivor)) return show(request, reply, form, { status: 422, error: { key: 'merging.choose_survivor' } })
    const shape = await shapeOf(db, 'client')
    try {
      const merge = await transaction(db, trx => once(trx, token, viewer.id, async () => String(await mergeClients(trx, viewer, shape, { ids, survivor, picks, seen }))))
      return reply.flash('merging.done', { count: ids.length }, `/clients/merges/${merge}/undo`).goTo(`/clients/${survivor}`)
    } catch (error) {
      if (error instanceof CannotMerge) return show(request, reply, form, { status: 422, error: error.said })
      if (error instanceof NotAsSeen) return show(request, reply, form, { status: 409, gone: error.gone.length, changed: error.changed })
      throw error
    }
  })

  app.get<At>('/clients/merges/:merge', { config }, async (request, reply) => {
    const merge = await findMerge(db, viewerOf(request), idOf(request.params.merge))
    return reply.page('clients/merging/merge', { merge })
  })

  app.post<At>('/clients/merges/:merge/undo', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const id = idOf(request.params.merge)
    try {
      await transaction(db, trx => undoMerge(trx, viewer, id))
    } catch (error) {
      if (!(error instanceof LaterFirst) && !(error instanceof NotFound)) throw error
      // Undone already, by whoever pressed first; or the page says what has to be undone before.
      return reply.page('clients/merging/merge', { merge: await findMerge(db, viewer, id), refused: error instanceof LaterFirst }, { status: error instanceof LaterFirst ? 409 : 200 })
    }
    return reply.flash('merging.is_undone').goTo(`/clients/merges/${id}`)
  })

  interface Said { status?: number, error?: FieldError, gone?: number, changed?: number[] }

  /** The page that compares: those of the clients that are there, with what was chosen so far. */
  async function show (request: FastifyRequest, reply: FastifyReply, form: MergeForm, { status = 200, error, gone = 0, changed = [] }: Said) {
    const viewer = viewerOf(request)
    const ids = await present(db, viewer, form.ids.slice(0, MOST_MERGED))
    const tooMany = form.ids.length > MOST_MERGED
    if (ids.length < 2) return reply.page('clients/merging/none', { gone: form.ids.length - ids.length, only: ids[0] ?? null }, { status: status === 200 && form.ids.length > ids.length && form.ids.length > 1 ? 404 : status })
    const [clients, shape, counts] = await Promise.all([findClients(db, viewer, ids), shapeOf(db, 'client', viewer.formVersions), countBelongings(db, ids)])
    const stays = form.take ?? form.survivor
    // Whoever has the most to tell stays, unless somebody says otherwise; an archived one only among archived ones.
    const survivor = ids.find(id => id === stays) ?? clients.toSorted((a, b) => Number(a.archived_at !== null) - Number(b.archived_at !== null) || counts.get(b.id)!.entries - counts.get(a.id)!.entries || a.id - b.id)[0]!.id
    const picks = form.take === null ? form.picks : new Map([[EVERY, String(form.take)]])
    const order = [survivor, ...ids.filter(id => id !== survivor)]
    const [phones, emails, { priceTypes }] = await Promise.all([unitedPhones(db, order), unitedEmails(db, order), listChoices(db, { priceTypes: clients.flatMap(client => [client.discount_services, client.discount_products].map(priceTypeOf).filter(id => id !== null)) })])
    return reply.page('clients/merging/new', {
      clients, counts, survivor, prices: priceTypes, lines: compare(viewer, shape, clients, survivor, picks), phones: maskedUnited(viewer, phones, 'phone'), emails: maskedUnited(viewer, emails, 'email'),
      error, gone: gone || form.ids.slice(0, MOST_MERGED).length - ids.length, changed, tooMany, most: MOST_MERGED, back: form.back, token: form.token || randomUUID()
    }, { status })
  }
}

