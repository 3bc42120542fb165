import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Forbidden } from '../../web/errors.js'
import { idOf, type Body, type FieldErrors } from '../../web/form.js'
import { viewerOf } from '../../web/permissions.js'
import { LANGUAGES } from '../../web/viewer.js'
import { attempt } from '../attempt.js'
import { findView, setBadge } from '../queries.js'
import { mayChange, type ListView, type SavedList } from '../view.js'
import { BADGE_COLOURS, BADGE_ICONS, badgeTyped, readBadgeForm } from './form.js'

type Of = { Params: { view: string } }

/** A view that everybody sees above the list as a badge, counted. */
export default async function badges (app: FastifyInstance, { list }: { list: SavedList }) {
  const { db } = app
  const at = `${list.path}/views`
  const config = { can: 'settings.manage' } as const

  app.get<Of>(`${at}/:view/badge`, { config }, async (request, reply) => {
    const view = await found(request)
    return show(request, reply, view, { typed: badgeTyped(view), errors: {} }, 200)
  })

  app.post<Of>(`${at}/:view/badge`, { config }, async (request, reply) => {
    const view = await found(request)
    const body = (request.body ?? {}) as Body
    const form = readBadgeForm(body)
    const answer = await attempt(form.values ? undefined : form.errors, () => setBadge(db, viewerOf(request), list.name, view.id, idOf(body.version), form.values!))
    // Saved again, it is meant.
    if (answer.changed) return show(request, reply, answer.changed, { typed: { ...form.typed, version: String(answer.changed.version) }, errors: {}, meanwhile: true }, 409)
    if (answer.errors) return show(request, reply, view, { typed: form.typed, errors: answer.errors }, 422)
    return reply.flash(form.values!.badge ? 'views.is_badge' : 'views.no_badge', { name: view.name }).goTo(list.path)
  })

  /** A view that this person may give a badge. */
  async function found (request: FastifyRequest<Of>): Promise<ListView> {
    const viewer = viewerOf(request)
    const view = await findView(db, viewer, list.name, idOf(request.params.view))
    if (!mayChange(viewer, view) || !viewer.can('views.share')) throw new Forbidden(['views.share'])
    return view
  }

  function show (request: FastifyRequest, reply: FastifyReply, view: ListView, rest: { typed: Body, errors: FieldErrors, meanwhile?: boolean }, status: number) {
    const main = viewerOf(request).organisation.language
    return reply.page('list-views/badge', { list, view, meanwhile: false, ...rest, languages: [main, ...LANGUAGES.filter(language => language !== main)], icons: BADGE_ICONS, colours: BADGE_COLOURS }, { status })
  }
}
