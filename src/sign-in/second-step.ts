import type { FastifyInstance } from 'fastify'
import { makeSealer } from '../seal.js'
import { readSecondStepForm } from '../two-steps/form.js'
import { acceptCode } from '../two-steps/queries.js'
import type { Body, FieldErrors } from '../web/form.js'
import { checkCode, statusOfWrong } from './check.js'
import { goOn, startSession } from './enter.js'
import { safePath } from './form.js'
import { endPending, findPending } from './pending.js'

/** The second step of signing in: a code of the app, or a recovery code. The first one leads here by `enter`. */
export default async function secondStep (app: FastifyInstance) {
  const { db } = app
  const sealer = makeSealer(app.config)
  const waitingOf = (typed: Body) => ({ returnTo: safePath(String(typed.to ?? '/')), kept: String(typed.kept ?? '') })

  // Where a refused code is reloaded: the second step begins with the first.
  app.get('/sign-in/code', { config: { public: true } }, async (_request, reply) => reply.redirect('/sign-in', 303))

  app.post('/sign-in/code', { config: { public: true } }, async (request, reply) => {
    const form = readSecondStepForm(request.body)
    const token = String(form.typed.token ?? '')
    const pending = await findPending(db, token)
    if (!pending) {
      const errors = { form: { key: 'two_steps.too_late' } }
      return reply.page('sign-in/show', { ...waitingOf(form.typed), errors }, { fragment: 'sign-in/_again', status: 422 })
    }
    const again = (errors: FieldErrors, status: number) =>
      reply.page('sign-in/code', { token, ...waitingOf(form.typed), typed: form.typed, errors }, { fragment: 'sign-in/_code', status })
    if (form.errors) return again(form.errors, 422)

    const { code, recovery, to, kept } = form.values
    const { made, wrong } = await checkCode(db, pending.id, request.ip, () => db.transaction(async trx => {
      const accepted = await acceptCode(trx, sealer, pending.id, code || recovery, Date.now())
      return accepted && await endPending(trx, token) ? accepted : null
    }))
    if (wrong) return again({ [code ? 'code' : 'recovery']: wrong.error }, statusOfWrong(reply, wrong))
    await startSession(request, pending.id)
    if (made.codesLeft !== null) reply.flash('two_steps.code_used', { count: made.codesLeft })
    return goOn(request, reply, { to, kept })
  })
}
