import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { countries, currencies, languages, timeZones } from '../installation/choices.js'
import { Forbidden } from '../web/errors.js'
import { attempt } from '../web/refusal.js'
import { typedText, type Body, type FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import { generalTyped, readGeneralForm, readUniquenessForm, uniquenessTyped } from './form.js'
import { countShared, printSettings, saveSettings } from './queries.js'

// Any of them opens something of what the settings' first page lists.
const OPENS = ['settings.manage', 'messages.manage', 'marketing.manage', 'employees.manage', 'roles.manage', 'audit.view', 'clients.export'] as const

export default async function settings (app: FastifyInstance) {
  const { db } = app

  app.get('/settings', { config: { can: OPENS } }, async (request, reply) => {
    // The export of consents, which is all that right opens here, shows every number in full.
    const { can } = viewerOf(request)
    if (!OPENS.some(right => right !== 'clients.export' && can(right)) && !can('contacts.view_full')) throw new Forbidden(['contacts.view_full'])
    return reply.page('settings/index', {}, { fragment: 'settings/_index' })
  })

  app.get('/settings/general', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const { organisation } = viewerOf(request)
    return showGeneral(request, reply, { typed: generalTyped(organisation), errors: {} }, 200)
  })

  app.post('/settings/general', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const form = readGeneralForm(request.body)
    const { errors } = form.errors ? form : await attempt(saveSettings(db, viewerOf(request), 'settings.general', form.values, typedText(form.typed, 'was')))
    if (errors) return showGeneral(request, reply, { typed: form.typed, errors }, errors.form ? 409 : 422)
    return reply.flash('settings.saved').goTo('/settings/general')
  })

  app.get('/settings/clients', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const { organisation } = viewerOf(request)
    return showUniqueness(reply, { typed: uniquenessTyped(organisation), errors: {} }, 200)
  })

  app.post('/settings/clients', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const form = readUniquenessForm(request.body)
    const { errors } = form.errors ? form : await attempt(saveSettings(db, viewerOf(request), 'settings.uniqueness', form.values, typedText(form.typed, 'was')))
    if (errors) return showUniqueness(reply, { typed: form.typed, errors }, errors.form ? 409 : 422)
    return reply.flash('settings.saved').goTo('/settings/clients')
  })

  // Once somebody has been told that another changed these, saving again is meant.
  async function showGeneral (request: FastifyRequest, reply: FastifyReply, form: Shown, status: number) {
    const was = await wasOf(form, 'settings.general')
    return reply.page('settings/general', { ...choices(request), ...form, was }, { fragment: 'settings/_general', status })
  }

  async function showUniqueness (reply: FastifyReply, form: Shown, status: number) {
    const [shared, was] = await Promise.all([countShared(db), wasOf(form, 'settings.uniqueness')])
    return reply.page('settings/clients', { shared, ...form, was }, { fragment: 'settings/_clients', status })
  }

  const wasOf = async ({ typed, errors }: Shown, page: 'settings.general' | 'settings.uniqueness') =>
    (!errors.form && typedText(typed, 'was')) || printSettings(db, page)
}

interface Shown { typed: Body, errors: FieldErrors }

const choices = ({ language }: FastifyRequest) => ({
  countries: countries(language), currencies: currencies(language), timeZones: timeZones(), languages
})
