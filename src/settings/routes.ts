import type { FastifyInstance, FastifyRequest } from 'fastify'
import { countries, currencies, languages, timeZones } from '../installation/choices.js'
import { viewerOf } from '../web/permissions.js'
import { generalTyped, readGeneralForm, readUniquenessForm, uniquenessTyped } from './form.js'
import { countShared, saveGeneral, saveUniqueness } from './queries.js'

export default async function settings (app: FastifyInstance) {
  const { db } = app

  app.get('/settings', { config: { can: ['settings.manage', 'marketing.manage', 'employees.manage', 'roles.manage', 'audit.view'] } }, async (_request, reply) => {
    return reply.page('settings/index', {}, { fragment: 'settings/_index' })
  })

  app.get('/settings/general', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const { organisation } = viewerOf(request)
    return reply.page('settings/general', { ...choices(request), typed: generalTyped(organisation), errors: {} }, { fragment: 'settings/_general' })
  })

  app.post('/settings/general', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const form = readGeneralForm(request.body)
    if (form.errors) return reply.page('settings/general', { ...choices(request), ...form }, { fragment: 'settings/_general', status: 422 })

    await saveGeneral(db, viewerOf(request), form.values)
    return reply.flash('settings.saved').goTo('/settings/general')
  })

  app.get('/settings/clients', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const { organisation } = viewerOf(request)
    return reply.page('settings/clients', { shared: await countShared(db), typed: uniquenessTyped(organisation), errors: {} }, { fragment: 'settings/_clients' })
  })

  app.post('/settings/clients', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const form = readUniquenessForm(request.body)
    if (form.errors) return reply.page('settings/clients', { shared: await countShared(db), ...form }, { fragment: 'settings/_clients', status: 422 })

    await saveUniqueness(db, viewerOf(request), form.values)
    return reply.flash('settings.saved').goTo('/settings/clients')
  })
}

const choices = ({ language }: FastifyRequest) => ({
  countries: countries(language), currencies: currencies(language), timeZones: timeZones(), languages
})
