import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { changesBetween, recordAudit } from '../audit/record.js'
import { changeOwnProfile, putPassword } from '../employees/queries.js'
import { languages } from '../installation/choices.js'
import { findRole } from '../roles/queries.js'
import { hashPassword, isPassword } from '../sign-in/password.js'
import { findAccount } from '../sign-in/queries.js'
import { beginSignIn, forgiveSignIn } from '../sign-in/throttle.js'
import { NotFound } from '../web/errors.js'
import type { FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import { sessionKey } from '../web/session-store.js'
import { deviceOf } from './device.js'
import { readPasswordForm, readProfileForm } from './form.js'
import { endSession, endSessions, listSessions } from './queries.js'

export default async function account (app: FastifyInstance) {
  const { db } = app
  const config = { signedIn: true }

  app.get('/account', { config }, async (request, reply) => reply.page('account/show', await shown(request)))

  app.post('/account', { config }, async (request, reply) => {
    const form = readProfileForm(request.body)
    if (form.errors) return reply.page('account/show', { ...await shown(request), typed: form.typed, errors: form.errors }, { status: 422 })
    await changeOwnProfile(db, viewerOf(request).id, form.values)
    return reply.flash('account.saved').goTo('/account')
  })

  app.post('/account/password', { config }, async (request, reply) => {
    const { id, email } = viewerOf(request)
    const again = async (errors: FieldErrors, status: number) => reply.page('account/show', { ...await shown(request), errors }, { status })
    const form = readPasswordForm(request.body)
    if (form.errors) return again(form.errors, 422)

    // Whoever finds a screen unattended could try passwords here as well as at the door.
    const wait = await beginSignIn(db, email, request.ip)
    if (wait > 0) {
      reply.header('Retry-After', wait)
      return again({ current_password: { key: 'sign_in.wait', values: { count: wait } } }, 429)
    }
    const account = await findAccount(db, email)
    if (!await isPassword(account?.passwordHash, form.values.current_password)) return again({ current_password: { key: 'form.password_wrong' } }, 422)

    await forgiveSignIn(db, email, request.ip)
    const passwordHash = await hashPassword(form.values.password)
    await db.transaction(async trx => {
      await putPassword(trx, id, passwordHash)
      await endSessions(trx, id, { but: keyOf(request) })
      await recordAudit(trx, { id }, 'safety.password')
    })
    return reply.flash('account.password_changed').goTo('/account')
  })

  app.post<{ Params: { key: string } }>('/account/sessions/:key/end', { config }, async (request, reply) => {
    const { key } = request.params
    const { id } = viewerOf(request)
    await db.transaction(async trx => {
      const ended = /^[\w-]{43}$/.test(key) && await endSession(trx, id, key)
      if (!ended) throw new NotFound()
      if (key !== keyOf(request)) await recordAudit(trx, { id }, 'safety.sessions_ended', { changes: changesBetween({ device: nameOf(ended.userAgent) }, { device: null }) })
    })
    if (key === keyOf(request)) return signedOut(request, reply)
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
    const [role, sessions] = await Promise.all([findRole(db, viewer.roleId), listSessions(db, viewer.id)])
    const here = keyOf(request)
    return {
      role,
      languages,
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

const keyOf = (request: FastifyRequest) => sessionKey(request.session.sessionId)

async function signedOut (request: FastifyRequest, reply: FastifyReply) {
  await request.session.destroy()
  return reply.clearCookie('clientela', { path: '/' }).goTo('/sign-in')
}
