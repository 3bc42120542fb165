import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Client } from '../clients/client.js'
import { findEvent, listFeed } from '../clients/feed/queries.js'
import { findClient } from '../clients/queries.js'
import { SEES_CLIENTS } from '../clients/visibility.js'
import { once } from '../database/once.js'
import { idOf, typedText, type Body, type FieldError } from '../web/form.js'
import { hourly } from '../web/hourly.js'
import { viewerOf } from '../web/permissions.js'
import { addEntry, readEntry, waitingOf } from './entry.js'
import { limitsOf, type Refusal, type ShownFile } from './file.js'
import logo from './logo/routes.js'
import { stopPainting } from './pictures/painter.js'
import { FilesGone, findServed, findWaiting, setFileRemoved, sweep } from './queries.js'
import { readWords, receive, type Received } from './receive.js'
import { sendContent } from './serve.js'
import fileSettings from './settings/routes.js'
import { clearTemporary } from './spool.js'

type At = { Params: { id: string } }
type AtFile = { Params: { id: string, token: string, name: string } }

export default async function files (app: FastifyInstance) {
  const { db, storage } = app
  // In this scope alone: elsewhere a form with files is refused before it is read.
  await app.register(multipart, { throwFileSizeLimit: false })
  await app.register(logo)
  await app.register(fileSettings)

  await clearTemporary(storage.temporary)
  hourly(app, () => sweep({ db, storage }), 'files that nothing names could not be cleared away')
  app.addHook('onClose', async () => stopPainting())

  // Whoever has to sign in first gets back what they wrote. The files they have to choose again.
  app.addHook('preValidation', async request => {
    if (request.viewer || !request.isMultipart()) return
    const { body, hasFile } = await readWords(request)
    request.body = { ...body, ...(hasFile && { had_files: '1' }) }
  })

  // The whole entry at once, as a form sends it: words, files, and files that were sent before.
  app.post<At>('/clients/:id/files', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const { body, files, refusals } = await read(request, client)
    const { entry, error } = readEntry(body, files.map(({ token }) => token), limitsOf(viewer.organisation).count)
    if ('drop' in body) return showForm(request, reply, client, body, files, { refusals, status: 200 })
    if (refusals.length > 0 || error) return showForm(request, reply, client, body, files, { refusals, ...(refusals.length === 0 && { error }), status: statusOf(refusals) })
    try {
      await db.transaction(trx => once(trx, body.token, viewer.id, async () => String(await addEntry(trx, viewer, client.id, entry))))
    } catch (thrown) {
      if (!(thrown instanceof FilesGone)) throw thrown
      return showForm(request, reply, client, body, files, { error: { key: 'files.gone' }, status: 422 })
    }
    if (!request.isFragment) return reply.redirect(`/clients/${client.id}`, 303)
    reply.header('HX-Trigger', 'commented')
    return reply.page('', { client }, { fragment: 'clients/feed/_written' })
  })

  // Files alone, as soon as they are chosen; they wait for the entry that will show them.
  app.post<At>('/clients/:id/uploads', { config: { can: 'clients.edit' } }, async (request, reply) => {
    const client = await findClient(db, viewerOf(request), idOf(request.params.id))
    const { body, files, refusals } = await read(request, client)
    const status = refusals.length > 0 ? statusOf(refusals) : 200
    if (!request.isFragment) return showForm(request, reply, client, body, files, { refusals, status })
    return reply.page('', { waiting: files, refusals }, { fragment: 'files/_arrived', status })
  })

  app.get<AtFile>('/clients/:id/files/:token/:name', { exposeHeadRoute: false, compress: false, config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const { content, size, type, name } = await findServed(db, viewerOf(request), idOf(request.params.id), request.params.token)
    return sendContent(request, reply, storage, { hash: content, size, type, name })
  })

  app.get<AtFile>('/clients/:id/thumbnails/:token.webp', { exposeHeadRoute: false, compress: false, config: { can: SEES_CLIENTS } }, async (request, reply) => {
    const { thumbnail, thumbnail_size: size, name } = await findServed(db, viewerOf(request), idOf(request.params.id), request.params.token)
    if (thumbnail === null) return reply.callNotFound()
    return sendContent(request, reply, storage, { hash: thumbnail, size: size!, type: 'image/webp', name: `${name}.webp` })
  })

  for (const [action, removed] of [['remove', true], ['restore', false]] as const) {
    app.post<AtFile>(`/clients/:id/files/:token/${action}`, { config: { can: 'clients.edit' } }, async (request, reply) => {
      const viewer = viewerOf(request)
      const { token } = request.params
      const client = await findClient(db, viewer, idOf(request.params.id))
      const event = await db.transaction(trx => setFileRemoved(trx, viewer, client.id, token, removed))
      if (request.isFragment) return reply.page('', { client, event: await findEvent(db, viewer, client.id, event) }, { fragment: 'clients/feed/_event' })
      reply.flash(removed ? 'files.removed' : 'files.restored', {}, removed ? `/clients/${client.id}/files/${token}/restore` : undefined)
      return reply.redirect(`/clients/${client.id}`, 303)
    })
  }

  async function read (request: FastifyRequest, client: Client): Promise<Received> {
    if (!request.isMultipart()) return { body: (request.body ?? {}) as Body, files: [], refusals: [] }
    return receive(request, { db, storage }, viewerOf(request), client.id)
  }

  /** The form again, with what was written and the files that are kept; those that aren't are named. */
  async function showForm (request: FastifyRequest, reply: FastifyReply, client: Client, body: Body, sent: ShownFile[], { status, ...said }: { status: number, refusals?: Refusal[], error?: FieldError | undefined }) {
    const viewer = viewerOf(request)
    const [before, feed] = await Promise.all([findWaiting(db, viewer, client.id, waitingOf(body)), listFeed(db, viewer, client.id)])
    const shown = { client, feed, filter: 'all', text: typedText(body, 'body'), waiting: [...before, ...sent], ...said }
    return reply.page('clients/feed/show', shown, { fragment: 'clients/feed/_write', status })
  }
}

// 413 says the most of all that can be wrong.
const statusOf = (refusals: Refusal[]) => refusals.some(({ error }) => error.key === 'files.too_big') ? 413 : 422
