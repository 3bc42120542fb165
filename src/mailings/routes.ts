import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { manyClients } from '../clients/many.js'
import { caughtChannels } from '../conversations/replying/targets.js'
import { once } from '../database/once.js'
import { one, parsed } from '../list-views/address.js'
import type { Whom } from '../many/many.js'
import { chosen, clearSelection, countChosen, selectedIds } from '../many/selection/queries.js'
import { MESSAGE_CHANNELS } from '../messages/message.js'
import { listTemplatesFor } from '../templates/render.js'
import { listVariables } from '../templates/variables.js'
import { shapeOf } from '../form-editor/shape.js'
import { Forbidden } from '../web/errors.js'
import { idOf, type Body, type FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import type { Viewer } from '../web/viewer.js'
import { channelsIn, readMailingForm } from './form.js'
import { WHYS } from './mailing.js'
import { countStates, createMailing, findMailing, listMailings, listRecipients, pauseMailing, resumeMailing, stopMailing } from './queries.js'
import { previewMailing, sourceOf, type MailingPreview } from './preview.js'
import { countReach } from './reach.js'
import { giveUp, runChunks } from './run.js'

type At = { Params: { mailing: string }, Querystring: { state?: string, why?: string, after?: string } }

const PAGE = 50

/** Writing to many clients at once: to whom and what, counted before; then how far it is, paused, gone on with and stopped. */
export default async function mailings (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'messages.send_many' } as const
  app.addHook('preHandler', async request => {
    if (request.viewer && !request.viewer.can('messages.send')) throw new Forbidden(['messages.send'])
  })

  app.job('mailings.run', async ({ mailing }, { signal, isLast }) => {
    try {
      await runChunks(db, mailing, signal)
    } catch (error) {
      if (isLast && !signal.aborted) await giveUp(db, mailing)
      throw error
    }
  })

  app.get<{ Querystring: { before?: string } }>('/mailings', { config }, async (request, reply) => {
    const found = await listMailings(db, idOf(request.query.before), PAGE + 1)
    return reply.page('mailings/index', { mailings: found.slice(0, PAGE), before: found.length > PAGE ? found[PAGE - 1]!.id : null })
  })

  app.get('/mailings/new', { config }, async (request, reply) => showNew(request, reply, request.query as Body, {}, 200))

  app.post('/mailings', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const body = (request.body ?? {}) as Body
    if ('count' in body) return showNew(request, reply, body, {}, 200)
    const [names, offered] = await Promise.all([namesOf(), templatesFor(viewer)])
    const form = readMailingForm(body, viewer, names, { email: offered.email.map(({ id }) => id), text: offered.text.map(({ id }) => id) })
    const isPreview = 'preview' in body
    if (form.errors) return showNew(request, reply, body, form.errors, 422, isPreview ? [] : null)
    const whom = await whomOf(viewer, body)
    if (isPreview) return showNew(request, reply, body, {}, 200, await previewMailing(db, viewer, chosen(db, manyClients, viewer, whom), form.values))
    const made = await db.transaction(trx => once(trx, body.token, viewer.id, async () => {
      const id = await createMailing(trx, viewer, chosen(trx, manyClients, viewer, whom), form.values)
      if (id && whom.of === 'selected') await clearSelection(trx, manyClients, viewer)
      return id ? String(id) : 'nobody'
    }))
    if (made === 'nobody') return showNew(request, reply, body, { of: { key: 'actions.nobody' } }, 422)
    return reply.flash('mailings.begun', {}, `/mailings/${made}/stop`).goTo(`/mailings/${made}`)
  })

  app.get<At>('/mailings/:mailing', { config }, async (request, reply) => {
    const mailing = await findMailing(db, idOf(request.params.mailing))
    const states = await countStates(db, mailing.id)
    const state = states.find(one => one.state === request.query.state)?.state ?? null, why = WHYS.find(why => why === request.query.why) ?? null
    const viewer = viewerOf(request)
    const [email, text] = await Promise.all([sourceOf(db, viewer, mailing, true), sourceOf(db, viewer, mailing, false)])
    const rows = await listRecipients(db, viewer, mailing.id, { state, why, after: idOf(request.query.after) }, PAGE + 1)
    return reply.page('mailings/show', { mailing, email, text, states, state, why, rows: rows.slice(0, PAGE), after: rows.length > PAGE ? rows[PAGE - 1]!.id : null }, { fragment: 'mailings/_state' })
  })

  for (const [action, work, done] of [['pause', pauseMailing, 'paused'], ['resume', resumeMailing, 'resumed'], ['stop', stopMailing, 'stopped']] as const) {
    app.post<At>(`/mailings/:mailing/${action}`, { config }, async (request, reply) => {
      const { id } = await findMailing(db, idOf(request.params.mailing))
      const changed = await db.transaction(trx => work(trx, viewerOf(request), id))
      return (changed ? reply.flash(`mailings.${done}_now`) : reply).goTo(`/mailings/${id}`)
    })
  }

  const namesOf = async () => listVariables({ client: await shapeOf(db, 'client'), lead: await shapeOf(db, 'lead') }).map(({ name }) => name).filter(name => !name.startsWith('lead.'))

  async function templatesFor (viewer: Viewer) {
    const [email, sms, whatsapp] = await Promise.all((['email', 'sms', 'whatsapp'] as const).map(channel => listTemplatesFor(db, viewer, channel)))
    return { email: email!, text: [...sms!, ...whatsapp!] }
  }

  async function whomOf (viewer: Viewer, body: Body): Promise<Whom> {
    return one(body.of) === 'selected' ? { of: 'selected' } : { of: 'matching', filter: (await manyClients.look(db, viewer, parsed(one(body.in)))).filter }
  }

  async function showNew (request: FastifyRequest, reply: FastifyReply, typed: Body, errors: FieldErrors, status: number, previews: MailingPreview[] | null = null) {
    const viewer = viewerOf(request)
    const { filter, list, narrowed, shown } = await manyClients.look(db, viewer, parsed(one(typed.in)))
    const [selected, matching, templates, names, caught] = await Promise.all([selectedIds(db, manyClients, viewer), countChosen(db, manyClients, viewer, { of: 'matching', filter }), templatesFor(viewer), namesOf(), caughtChannels(db)])
    const of = 'of' in typed ? one(typed.of) : selected.length > 0 ? 'selected' : 'matching'
    const channels = channelsIn(typed)
    const whom: Whom = of === 'selected' ? { of } : { of: 'matching', filter }
    const reach = channels.length > 0 ? await countReach(db, chosen(db, manyClients, viewer, whom), channels) : null
    return reply.page('mailings/new', {
      many: manyClients, form: { errors, typed }, typed, errors, shown, matching, selected: selected.length, list, narrowed, of, within: one(typed.in), token: typed.token ?? randomUUID(), reach, channels, allChannels: MESSAGE_CHANNELS, templates, names, caught, previews
    }, { status, fragment: previews ? 'mailings/_preview' : 'mailings/_reach' })
  }
}
