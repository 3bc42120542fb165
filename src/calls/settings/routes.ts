import type { FastifyInstance, FastifyReply } from 'fastify'
import { transaction } from '../../database/transaction.js'
import { listTypes, typeName } from '../../leads/types.js'
import type { Body, FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { attempt } from '../../web/refusal.js'
import { newToken } from '../../web/token.js'
import { FIELDS, CHECKS, MEANINGS } from '../adapters/webhook.js'
import { ADAPTERS } from '../call.js'
import { hookOf } from '../hooks/twilio.js'
import simulator from '../simulator/routes.js'
import { readTelephonyForm, telephonyTyped } from './form.js'
import { findTelephony, saveTelephony } from './queries.js'

const URL = '/settings/telephony'

/** Settings > Telephony: what a number's link does, who tells of calls and makes them, what missed ones make. */
export default async function telephonySettings (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const
  await app.register(simulator)

  app.get(URL, { config }, async (_request, reply) => show(reply, null, 200))

  app.post(URL, { config }, async (request, reply) => {
    const sent = (request.body ?? {}) as Body
    const body: Body = { ...sent, secret: sent[`secret_${String(sent.adapter)}`] }
    // A secret of the webhook may be made here; it is shown on the page that follows, and never again.
    const made = 'make_secret' in body && body.adapter === 'webhook' ? newToken() : null
    if (made) body.secret = made
    const form = readTelephonyForm(body)
    const { errors } = form.errors ? form : await attempt(transaction(db, trx => saveTelephony(trx, app.sealer, viewerOf(request), form.values)))
    if (errors) {
      // Once somebody has been told that another changed it, saving again is meant.
      const version = errors.form ? { version: String((await findTelephony(db)).version) } : {}
      return show(reply, { typed: { ...form.typed, ...version }, errors: { ...errors, ...(body.secret && !errors.secret && !made ? { secret: { key: 'telephony.secret_retype' } } : {}) } }, errors.form ? 409 : 422)
    }
    return made ? reply.flash('telephony.secret_made', { secret: made }).goTo(URL) : reply.flash('settings.saved').goTo(URL)
  })

  async function show (reply: FastifyReply, form: { typed: Body, errors: FieldErrors } | null, status: number) {
    const [settings, types, origin] = await Promise.all([findTelephony(db), listTypes(db), app.publicUrl()])
    return reply.page('calls/settings/index', {
      settings, types, typeName, ADAPTERS, CHECKS, FIELDS, MEANINGS, webhookUrl: `${origin}/hooks/calls/webhook`, twilioUrl: hookOf(origin), typed: form?.typed ?? telephonyTyped(settings), errors: form?.errors ?? {}
    }, { fragment: 'calls/settings/_form', status })
  }
}
