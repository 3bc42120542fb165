import type { FastifyInstance } from 'fastify'
import { viewerOf } from '../../web/permissions.js'
import { FILE_KINDS } from '../file.js'
import { fileSettingsTyped, readFileSettings } from './form.js'
import { saveFileSettings } from './queries.js'

export default async function fileSettings (app: FastifyInstance) {
  const { db } = app

  app.get('/settings/files', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const { organisation } = viewerOf(request)
    return reply.page('files/settings', { kinds: FILE_KINDS, typed: fileSettingsTyped(organisation), errors: {} }, { fragment: 'files/_settings' })
  })

  app.post('/settings/files', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const form = readFileSettings(request.body)
    if (form.errors) return reply.page('files/settings', { kinds: FILE_KINDS, ...form }, { fragment: 'files/_settings', status: 422 })

    await saveFileSettings(db, viewerOf(request), form.values)
    return reply.flash('settings.saved').goTo('/settings/files')
  })
}
