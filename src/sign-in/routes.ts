import type { FastifyInstance, FastifyRequest } from 'fastify'
import { refused } from '../web/form.js'
import { keptFields, readSignInForm, safePath } from './form.js'
import { isPassword, warmUp } from './password.js'
import { findAccount, forgetOld } from './queries.js'
import { beginSignIn, forgiveSignIn } from './throttle.js'

export default async function signIn (app: FastifyInstance) {
  const { db } = app
  await warmUp()
  await forgetOld(db)
  const hourly = setInterval(() => { forgetOld(db).catch(error => app.log.warn({ err: error }, 'what is over could not be cleared away')) }, 3600_000).unref()
  app.addHook('onClose', async () => clearInterval(hourly))

  app.get('/', { config: { signedIn: true } }, async (request, reply) => {
    const clients = request.viewer!.can('clients.view') || request.viewer!.can('suppliers.view')
    return reply.redirect(clients ? '/clients' : '/account', 303)
  })

  app.get<{ Querystring: { to?: string } }>('/sign-in', { config: { public: true } }, async (request, reply) => {
    const to = safePath(String(request.query.to ?? '/'))
    if (request.viewer) return reply.redirect(to, 303)
    return reply.page('sign-in/show', { returnTo: to })
  })

  app.post('/sign-in', { config: { public: true } }, async (request, reply) => {
    const form = readSignInForm(request.body)
    const again = (shown: object, status: number) => reply.page('sign-in/show', {
      returnTo: safePath(String(form.typed.to ?? '/')), kept: String(form.typed.kept ?? ''), ...shown
    }, { fragment: 'sign-in/_again', status })
    if (form.errors) return again(form, 422)

    const { email, password, to, kept } = form.values
    const wait = await beginSignIn(db, email, request.ip)
    if (wait > 0) {
      reply.header('Retry-After', wait)
      return again(refused(form.typed, { form: { key: 'sign_in.wait', values: { count: wait } } }), 429)
    }
    const account = await findAccount(db, email)
    const right = await isPassword(account?.active ? account.passwordHash : null, password)
    if (!account || !right) return again(refused(form.typed, { form: { key: 'sign_in.wrong' } }), 422)

    await forgiveSignIn(db, email, request.ip)
    await startSession(request, account.id)
    if (request.isFragment) return reply.page('sign-in/show', {}, { fragment: 'sign-in/_done' })
    // A form that waited is shown for one more press, so that nobody is signed in and made to send something by one click.
    const fields = keptFields(kept)
    if (fields.length > 0) return reply.page('sign-in/resume', { action: safePath(to), fields })
    return reply.redirect(safePath(to), 303)
  })

  app.post('/sign-out', { config: { signedIn: true } }, async (request, reply) => {
    await request.session.destroy()
    return reply.clearCookie('clientela', { path: '/' }).goTo('/sign-in')
  })
}

/** Signs an employee in under a new session id: one known from before the sign-in is worth nothing after it. */
export async function startSession (request: FastifyRequest, employeeId: number): Promise<void> {
  await request.session.regenerate()
  request.session.employeeId = employeeId
  request.session.userAgent = String(request.headers['user-agent'] ?? '').slice(0, 300)
  request.session.address = request.ip
  await request.session.save()
}
