import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { makeSealer } from '../seal.js'
import { checkCode, checkPassword, statusOfWrong, type Wrong } from '../sign-in/check.js'
import { NotFound } from '../web/errors.js'
import { idOf, type FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import { readCodeForm, readPasswordForm } from './form.js'
import { beginSetUp, findTwoSteps, findWaitingSecret, renewRecoveryCodes, resetTwoSteps, turnOff, turnOn } from './queries.js'
import { addressOf, drawQr } from './totp.js'

/** Two-step sign-in under one's account: set up, new recovery codes, off. Whoever has to set it up first reaches this and nothing else. */
export default async function twoSteps (app: FastifyInstance) {
  const { db } = app
  const sealer = makeSealer(app.config)
  const config = { signedIn: true, beforeTwoSteps: true } as const

  app.get('/account/two-steps', { config }, async (request, reply) => reply.page('two-steps/show', await shown(request)))

  app.post('/account/two-steps/start', { config }, async (request, reply) => {
    await beginSetUp(db, sealer, viewerOf(request).id)
    return reply.goTo('/account/two-steps')
  })

  app.post('/account/two-steps', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const form = readCodeForm(request.body)
    if (form.errors) return again(request, reply, form.errors)
    const wrong = await checkPassword(db, viewer.email, form.values.current_password, request.ip)
    if (wrong) return again(request, reply, { current_password: wrong.error }, wrong)

    const codes = await turnOn(db, sealer, viewer, form.values.code.replace(/\s/g, ''), Date.now())
    if (!codes) return again(request, reply, { code: { key: 'two_steps.code_wrong' } })
    return reply.page('two-steps/codes', { codes, isNew: true })
  })

  app.post('/account/two-steps/codes', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const form = readPasswordForm(request.body)
    if (form.errors) return again(request, reply, { codes_password: form.errors.current_password! })
    const wrong = await checkPassword(db, viewer.email, form.values.current_password, request.ip)
    if (wrong) return again(request, reply, { codes_password: wrong.error }, wrong)
    if (!(await findTwoSteps(db, viewer.id)).since) return reply.goTo('/account/two-steps')
    return reply.page('two-steps/codes', { codes: await renewRecoveryCodes(db, viewer), isNew: false })
  })

  app.post('/account/two-steps/off', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const form = readCodeForm(request.body)
    if (form.errors) return again(request, reply, form.errors)
    const wrong = await checkPassword(db, viewer.email, form.values.current_password, request.ip)
    if (wrong) return again(request, reply, { current_password: wrong.error }, wrong)

    const off = await checkCode(db, viewer.id, request.ip, async () => await turnOff(db, sealer, viewer, form.values.code, Date.now()) || null)
    if (off.wrong) return again(request, reply, { code: off.wrong.error }, off.wrong)
    return reply.flash('two_steps.turned_off').goTo('/account/two-steps')
  })

  app.post<{ Params: { id: string } }>('/settings/employees/:id/two-steps/reset', { config: { can: 'employees.manage' } }, async (request, reply) => {
    const id = idOf(request.params.id)
    if (id === null) throw new NotFound()
    const { name } = await resetTwoSteps(db, viewerOf(request), id, await app.publicUrl())
    return reply.flash('two_steps.was_reset', { name }).goTo(`/settings/employees/${id}`)
  })

  async function again (request: FastifyRequest, reply: FastifyReply, errors: FieldErrors, wrong?: Wrong) {
    const status = wrong ? statusOfWrong(reply, wrong) : 422
    return reply.page('two-steps/show', { ...await shown(request), errors }, { status })
  }

  /** What the page shows: how things stand, and while it is being set up what the app has to read. */
  async function shown (request: FastifyRequest) {
    const { id, email, organisation } = viewerOf(request)
    const [state, secret] = await Promise.all([findTwoSteps(db, id), findWaitingSecret(db, sealer, id)])
    const setUp = secret === null ? null : { secret: secret.match(/.{1,4}/g)!.join(' '), qr: drawQr(addressOf(secret, organisation.name, email)) }
    return { state, setUp, errors: {} }
  }
}
