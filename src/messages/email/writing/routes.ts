import { randomUUID } from 'node:crypto'
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { findClient } from '../../../clients/queries.js'
import type { Client } from '../../../clients/client.js'
import { seesContacts } from '../../../clients/masking.js'
import { isToken, once } from '../../../database/once.js'
import { transaction } from '../../../database/transaction.js'
import { cardOf, type Card } from '../../../feed/card.js'
import { waitingOf } from '../../../files/entry.js'
import type { Refusal as FileRefusal, ShownFile } from '../../../files/file.js'
import { FilesGone, findWaiting, listFilesOf } from '../../../files/queries.js'
import { receive } from '../../../files/receive.js'
import { findCompany } from '../../../installation/queries.js'
import { leadOfClient } from '../../../leads/queries.js'
import { findMailSettings } from '../../../mail/queries.js'
import { namesOfVariables } from '../../../templates/naming.js'
import { markOf, putBefore } from '../../../templates/putting.js'
import { listTemplatesFor, renderTemplate } from '../../../templates/render.js'
import { NotFound } from '../../../web/errors.js'
import { idOf, typedText, type Body, type FieldErrors } from '../../../web/form.js'
import { hourly } from '../../../web/hourly.js'
import { translator } from '../../../web/i18n.js'
import { viewerOf } from '../../../web/permissions.js'
import { attempt, Refusal } from '../../../web/refusal.js'
import { readWords } from '../../../web/sent.js'
import type { Viewer } from '../../../web/viewer.js'
import { showLetter } from '../../../web/letters.js'
import { frame, writeParts } from '../letter.js'
import { languageOfReader } from '../reader.js'
import { tokenAfter } from '../../taken-back.js'
import { answeredLetter, answerTo } from './answered.js'
import { readLetterForm } from './form.js'
import { sendLetter } from './letter.js'
import { findDraft, forgetOldDrafts, saveDraft } from './queries.js'

type At = { Params: { id: string, token: string }, Querystring: Record<string, string | undefined> }

/** What the composer shows besides what is typed. */
interface Shown { errors?: FieldErrors, refusals?: FileRefusal[], preview?: boolean, status?: number, empty?: readonly string[] }

