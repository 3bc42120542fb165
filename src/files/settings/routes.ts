import type { FastifyInstance } from 'fastify'
import { attempt } from '../../web/refusal.js'
import { printSettings, saveSettings } from '../../settings/queries.js'
import { typedText } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { FILE_KINDS } from '../file.js'
import { fileSettingsTyped, readFileSettings } from './form.js'

export default async function fileSettings (app: FastifyInstance) {
  const { db } = app

  app.get('/settings/files', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const { organisation } = viewerOf(request)
    return reply.page('files/settings', { kinds: FILE_KINDS, typed: fileSettingsTyped(organisation), errors: {}, was: await printSettings(db, 'settings.files') }, { fragment: 'files/_settings' })
  })

  app.post('/settings/files', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const form = readFileSettings(request.body)
    const { errors } = form.errors ? form : await attempt(saveSettings(db, viewerOf(request), 'settings.files', form.values, typedText(form.typed, 'was')))
    if (errors) {
      const was = (!errors.form && typedText(form.typed, 'was')) || await printSettings(db, 'settings.files')
      return reply.page('files/settings', { kinds: FILE_KINDS, typed: form.typed, errors, was }, { fragment: 'files/_settings', status: errors.form ? 409 : 422 })
    }
    return reply.flash('settings.saved').goTo('/settings/files')
  })
}
