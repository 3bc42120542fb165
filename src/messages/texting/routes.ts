import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Client } from '../../clients/client.js'
import { findClient, lockClient } from '../../clients/queries.js'
import type { Db } from '../../database/knex.js'
import { transaction } from '../../database/transaction.js'
import { leadOfClient } from '../../leads/queries.js'
import { namesOfVariables } from '../../templates/naming.js'
import { markOf, putBefore } from '../../templates/putting.js'
import { listTemplatesFor, renderTemplate } from '../../templates/render.js'
import { idOf, typedText, type Body, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { attempt, Refusal } from '../../web/refusal.js'
import type { Viewer } from '../../web/viewer.js'
import { servedChannels } from '../gateways/queries.js'
import { queueMessage } from '../queue.js'
import { smsParts } from '../sms-parts.js'
import { onceSent, takenBackText, UNDO } from '../taken-back.js'
import { LONGEST, readText, wayIn, waysTo, type Way } from './form.js'

type At = { Params: { id: string }, Querystring: Record<string, string | undefined> }


interface Shown { errors?: FieldErrors, empty?: readonly string[], status?: number }

/** SMS, WhatsApp and Viber to a client: a template or one's own words, sent, and taken back within ten seconds. */
export default async function texting (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'messages.send' } as const

  app.get<At>('/clients/:id/text', { config }, async (request, reply) => {
    const client = await findClient(db, viewerOf(request), idOf(request.params.id))
    return show(request, reply, client, await begun(viewerOf(request), client, request.query))
  })

  app.post<At>('/clients/:id/text', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const body = (request.body ?? {}) as Body
    const way = wayIn(waysTo(client), { to: typedText(body, 'to') })
    if ('step' in body) return show(request, reply, client, body)
    if ('use' in body) return show(request, reply, client, ...await filled(viewer, client, way, body))
    const form = readText(body, way)
    if (form.errors) return show(request, reply, client, body, { errors: form.errors, status: 422 })
    const { made: id, errors } = await attempt(transaction(db, trx => onceSent(trx, body.token, viewer.id, () => sendText(trx, viewer, client.id, { ...form.values, to: way!.value }))))
    if (errors) return show(request, reply, await findClient(db, viewer, client.id), body, { errors, status: 422 })
    const lead = await leadOfClient(db, viewer, client.id, form.values.lead)
    const back = lead === null ? `/clients/${client.id}` : `/leads/${lead}`
    if (!request.isFragment) return reply.flash('messages.leaves_soon', {}, `/messages/${id}/cancel`).redirect(back, 303)
    return reply.header('HX-Trigger', 'commented').page('', { message: id }, { fragment: 'messages/email/_sent' })
  })

  /** What the form begins with: a text that was taken back, or a number alone. */
  async function begun (viewer: Viewer, client: Client, query: At['Querystring']): Promise<Body> {
    const back = await takenBackText(db, viewer, client.id, idOf(query.back))
    if (!back) return { phone: query.phone, channel: query.channel, lead: query.lead }
    const { channel, phone_id: phone, text, template_id: template, lead_id: lead } = back
    return { to: `${phone}-${channel}`, text, ...(template !== null && { template: String(template) }), ...(lead !== null && { lead: String(lead) }) }
  }

  /** What is typed with a template's words before it. Viber is written in one's own words. */
  async function filled (viewer: Viewer, client: Client, way: Way | null, body: Body): Promise<[Body, Shown]> {
    const id = idOf(body.template)
    const channel = way?.channel
    if (id === null || channel === undefined || channel === 'viber' || !(await listTemplatesFor(db, viewer, channel)).some(one => one.id === id)) return [body, { errors: { template: { key: 'form.choose' } }, status: 422 }]
    const { text, empty } = await renderTemplate(db, { templateId: id, clientId: client.id, leadId: await leadOfClient(db, viewer, client.id, idOf(body.lead)), employeeId: viewer.id, reader: viewer })
    return [{ ...body, text: putBefore(text, typedText(body, 'text'), typedText(body, 'put')), put: markOf(text) }, { empty: await namesOfVariables(db, viewer, viewer.language, empty) }]
  }

  async function show (request: FastifyRequest, reply: FastifyReply, client: Client, typed: Body, { errors = {}, empty = [], status = 200 }: Shown = {}) {
    const viewer = viewerOf(request)
    const ways = client.archived_at ? [] : waysTo(client)
    const way = wayIn(ways, typed) ?? (request.method === 'GET' ? ways[0] ?? null : null)
    const isTemplated = way !== null && way.channel !== 'viber'
    const [served, templates] = await Promise.all([servedChannels(db), isTemplated ? listTemplatesFor(db, viewer, way.channel as 'sms' | 'whatsapp') : []])
    const text = typedText(typed, 'text')
    const shown = {
      client, ways, way, typed, text, errors, empty, templates, token: typed.token ?? randomUUID(), isCaught: way !== null && !served.has(way.channel),
      parts: way?.channel === 'sms' ? smsParts(text.replace(/\r\n?/g, '\n').trim()) : null, max: LONGEST[way?.channel ?? 'sms']
    }
    return reply.page('messages/texting/write', shown, { fragment: 'messages/texting/_write', with: { panel: true }, status })
  }
}

/** Queues a text in the transaction that asks the box again: it may have been switched off while it was being written. Throws Refusal. */
async function sendText (trx: Db, viewer: Viewer, clientId: number, { text, template, lead, to }: { text: string, template: number | null, lead: number | null, to: string }): Promise<number> {
  const client = await lockClient(trx, viewer, clientId)
  if (client.archived_at) throw new Refusal({ to: { key: 'messages.client_archived' } })
  const way = wayIn(waysTo(client), { to })
  if (!way) throw new Refusal({ to: { key: 'texting.not_agreed' } })
  const leadId = await leadOfClient(trx, viewer, clientId, lead)
  const isTemplated = template !== null && way.channel !== 'viber' && (await listTemplatesFor(trx, viewer, way.channel)).some(({ id }) => id === template)
  return queueMessage(trx, viewer, {
    channel: way.channel, clientId, to: { phoneId: way.phoneId }, text, cause: 'hand', dueAt: new Date(Date.now() + UNDO), ...(leadId !== null && { leadId }), ...(isTemplated && { templateId: template })
  })
}