/** Letters to a client: written, looked at as the client will see them, sent, and taken back within ten seconds. */
export default async function writing (app: FastifyInstance) {
  const { db, storage } = app
  const config = { can: 'messages.send' } as const
  await app.register(multipart, { throwFileSizeLimit: false })
  hourly(app, () => forgetOldDrafts(db), 'letters that nobody goes on with could not be cleared away')

  // Whoever has to sign in first gets back what they wrote. The files they have to choose again.
  app.addHook('preValidation', async request => {
    if (!request.viewer && request.isMultipart()) request.body = await readWords(request)
  })

  app.get<At>('/clients/:id/write', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    return show(request, reply, client, await begun(viewer, client, request.query), randomUUID())
  })

  app.post<At>('/clients/:id/write', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const { body, refusals } = await read(request, viewer, cardOf('client', client))
    const token = isToken(body.token) ? await tokenAfter(db, body.token, viewer.id) : randomUUID()
    if ('drop' in body) return show(request, reply, client, body, token)
    if ('use' in body) {
      const { typed, empty, errors } = await filled(viewer, client, body)
      return show(request, reply, client, typed, token, { empty, ...(errors && { errors, status: 422 }) })
    }
    const form = readLetterForm(body)
    const errors: FieldErrors = { ...form.errors, ...(body.had_files && { files: { key: 'files.choose_again' } }) }
    if (form.errors || errors.files || refusals.length > 0) return show(request, reply, client, body, token, { errors, refusals, status: 422 })
    if ('preview' in body) {
      await saveDraft(db, viewer, client.id, token, typedOf(body))
      return show(request, reply, client, body, token, { preview: true })
    }
    const letter = { ...form.values, token, files: waitingOf(body), typed: typedOf(body) }
    const { made: id, errors: wrong } = await attempt(transaction(db, trx => once(trx, token, viewer.id, async () => String(await sendLetter(trx, viewer, client, letter)))).catch(filesGone))
    if (wrong) return show(request, reply, client, body, token, { errors: wrong, status: 422 })
    const lead = await leadOfClient(db, viewer, client.id, form.values.lead)
    const back = lead === null ? `/clients/${client.id}` : `/leads/${lead}`
    if (!request.isFragment) return reply.flash('messages.leaves_soon', {}, `/messages/${id}/cancel`).redirect(back, 303)
    // The page asks for what is new itself.
    return reply.header('HX-Trigger', 'commented').page('', { message: id }, { fragment: 'messages/email/_sent' })
  })

  // Files alone, as soon as they are chosen; they wait for the letter that names them.
  app.post<At>('/clients/:id/write/uploads', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const { body, sent, refusals } = await read(request, viewer, cardOf('client', client))
    if (!request.isFragment) return show(request, reply, client, body, randomUUID(), { refusals, status: refusals.length > 0 ? 422 : 200 })
    return reply.page('', { waiting: sent, refusals }, { fragment: 'files/_arrived', status: refusals.length > 0 ? 422 : 200 })
  })

  // As the client will see it, in a frame of its own.
  app.get<At>('/clients/:id/write/:token/preview', { config }, async (request, reply) => {
    const viewer = viewerOf(request)
    const client = await findClient(db, viewer, idOf(request.params.id))
    const draft = await findDraft(db, viewer, client.id, request.params.token)
    if (!draft) throw new NotFound()
    const [{ signature }, company] = await Promise.all([findMailSettings(db), findCompany(db)])
    const language = await languageOfReader(db, client.id, company)
    const { html } = frame(writeParts(typedText(draft.typed, 'body'), signature), { t: translator(language), language, company: company.name, unsubscribe: null })
    return showLetter(reply, html!)
  })

  async function read (request: FastifyRequest, viewer: Viewer, card: Card): Promise<{ body: Body, sent: ShownFile[], refusals: FileRefusal[] }> {
    if (!request.isMultipart()) return { body: (request.body ?? {}) as Body, sent: [], refusals: [] }
    const { body, files, refusals } = await receive(request, { db, storage }, viewer, card)
    return { body: { ...body, file: [...[body.file ?? []].flat(), ...files.map(({ token }) => token)] }, sent: files, refusals }
  }

  async function show (request: FastifyRequest, reply: FastifyReply, client: Client, typed: Body, token: string, { errors: wrong = {}, refusals = [], preview = false, status = 200, empty = [] }: Shown = {}) {
    const viewer = viewerOf(request)
    const errors: FieldErrors = client.archived_at ? { to: { key: 'messages.client_archived' }, ...wrong } : wrong
    const card = cardOf('client', client)
    const tokens = waitingOf(typed)
    const [settings, files, waiting, templates] = await Promise.all([findMailSettings(db), listFilesOf(db, card), findWaiting(db, viewer, card, tokens), listTemplatesFor(db, viewer, 'email')])
    const shown = {
      client, card, typed, token, errors, refusals, waiting, files, templates, empty, sends: settings.sends, max: settings.attachmentMb, addresses: client.emails.filter(({ agrees }) => agrees),
      preview: preview && { ...writeParts(typedText(typed, 'body'), settings.signature), from: settings.senderAddress && `${settings.senderName ?? ''} <${settings.senderAddress}>` },
      ticked: [typed.attach ?? []].flat(), seesContacts: seesContacts(viewer)
    }
    return reply.page('messages/email/write', shown, { fragment: 'messages/email/_write', with: { panel: true }, status: refusals.some(({ error }) => error.key === 'files.too_big') ? 413 : status })
  }

  /** What is typed with a template's words before it: nothing that was written is lost. */
  async function filled (viewer: Viewer, client: Client, body: Body): Promise<{ typed: Body, empty?: readonly string[], errors?: FieldErrors }> {
    const id = idOf(typedText(body, 'template'))
    const template = id === null ? undefined : (await listTemplatesFor(db, viewer, 'email')).find(one => one.id === id)
    if (!template) return { typed: body, errors: { template: { key: 'form.choose' } } }
    const leadId = await leadOfClient(db, viewer, client.id, idOf(typedText(body, 'lead')))
    const { subject, source, empty } = await renderTemplate(db, { templateId: template.id, clientId: client.id, employeeId: viewer.id, leadId, reader: viewer })
    return { typed: { ...body, subject: subject || typedText(body, 'subject'), body: putBefore(source, typedText(body, 'body'), typedText(body, 'put')), put: markOf(source) }, empty: await namesOfVariables(db, viewer, viewer.language, empty) }
  }

  /** What the composer begins with: a letter that was taken back, an answer, or an address alone. */
  async function begun (viewer: Viewer, client: Client, query: At['Querystring']): Promise<Body> {
    const draft = await findDraft(db, viewer, client.id, query.draft)
    if (draft) return draft.typed
    const reply = idOf(query.reply)
    const answered = reply === null ? undefined : await answeredLetter(db, client.id, reply)
    const own = client.emails.filter(({ agrees }) => agrees)
    const asked = own.find(({ id, address }) => answered && seesContacts(viewer) ? address.toLowerCase() === answered.address.toLowerCase() : id === idOf(query.email))
    const lead = idOf(query.lead)
    return {
      to: asked || own.length > 0 ? String((asked ?? own[0]!).id) : 'other', ...(lead !== null && { lead: String(lead) }),
      ...(answered && { reply: String(reply), subject: answerTo(answered.subject) })
    }
  }
}

const typedOf = ({ to, other, template, put, subject, body, attach, file, lead, reply }: Body): Body => ({ to, other, template, put, subject, body, attach, file, lead, reply })

function filesGone (error: unknown): never {
  throw error instanceof FilesGone ? new Refusal({ files: { key: 'messages.files_gone' } }) : error
}
