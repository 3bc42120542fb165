import type { FastifyInstance, FastifyReply } from 'fastify'
import { transaction } from '../../database/transaction.js'
import { spanWords } from '../../leads/list/due.js'
import { sendsMail } from '../../mail/queries.js'
import { listRoles } from '../../roles/queries.js'
import { typedText, type Body, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { attempt } from '../../web/refusal.js'
import { CHANNELS, NOTICES } from '../notice.js'
import { readSettingsForm, SOON, tickedBy } from './form.js'
import { findSettings, saveSettings } from './queries.js'

const URL = '/settings/notifications'

/** Settings > Notifications: who is told of what happens to leads, and how. */
export default async function notificationSettings (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const

  app.get(URL, { config }, async (_request, reply) => show(reply, null, 200))

  app.post(URL, { config }, async (request, reply) => {
    const form = readSettingsForm(request.body, await listRoles(db))
    if (form.errors) return show(reply, form, 422)
    const { errors } = await attempt(transaction(db, trx => saveSettings(trx, viewerOf(request), form.values)))
    // Once somebody has been told that another changed it, saving again is meant.
    if (errors) return show(reply, { typed: { ...form.typed, version: '' }, errors }, 409)
    return reply.flash('settings.saved').goTo(URL)
  })

  async function show (reply: FastifyReply, form: { typed: Body, errors: FieldErrors } | null, status: number) {
    const [settings, roles, sends] = await Promise.all([findSettings(db), listRoles(db), sendsMail(db)])
    const ticked = form ? [form.typed.on ?? []].flat() : tickedBy(settings.rules)
    return reply.page('notifications/settings/index', {
      NOTICES, CHANNELS, SOON, roles, sends, spanWords, ticked: new Set(ticked), errors: form?.errors ?? {},
      dueSoon: form ? typedText(form.typed, 'due_soon') : String(settings.dueSoonMinutes), version: form ? typedText(form.typed, 'version') : settings.version
    }, { fragment: 'notifications/settings/_form', status })
  }
}
