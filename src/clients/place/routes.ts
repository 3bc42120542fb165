import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { tileOrigins } from '../../map/form.js'
import { lookUp, type Problem } from '../../map/geocoder.js'
import { findMapSettings } from '../../map/queries.js'
import { Forbidden } from '../../web/errors.js'
import { idOf, type Body, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { allowImages } from '../../web/security.js'
import type { Client } from '../client.js'
import { findClient, lockClient } from '../queries.js'
import { SEES_CLIENTS } from '../visibility.js'
import { readPlaceForm } from './form.js'
import { findMove, findPlace, findSurroundings, isSame, keepFound, movePlace, placePrint } from './queries.js'

type At = { Params: { id: string, event: string } }

/** What the page shows beside the place itself. */
interface Shown { status?: number, problem?: Problem | 'missing', typed?: Body, errors?: FieldErrors, moved?: boolean }

export default async function place (app: FastifyInstance) {
  const { db } = app

  app.get<At>('/clients/:id/map', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const client = await findClient(db, viewerOf(request), idOf(request.params.id))
    // A visit by htmx would keep the document, and with it the policy that lets no picture in.
    if (request.headers['hx-request'] && !request.isFragment) return reply.header('HX-Redirect', `/clients/${client.id}/map`).send('')
    return show(request, reply, client)
  })

  // The page asks for it by itself when the place isn't known; without scripts a button does. A POST, because it asks another server and keeps what it says.
  app.post<At>('/clients/:id/map/look-up', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const isReplacing = Boolean((request.body as Body | undefined)?.replace)
    if (isReplacing && !viewer.can('clients.edit')) throw new Forbidden(['clients.edit'])
    const { country, language } = viewer.organisation
    const answer = await lookUp(db, { settings: await findMapSettings(db), address: client.address, country, language })
    if ('problem' in answer) return show(request, reply, client, { problem: answer.problem })
    if (!answer.place) return show(request, reply, client, { problem: 'missing' })

    if (!isReplacing) await keepFound(db, client, answer.place)
    else if (!await move(request, client, { ...answer.place, source: 'geocoder', address: client.address }, reply)) return show(request, reply, await findClient(db, viewer, client.id), { status: 409, moved: true })
    return request.isFragment ? show(request, reply, client) : reply.redirect(`/clients/${client.id}/map`, 303)
  })

  app.post<At>('/clients/:id/map', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const form = readPlaceForm(request.body)
    if (form.errors) return show(request, reply, client, { ...form, status: 422 })
    const { latitude, longitude } = form.values
    if (await move(request, client, { latitude, longitude, source: 'hand', address: client.address }, reply)) return reply.goTo(`/clients/${client.id}/map`)
    return show(request, reply, await findClient(db, viewer, client.id), { typed: form.typed, status: 409, moved: true })
  })

  app.post<At>('/clients/:id/map/undo/:event', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const undone = await db.transaction(async trx => {
      const client = await lockClient(trx, viewer, idOf(request.params.id))
      const { old, new: to } = await findMove(trx, client.id, idOf(request.params.event))
      const now = await findPlace(trx, client.id)
      if (!isSame(now, to)) return false
      // What was found for an address that isn't the client's any more is no place of theirs.
      await movePlace(trx, viewer, client.id, now, old?.source === 'geocoder' && old.address !== client.address ? null : old)
      return true
    })
    return reply.flash(undone ? 'place.undone' : 'place.moved_since').redirect(`/clients/${request.params.id}/map`, 303)
  })

  /** Moves the pin, unless somebody else did, or changed the address, since the form was shown. Returns whether it was moved. */
  async function move (request: FastifyRequest<At>, { id }: Client, to: Parameters<typeof movePlace>[4], reply: FastifyReply): Promise<boolean> {
    const viewer = viewerOf(request)
    const was = String((request.body as Body | undefined)?.was ?? '')
    return db.transaction(async trx => {
      const client = await lockClient(trx, viewer, id)
      const old = await findPlace(trx, id)
      if (was !== '' && was !== placePrint(client, old)) return false
      const event = await movePlace(trx, viewer, id, old, to && { ...to, address: client.address })
      reply.flash('place.saved', {}, event === null ? undefined : `/clients/${id}/map/undo/${event}`)
      return true
    })
  }

  async function show (request: FastifyRequest<At>, reply: FastifyReply, client: Client, { status = 200, ...shown }: Shown = {}) {
    const [place, settings] = await Promise.all([findPlace(db, client.id), findMapSettings(db)])
    const near = place ? null : await findSurroundings(db, viewerOf(request))
    allowImages(reply, tileOrigins(settings))
    const data = { client, place, settings, near, was: placePrint(client, place), typed: undefined, errors: {}, problem: undefined, moved: false, ...shown }
    return reply.page('clients/place/show', data, { fragment: 'clients/place/_place', status })
  }
}
