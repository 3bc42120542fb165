import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { findExtension } from '../calls/dialing.js'
import { changesBetween, recordAudit } from '../audit/record.js'
import { changeOwnProfile, putPassword } from '../employees/queries.js'
import { languages } from '../installation/choices.js'
import { sendsMail } from '../mail/queries.js'
import { findOwnNotices } from '../notifications/own/queries.js'
import { findRole } from '../roles/queries.js'
import { attempt } from '../web/refusal.js'
import { checkPassword, statusOfWrong } from '../sign-in/check.js'
import { hashPassword } from '../sign-in/password.js'
import { findTwoSteps } from '../two-steps/queries.js'
import { NotFound } from '../web/errors.js'
import { typedText, type FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import { sessionKeyOf } from '../web/session.js'
import { deviceOf } from './device.js'
import confirmEmail from './email/routes.js'
import { askForEmail } from './email/queries.js'
import { readEmailForm, readPasswordForm, readProfileForm } from './form.js'
import { tellPasswordChanged } from './letters.js'
import { findUnconfirmed, voidLinks } from './links.js'
import { endSession, endSessions, listSessions } from './queries.js'

export default async function account (app: FastifyInstance) {
  const { db } = app
  const config = { signedIn: true }
  await app.register(confirmEmail)

  app.get('/account', { config }, async (request, reply) => reply.page('account/show', await shown(request)))

  app.post('/account', { config }, async (request, reply) => {
    const form = readProfileForm(request.body)
    if (form.errors) return reply.page('account/show', { ...await shown(request), typed: form.typed, errors: form.errors }, { status: 422 })
    await changeOwnProfile(db, viewerOf(request).id, form.values)
    return reply.flash('account.saved').goTo('/account')
  })

  app.post('/account/password', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const { id, name, email, organisation } = viewer
    const again = async (errors: FieldErrors, status: number) => reply.page('account/show', { ...await shown(request), errors }, { status })
    const form = readPasswordForm(request.body, [name, email, organisation.name])
    if (form.errors) return again(form.errors, 422)
    const wrong = await checkPassword(db, email, form.values.current_password, request.ip)
    if (wrong) return again({ current_password: wrong.error }, statusOfWrong(reply, wrong))

    const passwordHash = await hashPassword(form.values.password)
    await db.transaction(async trx => {
      await putPassword(trx, id, passwordHash)
      await endSessions(trx, id, { but: sessionKeyOf(request) })
      await recordAudit(trx, { id }, 'safety.password')
      await tellPasswordChanged(trx, viewer, await app.publicUrl())
    })
    return reply.flash('account.password_changed').goTo('/account')
  })

  app.post('/account/email', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const form = readEmailForm(request.body)
    const again = async (errors: FieldErrors, status: number) => reply.page('account/show', { ...await shown(request), typedEmail: typedText(form.typed, 'new_email'), errors }, { status })
    if (form.errors) return again(form.errors, 422)
    const wrong = await checkPassword(db, viewer.email, form.values.email_password, request.ip)
    if (wrong) return again({ email_password: wrong.error }, statusOfWrong(reply, wrong))
    const { errors, made } = await attempt(askForEmail(db, viewer, form.values.new_email, await app.publicUrl()))
    if (errors) return again(errors, 422)
    return reply.flash(made.caught ? 'account.email_asked_caught' : 'account.email_asked', { email: form.values.new_email }).goTo('/account')
  })

  app.post('/account/email/cancel', { config }, async (request, reply) => {
    await voidLinks(db, viewerOf(request).id, 'email')
    return reply.flash('account.email_cancelled').goTo('/account')
  })

  app.post<{ Params: { key: string } }>('/account/sessions/:key/end', { config }, async (request, reply) => {
    const { key } = request.params
    const { id } = viewerOf(request)
    await db.transaction(async trx => {
      const ended = /^[\w-]{43}$/.test(key) && await endSession(trx, id, key)
      if (!ended) throw new NotFound()
      if (key !== sessionKeyOf(request)) await recordAudit(trx, { id }, 'safety.sessions_ended', { changes: changesBetween({ device: nameOf(ended.userAgent) }, { device: null }) })
    })
    if (key === sessionKeyOf(request)) return signedOut(request, reply)
    return reply.flash('account.session_ended').goTo('/account')
  })

  app.post('/account/sessions/end', { config }, async (request, reply) => {
    const { id } = viewerOf(request)
    await db.transaction(async trx => {
      await endSessions(trx, id)
      await recordAudit(trx, { id }, 'safety.sessions_ended')
    })
    return signedOut(request, reply)
  })

  async function shown (request: FastifyRequest) {
    const viewer = viewerOf(request)
    const [role, sessions, twoSteps, unconfirmed, sends, notices, extension] = await Promise.all([findRole(db, viewer.roleId), listSessions(db, viewer.id), findTwoSteps(db, viewer.id), findUnconfirmed(db, viewer.id), sendsMail(db), findOwnNotices(db, viewer), findExtension(db, viewer.id)])
    const here = sessionKeyOf(request)
    return {
      role,
      twoSteps,
      languages,
      unconfirmed,
      sends,
      notices,
      extension,
      typedEmail: '',
      sessions: sessions.map(session => ({ ...session, ...deviceOf(session.userAgent), isHere: session.key === here })),
      typed: { name: viewer.name, language: viewer.language },
      errors: {}
    }
  }
}

/** A device as the audit log names it, in any language: "Chrome, Linux". */
function nameOf (userAgent: string): string {
  const { browser, system } = deviceOf(userAgent)
  return [browser, system].filter(Boolean).join(', ')
}

async function signedOut (request: FastifyRequest, reply: FastifyReply) {
  await request.session.destroy()
  return reply.clearCookie('clientela', { path: '/' }).goTo('/sign-in')
}
