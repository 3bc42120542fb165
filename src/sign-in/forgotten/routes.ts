import type { FastifyInstance } from 'fastify'
import { openLink, type Closed } from '../../account/links.js'
import { sendsMail } from '../../mail/queries.js'
import { Rounds } from '../../mail/rounds.js'
import { beginReset, forgiveSignIn } from '../throttle.js'
import { readForgottenForm, readNewPasswordForm } from './form.js'
import { answerRequest, askForPassword, setPasswordByLink } from './queries.js'

type OfToken = { Params: { token: string } }

// What was asked of a process that was stopped before it could answer is answered by then.
const LOOK_EVERY = 60_000

/** A forgotten password: asking for a link, and the page that it leads to. Looking at that uses nothing up. */
export default async function forgotten (app: FastifyInstance) {
  const { db } = app
  const config = { public: true }
  const answers = new Rounds(async () => {
    let wasAny = true
    while (wasAny && !answers.isClosed) wasAny = await answerRequest(db, await app.publicUrl())
  }, error => app.log.warn({ err: error }, 'a request for a new password could not be answered'))

  app.get('/sign-in/forgotten', { config }, async (_request, reply) => reply.page('sign-in/forgotten/ask', { typed: {}, errors: {}, sends: await sendsMail(db) }))

  app.post('/sign-in/forgotten', { config, onResponse: async () => { void answers.wake() } }, async (request, reply) => {
    const again = async (shown: object, status: number) => reply.page('sign-in/forgotten/ask', { ...shown, sends: await sendsMail(db) }, { status })
    const form = readForgottenForm(request.body)
    if (form.errors) return again(form, 422)
    const wait = await beginReset(db, form.values.email, request.ip)
    if (wait > 0) {
      reply.header('Retry-After', wait)
      return again({ typed: form.typed, errors: { email: { key: 'sign_in.wait', values: { count: wait } } } }, 429)
    }
    await askForPassword(db, form.values.email)
    return reply.redirect('/sign-in/forgotten/sent', 303)
  })

  app.get('/sign-in/forgotten/sent', { config }, async (_request, reply) => reply.page('sign-in/forgotten/sent', { sends: await sendsMail(db) }))

  app.get<OfToken>('/sign-in/password/:token', { config }, async (request, reply) => {
    const link = await openLink(db, 'password', request.params.token)
    if (typeof link !== 'object') return reply.page('sign-in/forgotten/closed', said(link), { status: 404 })
    return reply.page('sign-in/forgotten/password', { link, errors: {} })
  })

  app.post<OfToken>('/sign-in/password/:token', { config }, async (request, reply) => {
    const { token } = request.params
    const link = await openLink(db, 'password', token)
    if (typeof link !== 'object') return reply.page('sign-in/forgotten/closed', said(link), { status: 404 })
    const form = readNewPasswordForm(request.body, [link.name, link.email])
    if (form.errors) return reply.page('sign-in/forgotten/password', { link, errors: form.errors }, { status: 422 })
    const used = await setPasswordByLink(db, token, form.values.password, await app.publicUrl())
    if (typeof used !== 'object') return reply.page('sign-in/forgotten/closed', said(used), { status: 404 })
    await forgiveSignIn(db, link.email, request.ip)
    // Not signed in by it: there may be a second step.
    return reply.flash('sign_in.password_set').goTo('/sign-in')
  })

  const look = setInterval(() => { void answers.wake() }, LOOK_EVERY).unref()
  app.addHook('onReady', async () => { void answers.wake() })
  app.addHook('onClose', async () => {
    clearInterval(look)
    await answers.close()
  })
}

const said = (why: Closed) => ({ why, again: '/sign-in/forgotten' })
