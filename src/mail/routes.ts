import type { FastifyInstance, FastifyRequest } from 'fastify'
import { attempt } from '../web/refusal.js'
import { NotFound } from '../web/errors.js'
import { idOf, type Body, type FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import { dnsRecord } from './dkim.js'
import { dkimTyped, lettersTyped, mailTyped, readDkimForm, readLettersForm, readMailForm, readTestForm, versionOf } from './form.js'
import { listSentMails, sendAgain } from './outbox/queries.js'
import { coversEverybody, findMailSettings } from './queries.js'
import { changeDkim, changeLetterSettings, changeMailSettings, sendTest } from './settings.js'
import testMailbox from './test-mailbox/routes.js'

/** What one of the forms shows again. */
interface Shown { typed?: Body, errors?: FieldErrors, testTyped?: Body, testErrors?: FieldErrors, result?: object, lettersTyped?: Body, lettersErrors?: FieldErrors, dkimTyped?: Body, dkimErrors?: FieldErrors }

type OfMail = { Params: { id: string } }

/** Settings > E-mail: the server that sends, where links lead, a test, and what became of the last mails. */
export default async function mailSettings (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const
  await app.register(testMailbox)

  app.get('/settings/mail', { config }, async (request, reply) => reply.page('mail/settings/show', await shown(request)))

  app.post('/settings/mail', { config }, async (request, reply) => {
    const form = readMailForm(request.body)
    const { errors } = form.errors ? form : await attempt(changeMailSettings(app, viewerOf(request), form.values))
    if (errors) {
      // What was typed there is gone, and an empty field would mean the old one.
      const retype: FieldErrors = form.typed.password && !errors.password ? { password: { key: 'mail.password_retype' } } : {}
      return reply.page('mail/settings/show', await shown(request, { typed: form.typed, errors: { ...errors, ...retype } }), { status: 422 })
    }
    return reply.flash('settings.saved').goTo('/settings/mail')
  })

  app.post('/settings/mail/letters', { config }, async (request, reply) => {
    const form = readLettersForm(request.body)
    const { errors } = form.errors ? form : await attempt(changeLetterSettings(app, viewerOf(request), form.values))
    if (errors) return reply.page('mail/settings/show', await shown(request, { lettersTyped: form.typed, lettersErrors: errors }), { status: 422 })
    return reply.flash('settings.saved').goTo('/settings/mail#letters')
  })

  app.post('/settings/mail/dkim', { config }, async (request, reply) => {
    const isOff = (request.body as Body | undefined)?.off !== undefined
    const form = isOff ? { values: null, errors: undefined, typed: {} } : readDkimForm(request.body)
    const { errors } = form.errors ? form : await attempt(changeDkim(app, viewerOf(request), versionOf(request.body), form.values))
    if (errors) return reply.page('mail/settings/show', await shown(request, { dkimTyped: { ...form.typed, pem: '' }, dkimErrors: errors }), { status: 422 })
    return reply.flash(isOff ? 'mail.dkim_is_off' : 'settings.saved').goTo('/settings/mail#dkim')
  })

  app.post('/settings/mail/test', { config }, async (request, reply) => {
    const form = readTestForm(request.body)
    if (form.errors) return reply.page('mail/settings/show', await shown(request, { testTyped: form.typed, testErrors: form.errors }), { status: 422 })
    const result = await sendTest(app, { ...viewerOf(request), email: form.values.to })
    if (result === 'caught') return reply.flash('mail.test_caught').goTo('/settings/test-mailbox')
    return reply.page('mail/settings/show', await shown(request, { testTyped: form.typed, result }), { status: result.state === 'sent' ? 200 : 422 })
  })

  app.post<OfMail>('/settings/mail/sent/:id/again', { config }, async (request, reply) => {
    const id = idOf(request.params.id)
    if (id === null || !await sendAgain(db, id)) throw new NotFound()
    void app.outbox.wake()
    return reply.flash('mail.again_done').goTo('/settings/mail')
  })

  async function shown (request: FastifyRequest, more: Shown = {}) {
    const viewer = viewerOf(request)
    const [settings, mails] = await Promise.all([findMailSettings(db), listSentMails(db)])
    const here = `${request.protocol}://${request.host}`
    return {
      settings, mails, coversAll: await coversEverybody(db, viewer), here, fixedUrl: app.config.publicUrl, linksTo: await app.publicUrl(),
      typed: mailTyped(settings, here, viewer.organisation.name), errors: {},
      testTyped: { to: viewer.email }, testErrors: {},
      lettersTyped: lettersTyped(settings), lettersErrors: {},
      dkimTyped: dkimTyped(settings), dkimErrors: {}, record: dnsRecord(settings),
      ...more
    }
  }
}
