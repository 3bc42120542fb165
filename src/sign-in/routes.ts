import type { FastifyInstance } from 'fastify'
import { refused } from '../web/form.js'
import { hourly } from '../web/hourly.js'
import { pageViewer } from '../web/whose-page.js'
import { enter } from './enter.js'
import { readSignInForm, safePath } from './form.js'
import { isPassword, warmUp } from './password.js'
import forgotten from './forgotten/routes.js'
import { findAccount, forgetOld } from './queries.js'
import secondStep from './second-step.js'
import { SEES_CLIENTS } from '../clients/visibility.js'
import { SEES_LEADS } from '../leads/visibility.js'
import type { Right } from '../rights.js'
import { beginSignIn, forgiveSignIn } from './throttle.js'

export default async function signIn (app: FastifyInstance) {
  const { db } = app
  await warmUp()
  await forgetOld(db)
  hourly(app, () => forgetOld(db), 'what is over could not be cleared away')
  await app.register(secondStep)

  await app.register(forgotten)

  app.get('/', { config: { signedIn: true } }, async (request, reply) => {
    const sees = (rights: readonly Right[]) => rights.some(right => request.viewer!.can(right))
    return reply.redirect(sees(SEES_CLIENTS) ? '/clients' : sees(SEES_LEADS) ? '/leads' : sees(['leads.create']) ? '/leads/new' : '/account', 303)
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
    // What somebody typed into a page would go by itself as another's, who would have their page before them.
    if (request.isFragment && ![undefined, String(account.id)].includes(pageViewer(request))) return again(refused(form.typed, { form: { key: 'sign_in.others_page' } }), 422)
    return enter(request, reply, account.id, { to, kept })
  })

  app.post('/sign-out', { config: { signedIn: true, beforeTwoSteps: true, whileViewing: true, fromAnyPage: true } }, async (request, reply) => {
    await request.session.destroy()
    return reply.clearCookie('clientela', { path: '/' }).goTo('/sign-in')
  })
}
