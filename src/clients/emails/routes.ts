import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { NotFound } from '../../web/errors.js'
import { idOf, type Body } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { emailFingerprint, judge } from '../fingerprint.js'
import { emailState, newEmail, type EmailState } from '../form-state.js'
import { rowIndexes } from '../phones/form.js'
import { findClient, lockClient } from '../queries.js'
import { writeEmail } from '../save.js'
import { ContactTaken, findMatches, isTaken, refusingTaken } from '../uniqueness/queries.js'
import { readEmails } from './form.js'
import { setEmailRemoved } from './queries.js'

type At = { Params: { id: string, email: string } }

/** The e-mails of a client, row by row, as ../phones/routes.ts does the phones. */
export default async function emails (app: FastifyInstance) {
  const { db } = app

  app.get<{ Querystring: Record<string, string | string[]> }>('/clients/email-row', { config: { can: ['clients.create', 'clients.edit'] } }, async (request, reply) => {
    const taken = rowIndexes(request.query as Body, 'email_rows').map(Number)
    const id = idOf(request.query.client)
    const client = id === null ? null : await findClient(db, viewerOf(request), id)
    return reply.page('clients/emails/edit', { client, email: newEmail(Math.max(-1, ...taken) + 1), fresh: true }, { fragment: 'clients/emails/_email' })
  })

  app.post<At>('/clients/:id/emails', { config: { can: 'clients.edit' } }, (request, reply) => save(request, reply))
  app.post<At>('/clients/:id/emails/:email', { config: { can: 'clients.edit' } }, (request, reply) => save(request, reply, request.params.email))

  app.post<At>('/clients/:id/emails/:email/remove', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await db.transaction(async trx => {
      const client = await lockClient(trx, viewer, idOf(request.params.id))
      await setEmailRemoved(trx, viewer, client.id, idOf(request.params.email), true)
      return client
    })
    const undo = `/clients/${client.id}/emails/${request.params.email}/restore`
    if (request.isFragment) return reply.page('', { flash: { key: 'emails.removed', undo } }, { fragment: 'clients/_removed' })
    return reply.flash('emails.removed', {}, undo).redirect(`/clients/${client.id}`, 303)
  })

  app.post<At>('/clients/:id/emails/:email/restore', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const taken = await isTaken(db, async trx => {
      const client = await lockClient(trx, viewer, idOf(request.params.id))
      await setEmailRemoved(trx, viewer, client.id, idOf(request.params.email), false)
    })
    return reply.flash(taken ? 'emails.taken' : 'emails.restored').goTo(`/clients/${request.params.id}`)
  })

  async function save (request: FastifyRequest<At>, reply: FastifyReply, emailId?: string) {
    const viewer = viewerOf(request)
    const body = (request.body ?? {}) as Body
    const id = emailId === undefined ? null : idOf(emailId)
    const form = readEmails(body)
    const values = form.values.find(values => values.id === id)
    const row = form.rows.find(row => row.id === id)
    const known = await findClient(db, viewer, idOf(request.params.id))
    const show = (email: EmailState, status: number, extra: object = {}) =>
      reply.page('clients/emails/edit', { client: known, email, ...extra }, { fragment: 'clients/emails/_email', status })

    if (!row) {
      const index = rowIndexes(body, 'email_rows')[0] ?? '0'
      return show({ ...newEmail(Number(index)), agrees: Boolean(body[`emails.${index}.agrees`]) }, 200)
    }
    const base = known.emails.find(email => email.id === id)
    const again = { ...newEmail(0), ...(base && emailState(base, 0)), ...row, ...(base?.masked && { typed: base.address }) }
    const error = form.errors[`emails.${row.index}.address`]
    if (error || !values) return show({ ...again, error }, 422)
    try {
      const saved = await refusingTaken(db, async trx => {
        const client = await lockClient(trx, viewer, known.id)
        const email = client.emails.find(email => email.id === id)
        if (id !== null && !email) throw new NotFound()
        if (email) {
          const mine = emailFingerprint({ address: values.address ?? email.address, agrees: values.agrees })
          if (judge(values.was, mine, emailFingerprint(email)) === 'conflict') return null
        }
        await writeEmail(trx, viewer, client.id, values, email)
        return findClient(trx, viewer, client.id)
      })
      if (!saved) {
        const current = (await findClient(db, viewer, known.id)).emails.find(email => email.id === id)!
        return show({ ...again, was: emailFingerprint(current), error: { key: 'emails.changed_meanwhile', values: { address: current.address } } }, 409)
      }
      const email = id === null ? saved.emails.at(-1)! : saved.emails.find(email => email.id === id)!
      return show({ ...emailState(email, 0), index: row.index }, 200, { saved: true })
    } catch (problem) {
      if (!(problem instanceof ContactTaken)) throw problem
      const matches = await findMatches(db, viewer, 'email', problem.value, known.id)
      return show({ ...again, error: { key: 'emails.taken' } }, 422, { matches })
    }
  }
}
