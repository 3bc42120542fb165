import type { FastifyInstance } from 'fastify'
import { fingerprint } from '../web/fingerprint.js'
import { viewerOf } from '../web/permissions.js'
import { readMapSettings } from './form.js'
import { findMapSettings, saveMapSettings } from './queries.js'

export default async function map (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const

  app.get('/settings/map', { config }, async (_request, reply) => {
    const settings = await findMapSettings(db)
    return reply.page('map/settings', { typed: { ...settings, was: fingerprint(settings) }, errors: {} }, { fragment: 'map/_settings' })
  })

  app.post('/settings/map', { config }, async (request, reply) => {
    const form = readMapSettings(request.body)
    if (form.errors) return reply.page('map/settings', { typed: form.typed, errors: form.errors }, { fragment: 'map/_settings', status: 422 })
    const { was, ...values } = form.values
    if (await saveMapSettings(db, viewerOf(request), values, now => was === '' || was === fingerprint(now))) return reply.flash('settings.saved').goTo('/settings/map')

    const theirs = await findMapSettings(db)
    return reply.page('map/settings', { typed: { ...form.typed, was: fingerprint(theirs) }, errors: {}, theirs }, { fragment: 'map/_settings', status: 409 })
  })
}
