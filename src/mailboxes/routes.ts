import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { attempt } from '../web/refusal.js'
import { idOf, type Body, type FieldErrors } from '../web/form.js'
import { viewerOf } from '../web/permissions.js'
import { mailboxTyped, NEW_MAILBOX, readMailboxForm } from './form.js'
import { findMailbox, hurryMailboxes, listMailboxes } from './queries.js'
import { changeMailbox, forgetMailbox, makeMailbox, tryMailbox, type Tried } from './settings.js'

type OfMailbox = { Params: { mailbox: string } }

/** What one mailbox's page shows besides it: what was typed and is wrong, and how a test went. */
interface Shown { typed?: Body, errors?: FieldErrors, tried?: Tried }

/** Settings > Incoming mail: the mailboxes whose letters are taken, and how each stands. */
export default async function mailboxes (app: FastifyInstance) {
  const { db } = app
  const config = { can: 'settings.manage' } as const
  const url = '/settings/mailboxes'

  app.get(url, { config }, async (_request, reply) => reply.page('mailboxes/index', { mailboxes: await listMailboxes(db) }))

  // How they stand now, for a page that stays open.
  app.get(`${url}/now`, { config: { ...config, quiet: true } }, async (request, reply) => {
    if (!request.isFragment) return reply.redirect(url, 303)
    return reply.page('', { mailboxes: await listMailboxes(db) }, { fragment: 'mailboxes/_list' })
  })

  app.get(`${url}/new`, { config }, async (_request, reply) => reply.page('mailboxes/new', { mailbox: null, typed: NEW_MAILBOX, errors: {} }))

  app.post(url, { config }, async (request, reply) => {
    const form = readMailboxForm(request.body)
    const { made, errors } = form.errors ? form as { made?: undefined, errors: FieldErrors } : await attempt(makeMailbox(app, viewerOf(request), form.values))
    if (errors) return reply.page('mailboxes/new', { mailbox: null, typed: form.typed, errors: { ...retype(form.typed, errors), ...(!form.typed.password && { password: { key: 'form.required' } }) } }, { status: 422 })
    return reply.flash('mailboxes.added', { name: form.values!.name }).goTo(`${url}/${made}`)
  })

  app.get<OfMailbox>(`${url}/:mailbox`, { config }, async (request, reply) => show(request, reply, {}, 200))

  app.get<OfMailbox>(`${url}/:mailbox/now`, { config: { ...config, quiet: true } }, async (request, reply) => {
    const mailbox = await findMailbox(db, idOf(request.params.mailbox))
    if (!request.isFragment) return reply.redirect(`${url}/${mailbox.id}`, 303)
    return reply.page('', { mailbox }, { fragment: 'mailboxes/_stands' })
  })

  app.post<OfMailbox>(`${url}/:mailbox`, { config }, async (request, reply) => {
    const { id } = await findMailbox(db, idOf(request.params.mailbox))
    const form = readMailboxForm(request.body)
    const { errors } = form.errors ? form : await attempt(changeMailbox(app, viewerOf(request), id, form.values))
    if (errors) return show(request, reply, { typed: form.typed, errors: retype(form.typed, errors) }, errors.form ? 409 : 422)
    return reply.flash('settings.saved').goTo(`${url}/${id}`)
  })

  app.post<OfMailbox>(`${url}/:mailbox/test`, { config }, async (request, reply) => {
    const tried = await tryMailbox(app, await findMailbox(db, idOf(request.params.mailbox)))
    if (tried.ok) await hurryMailboxes(db)
    return show(request, reply, { tried }, tried.ok ? 200 : 422)
  })

  app.post<OfMailbox>(`${url}/:mailbox/remove`, { config }, async (request, reply) => {
    const { id } = await findMailbox(db, idOf(request.params.mailbox))
    const name = await forgetMailbox(app, viewerOf(request), id)
    return reply.flash('mailboxes.removed', { name }).goTo(url)
  })

  async function show (request: FastifyRequest<OfMailbox>, reply: FastifyReply, { typed, errors = {}, tried }: Shown, status: number) {
    const mailbox = await findMailbox(db, idOf(request.params.mailbox))
    return reply.page('mailboxes/show', { mailbox, typed: typed ?? mailboxTyped(mailbox), errors, tried }, { status })
  }
}

// What was typed there is gone, and an empty field would mean the old one.
const retype = (typed: Body, errors: FieldErrors): FieldErrors => typed.password && !errors.password ? { ...errors, password: { key: 'mail.password_retype' } } : errors
