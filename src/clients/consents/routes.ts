import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Forbidden } from '../../web/errors.js'
import { idOf, type Body, type FieldErrors } from '../../web/form.js'
import { translator } from '../../web/i18n.js'
import { viewerOf } from '../../web/permissions.js'
import { isLanguage, LANGUAGES, type Language, type Viewer } from '../../web/viewer.js'
import { findClient, lockClient } from '../queries.js'
import { SEES_CLIENTS } from '../visibility.js'
import { CONSENT_CHANNELS, type ConsentChannel, type ConsentEntry } from './consent.js'
import { sendCsv, sourceOf } from './export.js'
import { readDays, readHistoryFilter, readNoteForm, readWordingsForm } from './form.js'
import { exportConsents, findConsent, listAgreeing, listConsents, noteConsent } from './queries.js'
import { listWorded, listWordings, saveWordings } from './wordings.js'

type At = { Params: { id: string, consent: string } }
type Asked = { Querystring: Record<string, string | string[] | undefined> }

export default async function consents (app: FastifyInstance) {
  const { db } = app

  app.get<At>('/clients/:id/consents', { config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const filter = readHistoryFilter(request.query)
    const [history, contacts] = await Promise.all([listConsents(db, viewer, client.id, filter), listAgreeing(db, viewer, client.id)])
    return reply.page('clients/consents/show', { client, history, contacts, filter, ...words(request) }, { fragment: 'clients/consents/_history' })
  })

  app.get<At>('/clients/:id/consents.csv', { config: { can: 'clients.export' } }, async (request, reply) => {
    const viewer = exporterOf(request)
    const { id } = await findClient(db, viewer, idOf(request.params.id))
    return sendCsv(reply, translator(request.language), request.language, `consents-${id}`, exportConsents(db, viewer, { clientId: id, from: null, to: null }))
  })

  // How it was given, said afterwards: what was noted at first stays.
  app.post<At>('/clients/:id/consents/:consent', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const entry = await findConsent(db, viewer, client.id, idOf(request.params.consent))
    const form = readNoteForm(request.body)
    const again = (entry: ConsentEntry, errors: FieldErrors, status: number) =>
      reply.page('clients/consents/edit', { client, entry, errors, typed: form.typed, ...words(request) }, { fragment: 'clients/consents/_entry', status })
    if (form.errors) return again(entry, form.errors, 422)

    const kept = await db.transaction(async trx => {
      await lockClient(trx, viewer, client.id)
      return noteConsent(trx, viewer, client.id, entry, form.values, form.values.seen)
    })
    const now = await findConsent(db, viewer, client.id, entry.id)
    if (!kept) return again(now, { how: { key: 'consent.noted_meanwhile', values: { name: now.noted_by } } }, 409)
    if (request.isFragment) return reply.page('', { client, entry: now, ...words(request) }, { fragment: 'clients/consents/_entry' })
    return reply.flash('consent.noted').redirect(`/clients/${client.id}/consents#consent-${entry.id}`, 303)
  })

  app.get<Asked>('/settings/consent', { config: { can: ['settings.manage', 'clients.export'] } }, async (request, reply) => {
    if (!viewerOf(request).can('settings.manage')) exporterOf(request)
    return showSettings(request, reply, isLanguage(request.query.language) ? request.query.language : undefined)
  })

  app.post('/settings/consent', { config: { can: 'settings.manage' } }, async (request, reply) => {
    const form = readWordingsForm(request.body)
    const { language } = (request.body ?? {}) as Body
    const shown = isLanguage(language) ? language : undefined
    if (form.errors) return showSettings(request, reply, shown, { typed: form.typed, errors: form.errors, status: 422 })
    const { values } = form
    const bodies = Object.fromEntries(CONSENT_CHANNELS.map(channel => [channel, values[channel]])) as Record<ConsentChannel, string>
    const seen = Object.fromEntries(CONSENT_CHANNELS.map(channel => [channel, values[`was.${channel}`]])) as Record<ConsentChannel, number>
    const conflicts = await saveWordings(db, viewerOf(request), values.language, bodies, seen)
    if (conflicts.length === 0) return reply.flash('settings.saved').goTo(`/settings/consent?language=${values.language}`)
    const errors = Object.fromEntries(conflicts.map(channel => [channel, { key: 'consent.worded_meanwhile' }]))
    return showSettings(request, reply, values.language, { typed: form.typed, errors, status: 409 })
  })

  app.get<Asked>('/settings/consent/export', { config: { can: 'clients.export' } }, async (request, reply) => {
    const viewer = exporterOf(request)
    const form = readDays(request.query)
    if (form.errors) return showSettings(request, reply, undefined, { days: form.typed, errors: form.errors, status: 422 })
    const name = ['consents', form.values.from, form.values.to].filter(Boolean).join('-')
    return sendCsv(reply, translator(request.language), request.language, name, exportConsents(db, viewer, form.values))
  })

  interface Shown { typed?: Body, days?: Body, errors?: FieldErrors, status?: number }

  async function showSettings (request: FastifyRequest<any>, reply: FastifyReply, chosen?: Language, { typed, days = {}, errors = {}, status = 200 }: Shown = {}) {
    const language = chosen ?? viewerOf(request).organisation.language
    const [wordings, worded] = await Promise.all([listWordings(db, language), listWorded(db)])
    return reply.page('clients/consents/settings', { wordings, worded, chosen: language, languages: LANGUAGES, channels: CONSENT_CHANNELS, typed, days, errors, ...words(request) }, { fragment: 'clients/consents/_settings', status })
  }
}

// A file leaves the house: it holds every number in full, so it is for who may see them.
const mayExport = (viewer: Viewer) => viewer.can('clients.export') && viewer.can('contacts.view_full')

function exporterOf (request: FastifyRequest<any>): Viewer {
  const viewer = viewerOf(request)
  if (!mayExport(viewer)) throw new Forbidden(['contacts.view_full'])
  return viewer
}

/** What the views need to name things in the reader's language. */
function words ({ language, viewer }: FastifyRequest<any>) {
  const t = translator(language)
  const names = new Intl.DisplayNames([language], { type: 'language' })
  return { sourceOf: (source: string) => sourceOf(t, source), languageName: (code: string) => names.of(code) ?? code, mayExport: viewer !== null && mayExport(viewer) }
}
