import type { FastifyReply, FastifyRequest } from 'fastify'
import { findTwoSteps } from '../two-steps/queries.js'
import { PAGE_VIEWER } from '../web/whose-page.js'
import { keptFields, safePath } from './form.js'
import { beginSecondStep } from './pending.js'

/** What waits behind the sign-in: where to go, and a form that was on its way there. */
export interface Waiting { to?: string, kept?: string }

/**
 * Goes on where a password was right, or a link held: to the second step where the employee has one, else in. Nobody is signed in
 * before the last step.
 */
export async function enter (request: FastifyRequest, reply: FastifyReply, employeeId: number, { to = '/', kept = '' }: Waiting = {}): Promise<FastifyReply> {
  const { db } = request.server
  const { since } = await findTwoSteps(db, employeeId)
  if (!since) {
    await startSession(request, employeeId)
    return goOn(request, reply, { to, kept })
  }
  const token = await beginSecondStep(db, employeeId)
  return reply.page('sign-in/code', { token, returnTo: safePath(to), kept, typed: {}, errors: {} }, { fragment: 'sign-in/_code' })
}

/** Goes on to what waited, once somebody is signed in. */
export async function goOn (request: FastifyRequest, reply: FastifyReply, { to = '/', kept = '' }: Waiting): Promise<FastifyReply> {
  if (request.isFragment) return reply.page('sign-in/show', {}, { fragment: 'sign-in/_done' })
  // A form that waited is shown for one more press, so that nobody is signed in and made to send something by one click.
  const fields = keptFields(kept)
  const isOthers = fields.some(([name, value]) => name === PAGE_VIEWER && value !== String(request.session.employeeId))
  if (fields.length > 0) return reply.page('sign-in/resume', { action: safePath(to), fields, isOthers })
  return reply.redirect(safePath(to), 303)
}

/** Signs an employee in under a new session id: one known from before the sign-in is worth nothing after it. */
export async function startSession (request: FastifyRequest, employeeId: number): Promise<void> {
  await request.session.regenerate()
  request.session.employeeId = employeeId
  request.session.userAgent = String(request.headers['user-agent'] ?? '').slice(0, 300)
  request.session.address = request.ip
  await request.session.save()
}
