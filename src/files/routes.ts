import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { once } from '../database/once.js'
import { CARDS, EDITS, type Card, type ShownCard } from '../feed/card.js'
import { findEvent, listFeed } from '../feed/queries.js'
import { SUBJECTS, type Subject } from '../form-editor/definition.js'
import { idOf, typedText, type Body, type FieldError } from '../web/form.js'
import { hourly } from '../web/hourly.js'
import { viewerOf } from '../web/permissions.js'
import { readWords } from '../web/sent.js'
import { addEntry, readEntry, waitingOf } from './entry.js'
import { limitsOf, type Refusal, type ShownFile } from './file.js'
import logo from './logo/routes.js'
import { stopPainting } from './pictures/painter.js'
import { FilesGone, findServed, findWaiting, setFileRemoved, sweep } from './queries.js'
import { receive, type Received } from './receive.js'
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
    if (!request.viewer && request.isMultipart()) request.body = await readWords(request)
  })

  for (const subject of SUBJECTS) filesOf(app, subject)
}

/** Files of clients, or of leads: sent, shown in the feed, served, taken out. */
function filesOf (app: FastifyInstance, subject: Subject): void {
  const { db, storage } = app
  const url = `/${subject}s/:id`
  const { sees, around } = CARDS[subject]
  const edits = EDITS[subject]
  const cardAt = (request: FastifyRequest<At>) => CARDS[subject].find(db, viewerOf(request), idOf(request.params.id))

  // The whole entry at once, as a form sends it: words, files, and files that were sent before.
  app.post<At>(`${url}/files`, { config: { can: edits } }, async (request, reply) => {
    const viewer = viewerOf(request)
    const card = await cardAt(request)
    const { body, files, refusals } = await read(request, card)
    const { entry, error } = readEntry(body, files.map(({ token }) => token), limitsOf(viewer.organisation).count)
    if ('drop' in body) return showForm(request, reply, card, body, files, { refusals, status: 200 })
    if (refusals.length > 0 || error) return showForm(request, reply, card, body, files, { refusals, ...(refusals.length === 0 && { error }), status: statusOf(refusals) })
    try {
      await db.transaction(trx => once(trx, body.token, viewer.id, async () => String(await addEntry(trx, viewer, card, entry))))
    } catch (thrown) {
      if (!(thrown instanceof FilesGone)) throw thrown
      return showForm(request, reply, card, body, files, { error: { key: 'files.gone' }, status: 422 })
    }
    if (!request.isFragment) return reply.redirect(card.path, 303)
    reply.header('HX-Trigger', 'commented')
    return reply.page('', { card }, { fragment: 'feed/_written' })
  })

  // Files alone, as soon as they are chosen; they wait for the entry that will show them.
  app.post<At>(`${url}/uploads`, { config: { can: edits } }, async (request, reply) => {
    const card = await cardAt(request)
    const { body, files, refusals } = await read(request, card)
    const status = refusals.length > 0 ? statusOf(refusals) : 200
    if (!request.isFragment) return showForm(request, reply, card, body, files, { refusals, status })
    return reply.page('', { waiting: files, refusals }, { fragment: 'files/_arrived', status })
  })

  app.get<AtFile>(`${url}/files/:token/:name`, { exposeHeadRoute: false, compress: false, config: { can: sees } }, async (request, reply) => {
    const { content, size, type, name } = await findServed(db, viewerOf(request), subject, idOf(request.params.id), request.params.token)
    return sendContent(request, reply, storage, { hash: content, size, type, name })
  })

  app.get<AtFile>(`${url}/thumbnails/:token.webp`, { exposeHeadRoute: false, compress: false, config: { can: sees } }, async (request, reply) => {
    const { thumbnail, thumbnail_size: size, name } = await findServed(db, viewerOf(request), subject, idOf(request.params.id), request.params.token)
    if (thumbnail === null) return reply.callNotFound()
    return sendContent(request, reply, storage, { hash: thumbnail, size: size!, type: 'image/webp', name: `${name}.webp` })
  })

  for (const [action, removed] of [['remove', true], ['restore', false]] as const) {
    app.post<AtFile>(`${url}/files/:token/${action}`, { config: { can: edits } }, async (request, reply) => {
      const viewer = viewerOf(request)
      const { token } = request.params
      const card = await cardAt(request)
      const event = await db.transaction(trx => setFileRemoved(trx, viewer, card, token, removed))
      if (request.isFragment) return reply.page('', { ...await around(db), card, event: await findEvent(db, viewer, card, event) }, { fragment: 'feed/_event' })
      reply.flash(removed ? 'files.removed' : 'files.restored', {}, removed ? `${card.path}/files/${token}/restore` : undefined)
      return reply.redirect(card.path, 303)
    })
  }

  async function read (request: FastifyRequest, card: Card): Promise<Received> {
    if (!request.isMultipart()) return { body: (request.body ?? {}) as Body, files: [], refusals: [] }
    return receive(request, { db, storage }, viewerOf(request), card)
  }

  /** The form again, with what was written and the files that are kept; those that aren't are named. */
  async function showForm (request: FastifyRequest, reply: FastifyReply, card: ShownCard, body: Body, sent: ShownFile[], { status, ...said }: { status: number, refusals?: Refusal[], error?: FieldError | undefined }) {
    const viewer = viewerOf(request)
    const [before, feed, more] = await Promise.all([findWaiting(db, viewer, card, waitingOf(body)), listFeed(db, viewer, card), around(db)])
    const shown = { ...more, card, feed, filter: 'all', text: typedText(body, 'body'), waiting: [...before, ...sent], ...said }
    return reply.page('feed/show', shown, { fragment: 'feed/_write', status })
  }
}

// 413 says the most of all that can be wrong.
const statusOf = (refusals: Refusal[]) => refusals.some(({ error }) => error.key === 'files.too_big') ? 413 : 422
