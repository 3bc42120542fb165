import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { transaction } from '../database/transaction.js'
import { viewerOf } from '../web/permissions.js'
import { attempt } from '../web/refusal.js'
import { listStatuses } from '../leads/statuses.js'
import type { Body, FieldErrors } from '../web/form.js'
import { readNumbersForm } from './form.js'
import { findSettings, listShownTypes, sampleNumbers, saveNumbers } from './queries.js'
import { RESTARTS, type Restarts } from './template.js'
import types from './types.js'
import { wording } from '../leads/wording.js'

const URL = '/settings/leads'

/** Settings > Leads: how leads are numbered, and of which types they can be. */
export default async function leadSettings (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const
  await app.register(types)

  app.get(URL, { config }, async (request, reply) => show(request, reply, null, 200))

  // What the template that is being typed would make: alone for the page itself, and with the whole page where a button asks for it.
  app.post(`${URL}/preview`, { config }, async (request, reply) => {
    const { typed, errors = {} } = readNumbersForm(request.body)
    reply.header('HX-Push-Url', 'false')
    return show(request, reply, { typed, errors }, 200, 'lead-settings/_preview')
  })

  app.post(`${URL}/numbers`, { config }, async (request, reply) => {
    const form = readNumbersForm(request.body)
    if (form.errors) return show(request, reply, form, 422)
    const { errors } = await attempt(transaction(db, trx => saveNumbers(trx, viewerOf(request), form.values)))
    // Once somebody has been told that another changed it, saving again is meant.
    if (errors) return show(request, reply, { typed: { ...form.typed, version: '' }, errors }, 409)
    return reply.flash('settings.saved').goTo(URL)
  })

  async function show (request: FastifyRequest, reply: FastifyReply, form: { typed: Body, errors: FieldErrors } | null, status: number, fragment = 'lead-settings/_numbers') {
    const { organisation: { timeZone } } = viewerOf(request)
    const [settings, types, statuses] = await Promise.all([findSettings(db), listShownTypes(db), listStatuses(db)])
    const { typed, errors } = form ?? { typed: { template: settings.template, restarts: settings.restarts }, errors: {} }
    const samples = errors.template || errors.restarts ? [] : await sampleNumbers(db, { template: String(typed.template), restarts: typed.restarts as Restarts }, timeZone)
    const version = form ? typed.version : settings.version
    return reply.page('lead-settings/index', { ...wording(request), settings, types, statuses, typed: { ...typed, version }, errors, samples, restarts: RESTARTS }, { fragment, status })
  }
}
